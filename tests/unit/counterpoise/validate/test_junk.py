"""Validation never raises, whatever the dataclasses hold, and what it takes can be sent."""

import copy
import dataclasses
import datetime
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterpoise import validate, wire
from counterpoise.model import (
    Aggregation,
    AllocateRequest,
    AllocationProblem,
    CorrelationRegime,
    CorrelationRepair,
    DriverShock,
    DriverUnit,
    DriverValue,
    EvidenceRule,
    FactorEvidence,
    FeeHurdle,
    FeeTerms,
    FundedBeta,
    Line,
    LineKind,
    LineScope,
    LineShock,
    LiquidityPoint,
    MarginMultiplier,
    MeasureLiquidityRequest,
    MissingShockRule,
    Objective,
    RiskStatistic,
    Scenario,
    ScenarioScope,
    SoftLimit,
    SolveParameters,
    StressPortfolioRequest,
    TradingCost,
    TurnoverCount,
)
from counterpoise.schema import schema_for
from counterpoise.v1 import analysis_service_pb2, problem_pb2
from counterpoise.validate.ranges import RANGES
from counterpoise.validate.report import Report
from counterpoise.validate.values import value_check


class Hostile:
    """Objects to everything."""

    def __repr__(self):
        raise RuntimeError("no")

    def __eq__(self, other):
        raise RuntimeError("no")

    def __bool__(self):
        raise RuntimeError("no")

    __hash__ = None


def pick(*values):
    """One of some values, none of which needs to have a hash."""
    return st.integers(0, len(values) - 1).map(values.__getitem__)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=70),
    st.characters(categories=["Cs"]),
    st.binary(max_size=4),
    pick("fund", "future", "equity", "fcm", "alphas", "growth", "USD", "neutral", "limit"),
    pick("macro", "value", "rate", "gold", "dealer", "bank", "bonds", "turnover"),
    st.sampled_from(
        [*Aggregation, *LineKind, *DriverUnit, *FeeHurdle, *TurnoverCount, *MissingShockRule],
    ),
    pick(*CorrelationRegime, *CorrelationRepair, *RiskStatistic),
    pick("crash", "squeeze", "years", "ccp", "swap", "account", "revolver", "cash"),
    pick(DriverShock(driver_id="rate", shock=-0.1, horizon_trading_days=5), Scenario, ScenarioScope()),
    pick(LineShock(line_id="fund", shock=9), ScenarioScope(base=True, all_scenarios=True)),
    pick(MarginMultiplier(multiplier=2, line_id="future"), object.__new__(Scenario)),
    pick(LiquidityPoint(horizon_trading_days=np.int32(7), available_share=np.float32(0.5)), (1, 5, 5)),
    pick(np.float32(0.1), np.int64(3), np.nan, np.True_, np.str_("fund"), np.longdouble("1e400")),
    pick(np.eye(3), np.array([]), np.array(3.0), np.array(["x"]), np.array([None, 1.0]), np.array([1, 2])),
    pick(
        datetime.date(2025, 1, 1),
        datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC),
        datetime.timedelta(seconds=1),
    ),
    pick((), [], {}, set(), (None,), [0.5], ("fund", "fund"), ("equity",), (object(),), range(3)),
    pick(object(), Line, object.__new__(Line)),
    pick(object.__new__(Objective), object.__new__(FeeTerms), TradingCost(linear_rate=0.001)),
    pick(SoftLimit(priority=1), EvidenceRule(), LineScope(counterparty_ids=("dealer", "nobody"))),
    pick(-1.0, 0.0, 1e-320, 0.1, 1.5, 1e308, 10**30),
    st.builds(Hostile),
    st.builds(lambda: (Hostile(),)),
    st.builds(lambda: FundedBeta(annual_fee=Hostile())),
    pick(
        DriverValue(driver_id="equity", value=1.0), LineScope(), LineScope(all_lines=True), SolveParameters()
    ),
)


def places(instance):
    """Every dictionary or list of a copy where a value can be put, with its key."""
    found = []
    for name, value in vars(instance).items():
        found.append((vars(instance), name))
        if dataclasses.is_dataclass(value):
            found += places(value)
        elif isinstance(value, tuple):
            elements = list(value)
            vars(instance)[name] = elements
            found += [(elements, index) for index in range(len(elements))]
            for element in elements:
                if dataclasses.is_dataclass(element):
                    found += places(element)
    return found


