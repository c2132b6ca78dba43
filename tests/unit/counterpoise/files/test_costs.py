"""Files with costs, uncertainty, counterparties and other units: what is read, and what is answered."""

import datetime
import json
from pathlib import Path

import pytest

from counterpoise import files
from counterpoise.canonical import problem_sha256
from counterpoise.model import (
    CounterpartyExposure,
    DriverUnit,
    DriverValue,
    FeeHurdle,
    LineValue,
    TurnoverCount,
)

CHARGES = """  alpha_uncertainty:
    weight: 1
    error_correlation: {axis_ids: [macro], lower_triangle: [1]}
  premium_uncertainty:
    weight: 0.5
    annual_errors: {equity: 0.02, rate: 10}
  minimize_cost: {}
"""
BUDGET = """  meet_risk_budget:
    shares: {fund: 0.7, macro: 0.3}
    total_fraction: 0.9
"""


@pytest.fixture(scope="module")
def costs():
    """Text of a valid file with everything that costs."""
    return (Path(__file__).parent / "friendly_costs.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def edited(costs):
    """Function (old, new): the text with its first `old` replaced."""

    def replaced(old, new):
        assert old in costs
        return costs.replace(old, new, 1)

    return replaced


def test_lists_of_values_are_read_from_mappings(costs):
    problem = files.parse_problem(costs)
    assert problem.market.risk_model.factor_form.specific_volatilities == (
        DriverValue(driver_id="equity", value=0.05),
        DriverValue(driver_id="rate", value=60.0),
    )
    assert problem.objective.premium_uncertainty.annual_errors == (
        DriverValue(driver_id="equity", value=0.02),
        DriverValue(driver_id="rate", value=10.0),
    )


def test_shares_of_a_risk_budget_are_read_from_a_mapping(edited):
    problem = files.parse_problem(edited(CHARGES, BUDGET))
    assert problem.objective.meet_risk_budget.shares == (
        LineValue(line_id="fund", value=0.7),
        LineValue(line_id="macro", value=0.3),
    )
    assert problem.objective.meet_risk_budget.total_fraction == 0.9


def test_enums_are_read_by_their_short_names(costs):
    problem = files.parse_problem(costs)
    assert [driver.unit for driver in problem.market.drivers] == [DriverUnit.RETURN, DriverUnit.BASIS_POINT]
    assert problem.portfolio.lines[2].alpha_sleeve.fees.hurdle is FeeHurdle.CASH
    _, dealers, turnover, _ = problem.mandate.limits
    assert dealers.counterparty.exposure is CounterpartyExposure.GROSS_POSITION
    assert turnover.turnover.count is TurnoverCount.ONE_WAY


def test_days_are_read_as_in_iso_8601(costs):
    problem = files.parse_problem(costs)
    assert problem.portfolio.lines[0].valuation_date == datetime.date(2025, 10, 31)
    evidence = problem.portfolio.lines[2].alpha_sleeve.evidence
    assert evidence.last_observation_date == datetime.date(2025, 9, 30)


def test_numbers_that_are_written_whole_are_read_by_their_kind(costs):
    problem = files.parse_problem(costs)
    assert type(problem.mandate.limits[1].soft.priority) is int
    assert type(problem.mandate.maximum_valuation_age_days) is int
    assert type(problem.objective.holding_period_years) is float


@pytest.mark.parametrize("objective", ["costs", "budget"])
def test_what_is_written_is_read_again(costs, edited, objective):
    problem = files.parse_problem(costs if objective == "costs" else edited(CHARGES, BUDGET))
    text = files.problem_json(problem)
    assert files.parse_problem(text) == problem
    assert files.parse_problem(json.dumps(json.loads(text), indent="\t")) == problem
    assert problem_sha256(files.parse_problem(text)) == problem_sha256(problem)


def test_json_has_the_names_of_the_contract(costs):
    tree = json.loads(files.problem_json(files.parse_problem(costs)))
    assert tree["market"]["drivers"][1]["unit"] == "DRIVER_UNIT_BASIS_POINT"
    assert tree["portfolio"]["lines"][0]["valuation_date"] == {"year": 2025, "month": 10, "day": 31}
    assert tree["portfolio"]["lines"][2]["alpha_sleeve"]["fees"]["hurdle"] == "FEE_HURDLE_CASH"
    assert tree["objective"]["premium_uncertainty"]["annual_errors"][1] == {"driver_id": "rate", "value": 10}
    assert tree["mandate"]["limits"][1]["soft"] == {"priority": 1, "violation_weight": 2}
    # Unset terms are left out.
    assert "trading_cost" not in tree["portfolio"]["lines"][1]
    assert "soft" not in tree["mandate"]["limits"][0]


# What is replaced, by what, and the path and reason of the only violation that follows.
FAULTS = (
    ("unit: BASIS_POINT", "unit: BP", "market.drivers[1].unit", "ENUM_VALUE_INVALID"),
    ("hurdle: CASH", "hurdle: LIBOR", "portfolio.lines[2].alpha_sleeve.fees.hurdle", "ENUM_VALUE_INVALID"),
    (", hurdle: CASH", "", "portfolio.lines[2].alpha_sleeve.fees.hurdle", "ENUM_VALUE_INVALID"),
    (
        "valuation_date: 2025-10-31",
        "valuation_date: Oct",
        "portfolio.lines[0].valuation_date",
        "VALUE_MALFORMED",
    ),
    ("2025-10-31", "2026-10-31", "portfolio.lines[0].valuation_date", "NUMBER_OUT_OF_RANGE"),
    ("priority: 1,", "priority: 1.5,", "mandate.limits[1].soft.priority", "VALUE_MALFORMED"),
    ("priority: 1,", "priority: 0,", "mandate.limits[1].soft.priority", "NUMBER_OUT_OF_RANGE"),
    ("{equity: 0.02, rate: 10}", "0.02", "objective.premium_uncertainty.annual_errors", "VALUE_MALFORMED"),
    (
        "rate: 10}",
        "rate: 10, rate: 20}",
        "objective.premium_uncertainty.annual_errors[2].driver_id",
        "ID_DUPLICATE",
    ),
    (
        "{equity: 0.05, rate: 60}",
        "{equity: 0.05}",
        "market.risk_model.factor_form.specific_volatilities",
        "FIELD_MISSING",
    ),
    (
        "      current_fraction: 0.6\n",
        "",
        "portfolio.lines[0].current_fraction",
        "CURRENT_POSITION_MISSING",
    ),
    ("  holding_period_years: 2\n", "", "objective.holding_period_years", "FIELD_MISSING"),
    ("holding_period_years", "holding_period", "objective.holding_period", "FIELD_UNKNOWN"),
    (
        "gross_of_fees",
        "gross_of_fee",
        "portfolio.lines[2].alpha_sleeve.expected_alpha.gross_of_fee",
        "FIELD_UNKNOWN",
    ),
    ("minimize_cost", "minimise_cost", "objective.minimise_cost", "FIELD_UNKNOWN"),
    ("minimize_cost: {}", "minimize_cost:", "objective.minimize_cost", "VALUE_MALFORMED"),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[1].strip() or fault[0].strip())
def test_one_fault_is_one_violation_at_its_path(edited, refused, fault):
    old, new, path, reason = fault
    assert refused(edited(old, new)) == [(path, reason)]


def test_typing_errors_are_answered_with_the_nearest_name(edited, messages):
    assert "perhaps minimize_cost is meant" in messages(edited("minimize_cost", "minimise_cost"))[0]
    assert "perhaps trading_cost is meant" in messages(edited("trading_cost", "trading_costs"))[0]
    assert "perhaps gross_of_fees is meant" in messages(edited("gross_of_fees", "gross_of_fee"))[0]
    assert (
        "perhaps dealer is meant" in messages(edited("counterparty_id: dealer", "counterparty_id: delaer"))[0]
    )


def test_wrong_forms_are_answered_with_what_to_write(edited, messages):
    shares = "shares: {fund: 0.7, macro: 0.3}"
    text = edited(CHARGES, BUDGET)
    assert "write a list, or {line_id: number}" in messages(text.replace(shares, "shares: fund"))[0]
    assert "write a line_id" in messages(text.replace(shares, "shares: {[fund]: 1}"))[0]
    wanted = "write a mapping of its fields: linear_rate, impact_coefficient"
    assert wanted in messages(edited("{linear_rate: 5e-4, impact_coefficient: 0.01}", "0.0005"))[0]
    assert (
        "write a mapping of its fields: priority"
        in messages(edited("{priority: 1, violation_weight: 2}", "true"))[0]
    )
    form = "{gross_of_fees: {annual_over_beta: 0.05}}"
    assert "write one of net_of_fees, gross_of_fees as a mapping" in messages(edited(form, "0.05"))[0]
    assert "choose one of ZERO, CASH" in messages(edited("hurdle: CASH", "hurdle: LIBOR"))[0]


def test_a_goal_alone_is_answered_with_goals_alone(edited, messages):
    text = edited("  holding_period_years: 2\n" + CHARGES, "").replace(
        "objective:\n", "objective: minimize_cost\n"
    )
    (message,) = messages(text)
    assert "e.g. {minimize_cost: {}}" in message
    assert "holding_period_years" not in message
