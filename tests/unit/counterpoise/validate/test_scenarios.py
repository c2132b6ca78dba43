"""Scenarios: whom they move, by how much and until when, and what they do to margins and money."""

import dataclasses

import numpy as np
import pytest

from counterpoise import validate
from counterpoise.model import (
    DriverShock,
    EntityRef,
    LineShock,
    LineValue,
    MarginMultiplier,
    MissingShockRule,
    RectangularMatrix,
    Scenario,
)

CRASH, SQUEEZE, CALLS = range(3)
SHOCKS = "scenarios[{}].driver_shocks"
LINES = "scenarios[0].line_shocks"
MULTIPLIERS = "scenarios[0].margin_multipliers"
GATES = "scenarios[0].gated_shares"
HAIRCUTS = "scenarios[0].haircut_add_ons"


def moves(*shocks):
    """Shocks by (driver, move) or (driver, move, horizon)."""
    return tuple(
        DriverShock(driver_id=name, shock=move, horizon_trading_days=days[0] if days else None)
        for name, move, *days in shocks
    )


def own(*shocks):
    """Likewise of lines."""
    return tuple(
        LineShock(line_id=name, shock=move, horizon_trading_days=days[0] if days else None)
        for name, move, *days in shocks
    )


def test_scenario_ids_are_distinct(broken_stressed):
    path = "scenarios[2].scenario_id"
    assert broken_stressed(path, "crash") == [(path, "ID_DUPLICATE")]
    assert broken_stressed(path, "a b") == [(path, "ID_MALFORMED")]


def test_there_are_not_too_many_scenarios(broken_stressed, stressed):
    quiet = [dataclasses.replace(stressed.scenarios[CALLS], scenario_id=f"s{index}") for index in range(199)]
    assert broken_stressed("scenarios", (stressed.scenarios[CRASH], *quiet)) == []
    assert ("scenarios", "TOO_MANY") in broken_stressed("scenarios", (*stressed.scenarios, *quiet))


# Whom


def test_an_unknown_driver_is_named_and_nothing_else(broken_stressed, stressed, message_of):
    # The driver that was meant is not called missing, too.
    path = f"{SHOCKS.format(CRASH)}[2].driver_id"
    assert broken_stressed(path, "rates") == [(path, "ID_UNKNOWN")]
    assert "no driver of the problem; perhaps rate is meant" in message_of(stressed, path, "rates")


def test_an_unknown_line_is_named(broken_stressed):
    assert broken_stressed(LINES, own(("nothing", 0.1))) == [(f"{LINES}[0].line_id", "ID_UNKNOWN")]
    # Every kind of line can move beyond its drivers.
    everyone = own(*((name, 0.1) for name in ("fund", "future", "account", "cash", "revolver")))
    assert broken_stressed(LINES, everyone) == []


def test_subjects_are_the_scenario_and_what_is_shocked(stressed, put):
    changed = put(stressed, f"{SHOCKS.format(CRASH)}[0].shock", -2.0)
    (violation,) = validate.problem_violations(put(changed, f"{LINES}[0].shock", -0.1))
    assert violation.subjects == (EntityRef(scenario_id="crash"), EntityRef(driver_id="equity"))
    (violation,) = validate.problem_violations(put(stressed, f"{MULTIPLIERS}[0].multiplier", 0.0))
    assert violation.subjects == (EntityRef(scenario_id="crash"), EntityRef(margin_pool_id="ccp"))


# By how much


@pytest.mark.parametrize("move", [-1.0, 0.0, 10.0])
def test_a_return_falls_by_all_of_it_at_most(broken_stressed, move):
    assert broken_stressed(f"{SHOCKS.format(CRASH)}[0].shock", move) == []
    assert broken_stressed(f"{LINES}[0].shock", move) == []


@pytest.mark.parametrize("move", [-1.01, -30, 10.01, 20])
def test_a_shock_below_minus_one_is_refused(broken_stressed, move):
    for path in (f"{SHOCKS.format(CRASH)}[0].shock", f"{LINES}[0].shock"):
        assert broken_stressed(path, move) == [(path, "NUMBER_OUT_OF_RANGE")]


def test_a_shock_in_percent_is_answered_with_the_decimal(stressed, message_of):
    message = message_of(stressed, f"{SHOCKS.format(CRASH)}[0].shock", -30)
    assert "a return of -30 % is written -0.3" in message
    assert "a driver in basis points has unit: BASIS_POINT" in message


