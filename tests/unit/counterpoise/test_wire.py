"""Messages and dataclasses: there and back, nothing lost, nothing judged."""

import datetime
from dataclasses import replace

import pytest

from counterpoise import wire, wire_reading
from counterpoise.model import (
    AllocateRequest,
    AllocationView,
    DriverShock,
    LeverageDefinition,
    MeasureLiquidityRequest,
    SolveParameters,
    StressPortfolioRequest,
)
from counterpoise.schema import schema_of
from counterpoise.v1 import (
    allocation_service_pb2,
    analysis_service_pb2,
    mandate_pb2,
    portfolio_pb2,
    problem_pb2,
    scenario_pb2,
)
from tests.golden_problems import pension
from tests.problems import random_problem


@pytest.mark.parametrize("seed", range(30))
def test_a_problem_survives_bytes(seed):
    problem = random_problem(seed)
    sent = wire.to_message(problem, problem_pb2.AllocationProblem).SerializeToString()
    assert wire.to_model(problem_pb2.AllocationProblem.FromString(sent)) == problem


def test_parameters_survive_bytes():
    request = AllocateRequest(
        problem=pension(),
        parameters=SolveParameters(
            time_limit=datetime.timedelta(seconds=1.5), maximum_relative_gap=1e-6, view=AllocationView.BASIC
        ),
        request_id="monday",
    )
    sent = wire.to_message(request, allocation_service_pb2.AllocateRequest).SerializeToString()
    assert wire.to_model(allocation_service_pb2.AllocateRequest.FromString(sent)) == request


def test_zero_is_a_value_and_unset_is_none():
    problem = pension()
    line = replace(problem.portfolio.lines[0], current_fraction=0.0, minimum_fraction=None)
    problem = replace(problem, portfolio=replace(problem.portfolio, lines=(line,)))
    back = wire.to_model(wire.to_message(problem, problem_pb2.AllocationProblem))
    assert back.portfolio.lines[0].current_fraction == 0.0
    assert back.portfolio.lines[0].minimum_fraction is None


def test_an_empty_message_that_is_set_stays_set():
    message = wire.to_message(pension(), problem_pb2.AllocationProblem)
    assert message.objective.WhichOneof("goal") == "maximize_net_return"
    assert wire.to_model(message).objective.maximize_net_return is not None


def test_an_enum_number_of_a_newer_peer_stays_a_number():
    measure = mandate_pb2.LeverageMeasure(definition=77)
    assert wire.to_model(measure).definition == 77
    assert not isinstance(wire.to_model(measure).definition, LeverageDefinition)
    assert wire.to_model(mandate_pb2.LeverageMeasure()).definition is None


def test_a_date_that_is_none_stays_text():
    message = wire.to_message(pension(), problem_pb2.AllocationProblem)
    message.portfolio.as_of_date.month = 13
    assert wire.to_model(message).portfolio.as_of_date == f"2025-13-{pension().portfolio.as_of_date.day:02}"


@pytest.mark.parametrize("broken", [{"annual_risk_free_rate": "4 %"}, {"drivers": ("us_equity",)}])
def test_what_a_field_cannot_hold_is_refused_when_written(broken):
    problem = pension()
    problem = replace(problem, market=replace(problem.market, **broken))
    with pytest.raises(TypeError):
        wire.to_message(problem, problem_pb2.AllocationProblem)


def test_repeated_whole_numbers_are_tuples_and_not_arrays():
    measure = mandate_pb2.LiquidityCoverageMeasure(horizon_trading_days=[1, 20])
    measure.scenarios.all_scenarios = True
    back = wire.to_model(measure)
    assert back.horizon_trading_days == (1, 20)
    assert type(back.horizon_trading_days[0]) is int
    assert wire.to_message(back, mandate_pb2.LiquidityCoverageMeasure) == measure


def test_a_request_to_measure_survives_bytes():
    liquidity = MeasureLiquidityRequest(problem=pension(), horizon_trading_days=(5, 63), request_id="monday")
    sent = wire.to_message(liquidity, analysis_service_pb2.MeasureLiquidityRequest).SerializeToString()
    assert wire.to_model(analysis_service_pb2.MeasureLiquidityRequest.FromString(sent)) == liquidity
    stress = StressPortfolioRequest(problem=pension())
    sent = wire.to_message(stress, analysis_service_pb2.StressPortfolioRequest).SerializeToString()
    assert wire.to_model(analysis_service_pb2.StressPortfolioRequest.FromString(sent)) == stress


def test_a_shock_without_a_horizon_stays_without():
    shock = DriverShock(driver_id="equity", shock=0.0)
    message = wire.to_message(shock, scenario_pb2.DriverShock)
    assert message.HasField("shock")
    assert not message.HasField("horizon_trading_days")
    assert wire.to_model(message) == shock


@pytest.mark.parametrize("seed", range(10))
def test_asking_for_fields_and_listing_them_read_the_same(seed):
    message = wire.to_message(random_problem(seed), problem_pb2.AllocationProblem)
    parts = [message]
    for part in parts:
        schema = schema_of(part.DESCRIPTOR)
        listed = wire_reading.reader_with(schema, {})(part)
        assert wire_reading._narrow_reader(schema)(part) == listed
        assert vars(listed).keys() == {field.name for field in schema.fields}
        for field, value in part.ListFields():
            if field.message_type is not None and field.message_type.file.package == "counterpoise.v1":
                parts += value if field.is_repeated else [value]
    assert len(parts) > 30


def test_none_is_not_written_and_other_classes_are_refused():
    line = pension().portfolio.lines[0]
    with pytest.raises(TypeError, match="loadings: DriverValue wanted, got Line"):
        wire.to_message(replace(line, loadings=(line,)), portfolio_pb2.Line)
    assert wire.to_message(replace(line, loadings=None), portfolio_pb2.Line).loadings == []
    with pytest.raises(TypeError):
        wire.to_message(replace(line, display_name=0), portfolio_pb2.Line)
