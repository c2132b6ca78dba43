"""One decision: estimate, allocate, trade, give notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from counterpoise.backtest.margin import gross_notional, multiplier_of
from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.backtest.posting import reserve_tiers
from counterpoise.backtest.question import State, estimation_at, problem_at, relaxed
from counterpoise.backtest.records import Decision, Outcome, SleeveEstimate
from counterpoise.backtest.redemptions import Notice, give_notice
from counterpoise.backtest.table import ReturnTable
from counterpoise.frames.tables import name_of
from counterpoise.model import (
    AllocateResponse,
    Allocation,
    AllocationProblem,
    EstimateRiskModelResponse,
    LeverageDefinition,
    LimitReport,
    LineEstimate,
    RiskModelQuestion,
    TerminationReason,
    TotalPortfolio,
)


class Service(Protocol):
    """What a walk asks of a client; `counterpoise.Client` is one."""

    def allocate_response(self, problem: AllocationProblem) -> AllocateResponse:
        """The answer to a problem, however it ended."""

    def estimate_risk_model(self, question: RiskModelQuestion) -> EstimateRiskModelResponse:
        """A market and the loadings of sleeves."""


@dataclass(frozen=True)
class Walk:
    """What does not change from one period to the next."""

    plan: WalkForwardPlan
    table: ReturnTable
    service: Service


@dataclass(frozen=True)
class Decided:
    """A decision, holdings after its trades and costs, and what the next periods need of it."""

    decision: Decision
    holdings: dict[str, float]
    notices: tuple[Notice, ...]
    """That it gave."""
    margin_rates: dict[str, float]
    loadings: dict[str, dict[str, float]]


def decide(
    walk: Walk, state: State, notices: tuple[Notice, ...], margin_rates: Mapping[str, float]
) -> Decided:
    """Estimates on the window that ends on the date, and trades what is held to what is certified.

    Where sleeves do not pay out at once, the allocation without redemption terms says what would be redeemed:
    notice is given for that.
    """
    plan = walk.plan
    estimate = walk.service.estimate_risk_model(estimation_at(plan, walk.table, state.period))
    outcome, answer, reason = _ask(walk, problem_at(plan, state, estimate))
    sleeves = {item.line_id: _believed(item) for item in estimate.lines}
    loadings = {
        item.line_id: {each.driver_id: each.value for each in item.loadings} for item in estimate.lines
    }
    if answer is None:
        decision = Decision(outcome=outcome, reason=reason, sleeves=sleeves)
        return Decided(decision, dict(state.holdings), (), dict(margin_rates), loadings)
    given = _notices(walk, state, estimate, notices)
    portfolio, trading, expected = plan.problem.portfolio, answer.trading, answer.expected_return
    holdings, cost = _traded(portfolio, state, answer)
    decision = Decision(
        outcome=outcome,
        reason=reason,
        sleeves=sleeves,
        trades={
            name: money - state.holdings[name]
            for name, money in holdings.items()
            if money != state.holdings[name]
        },
        trading_cost=cost,
        turnover_fraction=trading.one_way_turnover_fraction if trading is not None else 0.0,
        gross_leverage=_gross(answer),
        annual_net_return=expected.annual_net_return if expected is not None else None,
        violations=_missed(answer.limits),
        notices={line_id: money for line_id, _, money in given},
        server_version=answer.provenance.server_version,
    )
    return Decided(decision, holdings, given, _rates(plan, holdings, state, answer), loadings)


def _ask(walk: Walk, problem: AllocationProblem) -> tuple[Outcome, Allocation | None, str]:
    """How it ended, the certified answer, and the reason where the first was none."""
    answer = walk.service.allocate_response(problem).allocation
    if answer.termination.reason is TerminationReason.OPTIMAL:
        return Outcome.OPTIMAL, answer, ""
    reason = name_of(answer.termination.reason)
    if walk.plan.relax_limits and answer.termination.reason is TerminationReason.INFEASIBLE:
        answer = walk.service.allocate_response(relaxed(problem)).allocation
        if answer.termination.reason is TerminationReason.OPTIMAL:
            return Outcome.RELAXED, answer, reason
    return Outcome.HELD, None, reason


def _notices(
    walk: Walk, state: State, estimate: EstimateRiskModelResponse, notices: tuple[Notice, ...]
) -> tuple[Notice, ...]:
    waiting = [
        name
        for name, money in state.redeemable.items()
        if state.holdings[name] > 0.0 and money < state.holdings[name]
    ]
    if not waiting:
        return ()
    _, free, _ = _ask(walk, problem_at(walk.plan, state, estimate, all_redeemable=True))
    if free is None:
        return ()
    targets = {position.line_id: position.fraction * state.nav for position in free.positions}
    wished = {name: max(state.holdings[name] - targets[name], 0.0) for name in waiting}
    return give_notice(walk.plan, state.period, wished, notices)


def _traded(portfolio: TotalPortfolio, state: State, answer: Allocation) -> tuple[dict[str, float], float]:
    """Holdings after trades, and their cost.

    Fractions of the answer are held of what costs leave of NAV, so that limits hold afterwards as they were
    certified; sleeves keep what they do not pay out. What a certificate leaves open, capital within 1e-7, is
    in the first reserve tier.
    """
    cost = state.nav * (answer.trading.cost_fraction if answer.trading is not None else 0.0)
    nav = state.nav - cost
    holdings = {position.line_id: position.fraction * nav for position in answer.positions}
    for name, money in state.redeemable.items():
        holdings[name] = max(holdings[name], state.holdings[name] - money)
    used = sum(line.capital_per_unit * holdings[line.line_id] for line in portfolio.lines)
    holdings[reserve_tiers(portfolio)[0].line_id] += nav - used
    return holdings, cost


def _rates(
    plan: WalkForwardPlan, holdings: dict[str, float], state: State, answer: Allocation
) -> dict[str, float]:
    """Initial margin over gross notional of the pools that are not outright, before multiples of the day."""
    portfolio, rates = plan.problem.portfolio, {}
    margins = {
        item.margin_pool_id: item.initial_margin_fraction * state.nav
        for item in answer.pool_margins
        if not item.scenario_id
    }
    for pool in portfolio.margin_pools:
        gross = gross_notional(portfolio, pool.margin_pool_id, holdings)
        if pool.outright is None and gross > 0.0:
            multiplier = multiplier_of(plan, pool.margin_pool_id, state.period)
            rates[pool.margin_pool_id] = margins.get(pool.margin_pool_id, 0.0) / gross / multiplier
    return rates


def _believed(found: LineEstimate) -> SleeveEstimate:
    evidence = found.evidence
    regression = evidence.regression if evidence is not None else None
    named = evidence.sleeve_class if evidence is not None else None
    return SleeveEstimate(
        annual_alpha=evidence.annual_shrunk_alpha if evidence is not None else 0.0,
        annual_alpha_error=evidence.annual_shrunk_alpha_error if evidence is not None else 0.0,
        r_squared=regression.verdict_r_squared if regression is not None else 0.0,
        annual_volatility=found.annual_volatility,
        sleeve_class=named.name.lower() if named is not None else "",
    )


def _gross(answer: Allocation) -> float | None:
    return next(
        (
            item.value
            for item in answer.leverage_figures
            if item.definition is LeverageDefinition.GROSS_NOTIONAL and not item.scenario_id
        ),
        None,
    )


def _missed(limits: tuple[LimitReport, ...]) -> dict[str, float]:
    missed: dict[str, float] = {}
    for report in limits:
        if report.violation > 0.0 and report.key.limit_id is not None:
            missed[report.key.limit_id] = max(missed.get(report.key.limit_id, 0.0), report.violation)
    return missed
