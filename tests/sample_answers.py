"""Answers of every ending, for tests of what reads answers. The optimum is the pension example's."""

from __future__ import annotations

import dataclasses

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    AttemptVerdict,
    CapitalUse,
    Certificate,
    DriverValue,
    EntityRef,
    ExposureReport,
    InfeasibilityProof,
    LeverageDefinition,
    LeverageFigure,
    LimitKey,
    LimitReport,
    LineKind,
    LineValue,
    ObjectiveReport,
    ObjectiveTerm,
    ObjectiveTermKind,
    OptimalityProof,
    PoolMargin,
    Position,
    ProofWeight,
    Provenance,
    ReserveReport,
    ReturnReport,
    ReturnTerm,
    ReturnTermKind,
    RiskFigure,
    RiskReport,
    RiskShare,
    RiskSplit,
    RiskStatistic,
    Side,
    SleeveClass,
    SleeveVerdict,
    SolveAttempt,
    StructuralRule,
    SyntheticCost,
    Termination,
    TerminationReason,
    Unit,
    Warning,
    WarningCode,
)
from tests import golden_problems

NAV = 500e6
SHA256 = "0f" * 32
PROVENANCE = Provenance(problem_sha256=SHA256, server_version="0.1.0", engine="engine 1.0")


def pension_problem() -> AllocationProblem:
    """The pension example at its real size, held against 70/30."""
    problem = golden_problems.pension()
    return dataclasses.replace(
        problem,
        portfolio=dataclasses.replace(problem.portfolio, nav_amount=NAV),
        mandate=dataclasses.replace(
            problem.mandate,
            reference_exposures=(
                DriverValue(driver_id="other", value=0.7),
                DriverValue(driver_id="bonds", value=0.3),
            ),
        ),
    )


def attempt(verdict: AttemptVerdict) -> SolveAttempt:
    """One rung of the ladder."""
    return SolveAttempt(
        engine="engine 1.0",
        engine_status="solved",
        verdict=verdict,
        worst_hard_violation=2e-6,
        relative_gap=3e-4,
    )


def ended(reason: TerminationReason | int, detail: str = "") -> Allocation:
    """An answer without positions and without proof; reasons newer than the client are numbers."""
    termination = Termination(
        reason=reason,  # type: ignore[arg-type]
        detail=detail,
        attempts=(attempt(AttemptVerdict.GAP_TOO_WIDE),),
    )
    return Allocation(termination=termination, provenance=PROVENANCE)


def infeasible() -> Allocation:
    """A proof that three bounds contradict each other."""
    weights = (
        ProofWeight(key=LimitKey(limit_id="reserve-rule"), side=Side.LOWER, weight=0.2),
        ProofWeight(key=LimitKey(limit_id="keep-bonds", driver_id="bonds"), side=Side.LOWER, weight=0.5),
        ProofWeight(key=LimitKey(structural_rule=StructuralRule.CAPITAL_BUDGET), side=Side.UPPER, weight=0.3),
    )
    proof = InfeasibilityProof(weights=weights, contradiction=0.0125, error_bound=1e-12)
    answer = ended(TerminationReason.INFEASIBLE, "the bounds contradict each other")
    return dataclasses.replace(answer, certificate=Certificate(infeasibility=proof))


def optimal() -> Allocation:
    """The pension example's certified optimum, every part of the full view."""
    return Allocation(
        termination=Termination(
            reason=TerminationReason.OPTIMAL, attempts=(attempt(AttemptVerdict.CERTIFIED),)
        ),
        certificate=Certificate(
            optimality=OptimalityProof(
                objective=0.06475,
                objective_bound=0.0647500001,
                relative_gap=1.5e-9,
                gap_scale=0.06475,
                worst_hard_violation=2e-10,
                worst_limit=LimitKey(limit_id="reserve-rule"),
            )
        ),
        objective=ObjectiveReport(
            value=0.06475,
            unit=Unit.ANNUAL_RATE,
            terms=(ObjectiveTerm(kind=ObjectiveTermKind.NET_RETURN, value=0.06475),),
        ),
        positions=(
            _position("other_assets", LineKind.FUNDED_BETA, 0.7, change=0.0),
            _position("bond_fund", LineKind.FUNDED_BETA, 0.0, change=-0.3),
            _position("bond_future", LineKind.OVERLAY, 0.3, change=0.3, margin=0.02),
            _position("alpha", LineKind.ALPHA_SLEEVE, 0.27),
            _position("cash", LineKind.RESERVE_TIER, 0.03),
        ),
        capital_uses=(
            CapitalUse(line_id="other_assets", fraction=0.7, amount=0.7 * NAV),
            CapitalUse(line_id="alpha", fraction=0.27, amount=0.27 * NAV),
            CapitalUse(line_id="cash", margin_pool_id="broker", fraction=0.02, amount=0.02 * NAV),
            CapitalUse(line_id="cash", fraction=0.01, amount=0.01 * NAV),
        ),
        exposures=(
            ExposureReport(driver_id="other", funded=0.7, reference=0.7, unit=Unit.NAV_FRACTION),
            ExposureReport(
                driver_id="bonds",
                overlay=0.3,
                alpha_look_through=0.01,
                reference=0.3,
                unit=Unit.NAV_FRACTION,
            ),
        ),
        expected_return=_returns(),
        leverage_figures=(
            LeverageFigure(definition=LeverageDefinition.GROSS_NOTIONAL, value=1.27),
            LeverageFigure(definition=LeverageDefinition.COMMITMENT, value=1.27),
            LeverageFigure(definition=LeverageDefinition.OVERLAY, value=0.3),
            LeverageFigure(definition=LeverageDefinition.NET, value=1.27),
        ),
        pool_margins=(
            PoolMargin(
                margin_pool_id="broker",
                initial_margin_fraction=0.02,
                posted_fractions=(LineValue(line_id="cash", value=0.02),),
            ),
        ),
        reserve=ReserveReport(
            reserve_fraction=0.03,
            encumbered_fraction=0.02,
            free_fraction=0.01,
            variation_margin_eligible_fraction=0.01,
        ),
        risk=_risk(),
        limits=_limits(),
        sleeve_verdicts=(
            SleeveVerdict(
                line_id="alpha",
                sleeve_class=SleeveClass.ALPHA,
                annual_declared_alpha=0.015,
                annual_alpha=0.015,
            ),
        ),
        warnings=(Warning(code=WarningCode.EVIDENCE_SHORT, message="alpha: 24 months, 36 are asked for"),),
        provenance=PROVENANCE,
    )


