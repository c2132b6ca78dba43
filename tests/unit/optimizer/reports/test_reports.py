"""Parts sum to totals, on random certified books."""

import math

import numpy as np
import pytest

from counterpoise.model import (
    LeverageDefinition,
    LineKind,
    RiskSplit,
    RiskStatistic,
)
from tests.answers import assert_optimal, book_of
from tests.problems import random_problem
from tests.reference.book import ACTIVE, TOTAL

SEEDS = range(200, 220)


@pytest.fixture(scope="module", params=SEEDS)
def answered(request, allocate):
    problem = random_problem(request.param)
    allocation = allocate(problem)
    assert_optimal(allocation)
    return problem, allocation


def test_capital_uses_sum_to_one_and_match_the_positions(answered):
    problem, allocation = answered
    assert math.fsum(use.fraction for use in allocation.capital_uses) == pytest.approx(1.0, abs=1e-7)
    assert math.fsum(position.capital_fraction for position in allocation.positions) == pytest.approx(
        1.0, abs=1e-7
    )
    nav = problem.portfolio.nav_amount
    for use in allocation.capital_uses:
        assert use.amount == pytest.approx(use.fraction * nav)


def test_return_terms_sum_to_the_net_return(answered):
    problem, allocation = answered
    report = allocation.expected_return
    assert math.fsum(term.annual_return for term in report.terms) == pytest.approx(report.annual_net_return)
    assert report.annual_net_return == pytest.approx(book_of(problem, allocation).net_return(), abs=1e-12)


def test_objective_terms_sum_to_the_objective_of_the_certificate(answered):
    _, allocation = answered
    assert sum(term.value for term in allocation.objective.terms) == pytest.approx(allocation.objective.value)
    assert allocation.objective.value == pytest.approx(allocation.certificate.optimality.objective)


def test_euler_shares_sum_to_one_in_every_split(answered):
    _, allocation = answered
    for figure in allocation.risk.figures:
        if figure.annual_volatility < 1e-8:
            continue
        own = [share for share in allocation.risk.shares if share.statistic is figure.statistic]
        for split in (RiskSplit.LINE, RiskSplit.DRIVER):
            shares = [share.share for share in own if share.split is split]
            assert math.fsum(shares) == pytest.approx(1.0, abs=1e-6)
        by_line = [share.share for share in own if share.split is RiskSplit.RESIDUAL]
        residual = [share.share for share in own if share.split is RiskSplit.DRIVER and share.subject is None]
        assert math.fsum(by_line) == pytest.approx(math.fsum(residual), abs=1e-9)


def test_volatilities_and_leverage_agree_with_the_second_opinion(answered):
    problem, allocation = answered
    opinion = book_of(problem, allocation)
    figures = {figure.statistic: figure.annual_volatility for figure in allocation.risk.figures}
    assert figures[RiskStatistic.TOTAL_VOLATILITY] == pytest.approx(opinion.volatility(TOTAL), abs=1e-10)
    if RiskStatistic.ACTIVE_VOLATILITY in figures:
        assert figures[RiskStatistic.ACTIVE_VOLATILITY] == pytest.approx(
            opinion.volatility(ACTIVE), abs=1e-10
        )
    leverage = {figure.definition: figure.value for figure in allocation.leverage_figures}
    assert set(leverage) == set(LeverageDefinition)
    for definition, value in leverage.items():
        assert value == pytest.approx(opinion.leverage(definition), abs=1e-12)


def test_every_member_of_every_limit_is_reported_with_consistent_slack(answered):
    problem, allocation = answered
    opinion = book_of(problem, allocation)
    reported = [limit for limit in allocation.limits if limit.key.limit_id is not None]
    wanted = [member for limit in problem.mandate.limits for member in opinion.members(limit)]
    assert len(reported) == len(wanted)
    for report, member in zip(reported, wanted, strict=True):
        assert report.key.limit_id == member.limit_id
        assert report.value == pytest.approx(member.value, abs=1e-9)
        assert (report.lower, report.upper) == (member.lower, member.upper)
        if report.lower is not None:
            assert report.lower_slack == pytest.approx(report.value - report.lower)
            assert report.lower_shadow_price >= 0.0
        if report.upper is not None:
            assert report.upper_slack == pytest.approx(report.upper - report.value)
            assert report.upper_shadow_price >= 0.0
        if report.lower is not None and report.lower == report.upper:
            assert min(report.lower_shadow_price, report.upper_shadow_price) == 0.0


def test_a_price_stands_only_where_a_side_binds(answered):
    _, allocation = answered
    for report in allocation.limits:
        for slack, price in (
            (report.lower_slack, report.lower_shadow_price),
            (report.upper_slack, report.upper_shadow_price),
        ):
            if slack is not None and price is not None:
                assert abs(slack) * price < 1e-6


def test_exposures_split_into_what_holds_them(answered):
    problem, allocation = answered
    opinion = book_of(problem, allocation)
    x = opinion.numbers.loadings.T @ opinion.h
    overlay = [line.kind is LineKind.OVERLAY for line in problem.portfolio.lines]
    for report, total in zip(allocation.exposures, x, strict=True):
        assert report.funded + report.overlay + report.alpha_look_through == pytest.approx(total, abs=1e-12)
        if not any(overlay):
            assert report.overlay == 0.0


def test_reserve_is_what_is_posted_and_what_is_free(answered):
    _, allocation = answered
    reserve = allocation.reserve
    posted = sum(item.value for pool in allocation.pool_margins for item in pool.posted_fractions)
    assert reserve.encumbered_fraction == pytest.approx(posted, abs=1e-12)
    assert reserve.encumbered_fraction + reserve.free_fraction == pytest.approx(reserve.reserve_fraction)


def test_beta_and_volatility_of_the_reference_are_those_of_plain_numbers(answered):
    problem, allocation = answered
    reference = {item.driver_id: item.value for item in problem.mandate.reference_exposures}
    if not reference:
        assert allocation.risk.reference_beta is None
        assert allocation.risk.annual_reference_volatility is None
        return
    covariance = problem.market.risk_model.covariance(problem.market.driver_ids)
    wanted = np.array([reference.get(driver_id, 0.0) for driver_id in problem.market.driver_ids])
    held = np.array([e.funded + e.overlay + e.alpha_look_through for e in allocation.exposures])
    variance = wanted @ covariance @ wanted
    assert allocation.risk.annual_reference_volatility == pytest.approx(variance**0.5)
    assert allocation.risk.reference_beta == pytest.approx(wanted @ covariance @ held / variance)