@settings(max_examples=1_500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_problem_with_junk_in_it_is_judged(valid_problems, data):
    changed = copy.deepcopy(valid_problems[data.draw(st.integers(0, len(valid_problems) - 1))])
    spots = places(changed)
    chosen = data.draw(st.lists(st.integers(0, len(spots) - 1), min_size=1, max_size=4))
    for index in chosen:
        holder, key = spots[index]
        holder[key] = data.draw(JUNK)
    violations = validate.problem_violations(changed)
    for violation in violations:
        wire.to_message(violation, schema_for(type(violation)).message)
        assert violation.message
    if not violations:
        wire.to_message(changed, problem_pb2.AllocationProblem)


@settings(max_examples=200)
@given(values=st.dictionaries(st.sampled_from(["market", "portfolio", "mandate", "objective"]), JUNK))
def test_a_problem_of_junk_is_refused(values):
    problem = object.__new__(AllocationProblem)
    problem.__dict__.update(values)
    assert validate.problem_violations(problem)


@settings(max_examples=200)
@given(problem=JUNK, horizons=JUNK, request_id=JUNK)
def test_a_request_to_measure_junk_is_refused(problem, horizons, request_id):
    stress = StressPortfolioRequest(problem=problem, request_id=request_id)
    assert validate.request_violations(stress)
    liquidity = MeasureLiquidityRequest(problem=problem, horizon_trading_days=horizons, request_id=request_id)
    assert validate.request_violations(liquidity)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(horizons=st.one_of(JUNK, st.lists(JUNK, max_size=3).map(tuple)))
def test_a_request_with_junk_for_horizons_is_judged(stressed, horizons):
    request = MeasureLiquidityRequest(problem=stressed, horizon_trading_days=horizons)
    if not validate.request_violations(request):
        wire.to_message(request, analysis_service_pb2.MeasureLiquidityRequest)


@settings(max_examples=200)
@given(problem=JUNK, parameters=JUNK, request_id=JUNK)
def test_a_request_of_junk_is_refused(problem, parameters, request_id):
    request = AllocateRequest(problem=problem, parameters=parameters, request_id=request_id)
    assert validate.request_violations(request)


FIELDS = [
    (schema.model, field)
    for schema in (
        schema_for(FundedBeta),
        schema_for(FactorEvidence),
        schema_for(FeeTerms),
        schema_for(Objective),
        schema_for(SoftLimit),
        schema_for(Line),
        schema_for(LineScope),
        schema_for(SolveParameters),
        schema_for(DriverShock),
        schema_for(LiquidityPoint),
        schema_for(ScenarioScope),
        schema_for(MeasureLiquidityRequest),
    )
    for field in schema.fields
    if field.kind.value != "message"
]


@pytest.mark.parametrize(("model", "field"), FIELDS, ids=lambda value: getattr(value, "name", None))
@settings(max_examples=60)
@given(value=JUNK)
def test_what_is_obvious_is_never_refused(model, field, value):
    check = value_check(model, field, RANGES.get((model, field.name)))
    if check.obvious(value):
        report = Report()
        check.judge(value, ("field",), report)
        assert report.findings == []


def test_missing_attributes_are_missing_fields(problem):
    line = object.__new__(Line)
    changed = dataclasses.replace(problem, portfolio=dataclasses.replace(problem.portfolio, lines=(line,)))
    fields = {(violation.field, violation.reason.name) for violation in validate.problem_violations(changed)}
    assert ("portfolio.lines[0].line_id", "FIELD_MISSING") in fields
    assert ("portfolio.lines[0].annual_residual_volatility", "FIELD_MISSING") in fields
    assert ("portfolio.lines[0]", "CHOICE_MISSING") in fields


def test_valid_problem_survives_the_wire(valid_problems):
    for valid in valid_problems:
        message = wire.to_message(valid, problem_pb2.AllocationProblem)
        assert wire.to_model(message) == valid
        assert validate.problem_violations(wire.to_model(message)) == ()


def test_no_message_is_needed_to_find_what_the_wire_leaves_open():
    message = problem_pb2.AllocationProblem()
    message.portfolio.as_of_date.year = 2025
    message.portfolio.lines.add(annual_residual_volatility=math.nan)
    message.mandate.limits.add().leverage.definition = 99
    found = {
        violation.field: violation.reason.name
        for violation in validate.problem_violations(wire.to_model(message))
    }
    assert found["portfolio.as_of_date"] == "VALUE_MALFORMED"
    assert found["portfolio.lines[0].annual_residual_volatility"] == "NUMBER_NOT_FINITE"
    assert found["mandate.limits[0].leverage.definition"] == "ENUM_VALUE_INVALID"
    assert found["market"] == "FIELD_MISSING"
