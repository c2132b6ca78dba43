"""Files that are refused: every fault at its path, all of them at once."""

import pytest

from counterpoise import files
from counterpoise.errors import InvalidProblem
from counterpoise.model import (
    EntityRef,
)


def line_of(text, part):
    return text[: text.index(part)].count("\n") + 1


def test_all_faults_come_at_once(edited, refused):
    text = edited("portfolio_id: pension", "portfolio_id: pension\n  colour: red")
    text = text.replace("annual_fee: 0.0005", "annual_fee: .nan").replace(
        "margin_pool_id: fcm, initial", "margin_pool_id: fcn, initial"
    )
    text = text.replace("{annual_total: 0.045}", "{}").replace("lower: 0.6", "lower: 0.8")
    assert refused(text) == [
        ("market.drivers[1].expected_return", "CHOICE_MISSING"),
        ("portfolio.lines[0].funded_beta.annual_fee", "NUMBER_NOT_FINITE"),
        ("portfolio.lines[1].overlay.margin_pool_id", "ID_UNKNOWN"),
        ("portfolio.colour", "FIELD_UNKNOWN"),
        ("mandate.limits[1].upper", "BOUNDS_CROSSED"),
    ]


# What is replaced, by what in turn, and the path and reason of the only violation that follows.
FAULTS = (
    (
        "annual_fee: 0.0005",
        "portfolio.lines[0].funded_beta.annual_fee",
        "NUMBER_NOT_FINITE",
        [
            "annual_fee: .nan",
            "annual_fee: NaN",
            'annual_fee: "NaN"',
            "annual_fee: -.inf",
            "annual_fee: -Infinity",
            "annual_fee: 1e999",
        ],
    ),
    (
        "annual_fee: 0.0005",
        "portfolio.lines[0].funded_beta.annual_fee",
        "VALUE_MALFORMED",
        [
            'annual_fee: "0.0005"',
            "annual_fee: true",
            "annual_fee: 1_000",
            "annual_fee: 007",
            "annual_fee: 0x10",
            "annual_fee: 16:30",
            "annual_fee: .5",
            "annual_fee: +1",
            "annual_fee: 0.05%",
            "annual_fee: [0.0005]",
            "annual_fee: null",
            "annual_fee: ~",
            "annual_fee: ",
            "annual_fee: !!float 0.1",
            "annual_fee: !x 0.1",
            "annual_fee: &fee 0.1",
        ],
    ),
    (
        "observation_count: 84",
        "portfolio.lines[2].alpha_sleeve.evidence.observation_count",
        "VALUE_MALFORMED",
        ["observation_count: 84.5"],
    ),
    (
        "observation_count: 84",
        "portfolio.lines[2].alpha_sleeve.evidence.observation_count",
        "NUMBER_OUT_OF_RANGE",
        ["observation_count: 1e30"],
    ),
    (
        "portfolio_id: pension",
        "portfolio.portfolio_id",
        "VALUE_MALFORMED",
        ["portfolio_id: 7", "portfolio_id: true", "portfolio_id: [a]"],
    ),
    (
        "cash_equivalent: true",
        "portfolio.lines[3].reserve_tier.cash_equivalent",
        "VALUE_MALFORMED",
        ["cash_equivalent: yes", 'cash_equivalent: "true"', "cash_equivalent: 1"],
    ),
    (
        "2025-11-28",
        "portfolio.as_of_date",
        "VALUE_MALFORMED",
        [
            "2025-11-31",
            "20251128",
            "28.11.2025",
            "{year: 2025, month: 11}",
            "{year: 2025, month: 11, day: 28, hour: 1}",
            "{year: 2025, month: 11, day: '28'}",
            "[2025, 11, 28]",
        ],
    ),
    (
        "GROSS_NOTIONAL",
        "mandate.limits[0].leverage.definition",
        "ENUM_VALUE_INVALID",
        ["GROSS", "1", "LEVERAGE_DEFINITION_UNSPECIFIED"],
    ),
    (
        "kinds: [FUNDED_BETA,",
        "mandate.limits[1].exposure.lines.kinds[0]",
        "ENUM_VALUE_INVALID",
        ["kinds: [FUND,"],
    ),
    (
        "kinds: [FUNDED_BETA, LINE_KIND_OVERLAY]",
        "mandate.limits[1].exposure.lines.kinds",
        "VALUE_MALFORMED",
        ["kinds: OVERLAY"],
    ),
    (
        "driver_ids: [equity]",
        "mandate.limits[1].exposure.drivers.driver_ids",
        "VALUE_MALFORMED",
        ["driver_ids: {equity: 1}"],
    ),
    ("loadings: {equity: 1}", "portfolio.lines[0].loadings", "VALUE_MALFORMED", ["loadings: equity"]),
    (
        "loadings: {equity: 1}",
        "portfolio.lines[0].loadings[0]",
        "VALUE_MALFORMED",
        ["loadings: [equity]", "loadings: {[equity]: 1}"],
    ),
    (
        "loadings: {equity: 1}",
        "portfolio.lines[0].loadings[0].value",
        "VALUE_MALFORMED",
        ["loadings: {equity: x}", "loadings: {equity: null}"],
    ),
    (
        "loadings: {equity: 1}",
        "portfolio.lines[0].loadings[1].driver_id",
        "ID_DUPLICATE",
        ["loadings: {equity: 1, equity: 1}"],
    ),
    (
        "loadings: {equity: 1}",
        "portfolio.lines[0].loadings[1].driver_id",
        "ID_UNKNOWN",
        ["loadings: {equity: 1, true: 1}"],
    ),
    (
        "-0.2, 1]",
        "market.risk_model.volatility_correlation.correlation.lower_triangle[1]",
        "VALUE_MALFORMED",
        ["null, 1]", "'-0.2', 1]"],
    ),
    (
        "-0.2, 1]",
        "market.risk_model.volatility_correlation.correlation.lower_triangle[1]",
        "NUMBER_NOT_FINITE",
        [".nan, 1]"],
    ),
    ("outright: {}", "portfolio.margin_pools[0].outright", "VALUE_MALFORMED", ["outright: []"]),
    ("outright: {}", "portfolio.margin_pools[0].outright.rate", "FIELD_UNKNOWN", ["outright: {rate: 1}"]),
    ("maximize_net_return: {}", "objective.maximize_net_return", "VALUE_MALFORMED", ["maximize_net_return:"]),
    (
        "nav_amount: 500e6",
        "portfolio.nav_amount",
        "FIELDS_EXCLUSIVE",
        ["nav_amount: 500e6\n  nav_amount: 500e6", "nav_amount: 500e6\n  navAmount: 500e6"],
    ),
    ("nav_amount: 500e6", "portfolio.<<", "FIELD_UNKNOWN", ["nav_amount: 500e6\n  <<: {}"]),
    ("nav_amount: 500e6", "portfolio", "VALUE_MALFORMED", ["nav_amount: 500e6\n  [a]: 1"]),
    ("  mandate_id: policy", "mandate", "VALUE_MALFORMED", ["  &a mandate_id: policy\n  mandate_id: policy"]),
    ("nav_amount: 500e6", "portfolio.nav_ammount", "FIELD_UNKNOWN", ["nav_ammount: 500e6"]),
    (
        "annual_over_beta",
        "portfolio.lines[2].alpha_sleeve.expected_alpha.net_of_fees.annual_over_betas",
        "FIELD_UNKNOWN",
        ["annual_over_betas"],
    ),
    ("{annual_total: 0.045}", "market.drivers[1].expected_return.value", "FIELD_UNKNOWN", ["{value: 0.045}"]),
    ("maximize_net_return: {}", "objective.sharpe", "FIELD_UNKNOWN", ["sharpe: {}"]),
)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [((old, new), (path, reason)) for old, path, reason, replacements in FAULTS for new in replacements],
    ids=lambda pair: pair[1],
)
def test_one_fault_is_one_violation_at_its_path(edited, refused, change, wanted):
    assert refused(edited(*change)) == [wanted]