def _position(
    line_id: str,
    kind: LineKind,
    fraction: float,
    *,
    change: float | None = None,
    margin: float | None = None,
) -> Position:
    return Position(
        line_id=line_id,
        kind=kind,
        fraction=fraction,
        amount=fraction * NAV,
        capital_fraction=0.0 if kind is LineKind.OVERLAY else fraction,
        change_fraction=change,
        initial_margin_fraction=margin,
    )


def _returns() -> ReturnReport:
    return ReturnReport(
        annual_net_return=0.06475,
        terms=(
            ReturnTerm(kind=ReturnTermKind.CASH, annual_return=0.04),
            ReturnTerm(kind=ReturnTermKind.PREMIUM, line_id="other_assets", annual_return=0.021),
            ReturnTerm(kind=ReturnTermKind.PREMIUM, line_id="bond_future", annual_return=0.0015),
            ReturnTerm(kind=ReturnTermKind.ALPHA, line_id="alpha", annual_return=0.00405),
            ReturnTerm(kind=ReturnTermKind.ROLL, line_id="bond_future", annual_return=-0.0018),
        ),
        annual_net_return_without_alpha=0.0607,
        annual_reference_return=0.0625,
        synthetic_costs=(
            SyntheticCost(line_id="bond_future", annual_synthetic_cost=0.006, annual_physical_cost=0.0005),
        ),
    )


def _risk() -> RiskReport:
    total, active = RiskStatistic.TOTAL_VOLATILITY, RiskStatistic.ACTIVE_VOLATILITY
    other, alpha = EntityRef(line_id="other_assets"), EntityRef(line_id="alpha")
    return RiskReport(
        figures=(
            RiskFigure(statistic=total, annual_volatility=0.1025),
            RiskFigure(statistic=active, annual_volatility=0.0162),
        ),
        shares=(
            RiskShare(statistic=total, split=RiskSplit.LINE, subject=other, share=0.96),
            RiskShare(statistic=total, split=RiskSplit.LINE, subject=alpha, share=0.04),
            RiskShare(statistic=active, split=RiskSplit.LINE, subject=alpha, share=1.1),
            RiskShare(statistic=active, split=RiskSplit.LINE, share=-0.1),
            RiskShare(
                statistic=total, split=RiskSplit.DRIVER, subject=EntityRef(driver_id="other"), share=0.96
            ),
            RiskShare(statistic=total, split=RiskSplit.DRIVER, share=0.04),
        ),
    )


def _limits() -> tuple[LimitReport, ...]:
    return (
        LimitReport(
            key=LimitKey(limit_id="keep-bonds", driver_id="bonds"),
            value=0.3,
            unit=Unit.NAV_FRACTION,
            lower=0.3,
            upper=0.3,
            lower_slack=0.0,
            upper_slack=0.0,
            lower_shadow_price=0.0,
            upper_shadow_price=0.0125,
            binding=True,
        ),
        LimitReport(
            key=LimitKey(limit_id="gross-cap"),
            value=1.27,
            unit=Unit.RATIO,
            upper=1.3,
            upper_slack=0.03,
            upper_shadow_price=0.0,
        ),
        LimitReport(
            key=LimitKey(limit_id="reserve-rule"),
            value=0.0,
            unit=Unit.NAV_FRACTION,
            lower=0.0,
            lower_slack=0.0,
            lower_shadow_price=0.015,
            binding=True,
        ),
    )


def with_shares(*shares: RiskShare) -> Allocation:
    """The optimum with other risk shares."""
    return dataclasses.replace(optimal(), risk=RiskReport(shares=shares))


def basic() -> Allocation:
    """The optimum in the basic view."""
    full = optimal()
    risk = full.risk or RiskReport()
    return dataclasses.replace(
        full,
        capital_uses=(),
        exposures=(),
        expected_return=None,
        pool_margins=(),
        reserve=None,
        risk=RiskReport(figures=risk.figures),
        limits=tuple(limit for limit in full.limits if limit.binding),
        sleeve_verdicts=(),
    )
