"""Protos and model say the same: every message a dataclass, every enum its twin, nothing on one side only."""

import dataclasses
import enum
import inspect

import pytest

import counterpoise.v1
from counterpoise import model, schema
from counterpoise.v1 import (
    allocation_pb2,
    allocation_service_pb2,
    analysis_service_pb2,
    capture_pb2,
    common_pb2,
    errors_pb2,
    estimation_pb2,
    evidence_pb2,
    explanation_pb2,
    history_pb2,
    mandate_pb2,
    market_pb2,
    marks_pb2,
    monitor_service_pb2,
    objective_pb2,
    portfolio_pb2,
    problem_pb2,
    rebalance_pb2,
    rebalance_service_pb2,
    scenario_pb2,
    schedule_pb2,
    sensitivity_pb2,
    solve_pb2,
    sweep_pb2,
    trades_pb2,
    trigger_pb2,
)

FILES = (
    allocation_pb2,
    allocation_service_pb2,
    analysis_service_pb2,
    common_pb2,
    errors_pb2,
    capture_pb2,
    estimation_pb2,
    evidence_pb2,
    explanation_pb2,
    history_pb2,
    mandate_pb2,
    market_pb2,
    marks_pb2,
    monitor_service_pb2,
    objective_pb2,
    portfolio_pb2,
    problem_pb2,
    rebalance_pb2,
    rebalance_service_pb2,
    scenario_pb2,
    schedule_pb2,
    sensitivity_pb2,
    solve_pb2,
    sweep_pb2,
    trades_pb2,
    trigger_pb2,
)
MESSAGES = [message for file in FILES for message in file.DESCRIPTOR.message_types_by_name.values()]
ENUMS = [declared for file in FILES for declared in file.DESCRIPTOR.enum_types_by_name.values()]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_every_message_has_a_frozen_keyword_only_dataclass_with_its_fields(message):
    twin = schema.schema_of(message).model
    assert twin.__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(twin))


def test_every_dataclass_of_the_model_has_a_message():
    dataclass_names = {
        name for name, value in inspect.getmembers(model, inspect.isclass) if dataclasses.is_dataclass(value)
    }
    assert dataclass_names == {message.name for message in MESSAGES}


def test_every_enum_has_its_twin_and_an_unspecified_zero():
    names = {
        name
        for name, value in inspect.getmembers(model, inspect.isclass)
        if issubclass(value, enum.IntEnum) and value is not enum.IntEnum
    }
    assert names == {declared.name for declared in ENUMS}
    for declared in ENUMS:
        assert declared.values_by_number[0].name.endswith("_UNSPECIFIED")
        twin = getattr(model, declared.name)
        assert {value.number for value in declared.values} == {0, *(int(value) for value in twin)}


def is_member(field):
    """Whether a field is a member of a declared oneof; presence makes oneofs that nobody declared."""
    return field.containing_oneof is not None and not field.containing_oneof.name.startswith("_")


def test_oneof_members_start_at_sixteen_and_shared_fields_stay_below():
    for message in MESSAGES:
        for field in message.fields:
            if is_member(field):
                assert field.number >= 16, field.full_name
            elif any(map(is_member, message.fields)):
                assert field.number < 16, field.full_name


def test_no_maps_and_no_numbers_without_presence_in_requests():
    pending, seen = [], set()
    pending += [problem_pb2.AllocationProblem.DESCRIPTOR, solve_pb2.SolveParameters.DESCRIPTOR]
    pending += [evidence_pb2.AlphaQuestion.DESCRIPTOR, capture_pb2.AlphaCaptureQuestion.DESCRIPTOR]
    pending.append(estimation_pb2.RiskModelQuestion.DESCRIPTOR)
    while pending:
        message = pending.pop()
        if message.full_name in seen:
            continue
        seen.add(message.full_name)
        assert not message.GetOptions().map_entry
        for field in message.fields:
            if field.message_type is not None:
                pending.append(field.message_type)
            elif field.type in (field.TYPE_DOUBLE, field.TYPE_INT32) and message.full_name.startswith(
                "counterpoise"
            ):
                assert field.is_repeated or field.has_presence, field.full_name


def test_the_list_of_files_is_complete():
    modules = {file.DESCRIPTOR.name.rpartition("/")[2].removesuffix(".proto") for file in FILES}
    folder = next(iter(counterpoise.v1.__path__))
    from pathlib import Path

    assert modules == {path.name.removesuffix("_pb2.py") for path in Path(folder).glob("*_pb2.py")}
