"""Limits under scenarios: which they name, over which horizons, on which side, and how many they are."""

import dataclasses

import numpy as np
import pytest

from counterpoise.model import (
    ConditionalValueAtRiskMeasure,
    FundedBeta,
    IlliquidShareMeasure,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    Line,
    LiquidityCoverageMeasure,
    MissingShockRule,
    RectangularMatrix,
    ReturnSample,
    Scenario,
    ScenarioLossMeasure,
    ScenarioScope,
)

LIMIT = "mandate.limits[{}].{}"
LEVERAGE, LOSS, TAIL, COVERAGE, ILLIQUID, RELATIVE, MONEY = range(7)
SCOPES = (
    LIMIT.format(LEVERAGE, "leverage.scenarios"),
    LIMIT.format(LOSS, "scenario_loss.scenarios"),
    LIMIT.format(COVERAGE, "liquidity_coverage.scenarios"),
    LIMIT.format(ILLIQUID, "illiquid_share.scenarios"),
)
HORIZONS = LIMIT.format(COVERAGE, "liquidity_coverage.horizon_trading_days")
MULTIPLE = LIMIT.format(COVERAGE, "liquidity_coverage.need_multiple")


# Scopes


@pytest.mark.parametrize("path", SCOPES)
@pytest.mark.parametrize(
    ("scope", "field", "reason"),
    [
        (ScenarioScope(), "", "SCOPE_EMPTY"),
        (ScenarioScope(scenario_ids=("crash", "crisis")), ".scenario_ids[1]", "ID_UNKNOWN"),
        (ScenarioScope(all_scenarios=True, scenario_ids=("crash",)), ".all_scenarios", "FIELDS_EXCLUSIVE"),
        (ScenarioScope(scenario_ids=("a b",)), ".scenario_ids[0]", "ID_MALFORMED"),
    ],
    ids=repr,
)
def test_scope_of_scenarios_selects_some(broken_stressed, path, scope, field, reason):
    assert broken_stressed(path, scope) == [(path + field, reason)]


@pytest.mark.parametrize("path", SCOPES)
@pytest.mark.parametrize(
    "scope",
    [
        ScenarioScope(all_scenarios=True),
        ScenarioScope(scenario_ids=("crash", "squeeze", "crash")),
    ],
    ids=repr,
)
def test_scope_of_scenarios_is_taken(broken_stressed, path, scope):
    assert broken_stressed(path, scope) == []


@pytest.mark.parametrize("path", SCOPES)
def test_the_base_state_is_a_state_but_loses_nothing(broken_stressed, stressed, message_of, path):
    for scope in (ScenarioScope(base=True), ScenarioScope(base=True, all_scenarios=True)):
        found = broken_stressed(path, scope)
        if "scenario_loss" in path:
            assert found == [(f"{path}.base", "FIELDS_EXCLUSIVE")]
            assert "nothing is lost in the base state" in message_of(stressed, path, scope)
        else:
            assert found == []


@pytest.mark.parametrize("path", SCOPES)
def test_all_of_no_scenarios_is_nothing(broken_stressed, stressed, path):
    index = int(path.split("[")[1][0])
    alone = (stressed.mandate.limits[index],)
    at = path.replace(f"[{index}]", "[0]")
    changes = ("scenarios", (), "mandate.limits", alone, at)
    assert broken_stressed(*changes, ScenarioScope(all_scenarios=True)) == [(at, "SCOPE_EMPTY")]
    assert broken_stressed(*changes, ScenarioScope(scenario_ids=("crash",))) == [
        (f"{at}.scenario_ids[0]", "ID_UNKNOWN")
    ]
    if "scenario_loss" not in path:
        assert broken_stressed(*changes, ScenarioScope(all_scenarios=True, base=True)) == []


def test_messages_say_what_a_scope_can_name(stressed, message_of):
    assert "all_scenarios: true, or base: true" in message_of(stressed, SCOPES[0], ScenarioScope())
    assert message_of(stressed, SCOPES[1], ScenarioScope()).endswith("all_scenarios: true")


def test_leverage_without_a_scope_is_of_the_base_state(broken_stressed):
    assert broken_stressed(SCOPES[0], None) == []
    assert broken_stressed(SCOPES[1], None) == [(SCOPES[1], "FIELD_MISSING")]


