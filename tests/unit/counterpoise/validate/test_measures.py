"""Neutrality, counterparties and turnover: their sides, what they name, and how many constraints they are."""

import dataclasses

import numpy as np
import pytest

from counterpoise import validate
from counterpoise.model import (
    CollateralTerms,
    Counterparty,
    CounterpartyExposure,
    CounterpartyMeasure,
    DriverScope,
    EntityRef,
    FactorNeutralityMeasure,
    Limit,
    LineKind,
    LineScope,
    MarginPool,
    OutrightMargin,
    TurnoverCount,
    TurnoverMeasure,
)

LIMIT = "mandate.limits[{}].{}"
NEUTRAL, DEALERS, TURNOVER, DV01, FACING, POSTED = range(6)


@pytest.mark.parametrize("index", [NEUTRAL, DEALERS, TURNOVER, POSTED])
def test_measure_is_bounded_from_above_alone(broken_costed, index):
    lower, upper = LIMIT.format(index, "lower"), LIMIT.format(index, "upper")
    assert broken_costed(lower, 0.0) == [(lower, "SIDE_NOT_CONVEX")]
    assert broken_costed(upper, None) == [(upper, "FIELD_MISSING")]


def test_neutrality_says_that_it_holds_on_both_sides(broken_costed, costed, message_of):
    lower, upper = LIMIT.format(NEUTRAL, "lower"), LIMIT.format(NEUTRAL, "upper")
    assert "-upper <= exposure <= upper" in message_of(costed, lower, -0.05)
    assert broken_costed(upper, 0.0) == []
    assert broken_costed(upper, -0.01) == [(upper, "NUMBER_OUT_OF_RANGE")]
    assert broken_costed(upper, -1_001) == [(upper, "NUMBER_OUT_OF_RANGE")]
    # An exposure may well be kept below zero.
    assert broken_costed(LIMIT.format(DV01, "upper"), -0.0001) == []


@pytest.mark.parametrize(
    ("index", "path"),
    [(NEUTRAL, "factor_neutrality.lines"), (TURNOVER, "turnover.lines")],
    ids=["neutrality", "turnover"],
)
def test_scope_of_lines_is_checked(broken_costed, index, path):
    at = LIMIT.format(index, path)
    assert broken_costed(at, LineScope()) == [(at, "SCOPE_EMPTY")]
    assert broken_costed(at, LineScope(line_ids=("nothing",))) == [(f"{at}.line_ids[0]", "ID_UNKNOWN")]


def test_scope_of_drivers_is_checked(broken_costed):
    at = LIMIT.format(NEUTRAL, "factor_neutrality.drivers")
    assert broken_costed(at, DriverScope()) == [(at, "SCOPE_EMPTY")]
    assert broken_costed(at, DriverScope(driver_ids=("silver",))) == [(f"{at}.driver_ids[0]", "ID_UNKNOWN")]


def test_limit_of_counterparties_names_known_ones_once(broken_costed):
    at = LIMIT.format(DEALERS, "counterparty.counterparty_ids")
    assert broken_costed(at, ("bank", "nobody")) == [(f"{at}[1]", "ID_UNKNOWN")]
    assert broken_costed(at, ("bank", "bank")) == [(f"{at}[1]", "ID_DUPLICATE")]
    assert broken_costed(at, ()) == [(at, "FIELD_MISSING")]
    assert broken_costed(at, ("b a n k",)) == [(f"{at}[0]", "ID_MALFORMED")]


# Scopes by counterparty


SCOPE = LIMIT.format(FACING, "position.lines")


