"""Dataclasses to YAML as people write problem files: what is read back is equal.

Unset fields are left out, enum values have no prefix, dates are as in ISO 8601, and values by driver or by
line are mappings.
"""

from __future__ import annotations

import datetime
import re
from enum import IntEnum
from typing import Final

import numpy as np
import yaml

from counterpoise.files.mappings import FORMS
from counterpoise.schema import FieldKind, FieldSchema, MessageSchema, schema_for
from counterpoise.wording.spans import written

_WIDTH: Final = 100
# Words that YAML of an older kind takes for texts, and files for numbers.
_LIKE_A_NUMBER: Final = re.compile(r"-?[0-9]+[eE][+-]?[0-9]+", re.ASCII).fullmatch


def to_yaml(tree: object) -> str:
    """A tree of mappings and lists, such as `tree_of` gives, as YAML; lists of numbers are in one line."""
    return yaml.dump(
        tree, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=_WIDTH, allow_unicode=True
    )


def tree_of(instance: object) -> dict[str, object]:
    """A dataclass of the model as mappings, lists and scalars, in the form of problem files.

    Raises ValueError for a duration with parts of seconds, which files do not have.
    """
    return _message(schema_for(type(instance)), instance)


class _Dumper(yaml.SafeDumper):
    """Writes no aliases: files have none."""

    def ignore_aliases(self, _data: object) -> bool:
        """Every value is written out."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Items of lists stand to the right of their key, as in the examples."""
        super().increase_indent(flow, indentless=False)


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    style = '"' if _LIKE_A_NUMBER(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _message(schema: MessageSchema, instance: object) -> dict[str, object]:
    values = [(field, getattr(instance, field.name)) for field in schema.fields]
    return {field.name: _field(field, value) for field, value in values if _is_set(field, value)}


def _is_set(field: FieldSchema, value: object) -> bool:
    """Whether a field holds something; zero does where it is told apart from nothing."""
    if isinstance(value, (tuple, np.ndarray)):
        return len(value) > 0
    return value != field.default


def _field(field: FieldSchema, value: object) -> object:
    if not isinstance(value, (tuple, np.ndarray)):
        return _element(field, value)
    form = FORMS.get(field.message.model) if field.kind is FieldKind.MESSAGE else None
    if form is None or form.path:
        return [_element(field, item) for item in value]
    number = field.message.by_name[form.value]
    return {getattr(item, form.key): _element(number, getattr(item, form.value)) for item in value}


def _element(field: FieldSchema, value: object) -> object:
    if field.kind is FieldKind.MESSAGE:
        return _message(field.message, value)
    if field.kind is FieldKind.NUMBER and isinstance(value, (int, float)):
        return float(value)  # numpy's own numbers, too
    if field.kind is FieldKind.DURATION:
        return _duration(field, value)
    if isinstance(value, datetime.time):
        return value.isoformat("seconds" if value.second else "minutes")
    return value.name if isinstance(value, IntEnum) else value


def _duration(field: FieldSchema, value: object) -> str:
    if not isinstance(value, datetime.timedelta):
        raise TypeError(f"{field.name}: {value!r} is no timedelta")
    try:
        return written(value)
    except ValueError as error:
        raise ValueError(f"{field.name}: {error}") from None
