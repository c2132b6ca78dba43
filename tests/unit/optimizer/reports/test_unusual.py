"""Numbers that pass validation and are most likely in another unit are told, each with how to write it."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    Driver,
    DriverUnit,
    DriverValue,
    ExpectedReturn,
    Limit,
    RiskMeasure,
    RiskStatistic,
    WarningCode,
)
from optimizer.measures.book import open_book
from optimizer.reports.unusual import warn_of_unusual
from tests.golden_problems import funded, gross_limit, market, pension, problem_of


def told(problem):
    return [warning.message for warning in warn_of_unusual(open_book(problem))]


def with_limits(*limits):
    problem = pension()
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


def with_line(line_id, **changes):
    problem = pension()
    lines = tuple(
        replace(line, **changes) if line.line_id == line_id else line for line in problem.portfolio.lines
    )
    return replace(problem, portfolio=replace(problem.portfolio, lines=lines))


def test_ordinary_numbers_are_not_unusual():
    assert told(pension()) == []


@pytest.mark.parametrize(("upper", "count"), [(10.0, 0), (135.0, 1)])
def test_leverage_in_percent(upper, count):
    found = told(with_limits(gross_limit(upper)))
    assert len(found) == count
    assert all("130 % is written 1.3" in message for message in found)


@pytest.mark.parametrize(("upper", "count"), [(1.0, 0), (2.0, 1)])
def test_a_volatility_in_percent(upper, count):
    measure = RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY)
    found = told(with_limits(Limit(limit_id="risk", upper=upper, risk=measure)))
    assert len(found) == count
    assert all("4 % is written 0.04" in message for message in found)


@pytest.mark.parametrize(("current", "count"), [(0.3, 0), (30.0, 1)])
def test_a_holding_in_percent(current, count):
    assert len(told(with_line("bond_fund", current_fraction=current))) == count


@pytest.mark.parametrize(("redeemable", "count"), [(0.05, 0), (0.25, 1)])
def test_a_redemption_as_a_part_of_the_holding(redeemable, count):
    sleeve = next(line for line in pension().portfolio.lines if line.alpha_sleeve).alpha_sleeve
    problem = with_line(
        "alpha", current_fraction=0.05, alpha_sleeve=replace(sleeve, redeemable_fraction=redeemable)
    )
    assert len(told(problem)) == count


@pytest.mark.parametrize(
    ("volatility", "loading", "said"),
    [(75.0, -8e-4, []), (0.0075, -8e-4, ["volatility"]), (75.0, -8.5, ["loading"])],
)
def test_a_rate_that_is_not_in_basis_points(volatility, loading, said):
    driver = Driver(
        driver_id="rate", expected_return=ExpectedReturn(annual_basis_points=0.0), unit=DriverUnit.BASIS_POINT
    )
    line = replace(funded("notes", "rate"), loadings=(DriverValue(driver_id="rate", value=loading),))
    found = told(problem_of("rates", market((driver,), np.array([volatility]), np.eye(1)), (line,), ()))
    assert len(found) == len(said)
    assert all(word in message for word, message in zip(said, found, strict=True))


def test_overlays_without_same_day_cash_are_told(allocate):
    problem = pension()
    lines = tuple(
        replace(line, reserve_tier=replace(line.reserve_tier, variation_margin_eligible=False))
        if line.reserve_tier
        else line
        for line in problem.portfolio.lines
    )
    slow = replace(problem, portfolio=replace(problem.portfolio, lines=lines))
    codes = [warning.code for warning in allocate(slow).warnings]
    assert WarningCode.NO_SAME_DAY_CASH in codes
    assert WarningCode.NO_SAME_DAY_CASH not in [warning.code for warning in allocate(problem).warnings]
