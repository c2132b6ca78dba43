"""A tree of nodes to dataclasses, driven by the schema.

What cannot be read becomes a finding and leaves REJECTED in its place, so that validation judges
the rest and does not call it missing.
"""

from __future__ import annotations

import difflib
from functools import cache
from typing import TypeVar

import numpy as np

from counterpoise.files.advice import instead, instead_of_null
from counterpoise.files.document import Mapping, Node, Scalar, Sequence
from counterpoise.files.mappings import FORMS, Entry, Form, entries_of, unquoted
from counterpoise.files.scalars import RefusalError, is_null, read_scalar
from counterpoise.model import (
    AllocationProblem,
    AlphaCaptureQuestion,
    AlphaQuestion,
    ErrorReason,
    Marks,
    RiskModelQuestion,
)
from counterpoise.schema import FieldKind, FieldSchema, MessageSchema, schema_for
from counterpoise.validate.report import REJECTED, Place, Rejected, Report
from counterpoise.validate.text import listed, shown

Question = TypeVar(
    "Question", AllocationProblem, AlphaQuestion, AlphaCaptureQuestion, RiskModelQuestion, Marks
)


class TreeReader:
    """Reads one tree; remembers the line of every place for messages."""

    def __init__(self, report: Report) -> None:
        self.lines: dict[Place, int] = {}
        self._report = report

    def read(self, root: Node, kind: type[Question]) -> Question | None:
        """What is asked, with REJECTED where something was refused; None if it is none at all."""
        question = self.read_as(root, schema_for(kind))
        return question if isinstance(question, kind) else None

    def read_as(self, root: Node, schema: MessageSchema) -> object:
        """The same by a schema, which may have some of a message's fields alone; REJECTED if it is none."""
        self.lines[()] = root.line
        return self._read_message(schema, root, ())

    def _refuse(self, place: Place, node: Node, reason: ErrorReason, message: str) -> Rejected:
        self.lines[place] = node.line
        self._report.add(place, reason, message)
        return REJECTED

    def _read_message(self, schema: MessageSchema, node: Node, place: Place) -> object:
        name = schema.model.__name__
        if node.flaw:
            self._refuse(place, node, ErrorReason.VALUE_MALFORMED, node.flaw)
        if not isinstance(node, Mapping):
            if node.flaw:
                return REJECTED
            message = f"{_described(node)} is no {name}; {instead(schema, node)}"
            return self._refuse(place, node, ErrorReason.VALUE_MALFORMED, message)
        values: dict[str, object] = {}
        spelled: dict[str, Scalar] = {}
        strange: list[str] = []
        for key, value in node.entries:
            if not isinstance(key, Scalar) or key.flaw:
                message = key.flaw or "a key that is no text; write the name of a field"
                self._refuse(place, key, ErrorReason.VALUE_MALFORMED, message)
                continue
            field = _names(schema).get(key.text)
            if field is None:
                strange.append(self._refuse_key(schema, key, place))
                continue
            at = (*place, field.name)
            first = spelled.setdefault(field.name, key)
            if first is not key:
                message = f"written again as {key.text} in line {key.line}; keep one of the two"
                self._report.add(at, ErrorReason.FIELDS_EXCLUSIVE, message)
                continue
            self.lines[at] = key.line
            values[field.name] = self._read_field(field, value, at)
        if strange:
            values = dict.fromkeys(_meant(schema, strange, values), REJECTED) | values
        return schema.build(values)

    def _refuse_key(self, schema: MessageSchema, key: Scalar, place: Place) -> str:
        """Reports a key that names no field; the field that is perhaps meant, else nothing."""
        near = difflib.get_close_matches(key.text[:64], _names(schema), 1)
        known = f"perhaps {near[0]} is meant" if near else f"known are {listed(schema.by_name) or 'none'}"
        if key.text == "<<":
            known = "mappings are not merged, write the fields out"
        message = f"no field of {schema.model.__name__}: {known}; correct it or leave it out"
        # Without the quotes that the message of a value has.
        self._refuse((*place, shown(key.text)[1:-1]), key, ErrorReason.FIELD_UNKNOWN, message)
        return _names(schema)[near[0]].name if near else ""

    def _read_field(self, field: FieldSchema, node: Node, place: Place) -> object:
        if is_null(node) and not node.flaw:
            message = f"null, which no field takes; {instead_of_null(field)}"
            return self._refuse(place, node, ErrorReason.VALUE_MALFORMED, message)
        if not field.repeated:
            return self._read_element(field, node, place)
        if node.flaw:
            self._refuse(place, node, ErrorReason.VALUE_MALFORMED, node.flaw)
        if isinstance(node, Sequence):
            return self._read_list(field, node.items, place)
        form = FORMS.get(field.message.model) if field.kind is FieldKind.MESSAGE else None
        if isinstance(node, Mapping) and form is not None:
            return self._read_mapping(field.message, form, node, place)
        if node.flaw:
            return REJECTED
        message = f"{_described(node)} is no list; write {form.wanted if form else 'a list'}"
        return self._refuse(place, node, ErrorReason.VALUE_MALFORMED, message)

    def _read_list(self, field: FieldSchema, items: tuple[Node, ...], place: Place) -> object:
        elements = [self._read_element(field, item, (*place, index)) for index, item in enumerate(items)]
        if field.kind is not FieldKind.NUMBER:
            return tuple(elements)
        if any(element is REJECTED for element in elements):
            return REJECTED
        array = np.array(elements, dtype=float)
        array.flags.writeable = False
        return array

    def _read_mapping(self, schema: MessageSchema, form: Form, node: Mapping, place: Place) -> object:
        return tuple(
            self._read_entry(schema, form, entry, (*place, index))
            for index, entry in enumerate(entries_of(form, node))
        )

    def _read_entry(self, schema: MessageSchema, form: Form, entry: Entry, place: Place) -> object:
        values: dict[str, object] = {}
        for name, key in entry.keys:
            self.lines[place] = key.line
            if not isinstance(key, Scalar) or key.flaw:
                message = key.flaw or f"a key that is no text; write a {name}"
                return self._refuse(place, key, ErrorReason.VALUE_MALFORMED, message)
            field = schema.by_name[name]
            if field.kind is FieldKind.INTEGER:
                values[name] = self._read_element(field, unquoted(key), (*place, name))
            else:
                values[name] = key.text
        field = schema.by_name[form.value]
        values[form.value] = self._read_field(field, entry.value, (*place, form.value))
        return schema.build(values)

    def _read_element(self, field: FieldSchema, node: Node, place: Place) -> object:
        if is_null(node) and not node.flaw:
            message = "null, which no field takes; write a value or leave it out"
            return self._refuse(place, node, ErrorReason.VALUE_MALFORMED, message)
        if field.kind is FieldKind.MESSAGE:
            self.lines[place] = node.line
            return self._read_message(field.message, node, place)
        if node.flaw:
            return self._refuse(place, node, ErrorReason.VALUE_MALFORMED, node.flaw)
        try:
            return read_scalar(field, node)
        except RefusalError as refusal:
            return self._refuse(place, node, refusal.reason, str(refusal))


@cache
def _names(schema: MessageSchema) -> dict[str, FieldSchema]:
    """Fields by proto name and by JSON name."""
    return {field.json_name: field for field in schema.fields} | schema.by_name


def _meant(schema: MessageSchema, strange: list[str], values: dict[str, object]) -> list[str]:
    """The fields that keys without a field may have meant, so that they are not called missing, too.

    A key that resembles no field may be a choice that this build does not know.
    """
    meant = [name for name in strange if name]
    for members in schema.oneofs.values():
        names = [member.name for member in members]
        if "" in strange and not any(name in values or name in meant for name in names):
            meant += names
    return meant


def _described(node: Node) -> str:
    if isinstance(node, Scalar):
        return shown(node.text)
    return "a list" if isinstance(node, Sequence) else "a mapping"
