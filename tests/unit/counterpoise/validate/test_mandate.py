"""Limits, their scopes and sides, the reference portfolio, and the evidence rule."""

import dataclasses

import pytest

from counterpoise import validate
from counterpoise.model import (
    Aggregation,
    DriverGroup,
    DriverScope,
    DriverValue,
    EntityRef,
    EvidenceRule,
    ExposureMeasure,
    FundedBeta,
    Limit,
    Line,
    LineGroup,
    LineKind,
    LineScope,
    LineValue,
    MinimizeActiveRisk,
    Objective,
    PositionMeasure,
    RiskMeasure,
    RiskStatistic,
)

LIMIT = "mandate.limits[{}].{}"
POSITION, EXPOSURE, BETA, LEVERAGE, RISK, RESERVE = range(6)
REFERENCE = "mandate.reference_exposures"


def test_limit_ids_are_distinct(broken):
    assert broken(LIMIT.format(1, "limit_id"), "position") == [(LIMIT.format(1, "limit_id"), "ID_DUPLICATE")]


def test_limit_has_a_bound(broken):
    for index, side in ((POSITION, "lower"), (LEVERAGE, "upper"), (RISK, "upper"), (RESERVE, "lower")):
        found = broken(LIMIT.format(index, "lower"), None, LIMIT.format(index, "upper"), None)
        assert found == [(LIMIT.format(index, side), "FIELD_MISSING")]


def test_refused_bound_is_not_missing(broken):
    path = LIMIT.format(LEVERAGE, "upper")
    assert broken(path, "1.5") == [(path, "VALUE_MALFORMED")]


def test_bounds_are_in_order(broken):
    assert broken(LIMIT.format(BETA, "lower"), 1.2) == [(LIMIT.format(BETA, "upper"), "BOUNDS_CROSSED")]


@pytest.mark.parametrize("index", [LEVERAGE, RISK])
def test_leverage_and_risk_are_bounded_from_above_alone(broken, index):
    assert broken(LIMIT.format(index, "lower"), 0.0) == [(LIMIT.format(index, "lower"), "SIDE_NOT_CONVEX")]


def test_reserve_is_bounded_from_below_alone(broken):
    assert broken(LIMIT.format(RESERVE, "upper"), 1.0) == [
        (LIMIT.format(RESERVE, "upper"), "SIDE_NOT_CONVEX")
    ]


@pytest.mark.parametrize(("index", "measure"), [(POSITION, "position"), (EXPOSURE, "exposure")])
def test_sums_of_absolute_values_are_bounded_from_above_alone(broken, index, measure):
    aggregation = LIMIT.format(index, f"{measure}.aggregation")
    lower = LIMIT.format(index, "lower")
    assert broken(aggregation, Aggregation.ABSOLUTE_SUM) == [(lower, "SIDE_NOT_CONVEX")]
    assert broken(aggregation, Aggregation.ABSOLUTE_SUM, lower, None) == []


@pytest.mark.parametrize(
    ("scope", "field", "reason"),
    [
        (LineScope(), "", "SCOPE_EMPTY"),
        (LineScope(excluded_line_ids=("fund",)), "", "SCOPE_EMPTY"),
        (LineScope(line_ids=("fund",), excluded_line_ids=("fund",)), "", "SCOPE_EMPTY"),
        (LineScope(all_lines=True, kinds=(LineKind.OVERLAY,)), ".all_lines", "FIELDS_EXCLUSIVE"),
        (LineScope(all_lines=True, line_group_ids=("alphas",)), ".all_lines", "FIELDS_EXCLUSIVE"),
        (LineScope(all_lines=True, line_ids=("fund",)), ".all_lines", "FIELDS_EXCLUSIVE"),
        (LineScope(line_ids=("nothing",)), ".line_ids[0]", "ID_UNKNOWN"),
        (LineScope(line_group_ids=("nothing",)), ".line_group_ids[0]", "ID_UNKNOWN"),
        (LineScope(all_lines=True, excluded_line_ids=("nothing",)), ".excluded_line_ids[0]", "ID_UNKNOWN"),
        (
            LineScope(kinds=(LineKind.OVERLAY,), excluded_line_ids=("fund",)),
            ".excluded_line_ids[0]",
            "ID_UNKNOWN",
        ),
    ],
    ids=repr,
)
def test_scope_of_lines_selects_some(broken, scope, field, reason):
    path = LIMIT.format(POSITION, "position.lines")
    assert broken(path, scope) == [(path + field, reason)]


@pytest.mark.parametrize(
    "scope",
    [
        LineScope(all_lines=True),
        LineScope(all_lines=True, excluded_line_ids=("fund", "future")),
        LineScope(kinds=(LineKind.OVERLAY, LineKind.FUNDED_BETA), excluded_line_ids=("fund",)),
        LineScope(line_ids=("fund", "fund"), line_group_ids=("alphas",)),
    ],
    ids=repr,
)
def test_scope_of_lines_is_taken(broken, scope):
    assert broken(LIMIT.format(POSITION, "position.lines"), scope) == []


