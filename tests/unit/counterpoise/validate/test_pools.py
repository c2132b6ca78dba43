"""Margin pools: the terms that their method needs, and what may be posted to them."""

import dataclasses

import pytest

from counterpoise import validate
from counterpoise.model import (
    EntityRef,
    LineValue,
    MarginPool,
    OutrightMargin,
    RiskMargin,
    ScanMargin,
    ScanScenario,
)
from tests.unit.counterpoise.validate.stressed import of_lines

OUTRIGHT, SCAN, RISK = range(3)
POOL = "portfolio.margin_pools[{}]"
SCANS = "portfolio.margin_pools[1].scan.scan_scenarios"
RATE = "portfolio.lines[{}].overlay.initial_margin_rate"
ACCOUNT_RATE = "portfolio.lines[5].alpha_sleeve.unfunded_account.initial_margin_rate"
TERMS = "portfolio.lines[6].reserve_tier.collateral_terms"


def scans(*returns):
    """Scans by returns of lines."""
    return tuple(
        ScanScenario(scan_scenario_id=f"scan{index}", returns=of_lines(**values))
        for index, values in enumerate(returns)
    )


UP, DOWN = {"swap": 0.02, "account": 0.1}, {"swap": -0.02, "account": -0.1}


# Methods


def test_a_pool_has_one_method(broken_stressed, stressed):
    none = MarginPool(margin_pool_id="dealer")
    assert broken_stressed(POOL.format(RISK), none) == [(POOL.format(RISK), "CHOICE_MISSING")]
    both = dataclasses.replace(stressed.portfolio.margin_pools[RISK], outright=OutrightMargin())
    assert (f"{POOL.format(RISK)}.risk", "FIELDS_EXCLUSIVE") in broken_stressed(POOL.format(RISK), both)


def test_a_line_of_an_outright_pool_has_a_rate(broken_stressed):
    assert broken_stressed(RATE.format(1), None) == [(RATE.format(1), "MARGIN_TERMS_MISSING")]
    pool = "portfolio.lines[5].alpha_sleeve.unfunded_account.margin_pool_id"
    returns = scans({"swap": 0.02}, {"swap": -0.02})
    assert broken_stressed(pool, "fcm", SCANS, returns) == [(ACCOUNT_RATE, "MARGIN_TERMS_MISSING")]
    assert broken_stressed(pool, "fcm", SCANS, returns, ACCOUNT_RATE, 0.1) == []


def test_a_line_of_another_pool_has_no_rate(broken_stressed, stressed, message_of):
    for path in (RATE.format(2), RATE.format(3), ACCOUNT_RATE):
        assert broken_stressed(path, 0.05) == [(path, "FIELDS_EXCLUSIVE")]
    assert "pool ccp margins by scan, not by rate; leave it out" in message_of(stressed, RATE.format(2), 0.05)
    assert "pool dealer margins by risk" in message_of(stressed, RATE.format(3), 0.05)


def test_a_pool_of_no_method_says_nothing_of_rates(broken_stressed):
    none = MarginPool(margin_pool_id="dealer")
    assert broken_stressed(POOL.format(RISK), none, RATE.format(3), 0.05) == [
        (POOL.format(RISK), "CHOICE_MISSING")
    ]


@pytest.mark.parametrize(
    ("margin", "field"),
    [
        (RiskMargin(volatility_multiple=0.0, margin_period_trading_days=10), "volatility_multiple"),
        (RiskMargin(volatility_multiple=101.0, margin_period_trading_days=10), "volatility_multiple"),
        (RiskMargin(volatility_multiple=3.0, margin_period_trading_days=0), "margin_period_trading_days"),
        (RiskMargin(volatility_multiple=3.0, margin_period_trading_days=253), "margin_period_trading_days"),
    ],
    ids=repr,
)
def test_margin_by_volatility_is_in_range(broken_stressed, margin, field):
    path = f"{POOL.format(RISK)}.risk"
    assert broken_stressed(path, margin) == [(f"{path}.{field}", "NUMBER_OUT_OF_RANGE")]


# Scans


def test_scans_are_distinct(broken_stressed):
    path = f"{SCANS}[1].scan_scenario_id"
    assert broken_stressed(path, "up") == [(path, "ID_DUPLICATE")]


def test_a_pool_has_a_scan(broken_stressed):
    assert broken_stressed(SCANS, ()) == [(SCANS, "FIELD_MISSING")]


def test_a_scan_names_every_line_of_the_pool(stressed, put):
    (violation,) = validate.problem_violations(put(stressed, SCANS, scans(UP, {"swap": -0.02}, DOWN)))
    assert (violation.field, violation.reason.name) == (f"{SCANS}[1].returns", "MARGIN_TERMS_MISSING")
    assert violation.subjects == (EntityRef(margin_pool_id="ccp"), EntityRef(line_id="account"))
    assert "but account; add what is missing" in violation.message


