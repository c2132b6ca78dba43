"""A job on the sample total portfolio, its run and its proposal, in every state that a proposal can have.

Contracts, turnover, leverage, margins, exposures and scenarios follow from the positions; the rest is
written down. Nothing is solved.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace

from counterpoise.model import (
    AllocationProblem,
    ContractTerms,
    Decision,
    ErrorReason,
    ExposureReport,
    LimitReport,
    Line,
    LineKind,
    PortfolioMeasures,
    Position,
    RebalanceJob,
    RebalanceJobState,
    RebalanceProposal,
    RebalanceProposalState,
    RebalanceRun,
    RebalanceRunOutcome,
    RebalanceRunState,
    Release,
    ReleaseState,
    ReserveReport,
    ReturnReport,
    RiskFigure,
    RiskReport,
    RiskStatistic,
    RollAnchor,
    RollTerms,
    RunFailure,
    RunGuard,
    RunPolicy,
    RunRefusal,
    TradePolicy,
)
from counterpoise.wording.exposures import exposures
from tests import sample_proposals_plan, sample_stress
from tests.sample_stress_measures import Book
from tests.sample_total_problem import NAV

JOB_NAME = "tenants/pension/rebalanceJobs/monthly"
RUN_NAME = f"{JOB_NAME}/runs/20251128-1"
PROPOSAL_NAME = f"{JOB_NAME}/proposals/20251128-1"
LATER_PROPOSAL_NAME = f"{JOB_NAME}/proposals/20251201-1"
MARKS_NAME = "tenants/pension/marks/20251128"
CONTENT_SHA256 = "5a" * 32
AUTHOR, INITIATOR, APPROVER = "ada", "bob", "cleo"
CREATED = datetime.datetime(2025, 11, 28, 18, 30, tzinfo=datetime.UTC)
EXPIRES = datetime.datetime(2025, 12, 1, 18, 30, tzinfo=datetime.UTC)
DECIDED = datetime.datetime(2025, 12, 1, 9, 5, tzinfo=datetime.UTC)

_ROLLED_IN = {"contract_year": 2025, "contract_month": 12}
CONTRACTS = {
    "equity-futures": ContractTerms(
        point_value_amount=50.0,
        price=6850.0,
        symbol="ES",
        roll=RollTerms(**_ROLLED_IN, anchor=RollAnchor.THIRD_FRIDAY, weekdays_before=8, next_price=6912.0),
    ),
    "bond-futures": ContractTerms(
        point_value_amount=1000.0,
        price=113.0,
        dv01_amount=65.0,
        symbol="TY",
        roll=RollTerms(
            **_ROLLED_IN,
            anchor=RollAnchor.FIRST_OF_MONTH,
            weekdays_before=2,
            next_price=112.6,
            next_dv01_amount=66.0,
        ),
    ),
}
"""Futures on an index at its price, and on ten-year notes by what a basis point moves."""


def problem() -> AllocationProblem:
    """The sample total portfolio under stress, with terms of both futures."""
    given = sample_stress.problem()
    lines = tuple(_with_contract(line) for line in given.portfolio.lines)
    return replace(given, portfolio=replace(given.portfolio, lines=lines))


def job() -> RebalanceJob:
    """An active job; what it releases is a dry run."""
    return RebalanceJob(
        name=JOB_NAME,
        display_name="Monthly rebalance",
        problem=problem(),
        run_policy=RunPolicy(
            proposal_lifetime=datetime.timedelta(days=3),
            release_approved=False,
            maximum_turnover_fraction=0.5,
        ),
        trade_policy=TradePolicy(tolerance_fraction=0.001, minimum_ticket_amount=1e6),
        state=RebalanceJobState.ACTIVE,
        revision=3,
        etag="3-7f",
        author=AUTHOR,
        create_time=CREATED - datetime.timedelta(days=60),
        update_time=CREATED - datetime.timedelta(days=20),
    )


def run() -> RebalanceRun:
    """The run that made the proposal; its allocation is the why."""
    return RebalanceRun(
        name=RUN_NAME,
        state=RebalanceRunState.SUCCEEDED,
        outcome=RebalanceRunOutcome.PROPOSED,
        initiator=INITIATOR,
        job_revision=3,
        marks=MARKS_NAME,
        allocation=sample_stress.answer(),
        proposal=PROPOSAL_NAME,
        create_time=CREATED - datetime.timedelta(seconds=9),
        start_time=CREATED - datetime.timedelta(seconds=8),
        end_time=CREATED,
    )


def refused_run() -> RebalanceRun:
    """A run that a guard stopped."""
    refusal = RunRefusal(
        guard=RunGuard.TURNOVER,
        message="one-way turnover of 26.50 % of NAV is above the 25.00 % of the policy",
    )
    return replace(run(), outcome=RebalanceRunOutcome.REFUSED, proposal="", refusals=(refusal,))


def failed_run() -> RebalanceRun:
    """A run whose machinery failed."""
    failure = RunFailure(reason=ErrorReason.INTERNAL_BUG, message="a defect of the server", error_id="e-81")
    return replace(
        run(), state=RebalanceRunState.FAILED, outcome=None, allocation=None, proposal="", failure=failure
    )


def proposal() -> RebalanceProposal:
    """An open proposal with futures in whole contracts, notices, rolls, six steps and three scenarios."""
    plan = sample_proposals_plan.plan()
    return RebalanceProposal(
        name=PROPOSAL_NAME,
        state=RebalanceProposalState.OPEN,
        run=RUN_NAME,
        plan=plan,
        content_sha256=CONTENT_SHA256,
        barred_approvers=(AUTHOR, INITIATOR),
        expire_time=EXPIRES,
        create_time=CREATED,
        before=before(),
        after=after(),
    )


def minimal_proposal() -> RebalanceProposal:
    """As little as a proposal can have: two trades in one step, no futures, rolls, notices or scenarios."""
    given = proposal()

    def without_scenarios(measures: PortfolioMeasures | None) -> PortfolioMeasures:
        measured = measures or PortfolioMeasures()
        return PortfolioMeasures(
            positions=measured.positions,
            expected_return=measured.expected_return,
            leverage_figures=measured.leverage_figures[:4],
            reserve=replace(measured.reserve or ReserveReport(), coverage_figures=()),
        )

    return replace(
        given,
        plan=sample_proposals_plan.small_plan(),
        before=without_scenarios(given.before),
        after=without_scenarios(given.after),
    )


def approved_proposal() -> RebalanceProposal:
    """The proposal after somebody else approved it; a dry run."""
    return replace(
        proposal(),
        state=RebalanceProposalState.APPROVED,
        decision=_decision("Agreed by the committee on 1 December."),
        release=Release(
            state=ReleaseState.DRY_RUN,
            change_time=DECIDED,
            detail="the job releases nothing: the approval is recorded",
        ),
    )


def rejected_proposal() -> RebalanceProposal:
    """The proposal after somebody else rejected it."""
    decision = _decision("Wait for the payrolls of Friday.")
    return replace(proposal(), state=RebalanceProposalState.REJECTED, decision=decision)


def superseded_proposal() -> RebalanceProposal:
    """The proposal after a newer one replaced it."""
    return replace(
        proposal(),
        state=RebalanceProposalState.SUPERSEDED,
        superseding_proposal=LATER_PROPOSAL_NAME,
    )


def expired_proposal() -> RebalanceProposal:
    """The proposal after nobody decided in time."""
    return replace(proposal(), state=RebalanceProposalState.EXPIRED)


def before() -> PortfolioMeasures:
    """Today's holdings, measured."""
    held = {line.line_id: line.current_fraction or 0.0 for line in problem().portfolio.lines}
    posted = {("cash", "clearing-a"): 0.0031}
    return _measured(held, posted, volatilities=(0.0985, 0.0162), net_return=0.0664, without_alpha=0.0561)


