"""What to write instead of something that is no message: its fields, by their names."""

from __future__ import annotations

from counterpoise.files.document import Node, Scalar
from counterpoise.files.scalars import is_null
from counterpoise.schema import FieldKind, FieldSchema, MessageSchema
from counterpoise.validate.text import listed

_LONGEST_QUOTED = 32


def instead(schema: MessageSchema, node: Node) -> str:
    """What to write where a node that is no mapping stands for a message."""
    if not schema.fields:
        return "write {}"
    choices = [field for members in schema.oneofs.values() for field in members]
    if choices and not any(field.required for field in schema.fields):
        names = listed(field.name for field in choices)
        return f"write one of {names} as a mapping, e.g. {_example(choices, node)}"
    return f"write a mapping of its fields: {listed(schema.by_name)}"


def instead_of_null(field: FieldSchema) -> str:
    """What to write where a field has no value."""
    if field.kind is FieldKind.MESSAGE and not field.repeated and not field.message.fields:
        return f"write {field.name}: {{}}"
    return "write a value or leave the field out"


def _example(choices: list[FieldSchema], node: Node) -> str:
    text = node.text if isinstance(node, Scalar) and not is_null(node) else ""
    named = next((field for field in choices if text in {field.name, field.json_name}), None)
    field = named or choices[0]
    if field.kind is FieldKind.MESSAGE:
        inner = field.message.fields
        return f"{{{field.name}: {{{inner[0].name}: ...}}}}" if inner else f"{{{field.name}: {{}}}}"
    kept = text if text and named is None and len(text) <= _LONGEST_QUOTED and text.isprintable() else "..."
    return f"{{{field.name}: {kept}}}"