@pytest.mark.parametrize(
    ("scope", "field", "reason"),
    [
        (LineScope(counterparty_ids=("nobody",)), ".counterparty_ids[0]", "ID_UNKNOWN"),
        (LineScope(all_lines=True, counterparty_ids=("bank",)), ".all_lines", "FIELDS_EXCLUSIVE"),
        (LineScope(counterparty_ids=("bank",), excluded_line_ids=("future",)), "", "SCOPE_EMPTY"),
        (
            LineScope(counterparty_ids=("bank",), excluded_line_ids=("bonds",)),
            ".excluded_line_ids[0]",
            "ID_UNKNOWN",
        ),
        (LineScope(counterparty_ids=("broker",)), "", "SCOPE_EMPTY"),
    ],
    ids=["unknown", "all", "only the line of its pool", "line of another", "faced by none"],
)
def test_scope_by_counterparty_selects_the_lines_that_face_it(broken_costed, costed, scope, field, reason):
    others = (*costed.portfolio.counterparties, Counterparty(counterparty_id="broker"))
    assert broken_costed("portfolio.counterparties", others, SCOPE, scope) == [(SCOPE + field, reason)]


@pytest.mark.parametrize(
    "scope",
    [
        LineScope(counterparty_ids=("bank", "dealer", "bank")),
        LineScope(counterparty_ids=("bank",), kinds=(LineKind.RESERVE_TIER,), excluded_line_ids=("future",)),
        # A line's own counterparty comes before that of its pool.
        LineScope(counterparty_ids=("dealer",), excluded_line_ids=("bonds", "macro")),
    ],
    ids=repr,
)
def test_scope_by_counterparty_is_taken(broken_costed, scope):
    assert broken_costed(SCOPE, scope) == []


def test_own_counterparty_comes_before_that_of_the_pool(broken_costed):
    own = "portfolio.lines[2].counterparty_id"
    assert broken_costed(own, "dealer", SCOPE, LineScope(counterparty_ids=("bank",))) == [
        (SCOPE, "SCOPE_EMPTY")
    ]


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("portfolio.lines[2].counterparty_id", 3, "VALUE_MALFORMED"),
        ("portfolio.margin_pools[0].counterparty_id", 3, "VALUE_MALFORMED"),
        ("portfolio.lines[2].overlay.margin_pool_id", "fmc", "ID_UNKNOWN"),
        ("portfolio.lines[2].overlay", None, "CHOICE_MISSING"),
    ],
    ids=["own", "pool's", "pool", "kind"],
)
def test_line_that_cannot_say_whom_it_faces_empties_no_scope(broken_costed, path, value, reason):
    at = path.removesuffix(".overlay")
    assert broken_costed(path, value, SCOPE, LineScope(counterparty_ids=("bank",))) == [(at, reason)]


# Counts


def limits(count, **measure):
    return tuple(Limit(limit_id=f"limit{index}", upper=1.0, **measure) for index in range(count))


@pytest.fixture
def counted(costed, broken_costed):
    """Function (count, measure): violations of a book of 20,000 funds facing a bank with so many limits."""
    fund = dataclasses.replace(costed.portfolio.lines[0], counterparty_id="bank")
    lines = tuple(dataclasses.replace(fund, line_id=f"line{index}") for index in range(20_000))
    portfolio = dataclasses.replace(costed.portfolio, lines=lines)
    residuals, errors = "market.risk_model.sleeve_residual_correlation", "objective.alpha_uncertainty"

    def violations(count, **measure):
        changes = ("portfolio", portfolio, residuals, None, errors, None)
        return broken_costed(*changes, "mandate.limits", limits(count, **measure))

    return violations


TOO_MANY = [("mandate.limits", "TOO_MANY")]


def test_turnover_weighs_every_line_of_its_scope(counted):
    measure = TurnoverMeasure(lines=LineScope(all_lines=True), count=TurnoverCount.TWO_WAY)
    assert counted(500, turnover=measure) == []
    assert counted(501, turnover=measure) == TOO_MANY


def test_neutrality_weighs_lines_by_drivers_and_counts_drivers(counted):
    # Two drivers.
    measure = FactorNeutralityMeasure(
        drivers=DriverScope(driver_ids=("equity", "gold")), lines=LineScope(all_lines=True)
    )
    assert counted(250, factor_neutrality=measure) == []
    assert counted(251, factor_neutrality=measure) == TOO_MANY