def after() -> PortfolioMeasures:
    """Holdings with all trades done, measured."""
    return _measured(
        sample_proposals_plan.positions_after(),
        sample_stress.POSTED,
        volatilities=(0.101, 0.0135),
        net_return=0.0711,
        without_alpha=0.0607,
    )


def _measured(
    held: Mapping[str, float],
    posted: Mapping[tuple[str, str], float],
    *,
    volatilities: tuple[float, float],
    net_return: float,
    without_alpha: float,
) -> PortfolioMeasures:
    asked, scenarios = problem(), sample_stress.SCENARIOS
    book = Book(asked, held, posted)
    encumbered = sum(posted.values())
    statistics = (RiskStatistic.TOTAL_VOLATILITY, RiskStatistic.ACTIVE_VOLATILITY)
    free = held["cash"] - encumbered
    stresses = tuple(book.stress(item, sample_stress.HORIZONS) for item in scenarios)
    return PortfolioMeasures(
        positions=tuple(_position(line, held) for line in asked.portfolio.lines),
        exposures=_exposures(asked, held),
        expected_return=ReturnReport(
            annual_net_return=net_return,
            annual_net_return_without_alpha=without_alpha,
            annual_reference_return=0.0688,
        ),
        leverage_figures=tuple(figure for item in (None, *scenarios) for figure in book.leverage(item)),
        pool_margins=tuple(margin for item in (None, *scenarios) for margin in book.pool_margins(item)),
        reserve=ReserveReport(
            reserve_fraction=held["cash"],
            encumbered_fraction=encumbered,
            free_fraction=free,
            variation_margin_eligible_fraction=free,
            coverage_figures=tuple(
                book.coverage(item, day) for item in (None, *scenarios) for day in sample_stress.HORIZONS
            ),
        ),
        risk=RiskReport(
            figures=tuple(
                RiskFigure(statistic=statistic, annual_volatility=value)
                for statistic, value in zip(statistics, volatilities, strict=True)
            )
        ),
        limits=_limits(book),
        stresses=stresses,
    )


