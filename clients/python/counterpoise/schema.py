"""The contract as data: what every message's fields are, read once from the proto descriptors.

Wire conversion, file reading and validation all follow this one description, so that a message
is written down once in the protos and once as a dataclass of the same name.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import cache, cached_property
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from counterpoise import model
from counterpoise.v1 import (  # together they import every message
    allocation_service_pb2,
    analysis_service_pb2,
    monitor_service_pb2,
    rebalance_service_pb2,
)


class FieldKind(Enum):
    """What one element of a field is."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "true or false"
    ENUM = "enum value"
    MESSAGE = "message"
    DATE = "date"
    TIME = "time of day"
    DURATION = "duration"
    TIMESTAMP = "instant"
    MASK = "list of fields"


_SCALARS = {
    FieldDescriptor.TYPE_STRING: FieldKind.TEXT,
    FieldDescriptor.TYPE_DOUBLE: FieldKind.NUMBER,
    FieldDescriptor.TYPE_INT32: FieldKind.INTEGER,
    FieldDescriptor.TYPE_BOOL: FieldKind.BOOLEAN,
    FieldDescriptor.TYPE_ENUM: FieldKind.ENUM,
}
_WELL_KNOWN = {
    "google.type.Date": FieldKind.DATE,
    "google.type.TimeOfDay": FieldKind.TIME,
    "google.protobuf.Duration": FieldKind.DURATION,
    "google.protobuf.FieldMask": FieldKind.MASK,
    "google.protobuf.Timestamp": FieldKind.TIMESTAMP,
}


@dataclass(frozen=True, eq=False)
class FieldSchema:
    """One field: its names, its kind, and whether it is repeated, required or in a oneof."""

    descriptor: FieldDescriptor
    name: str
    json_name: str
    kind: FieldKind
    repeated: bool
    required: bool
    has_presence: bool
    oneof: str
    enum: EnumSchema | None

    @cached_property
    def message(self) -> MessageSchema:
        """Schema of the field's message type; for MESSAGE fields only."""
        return schema_of(self.descriptor.message_type)

    @property
    def default(self) -> object:
        """What the dataclass holds when the field is unset."""
        if self.repeated or self.kind is FieldKind.MASK:
            return ()
        if self.has_presence or self.kind is FieldKind.ENUM:
            return None
        return self.descriptor.default_value


@dataclass(frozen=True, eq=False)
class EnumSchema:
    """An enum of the contract and its twin in the model; value names carry `prefix` on the wire."""

    model: type[IntEnum]
    prefix: str
    by_number: dict[int, IntEnum]
    by_name: dict[str, IntEnum]


@dataclass(frozen=True, eq=False)
class MessageSchema:
    """A message of the contract and its twin in the model."""

    descriptor: Descriptor
    model: type[Any]
    message: type[Message]
    fields: tuple[FieldSchema, ...]

    @cached_property
    def by_name(self) -> dict[str, FieldSchema]:
        """Fields by proto name."""
        return {field.name: field for field in self.fields}

    @cached_property
    def defaults(self) -> dict[str, object]:
        """The dataclass's attributes when nothing is set."""
        return {field.name: field.default for field in self.fields}

    @cached_property
    def oneofs(self) -> dict[str, tuple[FieldSchema, ...]]:
        """Members by name of each declared oneof."""
        names = dict.fromkeys(field.oneof for field in self.fields if field.oneof)
        return {name: tuple(field for field in self.fields if field.oneof == name) for name in names}

    def build(self, values: dict[str, object]) -> Any:
        """The dataclass with these attributes, unset ones at their defaults, nothing validated."""
        instance = object.__new__(self.model)
        instance.__dict__.update(self.defaults)
        instance.__dict__.update(values)
        return instance


@cache
def schema_of(descriptor: Descriptor) -> MessageSchema:
    """The schema of a message; raises LookupError when the model lacks it or a field of it."""
    twin = getattr(model, descriptor.name, None)
    if twin is None:
        raise LookupError(f"counterpoise.model has no dataclass for message {descriptor.full_name}")
    fields = tuple(_field(field) for field in descriptor.fields)
    if {field.name for field in fields} != {field.name for field in dataclasses.fields(twin)}:
        raise LookupError(f"fields of message {descriptor.full_name} and of its dataclass differ")
    return MessageSchema(
        descriptor=descriptor, model=twin, message=GetMessageClass(descriptor), fields=fields
    )


def schema_for(twin: type[Any]) -> MessageSchema:
    """The schema of a dataclass of the model."""
    return _schemas_by_model()[twin]


@cache
def _schemas_by_model() -> dict[type[Any], MessageSchema]:
    services = (allocation_service_pb2, analysis_service_pb2, monitor_service_pb2, rebalance_service_pb2)
    pending = [kind for module in services for kind in module.DESCRIPTOR.message_types_by_name.values()]
    schemas: dict[type[Any], MessageSchema] = {}
    while pending:
        schema = schema_of(pending.pop())
        if schema.model not in schemas:
            schemas[schema.model] = schema
            pending += [
                field.message.descriptor for field in schema.fields if field.kind is FieldKind.MESSAGE
            ]
    return schemas


def _field(field: FieldDescriptor) -> FieldSchema:
    kind = FieldKind.MESSAGE
    if field.message_type is None:
        kind = _SCALARS[field.type]
    elif field.message_type.full_name in _WELL_KNOWN:
        kind = _WELL_KNOWN[field.message_type.full_name]
    options: Any = field.GetOptions()
    oneof = field.containing_oneof
    declared = "" if oneof is None or oneof.name.startswith("_") else oneof.name
    return FieldSchema(
        descriptor=field,
        name=field.name,
        json_name=field.json_name,
        kind=kind,
        repeated=field.is_repeated,
        required=field_behavior_pb2.REQUIRED in options.Extensions[field_behavior_pb2.field_behavior],
        has_presence=field.has_presence,
        oneof=declared,
        enum=_enum(field.enum_type) if field.enum_type is not None else None,
    )


@cache
def _enum(descriptor: EnumDescriptor) -> EnumSchema:
    twin: type[IntEnum] = getattr(model, descriptor.name)
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", descriptor.name).upper() + "_"
    by_name = {prefix + value.name: value for value in twin}
    declared = {value.name: value.number for value in descriptor.values if value.number != 0}
    if declared != {name: int(value) for name, value in by_name.items()}:
        raise LookupError(f"values of enum {descriptor.full_name} and of its twin in the model differ")
    return EnumSchema(
        model=twin, prefix=prefix, by_number={int(value): value for value in twin}, by_name=by_name
    )