def test_a_scan_names_no_other_line(broken_stressed, stressed, message_of):
    other = scans(UP, {**DOWN, "future": -0.1})
    assert broken_stressed(SCANS, other) == [(f"{SCANS}[1].returns[2].line_id", "ID_UNKNOWN")]
    assert "'future' is not margined by this pool; leave it out" in message_of(stressed, SCANS, other)
    unknown = scans(UP, {**DOWN, "swaps": -0.1})
    assert broken_stressed(SCANS, unknown) == [(f"{SCANS}[1].returns[2].line_id", "ID_UNKNOWN")]


def test_a_scan_names_a_line_once(broken_stressed):
    twice = (*of_lines(**UP), LineValue(line_id="swap", value=0.3))
    assert broken_stressed(f"{SCANS}[0].returns", twice) == [
        (f"{SCANS}[0].returns[2].line_id", "ID_DUPLICATE")
    ]


@pytest.mark.parametrize("value", [-1.01, 1.01, 20])
def test_a_scan_loses_at_most_everything(broken_stressed, value):
    path = f"{SCANS}[0].returns[0].value"
    assert (path, "NUMBER_OUT_OF_RANGE") in broken_stressed(path, value)


@pytest.mark.parametrize(
    ("returns", "words", "subjects"),
    [
        ((UP,), "account, swap fall in no scan", ("account", "swap")),
        ((DOWN,), "account, swap rise in no scan", ("account", "swap")),
        ((UP, {"swap": -0.02, "account": 0.0}), "account fall in no scan", ("account",)),
        (
            ({"swap": 0.1, "account": -0.1},),
            "swap fall in no scan and account rise in no scan",
            ("swap", "account"),
        ),
        (({"swap": 0.0, "account": 0.0}, UP, DOWN), None, ()),
    ],
    ids=["up", "down", "one of two", "opposite", "both"],
)
def test_a_scan_set_with_one_direction_only_is_refused(stressed, put, returns, words, subjects):
    found = validate.problem_violations(put(stressed, SCANS, scans(*returns)))
    if words is None:
        assert found == ()
        return
    (violation,) = found
    assert (violation.field, violation.reason.name) == (SCANS, "MARGIN_TERMS_MISSING")
    assert "one direction only" in violation.message
    assert words in violation.message
    assert violation.subjects[1:] == tuple(EntityRef(line_id=name) for name in subjects)


def test_returns_that_cannot_be_read_have_any_direction(broken_stressed):
    path = f"{SCANS}[1].returns[1].value"
    assert broken_stressed(path, "-0.1") == [(path, "VALUE_MALFORMED")]
    assert broken_stressed(f"{SCANS}[1]", 3) == [(f"{SCANS}[1]", "VALUE_MALFORMED")]


def test_a_line_that_is_nothing_is_in_any_pool(broken_stressed):
    assert broken_stressed("portfolio.lines[2].overlay", None) == [("portfolio.lines[2]", "CHOICE_MISSING")]


# Collateral


def test_a_pool_without_collateral_is_refused(stressed, put, broken_stressed):
    terms = stressed.portfolio.lines[6].reserve_tier.collateral_terms
    (violation,) = validate.problem_violations(put(stressed, TERMS, terms[:2]))
    assert (violation.field, violation.reason.name) == (POOL.format(RISK), "MARGIN_TERMS_MISSING")
    assert violation.subjects == (EntityRef(margin_pool_id="dealer"), EntityRef(line_id="forward"))
    assert "margins forward, but no reserve tier may be posted to it" in violation.message
    assert broken_stressed(TERMS, ()) == [(POOL.format(index), "MARGIN_TERMS_MISSING") for index in range(3)]


def test_a_pool_without_lines_needs_no_collateral(broken_stressed, stressed):
    pools = (*stressed.portfolio.margin_pools, MarginPool(margin_pool_id="empty", outright=OutrightMargin()))
    assert broken_stressed("portfolio.margin_pools", pools) == []


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (TERMS, 3, "VALUE_MALFORMED"),
        ("portfolio.lines[6].reserve_tier", None, "CHOICE_MISSING"),
        ("portfolio.lines[6]", 3, "VALUE_MALFORMED"),
    ],
)
def test_collateral_that_cannot_be_read_is_not_missing(broken_stressed, path, value, reason):
    assert broken_stressed(path, value) == [(path.removesuffix(".reserve_tier"), reason)]


def test_collateral_of_an_unknown_pool_may_be_of_this_one(broken_stressed):
    path = f"{TERMS}[2].margin_pool_id"
    assert broken_stressed(path, "dealers") == [(path, "ID_UNKNOWN")]


def test_there_are_not_too_many_scans(broken_stressed):
    assert broken_stressed(SCANS, scans(*([UP, DOWN] * 100))) == []
    assert broken_stressed(SCANS, scans(*([UP, DOWN] * 101))) == [(SCANS, "TOO_MANY")]


def test_a_scan_without_any_scan_set_is_one_of_none(broken_stressed):
    path = f"{POOL.format(SCAN)}.scan"
    assert broken_stressed(path, ScanMargin(scan_scenarios=None)) == [(SCANS, "FIELD_MISSING")]
