"""A problem takes from an estimate what histories tell, and keeps everything else."""

import dataclasses

import numpy as np
import pytest

from counterpoise.model import (
    AlphaBasis,
    DriverGroup,
    ExpectedAlpha,
    FeeHurdle,
    FeeTerms,
    LineEstimate,
    RectangularMatrix,
    StressedCorrelation,
    UniformStress,
)
from tests import sample_estimation
from tests.golden_problems import pension

IDS = sample_estimation.DRIVER_IDS
FOUND = sample_estimation.response()
TREND = next(line for line in FOUND.lines if line.line_id == "trend")
CREDIT = next(line for line in FOUND.lines if line.line_id == "credit")
GROSS = ExpectedAlpha(gross_of_fees=AlphaBasis(annual_over_cash=0.09))
FEES = FeeTerms(annual_management_fee=0.02, performance_fee_rate=0.2, hurdle=FeeHurdle.CASH)
TOLD = UniformStress(correlation=0.8)
GROUP = DriverGroup(driver_group_id="risky", driver_ids=("equity",))


def sleeve(line_id):
    """As its manager tells it: gross, with terms that no history knows."""
    (stated,) = [line for line in pension().portfolio.lines if line.alpha_sleeve is not None]
    told = dataclasses.replace(
        stated.alpha_sleeve, expected_alpha=GROSS, fees=FEES, capacity_amount=5e7, redeemable_fraction=0.1
    )
    return dataclasses.replace(
        stated, line_id=line_id, loadings=(), alpha_sleeve=told, maximum_fraction=0.2, current_fraction=0.05
    )


def plan(*sleeve_ids):
    """The pension's other lines, and sleeves."""
    problem = pension()
    others = tuple(line for line in problem.portfolio.lines if line.alpha_sleeve is None)
    lines = (*others, *(sleeve(line_id) for line_id in sleeve_ids))
    stressed = dataclasses.replace(
        problem.market.risk_model, stressed_correlation=StressedCorrelation(uniform=TOLD)
    )
    return dataclasses.replace(
        problem,
        market=dataclasses.replace(problem.market, risk_model=stressed, driver_groups=(GROUP,)),
        portfolio=dataclasses.replace(problem.portfolio, lines=lines),
    )


def line_of(problem, line_id):
    return next(line for line in problem.portfolio.lines if line.line_id == line_id)


def test_a_sleeve_gets_what_its_history_tells_and_keeps_its_other_terms():
    line = line_of(plan("trend").with_estimate(FOUND), "trend")
    assert line.loadings == TREND.loadings
    assert line.annual_residual_volatility == 0.104
    found, stated = line.alpha_sleeve, sleeve("trend").alpha_sleeve
    assert found.expected_alpha.net_of_fees.annual_over_beta == 0.0094
    assert found.annual_alpha_error == 0.0171
    assert (found.evidence.r_squared, found.evidence.observation_count) == (0.004, 118)
    # The alpha is after fees: what is charged is out of it already.
    assert found.fees is None
    kept = dataclasses.replace(
        found,
        expected_alpha=GROSS,
        fees=FEES,
        evidence=stated.evidence,
        annual_alpha_error=stated.annual_alpha_error,
    )
    assert kept == stated
    assert (line.maximum_fraction, line.current_fraction) == (0.2, 0.05)


def test_a_sleeve_with_too_little_data_gets_its_risk_and_keeps_the_alpha_that_is_stated():
    assert CREDIT.evidence.alpha_sleeve is None
    line = line_of(plan("credit").with_estimate(FOUND), "credit")
    assert (line.loadings, line.annual_residual_volatility) == (CREDIT.loadings, 0.0461)
    assert line.alpha_sleeve == sleeve("credit").alpha_sleeve


def test_other_lines_stay_even_under_the_name_of_a_sleeve():
    stated = plan("trend", "unheard-of")
    index = LineEstimate(line_id="bond_fund", loadings=TREND.loadings, evidence=TREND.evidence)
    found = stated.with_estimate(dataclasses.replace(FOUND, lines=(*FOUND.lines, index)))
    changed = [
        before.line_id
        for before, after in zip(stated.portfolio.lines, found.portfolio.lines, strict=True)
        if before != after
    ]
    assert changed == ["trend"]
    assert (found.mandate, found.objective) == (stated.mandate, stated.objective)


def test_the_market_is_that_of_the_estimate():
    found = plan("trend").with_estimate(FOUND).market
    assert found.drivers == FOUND.market.drivers
    assert found.risk_model.volatility_correlation == FOUND.market.risk_model.volatility_correlation


@pytest.mark.parametrize("known", [True, False])
def test_bad_times_and_groups_that_are_stated_stay_where_the_estimate_has_none(known):
    stressed = StressedCorrelation(uniform=UniformStress(correlation=0.3)) if known else None
    groups = (dataclasses.replace(GROUP, driver_ids=("bonds",)),) if known else ()
    market = dataclasses.replace(
        FOUND.market,
        driver_groups=groups,
        risk_model=dataclasses.replace(FOUND.market.risk_model, stressed_correlation=stressed),
    )
    found = plan("trend").with_estimate(dataclasses.replace(FOUND, market=market)).market
    assert found.driver_groups == (groups if known else (GROUP,))
    assert found.risk_model.stressed_correlation.uniform.correlation == (0.3 if known else 0.8)


def test_loadings_of_a_sleeve_leave_the_matrix_and_those_of_others_stay():
    values = np.array([[0.4, 0.1], [0.2, 0.3]])
    matrix = RectangularMatrix(
        row_ids=("trend", "bond_fund"), column_ids=("equity", "bonds"), values=values.ravel()
    )
    stated = plan("trend")
    stated = dataclasses.replace(
        stated, portfolio=dataclasses.replace(stated.portfolio, loading_matrix=matrix)
    )
    found = stated.with_estimate(FOUND).portfolio.loading_matrix
    assert found.row_ids == ("bond_fund",)
    assert found.to_array().tolist() == [[0.2, 0.3]]
    alone = dataclasses.replace(matrix, row_ids=("trend",), values=values[0])
    stated = dataclasses.replace(
        stated, portfolio=dataclasses.replace(stated.portfolio, loading_matrix=alone)
    )
    assert stated.with_estimate(FOUND).portfolio.loading_matrix is None


def test_a_server_takes_the_problem_with_the_estimate():
    stated = plan("trend", "credit")
    # Of the template's drivers the estimate has one.
    lines = tuple(
        dataclasses.replace(line, loadings=tuple(item for item in line.loadings if item.driver_id in IDS))
        for line in stated.portfolio.lines
    )
    stated = dataclasses.replace(stated, portfolio=dataclasses.replace(stated.portfolio, lines=lines))
    assert stated.with_estimate(FOUND).validate() == ()


def test_an_estimate_is_of_its_own_line_and_of_sleeves_alone():
    with pytest.raises(ValueError, match="not the alpha sleeve trend"):
        TREND.applied_to(sleeve("credit"))
    with pytest.raises(ValueError, match="not the alpha sleeve trend"):
        TREND.applied_to(dataclasses.replace(sleeve("trend"), alpha_sleeve=None))


def test_without_a_market_there_is_nothing_to_take():
    with pytest.raises(ValueError, match="ask for a risk model of at least one driver"):
        plan("trend").with_estimate(dataclasses.replace(FOUND, market=None))
