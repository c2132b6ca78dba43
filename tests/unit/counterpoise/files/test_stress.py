"""Files with scenarios, scans and liquidity: moves and points over time as mappings."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoise import files
from counterpoise.canonical import canonical_json, problem_sha256
from counterpoise.errors import InvalidProblem
from counterpoise.model import (
    CashFlow,
    CorrelationRegime,
    CorrelationRepair,
    DriverShock,
    EntityRef,
    LineShock,
    LineValue,
    LiquidityPoint,
    MissingShockRule,
    RiskStatistic,
)

SHOCKS = "driver_shocks: {equity: {5: -0.1, 63: -0.3}, rate: 50}"
OWN = "line_shocks: {macro: -0.1, fund: {20: -0.02}}"
LIQUIDITY = "liquidity: {1: 0.5, 5: 1.0}"
FLOWS = "cash_flows: {20: 1e6, 63: -2e6}"


@pytest.fixture(scope="module")
def stress():
    """Text of a valid file with scenarios."""
    return (Path(__file__).parent / "friendly_stress.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def edited(stress):
    """Function (old, new): the text with its first `old` replaced."""

    def replaced(old, new):
        assert old in stress
        return stress.replace(old, new, 1)

    return replaced


def points(**shares):
    return tuple(
        LiquidityPoint(horizon_trading_days=int(days[1:]), available_share=share)
        for days, share in shares.items()
    )


# What is read


def test_a_number_is_an_instant_move_and_a_mapping_a_path(stress):
    crash, squeeze = files.parse_problem(stress).scenarios
    assert crash.driver_shocks == (
        DriverShock(driver_id="equity", shock=-0.1, horizon_trading_days=5),
        DriverShock(driver_id="equity", shock=-0.3, horizon_trading_days=63),
        DriverShock(driver_id="rate", shock=50.0),
    )
    assert crash.line_shocks == (
        LineShock(line_id="macro", shock=-0.1),
        LineShock(line_id="fund", shock=-0.02, horizon_trading_days=20),
    )
    assert squeeze.driver_shocks == (DriverShock(driver_id="rate", shock=200.0),)
    assert type(crash.driver_shocks[0].horizon_trading_days) is int


def test_points_over_time_are_read_from_mappings_and_from_lists(stress):
    portfolio = files.parse_problem(stress).portfolio
    assert portfolio.lines[0].liquidity == points(d1=0.5, d5=1.0)
    assert portfolio.lines[3].liquidity == points(d63=0.25, d95=1.0)
    assert portfolio.cash_flows == (
        CashFlow(horizon_trading_days=20, outflow_amount=1e6),
        CashFlow(horizon_trading_days=63, outflow_amount=-2e6),
    )


def test_values_by_line_are_read_from_mappings(stress):
    problem = files.parse_problem(stress)
    crash = problem.scenarios[0]
    assert crash.gated_shares == (LineValue(line_id="macro", value=0.75),)
    assert crash.haircut_add_ons == (LineValue(line_id="fund", value=0.01),)
    up, _ = problem.portfolio.margin_pools[0].scan.scan_scenarios
    assert up.returns == (LineValue(line_id="swap", value=0.02),)


def test_enums_are_read_by_their_short_names(stress):
    problem = files.parse_problem(stress)
    assert [scenario.missing_shock_rule for scenario in problem.scenarios] == [
        MissingShockRule.REFUSE,
        MissingShockRule.REGRESS,
    ]
    assert problem.market.risk_model.repair is CorrelationRepair.CLIP_EIGENVALUES
    risk = problem.mandate.limits[1].risk
    assert (risk.statistic, risk.regime) == (
        RiskStatistic.RELATIVE_VALUE_AT_RISK,
        CorrelationRegime.STRESSED,
    )


def test_repeated_whole_numbers_stay_whole(stress):
    coverage = files.parse_problem(stress).mandate.limits[2].liquidity_coverage
    assert coverage.horizon_trading_days == (1, 20, 63)
    assert all(type(days) is int for days in coverage.horizon_trading_days)


def test_all_forms_are_the_same_problem(stress, edited):
    problem = files.parse_problem(stress)
    written = """driver_shocks:
      - {driver_id: equity, shock: -0.1, horizon_trading_days: 5}
      - {driver_id: equity, shock: -0.3, horizonTradingDays: 63}
      - {driver_id: rate, shock: 50}"""
    assert files.parse_problem(edited(SHOCKS, written)) == problem
    written = 'driver_shocks: {equity: {"5": -0.1, "63": -0.3}, rate: 50}'
    assert files.parse_problem(edited(SHOCKS, written)) == problem
    written = """liquidity:
        - {horizon_trading_days: 1, available_share: 0.5}
        - {horizonTradingDays: 5, available_share: 1}"""
    assert files.parse_problem(edited(LIQUIDITY, written)) == problem


def test_what_is_written_is_read_again(stress):
    problem = files.parse_problem(stress)
    text = files.problem_json(problem)
    assert files.parse_problem(text) == problem
    assert files.parse_problem(json.dumps(json.loads(text), indent="\t")) == problem
    assert problem_sha256(files.parse_problem(text)) == problem_sha256(problem)
    assert files.parse_problem(canonical_json(problem)) == problem


def test_json_has_the_lists_of_the_contract(stress):
    tree = json.loads(files.problem_json(files.parse_problem(stress)))
    crash = tree["scenarios"][0]
    assert crash["missing_shock_rule"] == "MISSING_SHOCK_RULE_REFUSE"
    assert crash["driver_shocks"][1] == {"driver_id": "equity", "shock": -0.3, "horizon_trading_days": 63}
    assert crash["driver_shocks"][2] == {"driver_id": "rate", "shock": 50}
    assert crash["margin_multipliers"] == [
        {"margin_pool_id": "ccp", "multiplier": 2},
        {"line_id": "future", "multiplier": 1.5},
    ]
    assert tree["portfolio"]["lines"][0]["liquidity"][0] == {
        "horizon_trading_days": 1,
        "available_share": 0.5,
    }
    assert tree["mandate"]["limits"][2]["liquidity_coverage"]["horizon_trading_days"] == [1, 20, 63]


# What is refused: what is replaced, by what, and the path and reason of the only violation that follows.

CRASH = "scenarios[0].driver_shocks"
FAULTS = (
    (SHOCKS, "driver_shocks: {equity: {5: -0.1, 63: x}, rate: 50}", f"{CRASH}[1].shock", "VALUE_MALFORMED"),
    (
        SHOCKS,
        "driver_shocks: {equity: {5: -0.1, 63: null}, rate: 50}",
        f"{CRASH}[1].shock",
        "VALUE_MALFORMED",
    ),
    (SHOCKS, "driver_shocks: {equity: null, rate: 50}", f"{CRASH}[0].shock", "VALUE_MALFORMED"),
    (SHOCKS, "driver_shocks: {equity: [-0.1], rate: 50}", f"{CRASH}[0].shock", "VALUE_MALFORMED"),
    (SHOCKS, "driver_shocks: {equity: {}, rate: 50}", f"{CRASH}[0].shock", "VALUE_MALFORMED"),
    (SHOCKS, "driver_shocks: {equity: &a {5: -0.1}, rate: 50}", f"{CRASH}[0].shock", "VALUE_MALFORMED"),
    (
        SHOCKS,
        "driver_shocks: {equity: {soon: -0.1}, rate: 50}",
        f"{CRASH}[0].horizon_trading_days",
        "VALUE_MALFORMED",
    ),
    (
        SHOCKS,
        "driver_shocks: {equity: {null: -0.1}, rate: 50}",
        f"{CRASH}[0].horizon_trading_days",
        "VALUE_MALFORMED",
    ),
    (
        SHOCKS,
        "driver_shocks: {equity: {2.5: -0.1}, rate: 50}",
        f"{CRASH}[0].horizon_trading_days",
        "VALUE_MALFORMED",
    ),
    (
        SHOCKS,
        "driver_shocks: {equity: {0: -0.1}, rate: 50}",
        f"{CRASH}[0].horizon_trading_days",
        "NUMBER_OUT_OF_RANGE",
    ),
    (
        SHOCKS,
        "driver_shocks: {equity: {5: -0.1, 5: -0.2}, rate: 50}",
        f"{CRASH}[1].horizon_trading_days",
        "ID_DUPLICATE",
    ),
    (SHOCKS, "driver_shocks: {equity: -0.1, equity: -0.2, rate: 1}", f"{CRASH}[1].driver_id", "ID_DUPLICATE"),
    (SHOCKS, "driver_shocks: {equity: {5: -1.1}, rate: 50}", f"{CRASH}[0].shock", "NUMBER_OUT_OF_RANGE"),
    (SHOCKS, "driver_shocks: {equity: -0.1, rates: 50}", f"{CRASH}[1].driver_id", "ID_UNKNOWN"),
    (SHOCKS, "driver_shocks: {[equity]: -0.1, rate: 50}", f"{CRASH}[0]", "VALUE_MALFORMED"),
    (SHOCKS, "driver_shocks: {equity: {[5]: -0.1}, rate: 50}", f"{CRASH}[0]", "VALUE_MALFORMED"),
    (SHOCKS, "driver_shocks: {equity: -0.1}", CRASH, "SHOCK_MISSING"),
    (SHOCKS, "driver_shocks: -0.3", CRASH, "VALUE_MALFORMED"),
    (SHOCKS, "driver_shocks: null", CRASH, "VALUE_MALFORMED"),
    (OWN, "line_shocks: {funds: -0.1}", "scenarios[0].line_shocks[0].line_id", "ID_UNKNOWN"),
    (
        LIQUIDITY,
        "liquidity: {5: 1.0, 1: 0.5}",
        "portfolio.lines[0].liquidity[1].horizon_trading_days",
        "NUMBER_OUT_OF_RANGE",
    ),
    (
        LIQUIDITY,
        "liquidity: {1: 50}",
        "portfolio.lines[0].liquidity[0].available_share",
        "NUMBER_OUT_OF_RANGE",
    ),
    (
        LIQUIDITY,
        "liquidity: {1: {5: 1}}",
        "portfolio.lines[0].liquidity[0].available_share",
        "VALUE_MALFORMED",
    ),
    (LIQUIDITY, "liquidity: 1", "portfolio.lines[0].liquidity", "VALUE_MALFORMED"),
    (
        FLOWS,
        "cash_flows: {20: 1e6, 20: 2e6}",
        "portfolio.cash_flows[1].horizon_trading_days",
        "NUMBER_OUT_OF_RANGE",
    ),
    (
        FLOWS,
        "cash_flows: {20: 1e6, x: 2e6}",
        "portfolio.cash_flows[1].horizon_trading_days",
        "VALUE_MALFORMED",
    ),
    (
        "{swap: -0.02}",
        "{swap: 0.01}",
        "portfolio.margin_pools[0].scan.scan_scenarios",
        "MARGIN_TERMS_MISSING",
    ),
    ("{swap: -0.02}", "{}", "portfolio.margin_pools[0].scan.scan_scenarios[1].returns", "FIELD_MISSING"),
    (
        "multiplier: 2}",
        "multiplier: 0}",
        "scenarios[0].margin_multipliers[0].multiplier",
        "NUMBER_OUT_OF_RANGE",
    ),
    ("macro: 0.75", "macro: 75", "scenarios[0].gated_shares[0].value", "NUMBER_OUT_OF_RANGE"),
    (
        "[1, 20, 63]",
        "[1, 20, 20]",
        "mandate.limits[2].liquidity_coverage.horizon_trading_days[2]",
        "ID_DUPLICATE",
    ),
    ("[1, 20, 63]", "[]", "mandate.limits[2].liquidity_coverage.horizon_trading_days", "FIELD_MISSING"),
    (
        "[1, 20, 63]",
        "[1, x]",
        "mandate.limits[2].liquidity_coverage.horizon_trading_days[1]",
        "VALUE_MALFORMED",
    ),
    (
        "missing_shock_rule: REFUSE",
        "missing_shock_rule: IGNORE",
        "scenarios[0].missing_shock_rule",
        "ENUM_VALUE_INVALID",
    ),
    ("haircut_add_ons", "haircuts", "scenarios[0].haircuts", "FIELD_UNKNOWN"),
    ("regime: STRESSED", "regime: BAD", "mandate.limits[1].risk.regime", "ENUM_VALUE_INVALID"),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[1]} at {fault[2]}")
def test_one_fault_is_one_violation_at_its_path(edited, refused, fault):
    old, new, path, reason = fault
    assert refused(edited(old, new)) == [(path, reason)]


def test_wrong_forms_are_answered_with_what_to_write(edited, messages):
    wanted = "write a list, or {driver_id: number}, or {driver_id: {horizon_trading_days: number}}"
    assert wanted in messages(edited(SHOCKS, "driver_shocks: -0.3"))[0]
    assert (
        "write a list, or {horizon_trading_days: number} (" in messages(edited(LIQUIDITY, "liquidity: 1"))[0]
    )
    assert "write a horizon_trading_days" in messages(edited(LIQUIDITY, "liquidity: {[1]: 1}"))[0]
    assert "2.5 is no whole number; write one" in messages(edited(LIQUIDITY, "liquidity: {2.5: 1}"))[0]
    assert "perhaps gated_shares is meant" in messages(edited("gated_shares", "gated_share"))[0]


def test_messages_name_the_line_of_the_point(edited, messages):
    text = edited(SHOCKS, "driver_shocks:\n      equity:\n        5: -0.1\n        63: -3\n      rate: 50")
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "63: -3" in line)
    assert messages(text)[0].endswith(f"(line {line})")


def test_subjects_are_the_scenario_and_the_driver(edited):
    with pytest.raises(InvalidProblem) as caught:
        files.parse_problem(edited(SHOCKS, "driver_shocks: {equity: {5: x}, rate: 50}"))
    (violation,) = caught.value.violations
    assert violation.subjects == (EntityRef(scenario_id="crash"), EntityRef(driver_id="equity"))


KEYS = st.sampled_from(
    ["equity", "rate", "5", "63", "0", "-1", "2.5", "null", "", "x", "[5]", "fund", "1e400"]
)
LEAVES = st.sampled_from(["-0.1", "5", "null", "x", "&a 1", "[1]", "{}", "1e400", "true"])
NODES = st.recursive(LEAVES, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=6)


def flow(tree):
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key}: {flow(value)}" for key, value in tree.items()) + "}"
    return tree


@settings(max_examples=200, deadline=None)
@given(tree=NODES, where=st.sampled_from([SHOCKS, OWN, LIQUIDITY, FLOWS]))
def test_any_mapping_is_refused_or_read(stress, tree, where):
    name = where.partition(":")[0]
    text = stress.replace(where, f"{name}: {flow(tree)}", 1)
    try:
        problem = files.parse_problem(text)
    except InvalidProblem:
        return
    assert problem.validate() == ()
    assert files.parse_problem(files.problem_json(problem)) == problem