def test_a_scenario_that_was_refused_empties_no_scope(broken_stressed):
    assert broken_stressed("scenarios[0]", 3) == [("scenarios[0]", "VALUE_MALFORMED")]
    assert broken_stressed("scenarios", 3) == [("scenarios", "VALUE_MALFORMED")]


# Sides


@pytest.mark.parametrize("index", [LEVERAGE, TAIL, ILLIQUID, RELATIVE, MONEY])
def test_measure_is_bounded_from_above_alone(broken_stressed, index):
    lower, upper = LIMIT.format(index, "lower"), LIMIT.format(index, "upper")
    assert broken_stressed(lower, 0.0) == [(lower, "SIDE_NOT_CONVEX")]
    assert broken_stressed(upper, None) == [(upper, "FIELD_MISSING")]


def test_coverage_is_bounded_from_below_alone(broken_stressed):
    lower, upper = LIMIT.format(COVERAGE, "lower"), LIMIT.format(COVERAGE, "upper")
    assert broken_stressed(upper, 1.0) == [(upper, "SIDE_NOT_CONVEX")]
    assert broken_stressed(lower, None) == [(lower, "FIELD_MISSING")]


def test_losses_are_bounded_on_both_sides(broken_stressed):
    lower, upper = LIMIT.format(LOSS, "lower"), LIMIT.format(LOSS, "upper")
    assert broken_stressed(lower, None) == []
    assert broken_stressed(upper, None) == []
    assert broken_stressed(lower, 0.4) == [(upper, "BOUNDS_CROSSED")]


# Horizons


def test_coverage_has_a_horizon(broken_stressed):
    assert broken_stressed(HORIZONS, ()) == [(HORIZONS, "FIELD_MISSING")]
    assert broken_stressed(HORIZONS, None) == [(HORIZONS, "FIELD_MISSING")]
    assert broken_stressed(HORIZONS, 20) == [(HORIZONS, "VALUE_MALFORMED")]


def test_a_horizon_comes_once(broken_stressed, stressed, message_of):
    assert broken_stressed(HORIZONS, (63, 20, 1)) == []
    assert broken_stressed(HORIZONS, (20, 1, 20, 20)) == [
        (f"{HORIZONS}[2]", "ID_DUPLICATE"),
        (f"{HORIZONS}[3]", "ID_DUPLICATE"),
    ]
    assert message_of(stressed, HORIZONS, (20, 20)) == "20 comes twice; keep one"


@pytest.mark.parametrize(
    ("days", "reason"),
    [
        (0, "NUMBER_OUT_OF_RANGE"),
        (-5, "NUMBER_OUT_OF_RANGE"),
        (2_521, "NUMBER_OUT_OF_RANGE"),
        (1.5, "VALUE_MALFORMED"),
        ("20", "VALUE_MALFORMED"),
        (None, "VALUE_MALFORMED"),
        (True, "VALUE_MALFORMED"),
    ],
)
def test_horizons_are_trading_days_within_ten_years(broken_stressed, days, reason):
    assert broken_stressed(HORIZONS, (20, days, 63)) == [(f"{HORIZONS}[1]", reason)]
    # What was refused does not come twice.
    assert broken_stressed(HORIZONS, (days, days)) == [(f"{HORIZONS}[{index}]", reason) for index in (0, 1)]
    path = LIMIT.format(ILLIQUID, "illiquid_share.horizon_trading_days")
    if days is not None:
        assert broken_stressed(path, days) == [(path, reason)]


def test_coverage_has_at_most_fifty_horizons(broken_stressed):
    assert broken_stressed(HORIZONS, tuple(range(1, 51))) == []
    assert broken_stressed(HORIZONS, tuple(range(1, 52))) == [(HORIZONS, "TOO_MANY")]


@pytest.mark.parametrize(("value", "taken"), [(0.0, False), (100.0, True), (100.1, False), (None, True)])
def test_the_need_is_multiplied_by_something_positive(broken_stressed, value, taken):
    assert broken_stressed(MULTIPLE, value) == ([] if taken else [(MULTIPLE, "NUMBER_OUT_OF_RANGE")])


# Counts


EVERY = ScenarioScope(all_scenarios=True)
BOTH = ScenarioScope(all_scenarios=True, base=True)