def test_choice_that_is_not_made_is_missing_where_no_key_is_strange(edited, refused):
    assert refused(edited("maximize_net_return: {}", "{}")) == [("objective", "CHOICE_MISSING")]


def test_alias_is_refused_beside_its_anchor(edited, refused):
    text = edited("annual_fee: 0.0005", "annual_fee: &fee 0.0005").replace(
        "annual_roll_cost: 0", "annual_roll_cost: *fee"
    )
    assert refused(text) == [
        ("portfolio.lines[0].funded_beta.annual_fee", "VALUE_MALFORMED"),
        ("portfolio.lines[1].overlay.annual_roll_cost", "VALUE_MALFORMED"),
    ]


def test_anchors_on_mappings_and_lists_hide_nothing_below(edited, refused):
    text = edited("funded_beta: {annual_fee: 0.0005}", "funded_beta: &f {annual_fee: 2}").replace(
        "lines:\n", "lines: &l\n", 1
    )
    assert refused(text) == [
        ("portfolio.lines", "VALUE_MALFORMED"),
        ("portfolio.lines[0].funded_beta", "VALUE_MALFORMED"),
        ("portfolio.lines[0].funded_beta.annual_fee", "NUMBER_OUT_OF_RANGE"),
    ]


def test_messages_name_the_line(edited, messages):
    text = edited("annual_fee: 0.0005", "annual_fee: x")
    wanted = "'x' is no number; write one as JSON does, such as 0.05, -1 or 500e6"
    assert messages(text) == [f"{wanted} (line {line_of(text, 'annual_fee')})"]
    text = edited("upper: 0.7", "upper: 0.5")
    assert f"(line {line_of(text, 'upper: 0.5')})" in messages(text)[0]
    text = edited("      upper: 1.5\n", "")
    assert f"(line {line_of(text, 'limit_id: cap')})" in messages(text)[0]


