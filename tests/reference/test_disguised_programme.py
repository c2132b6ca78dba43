"""Treasury futures and high yield sold as alpha: found out, and seen through in an allocation."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    AllocationProblem,
    AlphaBasis,
    AlphaSleeve,
    Driver,
    EstimateRiskModelRequest,
    EvidenceReason,
    ExpectedAlpha,
    ExpectedReturn,
    LedoitWolfCovariance,
    Mandate,
    MaximizeNetReturn,
    Objective,
    RiskModelQuestion,
    SleeveClass,
    TotalPortfolio,
    WarningCode,
)
from optimizer.usecases.estimate_risk_model import estimate_risk_model
from tests import walks

MONTHS = 120
TREASURIES, CREDIT = 0.9, 0.5
"""What the programme really holds, per unit."""
PREMIA = {"equity": 0.045, "treasuries": 0.01, "high-yield": 0.025}


@pytest.fixture(scope="module")
def estimate():
    """What histories say of the programme: it costs 0.6 % a year and has no skill."""
    draw = np.random.default_rng(5)
    equity = draw.normal(0.005, 0.043, MONTHS)
    treasuries = -0.1 * equity + draw.normal(0.002, 0.018, MONTHS)
    credit = 0.4 * equity + draw.normal(0.001, 0.016, MONTHS)
    sold = TREASURIES * treasuries + CREDIT * credit - 0.0005 + draw.normal(0.0, 0.003, MONTHS)
    drivers = tuple(
        Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=premium))
        for name, premium in PREMIA.items()
    )
    history = walks.histories(
        {"equity": equity, "treasuries": treasuries, "high-yield": credit, "programme": sold},
        np.full(MONTHS, 0.002) + draw.normal(0.0, 1e-5, MONTHS),
        walks.month_ends(MONTHS),
    )
    question = RiskModelQuestion(
        history=history,
        annual_risk_free_rate=0.03,
        drivers=drivers,
        sleeve_ids=("programme",),
        cash_id="cash",
        ledoit_wolf=LedoitWolfCovariance(),
    )
    return estimate_risk_model(EstimateRiskModelRequest(question=question))


@pytest.fixture(scope="module")
def allocation(estimate, allocate):
    """A tenth of the fund is in it, whatever it is."""
    (found,) = estimate.lines
    sleeve = found.evidence.alpha_sleeve
    assert isinstance(sleeve, AlphaSleeve)
    programme = replace(
        walks.sleeve("programme"),
        loadings=found.loadings,
        annual_residual_volatility=found.annual_residual_volatility,
        alpha_sleeve=sleeve,
        minimum_fraction=0.1,
        maximum_fraction=0.1,
        trading_cost=None,
    )
    funds = [
        replace(walks.funded(f"{name}-fund", name), trading_cost=None, maximum_fraction=0.5)
        for name in ("equity", "treasuries")
    ]
    bills = walks.bills()
    bills = replace(bills, reserve_tier=replace(bills.reserve_tier, collateral_terms=()))
    history_end = found.evidence.alpha_sleeve.evidence.last_observation_date
    problem = AllocationProblem(
        market=estimate.market,
        portfolio=TotalPortfolio(
            portfolio_id="pension",
            as_of_date=history_end,
            base_currency_code="USD",
            nav_amount=1e9,
            lines=(*funds, programme, bills),
        ),
        mandate=Mandate(mandate_id="plain"),
        objective=Objective(maximize_net_return=MaximizeNetReturn()),
    )
    return allocate(problem)


def test_the_history_says_that_it_is_beta(estimate):
    (found,) = estimate.lines
    assert found.evidence.sleeve_class is SleeveClass.BETA
    assert EvidenceReason.FACTORS_EXPLAIN_MOST in found.evidence.reasons
    loadings = {item.driver_id: item.value for item in found.loadings}
    errors = {item.factor_id: item.error for item in found.evidence.regression.loadings}
    assert abs(loadings["treasuries"] - TREASURIES) < 4 * errors["treasuries"]
    assert abs(loadings["high-yield"] - CREDIT) < 4 * errors["high-yield"]


def test_its_credit_is_an_exposure_of_the_fund(estimate, allocation):
    loadings = {item.driver_id: item.value for item in estimate.lines[0].loadings}
    exposures = {item.driver_id: item for item in allocation.exposures}
    assert exposures["high-yield"].alpha_look_through == pytest.approx(0.1 * loadings["high-yield"])
    assert exposures["high-yield"].alpha_look_through == pytest.approx(0.1 * CREDIT, rel=0.1)
    assert exposures["high-yield"].funded == 0.0


def test_its_alpha_is_nothing_or_less_and_the_answer_says_so(allocation):
    (verdict,) = allocation.sleeve_verdicts
    assert verdict.sleeve_class is SleeveClass.BETA
    assert verdict.annual_alpha <= 0.0
    alphas = [term for term in allocation.expected_return.terms if term.kind.name == "ALPHA"]
    assert sum(term.annual_return for term in alphas) <= 0.0
    assert WarningCode.SLEEVE_RECLASSIFIED in {item.code for item in allocation.warnings}


def test_a_claim_of_four_percent_changes_nothing_but_the_warning(estimate, allocate, allocation):
    """The same sleeve as its manager tells it: the gate takes the claim away."""
    (found,) = estimate.lines
    claimed = replace(
        found.evidence.alpha_sleeve,
        expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=0.04)),
    )
    programme = replace(
        walks.sleeve("programme", most=0.1),
        loadings=found.loadings,
        annual_residual_volatility=found.annual_residual_volatility,
        alpha_sleeve=claimed,
        minimum_fraction=0.1,
        trading_cost=None,
    )
    bills = replace(walks.bills(), reserve_tier=replace(walks.bills().reserve_tier, collateral_terms=()))
    problem = AllocationProblem(
        market=estimate.market,
        portfolio=TotalPortfolio(
            portfolio_id="pension",
            as_of_date=claimed.evidence.last_observation_date,
            base_currency_code="USD",
            nav_amount=1e9,
            lines=(programme, bills),
        ),
        mandate=Mandate(mandate_id="plain"),
        objective=Objective(maximize_net_return=MaximizeNetReturn()),
    )
    answer = allocate(problem)
    (verdict,) = answer.sleeve_verdicts
    assert verdict.annual_declared_alpha == pytest.approx(0.04)
    assert verdict.annual_alpha == 0.0
    assert WarningCode.SLEEVE_RECLASSIFIED in {item.code for item in answer.warnings}