def test_gross_position_weighs_the_lines_that_face_the_counterparty(counted):
    measure = CounterpartyMeasure(
        counterparty_ids=("bank", "dealer"), exposure=CounterpartyExposure.GROSS_POSITION
    )
    assert counted(500, counterparty=measure) == []
    assert counted(501, counterparty=measure) == TOO_MANY


def test_posted_margin_weighs_the_tiers_of_its_pools(costed, broken_costed):
    # 200 tiers of 100 pools.
    pools = tuple(
        MarginPool(margin_pool_id=name, counterparty_id="bank", outright=OutrightMargin())
        for name in ("fcm", *(f"pool{index}" for index in range(99)))
    )
    terms = tuple(CollateralTerms(margin_pool_id=pool.margin_pool_id, haircut=0.0) for pool in pools)
    tier = put_terms(costed.portfolio.lines[5], terms)
    tiers = tuple(dataclasses.replace(tier, line_id=f"tier{index}") for index in range(199))
    lines = (*costed.portfolio.lines[:5], tier, *tiers)
    portfolio = dataclasses.replace(costed.portfolio, lines=lines, margin_pools=pools)
    measure = CounterpartyMeasure(counterparty_ids=("bank",), exposure=CounterpartyExposure.POSTED_MARGIN)
    assert broken_costed("portfolio", portfolio, "mandate.limits", limits(500, counterparty=measure)) == []
    found = broken_costed("portfolio", portfolio, "mandate.limits", limits(501, counterparty=measure))
    assert found == TOO_MANY


def put_terms(line, terms):
    return dataclasses.replace(
        line, reserve_tier=dataclasses.replace(line.reserve_tier, collateral_terms=terms)
    )


def test_every_counterparty_is_a_constraint_of_its_own(costed, broken_costed):
    parties = tuple(Counterparty(counterparty_id=f"c{index}") for index in range(998))
    parties = (*costed.portfolio.counterparties, *parties)
    measure = CounterpartyMeasure(
        counterparty_ids=tuple(party.counterparty_id for party in parties),
        exposure=CounterpartyExposure.POSTED_MARGIN,
    )
    every = ("portfolio.counterparties", parties, "mandate.limits")
    assert broken_costed(*every, limits(200, counterparty=measure)) == []
    assert broken_costed(*every, limits(201, counterparty=measure)) == TOO_MANY


# Portfolio


def test_counterparties_are_distinct(broken_costed):
    path = "portfolio.counterparties[1].counterparty_id"
    assert (path, "ID_DUPLICATE") in broken_costed(path, "bank")


@pytest.mark.parametrize(
    "path", ["portfolio.lines[1].counterparty_id", "portfolio.margin_pools[0].counterparty_id"]
)
def test_counterparties_are_known(broken_costed, costed, message_of, path):
    assert broken_costed(path, "delaer") == [(path, "ID_UNKNOWN")]
    assert "no counterparty of the problem; perhaps dealer is meant" in message_of(costed, path, "delaer")
    assert broken_costed(path, "", SCOPE, LineScope(all_lines=True)) == []


def test_shorts_receive_no_more_than_longs_pay(broken_costed):
    path = "portfolio.lines[2].overlay.annual_short_financing_spread"
    assert broken_costed(path, 0.004) == []
    assert broken_costed(path, 0.0041) == [(path, "BOUNDS_CROSSED")]
    assert broken_costed(path, None) == []
    assert broken_costed(path, np.float64(0.0)) == []


def test_a_counterparty_is_the_subject_of_what_is_wrong_with_it(costed, put):
    changed = put(costed, "portfolio.counterparties[0].display_name", "two\nlines")
    (violation,) = validate.problem_violations(changed)
    assert violation.subjects == (EntityRef(counterparty_id="bank"),)
