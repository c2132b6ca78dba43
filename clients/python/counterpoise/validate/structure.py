"""The structural pass: every field is there, of its kind, finite, in its range and not too long.

It knows no message by name: it follows the schema, and the tables of ranges and counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from google.api import field_behavior_pb2

from counterpoise.model import DriverValue, ErrorReason, LineValue
from counterpoise.schema import FieldKind, FieldSchema, MessageSchema
from counterpoise.validate.arrays import ArrayCheck
from counterpoise.validate.check import Obvious, ValueCheck, judge_set
from counterpoise.validate.counts import MOST
from counterpoise.validate.ranges import RANGES, Range
from counterpoise.validate.report import REJECTED, Place, Report
from counterpoise.validate.text import listed, shown
from counterpoise.validate.values import value_check

_PAIRS: Final[tuple[type, ...]] = (DriverValue, LineValue)
_NEVER: Final = object()
"""Stands for the unset value of fields that have to be set; no field holds it."""


@dataclass(frozen=True, eq=False)
class ScalarField:
    """A field with one value."""

    field: FieldSchema
    check: ValueCheck

    def judge(self, value: object, place: Place, report: Report) -> None:
        """Looks closely at what is not obviously right."""
        unset = self.field.default
        if value is None or (isinstance(value, str) and value == "" and unset == ""):
            if self.field.required:
                missing = ErrorReason.FIELD_MISSING
                if self.field.kind is FieldKind.ENUM:
                    missing = ErrorReason.ENUM_VALUE_INVALID
                report.add(place, missing, f"required and unset; write {self.check.form}", unusable=True)
                return
            if value == unset:
                return
        judge_set(self.check, value, place, report)


@dataclass(frozen=True, eq=False)
class ListField:
    """A repeated field: of messages if it has a plan, else of single values."""

    name: str
    step: Place
    required: bool
    most: int
    check: ValueCheck
    plan: MessagePlan | None

    def look(self, values: object, place: Place, report: Report) -> None:
        """Checks the list and its elements."""
        if values is REJECTED:
            return
        if not isinstance(values, (tuple, list)) and (values is not None or not self.required):
            message = f"{shown(values)} is no list; write a list, empty for none"
            report.add(place, ErrorReason.VALUE_MALFORMED, message, unusable=True)
        elif not values:
            if self.required:
                message = f"required and empty; write at least one element, {self.check.form}"
                report.add(place, ErrorReason.FIELD_MISSING, message, unusable=True)
        elif len(values) > self.most:
            message = f"{len(values):,} elements, at most {self.most:,} are taken; leave out the others"
            report.add(place, ErrorReason.TOO_MANY, message, unusable=True)
        elif self.plan is not None:
            for index, value in enumerate(values):
                look(self.plan, value, (*place, index), report)
        else:
            for index, value in enumerate(values):
                if not self.check.obvious(value):
                    judge_set(self.check, value, (*place, index), report)


@dataclass(frozen=True, eq=False)
class MessagePlan:
    """What is looked at in a message, kinds of fields apart so that the loops are short."""

    model: type
    scalars: tuple[tuple[str, object, Obvious, ScalarField], ...]
    arrays: tuple[tuple[str, ArrayCheck], ...]
    lists: tuple[ListField, ...]
    messages: tuple[tuple[str, Place, bool, MessagePlan], ...]
    choices: tuple[tuple[str, ...], ...]
    compound: bool


def look(plan: MessagePlan, instance: object, place: Place, report: Report) -> None:
    """Checks an instance and everything below it."""
    if not isinstance(instance, plan.model):
        _refuse_type(plan, instance, place, report)
        return
    values = instance.__dict__.get
    for name, unset, obvious, scalar in plan.scalars:
        value = values(name)
        # Identity is enough where it holds: interned empty text, None, False.
        if value is not unset and not obvious(value):
            scalar.judge(value, (*place, name), report)
    for name, step, required, child in plan.messages:
        value = values(name)
        if value is not None:
            look(child, value, place + step, report)
        elif required:
            message = f"required and unset; write the fields of {child.model.__name__}"
            report.add(place + step, ErrorReason.FIELD_MISSING, message, unusable=True)
    if plan.compound:
        _look_at_compound(plan, instance, place, report)


def _look_at_compound(plan: MessagePlan, instance: object, place: Place, report: Report) -> None:
    """Checks lists and choices, which many messages do not have."""
    values = instance.__dict__.get
    for field in plan.lists:
        value = values(field.name, ())
        if field.required or type(value) is not tuple or value:
            field.look(value, place + field.step, report)
    for name, array in plan.arrays:
        array.look(values(name), (*place, name), report)
    for members in plan.choices:
        count = 0
        for name in members:
            if values(name) is not None:
                count += 1
        if count != 1:
            _choose(members, instance, place, report)


def _refuse_type(plan: MessagePlan, instance: object, place: Place, report: Report) -> None:
    if instance is not REJECTED:
        message = f"{shown(instance)} is no {plan.model.__name__}; write one"
        report.add(place, ErrorReason.VALUE_MALFORMED, message, unusable=True)


def _choose(members: tuple[str, ...], instance: object, place: Place, report: Report) -> None:
    """Reports a choice that is not made, or made more than once."""
    values = vars(instance)
    chosen = [name for name in members if values.get(name) is not None]
    if not chosen:
        wanted = members[0] if len(members) == 1 else f"exactly one of {listed(members)}"
        report.add(place, ErrorReason.CHOICE_MISSING, f"nothing is chosen; set {wanted}")
    elif any(values[name] is not REJECTED for name in chosen):
        for name in chosen[1:]:
            message = f"{chosen[0]} is set, too, and excludes it; keep one of {listed(chosen)}"
            report.add((*place, name), ErrorReason.FIELDS_EXCLUSIVE, message)


@cache
def plan_of(
    schema: MessageSchema, interval: Range | None = None, leave_out: frozenset[str] = frozenset()
) -> MessagePlan:
    """The plan of a message; `interval` is that of its numbers where the holding field has it.

    What is at the paths `leave_out` is not looked at, nor are output-only fields, which nobody reads.
    """
    scalars: list[tuple[str, object, Obvious, ScalarField]] = []
    arrays: list[tuple[str, ArrayCheck]] = []
    lists: list[ListField] = []
    messages: list[tuple[str, Place, bool, MessagePlan]] = []
    for field in schema.fields:
        key = (schema.model, field.name)
        if field.name in leave_out or _is_output_only(field):
            continue
        if field.kind is FieldKind.MESSAGE:
            # A pair of id and number has the range of the list that it stands in.
            below = frozenset(
                path.removeprefix(f"{field.name}.") for path in leave_out if path.startswith(f"{field.name}.")
            )
            child = plan_of(field.message, RANGES[key] if field.message.model in _PAIRS else None, below)
            if field.repeated:
                check = ValueCheck(lambda _: False, lambda *_: None, f"of type {child.model.__name__}")
                lists.append(ListField(field.name, (field.name,), field.required, MOST[key], check, child))
            else:
                messages.append((field.name, (field.name,), field.required, child))
            continue
        if field.repeated and field.kind is FieldKind.NUMBER:
            arrays.append((field.name, ArrayCheck(field.required, MOST[key])))
            continue
        check = value_check(schema.model, field, interval or RANGES.get(key))
        if field.repeated:
            lists.append(ListField(field.name, (field.name,), field.required, MOST[key], check, None))
        else:
            unset = _NEVER if field.required else field.default
            scalars.append((field.name, unset, check.obvious, ScalarField(field, check)))
    choices = tuple(tuple(member.name for member in members) for members in schema.oneofs.values())
    return MessagePlan(
        model=schema.model,
        scalars=tuple(scalars),
        arrays=tuple(arrays),
        lists=tuple(lists),
        messages=tuple(messages),
        choices=choices,
        compound=bool(lists or arrays or choices),
    )


def _is_output_only(field: FieldSchema) -> bool:
    options: Any = field.descriptor.GetOptions()
    return field_behavior_pb2.OUTPUT_ONLY in options.Extensions[field_behavior_pb2.field_behavior]
