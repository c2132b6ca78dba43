"""The evidence rule: what counts as alpha at each R-squared, on every basis."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    AlphaBasis,
    EvidenceRule,
    ExpectedAlpha,
    FactorEvidence,
    SleeveClass,
)
from optimizer.measures.evidence import weigh_evidence
from tests.golden_problems import pension

BETA_RETURN = 0.02


def verdict(basis, r_squared, rule=None, months=120):
    problem = pension()
    lines = tuple(
        replace(
            line,
            alpha_sleeve=replace(
                line.alpha_sleeve,
                expected_alpha=ExpectedAlpha(net_of_fees=basis),
                evidence=FactorEvidence(r_squared=r_squared, observation_count=months),
            ),
        )
        if line.alpha_sleeve
        else line
        for line in problem.portfolio.lines
    )
    problem = replace(problem, portfolio=replace(problem.portfolio, lines=lines))
    (sleeve,) = weigh_evidence(
        problem.market, problem.portfolio, rule, np.full(len(lines), BETA_RETURN), np.zeros(len(lines))
    )
    return sleeve


@pytest.mark.parametrize(
    ("r_squared", "sleeve_class", "alpha"),
    [
        (0.0, SleeveClass.ALPHA, 0.015),
        (0.2999, SleeveClass.ALPHA, 0.015),
        (0.30, SleeveClass.ALPHA_AND_BETA, 0.015),
        (0.80, SleeveClass.ALPHA_AND_BETA, 0.015),
        (0.8001, SleeveClass.BETA, 0.0),
        (1.0, SleeveClass.BETA, 0.0),
    ],
)
def test_thresholds(r_squared, sleeve_class, alpha):
    sleeve = verdict(AlphaBasis(annual_over_beta=0.015), r_squared)
    assert sleeve.sleeve_class is sleeve_class
    assert sleeve.annual_alpha == pytest.approx(alpha)
    assert sleeve.annual_declared_alpha == pytest.approx(0.015)


def test_a_reclassified_sleeve_keeps_its_negative_alpha():
    assert verdict(AlphaBasis(annual_over_beta=-0.01), 0.9).annual_alpha == pytest.approx(-0.01)


def test_every_basis_is_restated_over_betas_once():
    cash = 0.04
    assert verdict(AlphaBasis(annual_over_beta=0.015), 0.1).annual_alpha == pytest.approx(0.015)
    assert verdict(AlphaBasis(annual_over_cash=0.035), 0.1).annual_alpha == pytest.approx(0.015)
    assert verdict(AlphaBasis(annual_total=cash + 0.035), 0.1).annual_alpha == pytest.approx(0.015)


def test_thresholds_are_the_mandates_where_it_names_them():
    rule = EvidenceRule(charge_r_squared=0.1, reclassify_r_squared=0.5, minimum_observation_count=200)
    sleeve = verdict(AlphaBasis(annual_over_beta=0.015), 0.6, rule)
    assert sleeve.sleeve_class is SleeveClass.BETA
    assert (sleeve.months, sleeve.wanted_months) == (120, 200)
    assert verdict(AlphaBasis(annual_over_beta=0.015), 0.6).wanted_months == 36


def test_a_threshold_of_zero_is_a_value():
    rule = EvidenceRule(charge_r_squared=0.0, reclassify_r_squared=0.0)
    assert verdict(AlphaBasis(annual_over_beta=0.015), 0.01, rule).sleeve_class is SleeveClass.BETA
