"""Dataclasses to ProtoJSON."""

from __future__ import annotations

from google.protobuf import json_format

from counterpoise import wire
from counterpoise.model import Allocation, AllocationProblem
from counterpoise.schema import schema_for


def to_json(instance: object, *, print_empty: bool) -> str:
    """ProtoJSON of a dataclass of the model, with proto field names.

    `print_empty` prints lists, texts, numbers and declarations without presence that hold nothing.
    Raises TypeError or ValueError where a field holds what its type cannot take.
    """
    message = wire.to_message(instance, schema_for(type(instance)).message)
    return json_format.MessageToJson(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=print_empty,
        ensure_ascii=False,
    )


def problem_json(problem: AllocationProblem) -> str:
    """A problem as the file that every language reads: unset fields are left out."""
    return to_json(problem, print_empty=False)


def allocation_json(allocation: Allocation) -> str:
    """An answer for programs: empty fields are printed, so that every key is always there."""
    return to_json(allocation, print_empty=True)