def test_kind_that_no_line_is_of_selects_nothing(problem, put, broken):
    scope = LIMIT.format(POSITION, "position.lines")
    funded = Line(line_id="revolver", annual_residual_volatility=0.0, funded_beta=FundedBeta(annual_fee=0.0))
    found = broken("portfolio.lines[5]", funded, scope, LineScope(kinds=(LineKind.CREDIT_LINE,)))
    assert found == [(scope, "SCOPE_EMPTY")]


def test_line_without_kind_does_not_empty_scopes(broken):
    line = Line(line_id="revolver", annual_residual_volatility=0.0)
    scope = LIMIT.format(POSITION, "position.lines")
    found = broken("portfolio.lines[5]", line, scope, LineScope(kinds=(LineKind.CREDIT_LINE,)))
    assert found == [("portfolio.lines[5]", "CHOICE_MISSING")]


@pytest.mark.parametrize(
    ("scope", "field", "reason"),
    [
        (DriverScope(), "", "SCOPE_EMPTY"),
        (DriverScope(all_drivers=True, driver_ids=("rates",)), ".all_drivers", "FIELDS_EXCLUSIVE"),
        (DriverScope(all_drivers=True, driver_group_ids=("growth",)), ".all_drivers", "FIELDS_EXCLUSIVE"),
        (DriverScope(driver_ids=("gold",)), ".driver_ids[0]", "ID_UNKNOWN"),
        (DriverScope(driver_group_ids=("gold",)), ".driver_group_ids[0]", "ID_UNKNOWN"),
    ],
    ids=repr,
)
def test_scope_of_drivers_selects_some(broken, scope, field, reason):
    path = LIMIT.format(EXPOSURE, "exposure.drivers")
    assert broken(path, scope) == [(path + field, reason)]


def test_optional_scopes_of_risk_are_checked_where_they_are_set(broken):
    for name, empty in (("lines", LineScope()), ("drivers", DriverScope())):
        path = LIMIT.format(RISK, f"risk.{name}")
        assert broken(path, None) == []
        assert broken(path, empty) == [(path, "SCOPE_EMPTY")]


def test_active_risk_is_of_the_whole_portfolio(broken):
    statistic, lines = LIMIT.format(RISK, "risk.statistic"), LIMIT.format(RISK, "risk.lines")
    assert broken(statistic, RiskStatistic.ACTIVE_VOLATILITY) == [(lines, "FIELDS_EXCLUSIVE")]
    assert broken(statistic, RiskStatistic.ACTIVE_VOLATILITY, lines, None) == []


@pytest.mark.parametrize("name", ["nothing", "fund", "neutral", "bills"])
def test_reserve_rates_are_of_overlays_and_unfunded_sleeves(broken, name):
    path = LIMIT.format(RESERVE, "reserve.rates")
    assert broken(path, (LineValue(line_id=name, value=0.1),)) == [(f"{path}[0].line_id", "ID_UNKNOWN")]


def test_reserve_rates_are_given_once(broken):
    path = LIMIT.format(RESERVE, "reserve.rates")
    rate = LineValue(line_id="future", value=0.1)
    assert broken(path, (rate, rate)) == [(f"{path}[1].line_id", "ID_DUPLICATE")]


def test_reference_names_known_drivers_once(broken):
    gold, equity = DriverValue(driver_id="gold", value=0.1), DriverValue(driver_id="equity", value=0.6)
    assert broken(REFERENCE, (equity, gold)) == [(f"{REFERENCE}[1].driver_id", "ID_UNKNOWN")]
    assert broken(REFERENCE, (equity, equity)) == [(f"{REFERENCE}[1].driver_id", "ID_DUPLICATE")]


def test_reference_is_missing_where_something_measures_against_it(problem, put):
    beta = problem.mandate.limits[BETA]
    relative = problem.mandate.limits[EXPOSURE]
    statistic = put(problem.mandate.limits[RISK], "risk.statistic", RiskStatistic.ACTIVE_VOLATILITY)
    active = put(statistic, "risk.lines", None)
    found = validate.problem_violations(
        put(put(problem, REFERENCE, ()), "mandate.limits", (beta, relative, active))
    )
    assert [(violation.field, violation.reason.name) for violation in found] == [(REFERENCE, "FIELD_MISSING")]
    assert found[0].subjects == (
        EntityRef(limit_id="beta"),
        EntityRef(limit_id="exposure"),
        EntityRef(limit_id="risk"),
    )
    assert "active_risk_aversion" in found[0].message


@pytest.mark.parametrize("objective", ["utility", "active"])
def test_active_goals_need_a_reference(problem, put, broken, objective):
    goal = (
        problem.objective if objective == "utility" else Objective(minimize_active_risk=MinimizeActiveRisk())
    )
    assert broken(REFERENCE, (), "mandate.limits", (), "objective", goal) == [(REFERENCE, "FIELD_MISSING")]