@pytest.fixture
def counted(stressed, broken_stressed):
    """Function (lines, scenarios, count, measure): violations of so many limits on so many funds."""

    def violations(lines, scenarios, count, **measure):
        fund = Line(line_id="fund", annual_residual_volatility=0.0, funded_beta=FundedBeta(annual_fee=0.0))
        portfolio = dataclasses.replace(
            stressed.portfolio,
            lines=tuple(dataclasses.replace(fund, line_id=f"line{index}") for index in range(lines)),
            margin_pools=(),
        )
        quiet = tuple(
            Scenario(scenario_id=f"s{index}", missing_shock_rule=MissingShockRule.UNCHANGED)
            for index in range(scenarios)
        )
        side = {"lower": 0.0} if "liquidity_coverage" in measure else {"upper": 1.0}
        limits = tuple(Limit(limit_id=f"limit{index}", **side, **measure) for index in range(count))
        return broken_stressed("portfolio", portfolio, "scenarios", quiet, "mandate.limits", limits)

    return violations


TOO_MANY = [("mandate.limits", "TOO_MANY")]


@pytest.mark.parametrize(
    "measure",
    [
        {"scenario_loss": ScenarioLossMeasure(scenarios=EVERY)},
        {"illiquid_share": IlliquidShareMeasure(horizon_trading_days=5, scenarios=EVERY)},
        {
            "leverage": LeverageMeasure(
                definition=LeverageDefinition.NET, scenarios=ScenarioScope(all_scenarios=True)
            )
        },
    ],
    ids=["loss", "illiquid", "leverage"],
)
def test_every_scenario_is_a_constraint_of_its_own(counted, measure):
    assert counted(1, 200, 1_000, **measure) == []
    # One more for the base state, which is refused for losses.
    if "scenario_loss" not in measure:
        (name, inner) = next(iter(measure.items()))
        both = {name: dataclasses.replace(inner, scenarios=BOTH)}
        assert counted(1, 200, 996, **both) == TOO_MANY
        assert counted(1, 200, 995, **both) == []


def test_coverage_is_one_for_every_horizon_and_one_for_the_first_day(counted):
    def coverage(*days):
        measure = LiquidityCoverageMeasure(scenarios=EVERY, horizon_trading_days=days)
        return {"liquidity_coverage": measure}

    days = tuple(range(2, 52))
    assert counted(1, 200, 20, **coverage(*days)) == []
    assert counted(1, 200, 21, **coverage(*days)) == TOO_MANY
    # 200 scenarios, 49 horizons and the same day.
    assert counted(1, 200, 20, **coverage(1, *days[:48])) == []
    assert counted(1, 200, 20, **coverage(1, *days[:49])) == TOO_MANY


def test_every_state_weighs_every_line(counted):
    loss = {"scenario_loss": ScenarioLossMeasure(scenarios=EVERY)}
    assert counted(1_000, 100, 100, **loss) == []
    assert counted(1_000, 100, 101, **loss) == TOO_MANY
    coverage = LiquidityCoverageMeasure(scenarios=EVERY, horizon_trading_days=(5, 20))
    assert counted(1_000, 100, 50, liquidity_coverage=coverage) == []
    assert counted(1_000, 100, 51, liquidity_coverage=coverage) == TOO_MANY


def test_leverage_today_weighs_nothing_that_is_not_weighed_anyway(counted):
    today = LeverageMeasure(definition=LeverageDefinition.NET, scenarios=ScenarioScope(base=True))
    assert counted(20_000, 1, 1_000, leverage=today) == []
    after = dataclasses.replace(today, scenarios=BOTH)
    assert counted(20_000, 1, 500, leverage=after) == []
    assert counted(20_000, 1, 501, leverage=after) == TOO_MANY


def test_a_tail_weighs_outcomes_by_drivers(stressed, broken_stressed):
    rows = tuple(f"r{index}" for index in range(10_000))
    outcomes = RectangularMatrix(
        row_ids=rows, column_ids=("equity", "rate", "credit"), values=np.zeros(30_000)
    )
    measure = ConditionalValueAtRiskMeasure(return_sample_id="years", confidence=0.95)
    limits = tuple(
        Limit(limit_id=f"limit{index}", upper=1.0, conditional_value_at_risk=measure) for index in range(334)
    )
    sample = ("return_samples", (ReturnSample(return_sample_id="years", outcomes=outcomes),))
    assert broken_stressed(*sample, "mandate.limits", limits[:333]) == []
    assert broken_stressed(*sample, "mandate.limits", limits) == TOO_MANY