def test_basis_points_have_a_range_of_their_own(broken_stressed):
    path = f"{SHOCKS.format(CRASH)}[2].shock"
    assert broken_stressed(path, 5_000) == []
    assert broken_stressed(path, -5_001) == [(path, "NUMBER_OUT_OF_RANGE")]


def test_a_driver_without_a_unit_has_no_range_yet(broken_stressed):
    unit = "market.drivers[0].unit"
    assert broken_stressed(unit, "RETURN", f"{SHOCKS.format(CRASH)}[0].shock", -30) == [
        (unit, "ENUM_VALUE_INVALID")
    ]


# Until when


def test_a_driver_moves_once_or_once_for_every_horizon(broken_stressed):
    path, rest = SHOCKS.format(CRASH), ("rate", 10.0)
    assert broken_stressed(path, moves(("equity", -0.1), ("equity", -0.2), rest)) == [
        (f"{path}[1].driver_id", "ID_DUPLICATE")
    ]
    assert broken_stressed(path, moves(("equity", -0.1, 5), rest, ("equity", -0.2, 5))) == [
        (f"{path}[2].horizon_trading_days", "ID_DUPLICATE")
    ]
    # The order of horizons does not matter.
    assert broken_stressed(path, moves(("equity", -0.1, 63), rest, ("equity", -0.2, 5))) == []


def test_a_line_moves_once_or_once_for_every_horizon(broken_stressed):
    assert broken_stressed(LINES, own(("fund", 0.1), ("macro", 0.1), ("fund", 0.1))) == [
        (f"{LINES}[2].line_id", "ID_DUPLICATE")
    ]
    assert broken_stressed(LINES, own(("fund", 0.1, 1), ("fund", 0.2, 1))) == [
        (f"{LINES}[1].horizon_trading_days", "ID_DUPLICATE")
    ]
    assert broken_stressed(LINES, own(("fund", 0.1, 1), ("fund", 0.2))) == [
        (f"{LINES}[1].horizon_trading_days", "FIELDS_EXCLUSIVE")
    ]


def test_a_move_is_instant_or_a_path(stressed, broken_stressed, message_of):
    path = SHOCKS.format(CRASH)
    for first, second in ((("equity", -0.1), ("equity", -0.2, 5)), (("equity", -0.2, 5), ("equity", -0.1))):
        shocks = moves(first, second, ("rate", 1.0))
        assert broken_stressed(path, shocks) == [(f"{path}[1].horizon_trading_days", "FIELDS_EXCLUSIVE")]
    # The one that differs is one fault.
    shocks = moves(("equity", -0.1, 5), ("equity", -0.2), ("equity", -0.3, 20), ("rate", 1.0))
    assert broken_stressed(path, shocks) == [(f"{path}[1].horizon_trading_days", "FIELDS_EXCLUSIVE")]
    message = message_of(stressed, path, moves(("equity", -0.1), ("equity", -0.2, 5), ("rate", 1.0)))
    assert "write one instant move, or a horizon for each" in message


@pytest.mark.parametrize("days", [0, -1, 2_521])
def test_horizons_are_trading_days_within_ten_years(broken_stressed, days):
    for path in (f"{SHOCKS.format(CRASH)}[0].horizon_trading_days", f"{LINES}[0].horizon_trading_days"):
        assert broken_stressed(path, days) == [(path, "NUMBER_OUT_OF_RANGE")]


def test_a_path_has_at_most_fifty_points(broken_stressed, stressed, put):
    path = SHOCKS.format(CRASH)
    points = [("equity", -0.1, days) for days in range(1, 52)]
    assert broken_stressed(path, moves(("rate", 1.0), *points[:50])) == []
    changed = put(stressed, path, moves(("rate", 1.0), *points))
    (violation,) = validate.problem_violations(changed)
    assert (violation.field, violation.reason.name) == (path, "TOO_MANY")
    assert violation.subjects == (EntityRef(scenario_id="crash"), EntityRef(driver_id="equity"))
    line_points = own(*(("fund", 0.0, days) for days in range(1, 52)))
    assert broken_stressed(LINES, line_points) == [(LINES, "TOO_MANY")]


# Drivers without a shock