def test_messages_say_what_to_write(edited, messages):
    assert "leave the quotes out" in messages(edited("annual_fee: 0.0005", 'annual_fee: "0.0005"'))[0]
    assert 'write it in quotes, "7"' in messages(edited("portfolio_id: pension", "portfolio_id: 7"))[0]
    wanted = "write a list, or {driver_id: number}"
    assert wanted in messages(edited("loadings: {equity: 1}", "loadings: equity"))[0]
    assert "write a driver_id" in messages(edited("loadings: {equity: 1}", "loadings: {[equity]: 1}"))[0]


def test_unknown_name_is_answered_with_the_nearest(edited, messages):
    assert "perhaps nav_amount is meant" in messages(edited("nav_amount", "nav_ammount"))[0]
    assert (
        "known are annual_fee;" in messages(edited("{annual_fee: 0.0005}", "{annual_fee: 0.0005, zzz: 1}"))[0]
    )


def test_a_number_instead_of_a_choice_is_answered_with_the_fields(edited, messages):
    wanted = (
        "'0.045' is no ExpectedReturn; write one of annual_excess, annual_total, annual_basis_points "
        "as a mapping, e.g. {annual_excess: 0.045}"
    )
    assert wanted in messages(edited("{annual_total: 0.045}", "0.045"))[0]


def test_a_goal_without_fields_is_written_as_an_empty_mapping(edited, messages):
    text = edited("maximize_net_return: {}", "maximize_net_return:")
    assert "write maximize_net_return: {}" in messages(text)[0]
    text = edited("objective:\n  maximize_net_return: {}", "objective: maximize_net_return")
    assert "e.g. {maximize_net_return: {}}" in messages(text)[0]
    text = edited("objective:\n  maximize_net_return: {}", "objective: maximize_utility")
    assert "e.g. {maximize_utility: {active_risk_aversion: ...}}" in messages(text)[0]


def test_a_mapping_that_is_none_is_answered_with_its_fields(edited, messages):
    assert (
        "write a mapping of its fields: annual_fee" in messages(edited("{annual_fee: 0.0005}", "0.0005"))[0]
    )


def test_an_unknown_id_is_answered_with_the_nearest(edited, messages):
    text = edited("margin_pool_id: fcm, initial", "margin_pool_id: fmc, initial")
    assert "'fmc' is no margin pool of the problem; perhaps fcm is meant" in messages(text)[0]
    text = edited("margin_pool_id: fcm, initial", "margin_pool_id: zzz, initial")
    assert "write the id of one, or add it" in messages(text)[0]


def test_subjects_are_named(edited):
    with pytest.raises(InvalidProblem) as caught:
        files.parse_problem(edited("loadings: {equity: 1}", "loadings: {equity: x}"))
    assert caught.value.violations[0].subjects == (EntityRef(line_id="fund"), EntityRef(driver_id="equity"))