def _limits(book: Book) -> tuple[LimitReport, ...]:
    """Limits of the answer without prices, those that follow from positions at what these have."""
    scenarios = {item.scenario_id: item for item in sample_stress.SCENARIOS}
    traded = sum(abs(book.positions[line.line_id] - (line.current_fraction or 0.0)) for line in book.lines)
    told = []
    for answered in sample_stress.answer().limits:
        key, value = answered.key, answered.value
        scenario = scenarios.get(key.scenario_id)
        if key.limit_id == "turnover":
            value = traded / 2
        elif key.limit_id in ("gross-cap", "gross-after"):
            value = book.leverage(scenario)[0].value
        elif key.limit_id == "loss" and scenario is not None:
            value = book.stress(scenario, sample_stress.HORIZONS).loss_fraction
        elif key.limit_id == "coverage":
            figure = book.coverage(scenario, key.horizon_trading_days or 1)
            value = figure.source_fraction - sample_stress.NEED_MULTIPLE * figure.need_fraction
            if key.horizon_trading_days == 0:
                value = figure.same_day_cash_fraction - figure.variation_margin_fraction
        told.append(_at(answered, value))
    return tuple(told)


def _at(limit: LimitReport, value: float) -> LimitReport:
    """A limit at another value, without prices."""
    lower = None if limit.lower is None else value - limit.lower
    upper = None if limit.upper is None else limit.upper - value
    slack = min(side for side in (lower, upper) if side is not None)
    return replace(
        limit,
        value=value,
        lower_slack=lower,
        upper_slack=upper,
        lower_shadow_price=None,
        upper_shadow_price=None,
        binding=slack < 1e-6,
        violation=max(-slack, 0.0),
    )


def _exposures(asked: AllocationProblem, held: Mapping[str, float]) -> tuple[ExposureReport, ...]:
    reference = {item.driver_id: item.value for item in asked.mandate.reference_exposures}
    units = {item.driver_id: item.unit for item in sample_stress.answer().exposures}

    def of(kind: LineKind) -> dict[str, float]:
        return exposures(asked, [line for line in asked.portfolio.lines if line.kind is kind], held)

    funded, overlay, sleeves = (
        of(kind) for kind in (LineKind.FUNDED_BETA, LineKind.OVERLAY, LineKind.ALPHA_SLEEVE)
    )
    return tuple(
        ExposureReport(
            driver_id=driver_id,
            funded=funded.get(driver_id, 0.0),
            overlay=overlay.get(driver_id, 0.0),
            alpha_look_through=sleeves.get(driver_id, 0.0),
            reference=reference.get(driver_id),
            unit=unit,
        )
        for driver_id, unit in units.items()
    )


def _position(line: Line, held: Mapping[str, float]) -> Position:
    fraction = held[line.line_id]
    return Position(
        line_id=line.line_id,
        kind=line.kind,
        fraction=fraction,
        amount=fraction * NAV,
        capital_fraction=line.capital_per_unit * fraction,
    )


def _decision(comment: str) -> Decision:
    return Decision(
        principal=APPROVER,
        decide_time=DECIDED,
        comment=comment,
        content_sha256=CONTENT_SHA256,
        authenticated=True,
    )


def _with_contract(line: Line) -> Line:
    if line.overlay is None:
        return line
    duration = 8.0 if line.line_id == "bond-futures" else None
    overlay = replace(line.overlay, contract=CONTRACTS[line.line_id], duration_years=duration)
    return replace(line, overlay=overlay)