def test_reference_is_not_needed_where_nothing_measures_against_it(broken, problem, put):
    absolute = put(problem.mandate.limits[EXPOSURE], "exposure.relative_to_reference", False)
    limits = (problem.mandate.limits[POSITION], absolute, *problem.mandate.limits[LEVERAGE:])
    objective = put(problem.objective, "maximize_utility.active_risk_aversion", None)
    objective = put(objective, "maximize_utility.total_risk_aversion", 2.0)
    assert broken(REFERENCE, (), "mandate.limits", limits, "objective", objective) == []


def test_refused_reference_is_not_missing(broken):
    assert broken(REFERENCE, 3) == [(REFERENCE, "VALUE_MALFORMED")]


@pytest.mark.parametrize("reference", [(("equity", 0.0),), (("credit", 1.0),)])
def test_beta_needs_a_reference_that_moves(broken, problem, reference):
    exposures = tuple(DriverValue(driver_id=name, value=value) for name, value in reference)
    assert broken(REFERENCE, exposures) == [(REFERENCE, "NUMBER_OUT_OF_RANGE")]
    others = tuple(limit for limit in problem.mandate.limits if limit.limit_id != "beta")
    assert broken(REFERENCE, exposures, "mandate.limits", others) == []


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (EvidenceRule(charge_r_squared=0.6, reclassify_r_squared=0.5), "reclassify_r_squared"),
        (EvidenceRule(charge_r_squared=0.9), "charge_r_squared"),
        (EvidenceRule(reclassify_r_squared=0.2), "reclassify_r_squared"),
    ],
    ids=repr,
)
def test_evidence_thresholds_are_in_order_with_their_defaults(broken, rule, field):
    assert broken("mandate.evidence_rule", rule) == [(f"mandate.evidence_rule.{field}", "BOUNDS_CROSSED")]


def test_equal_evidence_thresholds_are_taken(broken):
    assert broken("mandate.evidence_rule", EvidenceRule(charge_r_squared=0.5, reclassify_r_squared=0.5)) == []


def test_limits_fan_out_to_a_bounded_number_of_constraints(problem, put, broken):
    lines = tuple(
        dataclasses.replace(problem.portfolio.lines[0], line_id=f"line{index}") for index in range(2_000)
    )
    each = PositionMeasure(lines=LineScope(all_lines=True), aggregation=Aggregation.EACH)
    total = dataclasses.replace(each, aggregation=Aggregation.SUM)

    def limits(count, measure):
        return tuple(Limit(limit_id=f"limit{index}", upper=1.0, position=measure) for index in range(count))

    portfolio = dataclasses.replace(
        problem.portfolio,
        lines=lines,
        loading_matrix=None,
        line_groups=(LineGroup(line_group_id="g", line_ids=("line0",)),),
    )
    assert broken("portfolio", portfolio, "mandate.limits", limits(100, each)) == []
    assert broken("portfolio", portfolio, "mandate.limits", limits(101, total)) == []
    assert broken("portfolio", portfolio, "mandate.limits", limits(101, each)) == [
        ("mandate.limits", "TOO_MANY")
    ]


def test_group_that_was_refused_does_not_empty_scopes(broken):
    group = DriverGroup(driver_group_id="growth", driver_ids=None)
    assert broken("market.driver_groups[0]", group) == [
        ("market.driver_groups[0].driver_ids", "FIELD_MISSING")
    ]


def test_limits_weigh_lines_and_drivers_by_a_bounded_amount_of_numbers(problem, broken):
    lines = tuple(
        dataclasses.replace(problem.portfolio.lines[0], line_id=f"line{index}") for index in range(2_000)
    )
    everything = ExposureMeasure(
        drivers=DriverScope(all_drivers=True), aggregation=Aggregation.SUM, lines=LineScope(all_lines=True)
    )
    portfolio = dataclasses.replace(problem.portfolio, lines=lines, loading_matrix=None, line_groups=())
    count = 10_000_000 // (2_000 * len(problem.market.drivers))
    limits = tuple(Limit(limit_id=f"x{index}", upper=1.0, exposure=everything) for index in range(1_000))
    assert count > 1_000
    assert broken("portfolio", portfolio, "mandate.limits", limits) == []
    # Every risk limit with a scope of its own brings components of its own.
    own = RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY, lines=LineScope(all_lines=True))
    risks = tuple(Limit(limit_id=f"r{index}", upper=1.0, risk=own) for index in range(1_000))
    many = tuple(
        dataclasses.replace(problem.portfolio.lines[0], line_id=f"line{index}") for index in range(4_000)
    )
    wide = dataclasses.replace(portfolio, lines=many)
    assert broken("portfolio", wide, "mandate.limits", risks) == [("mandate.limits", "TOO_MANY")]