def test_a_driver_that_lines_load_on_has_a_shock_where_the_rule_is_to_refuse(stressed, put):
    path = SHOCKS.format(CRASH)
    (violation,) = validate.problem_violations(put(stressed, path, moves(("equity", -0.1))))
    assert (violation.field, violation.reason.name) == (path, "SHOCK_MISSING")
    assert violation.subjects == (EntityRef(scenario_id="crash"), EntityRef(driver_id="rate"))
    assert "lines load on rate" in violation.message
    (violation,) = validate.problem_violations(put(stressed, path, ()))
    assert violation.subjects[1:] == (EntityRef(driver_id="equity"), EntityRef(driver_id="rate"))


def test_a_driver_that_no_line_loads_on_needs_no_shock(broken_stressed):
    # No line loads on credit; a loading of zero is none.
    loadings = "portfolio.lines[2].loadings[0].value"
    other = "portfolio.lines[3].loadings[0].value"
    shocks = moves(("equity", -0.1))
    assert broken_stressed(SHOCKS.format(CRASH), shocks, loadings, 0.0, other, 0.0) == []
    assert broken_stressed(SHOCKS.format(CRASH), shocks, loadings, 0.0) == [
        (SHOCKS.format(CRASH), "SHOCK_MISSING")
    ]


@pytest.mark.parametrize(("loading", "found"), [(0.0, []), (0.3, [(SHOCKS.format(0), "SHOCK_MISSING")])])
def test_dense_loadings_count_as_well(broken_stressed, loading, found):
    dense = RectangularMatrix(
        row_ids=("macro", "account"),
        column_ids=("equity", "credit"),
        values=np.array([0.5, loading, 0.1, 0.0]),
    )
    assert broken_stressed("portfolio.loading_matrix", dense) == found


def test_loadings_that_cannot_be_read_ask_for_no_shock(broken_stressed):
    loading = "portfolio.lines[2].loadings[0].value"
    other = "portfolio.lines[3].loadings[0].value"
    assert broken_stressed(SHOCKS.format(CRASH), moves(("equity", 0.1)), loading, "x", other, 0.0) == [
        (loading, "VALUE_MALFORMED")
    ]
    short = RectangularMatrix(row_ids=("macro",), column_ids=("credit",), values=np.array([0.5, 0.5]))
    assert broken_stressed("portfolio.loading_matrix", short) == [
        ("portfolio.loading_matrix.values", "MATRIX_SHAPE")
    ]


def test_regression_needs_something_to_regress_on(broken_stressed, stressed, message_of):
    path = SHOCKS.format(SQUEEZE)
    assert broken_stressed(path, ()) == [(path, "SHOCK_MISSING")]
    assert "REGRESS needs moves" in message_of(stressed, path, ())


def test_the_rule_is_declared_and_others_need_no_shock(broken_stressed):
    assert broken_stressed("scenarios[2].missing_shock_rule", None) == [
        ("scenarios[2].missing_shock_rule", "ENUM_VALUE_INVALID")
    ]
    for rule in (MissingShockRule.REGRESS, MissingShockRule.UNCHANGED):
        shocks = moves(("credit", -0.1))
        assert broken_stressed("scenarios[0].missing_shock_rule", rule, SHOCKS.format(CRASH), shocks) == []


# Margins


def test_a_multiplier_is_positive(broken_stressed):
    path = f"{MULTIPLIERS}[0].multiplier"
    for value in (0.0, -1.0, 100.1):
        assert broken_stressed(path, value) == [(path, "NUMBER_OUT_OF_RANGE")]
    for value in (1e-9, 0.5, 100.0):
        assert broken_stressed(path, value) == []


def test_a_multiplier_has_one_target(broken_stressed):
    path = f"{MULTIPLIERS}[0]"
    assert broken_stressed(path, MarginMultiplier(multiplier=2.0)) == [(path, "CHOICE_MISSING")]
    both = MarginMultiplier(multiplier=2.0, line_id="future", margin_pool_id="fcm")
    assert (f"{path}.margin_pool_id", "FIELDS_EXCLUSIVE") in broken_stressed(path, both)


