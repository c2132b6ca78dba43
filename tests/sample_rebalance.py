"""A job on the sample total portfolio, its runs, a proposal, marks and a switch, as a server sends them.

They are written down, not computed: their numbers fit together where a reader adds them up.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

from counterpoise.model import (
    ContractRoll,
    CoverageFigure,
    Decision,
    ExecutionStep,
    KillSwitch,
    LeverageDefinition,
    LeverageFigure,
    LimitKey,
    LimitReport,
    LineKind,
    LineMark,
    Marks,
    PortfolioMeasures,
    RebalanceJob,
    RebalanceJobState,
    RebalanceProposal,
    RebalanceProposalState,
    RebalanceRun,
    RebalanceRunOutcome,
    RebalanceRunState,
    RedemptionNotice,
    Release,
    ReleaseState,
    ReserveReport,
    ReturnReport,
    RiskFigure,
    RiskReport,
    RiskStatistic,
    RoundingMethod,
    RunGuard,
    RunPolicy,
    RunRefusal,
    StepPurpose,
    StepTrade,
    StressReport,
    Trade,
    TradePlan,
    TradePolicy,
    Unit,
)
from tests import sample_total_problem
from tests.sample_total_problem import NAV

TENANT = "tenants/default"
JOB = f"{TENANT}/rebalanceJobs/monthly"
RUN = f"{JOB}/runs/r-7"
PROPOSAL = f"{JOB}/proposals/p-3"
MARKS = f"{JOB}/marks/m-9"
SHA256 = "ab" * 32
MADE = datetime.datetime(2025, 11, 28, 15, 30, tzinfo=datetime.UTC)
EXPIRES = MADE + datetime.timedelta(days=1)


def job() -> RebalanceJob:
    """An active job, as it is read."""
    return RebalanceJob(
        name=JOB,
        display_name="Monthly look",
        problem=sample_total_problem.problem(),
        run_policy=RunPolicy(proposal_lifetime=datetime.timedelta(hours=36), release_approved=True),
        trade_policy=TradePolicy(band_fraction=0.005, minimum_ticket_amount=250e3),
        state=RebalanceJobState.ACTIVE,
        revision=2,
        etag="e-2",
        author="ada",
        create_time=MADE - datetime.timedelta(days=30),
        update_time=MADE - datetime.timedelta(days=1),
    )


def pending() -> RebalanceRun:
    """A run that was just started."""
    return RebalanceRun(
        name=RUN, state=RebalanceRunState.PENDING, initiator="ben", job_revision=2, create_time=MADE
    )


def proposed() -> RebalanceRun:
    """A run that ended with a proposal."""
    return replace(
        pending(),
        state=RebalanceRunState.SUCCEEDED,
        outcome=RebalanceRunOutcome.PROPOSED,
        marks=MARKS,
        proposal=PROPOSAL,
        start_time=MADE + datetime.timedelta(seconds=1),
        end_time=MADE + datetime.timedelta(seconds=3),
    )


def refused(guard: RunGuard | int = RunGuard.TURNOVER, message: str = "turnover is too much") -> RebalanceRun:
    """A run that a guard stopped."""
    return replace(
        proposed(),
        outcome=RebalanceRunOutcome.REFUSED,
        proposal="",
        refusals=(RunRefusal(guard=guard, message=message),),  # type: ignore[arg-type]
    )


def marks() -> Marks:
    """Marks of a day, as they are read."""
    return Marks(
        name=MARKS,
        as_of_date=datetime.date(2025, 11, 27),
        nav_amount=NAV,
        line_marks=(
            LineMark(line_id="equity-fund", price=101.5),
            LineMark(line_id="bond-futures", price=112.25, contract_count=-20),
        ),
        recorder="ada",
        record_time=MADE,
    )


def switch() -> KillSwitch:
    """A switch of the whole tenant."""
    return KillSwitch(scope=TENANT, principal="cyd", comment="prices look wrong", engage_time=MADE)


def proposal() -> RebalanceProposal:
    """An open proposal with the portfolios before and after."""
    return RebalanceProposal(
        name=PROPOSAL,
        state=RebalanceProposalState.OPEN,
        run=RUN,
        plan=_plan(),
        content_sha256=SHA256,
        barred_approvers=("ada", "ben"),
        expire_time=EXPIRES,
        create_time=MADE,
        before=_measures(gross=1.20, net=0.061, active=0.021, reserve=0.18, loss=0.21, sources=0.24),
        after=_measures(gross=1.30, net=0.064, active=0.018, reserve=0.12, loss=0.23, sources=0.18),
    )


def decided(state: RebalanceProposalState) -> RebalanceProposal:
    """The proposal with a decision; approved as a dry run."""
    release = Release(state=ReleaseState.DRY_RUN, change_time=MADE)
    return replace(
        proposal(),
        state=state,
        decision=Decision(principal="cyd", decide_time=MADE, comment="as discussed", content_sha256=SHA256),
        release=release if state is RebalanceProposalState.APPROVED else None,
    )


def _plan() -> TradePlan:
    return TradePlan(
        as_of_date=datetime.date(2025, 11, 28),
        nav_amount=NAV,
        trades=(
            _trade("equity-fund", LineKind.FUNDED_BETA, 0.45, 0.50, 0.05, cost=2e4, gain=0.0004),
            _trade(
                "bond-fund",
                LineKind.FUNDED_BETA,
                0.30,
                0.15,
                -0.15,
                cost=5e4,
                gain=0.0009,
                kept_limits=(LimitKey(limit_id="reserve"),),
                notice=RedemptionNotice(
                    notice_date=datetime.date(2025, 11, 28),
                    trading_days=5,
                    payment_date=datetime.date(2025, 12, 5),
                    covered=True,
                ),
            ),
            _trade(
                "bond-futures",
                LineKind.OVERLAY,
                0.0,
                0.14,
                0.1396,
                cost=1e4,
                gain=0.0012,
                contract_count=1408,
                rounding_fraction=0.0004,
                symbol="TY",
            ),
            _trade("cash", LineKind.RESERVE_TIER, 0.05, 0.15, 0.10, cost=0.0, gain=None),
        ),
        steps=(
            _step(0, StepPurpose.RAISE_RESERVE, 0.20, ("bond-fund", -0.10, None)),
            _step(0, StepPurpose.ADD_NOTIONAL, 0.20, ("bond-futures", 0.1396, 1408)),
            _step(5, StepPurpose.INVEST, 0.15, ("bond-fund", -0.05, None), ("equity-fund", 0.05, None)),
        ),
        rolls=(
            ContractRoll(
                line_id="bond-futures",
                symbol="TY",
                from_contract="Z2025",
                to_contract="H2026",
                roll_date=datetime.date(2025, 11, 26),
                from_contract_count=-1408,
                to_contract_count=1395,
            ),
        ),
        one_way_turnover_fraction=0.2198,
        cost_amount=8e4,
        rounding_objective_loss=2e-6,
        objective_unit=Unit.ANNUAL_RATE,
        rounding_method=RoundingMethod.INTEGER_PROGRAM,
    )


def _trade(
    line_id: str,
    kind: LineKind,
    current: float,
    target: float,
    fraction: float,
    *,
    cost: float,
    gain: float | None,
    contract_count: int | None = None,
    rounding_fraction: float = 0.0,
    kept_limits: tuple[LimitKey, ...] = (),
    notice: RedemptionNotice | None = None,
    symbol: str = "",
) -> Trade:
    return Trade(
        line_id=line_id,
        kind=kind,
        current_fraction=current,
        target_fraction=target,
        fraction=fraction,
        amount=fraction * NAV,
        cost_amount=cost,
        objective_gain=gain,
        contract_count=contract_count,
        rounding_fraction=rounding_fraction,
        kept_limits=kept_limits,
        notice=notice,
        symbol=symbol,
    )


def _step(
    day: int, purpose: StepPurpose, cash: float, *trades: tuple[str, float, int | None]
) -> ExecutionStep:
    return ExecutionStep(
        trading_day=day,
        purpose=purpose,
        cash_fraction=cash,
        trades=tuple(
            StepTrade(line_id=line_id, fraction=fraction, amount=fraction * NAV, contract_count=count)
            for line_id, fraction, count in trades
        ),
    )


def _measures(
    *, gross: float, net: float, active: float, reserve: float, loss: float, sources: float
) -> PortfolioMeasures:
    gross_notional = LeverageDefinition.GROSS_NOTIONAL
    return PortfolioMeasures(
        expected_return=ReturnReport(annual_net_return=net),
        leverage_figures=(
            LeverageFigure(definition=gross_notional, value=gross),
            LeverageFigure(definition=gross_notional, value=gross + 0.3, scenario_id="crash"),
        ),
        reserve=ReserveReport(
            reserve_fraction=reserve,
            encumbered_fraction=0.02,
            free_fraction=reserve - 0.02,
            coverage_figures=(
                CoverageFigure(
                    scenario_id="crash",
                    horizon_trading_days=5,
                    reserve_source_fraction=sources,
                    variation_margin_fraction=0.06,
                ),
                CoverageFigure(
                    horizon_trading_days=5, reserve_source_fraction=1.0, initial_margin_fraction=0.01
                ),
            ),
        ),
        risk=RiskReport(
            figures=(RiskFigure(statistic=RiskStatistic.ACTIVE_VOLATILITY, annual_volatility=active),)
        ),
        limits=(
            LimitReport(
                key=LimitKey(limit_id="gross-cap"),
                value=gross,
                unit=Unit.RATIO,
                upper=1.3,
                upper_slack=1.3 - gross,
                binding=abs(1.3 - gross) < 1e-9,
            ),
            LimitReport(
                key=LimitKey(limit_id="reserve"),
                value=reserve,
                unit=Unit.NAV_FRACTION,
                lower=0.05,
                lower_slack=reserve - 0.05,
            ),
        ),
        stresses=(
            StressReport(scenario_id="crash", loss_fraction=loss),
            StressReport(scenario_id="squeeze", loss_fraction=0.04),
        ),
    )