def test_a_target_is_multiplied_once(broken_stressed):
    pool = MarginMultiplier(multiplier=2.0, margin_pool_id="fcm")
    line = MarginMultiplier(multiplier=3.0, line_id="future")
    # A line comes before its pool.
    assert broken_stressed(MULTIPLIERS, (pool, line)) == []
    assert broken_stressed(MULTIPLIERS, (pool, line, pool, line)) == [
        (f"{MULTIPLIERS}[2].margin_pool_id", "ID_DUPLICATE"),
        (f"{MULTIPLIERS}[3].line_id", "ID_DUPLICATE"),
    ]


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ({"margin_pool_id": "nothing"}, "margin_pool_id"),
        ({"line_id": "nothing"}, "line_id"),
        ({"line_id": "swap"}, "line_id"),
        ({"line_id": "forward"}, "line_id"),
        ({"line_id": "account"}, "line_id"),
        ({"line_id": "cash"}, "line_id"),
        ({"line_id": "macro"}, "line_id"),
    ],
    ids=str,
)
def test_targets_are_pools_and_lines_that_are_margined_by_rate(broken_stressed, target, field):
    multiplier = MarginMultiplier(multiplier=2.0, **target)
    assert broken_stressed(MULTIPLIERS, (multiplier,)) == [(f"{MULTIPLIERS}[0].{field}", "ID_UNKNOWN")]


def test_a_line_of_a_pool_with_offsets_is_answered_with_the_pool(stressed, message_of):
    (swap,) = (MarginMultiplier(multiplier=2.0, line_id="swap"),)
    message = message_of(stressed, MULTIPLIERS, (swap,))
    assert "pool ccp of 'swap' margins by scan, not by line; write margin_pool_id" in message


# Money


@pytest.mark.parametrize("path", [GATES, HAIRCUTS])
def test_a_gate_or_haircut_is_a_share(broken_stressed, path):
    for value in (-0.01, 1.01, 50):
        assert broken_stressed(f"{path}[0].value", value) == [(f"{path}[0].value", "NUMBER_OUT_OF_RANGE")]
    for value in (0, 1.0):
        assert broken_stressed(f"{path}[0].value", value) == []


@pytest.mark.parametrize("path", [GATES, HAIRCUTS])
@pytest.mark.parametrize("name", ["nothing", "future", "account", "swap"])
def test_lines_that_use_no_capital_are_not_gated_and_not_sold(broken_stressed, path, name):
    assert broken_stressed(path, (LineValue(line_id=name, value=0.5),)) == [
        (f"{path}[0].line_id", "ID_UNKNOWN")
    ]


def test_a_credit_line_is_gated_but_not_sold(broken_stressed):
    revolver = (LineValue(line_id="revolver", value=0.5),)
    assert broken_stressed(GATES, revolver) == []
    assert broken_stressed(HAIRCUTS, revolver) == [(f"{HAIRCUTS}[0].line_id", "ID_UNKNOWN")]


@pytest.mark.parametrize("path", [GATES, HAIRCUTS])
def test_a_line_is_gated_once(broken_stressed, path):
    twice = (LineValue(line_id="fund", value=0.5), LineValue(line_id="fund", value=0.1))
    assert broken_stressed(path, twice) == [(f"{path}[1].line_id", "ID_DUPLICATE")]


def test_what_was_refused_is_not_looked_at_again(broken_stressed):
    assert broken_stressed("scenarios[0]", "crash") == [("scenarios[0]", "VALUE_MALFORMED")]
    assert broken_stressed(SHOCKS.format(SQUEEZE), 3) == [(SHOCKS.format(SQUEEZE), "VALUE_MALFORMED")]
    assert broken_stressed(SHOCKS.format(CRASH), 3, f"{LINES}[0].line_id", "x") == [
        (SHOCKS.format(CRASH), "VALUE_MALFORMED"),
        (f"{LINES}[0].line_id", "ID_UNKNOWN"),
    ]
    assert broken_stressed(f"{GATES}[0]", 3, MULTIPLIERS, None) == [
        (MULTIPLIERS, "VALUE_MALFORMED"),
        (f"{GATES}[0]", "VALUE_MALFORMED"),
    ]


def test_a_source_is_named_in_full(broken_stressed):
    path = "scenarios[0].source.library_version"
    assert broken_stressed(path, "") == [(path, "FIELD_MISSING")]
    assert broken_stressed(path, "version 2") == [(path, "ID_MALFORMED")]
    assert broken_stressed("scenarios[0].source", None) == []


def test_a_scenario_without_anything_is_one(broken_stressed, stressed):
    quiet = Scenario(scenario_id="quiet", missing_shock_rule=MissingShockRule.UNCHANGED)
    assert broken_stressed("scenarios", (*stressed.scenarios, quiet)) == []
