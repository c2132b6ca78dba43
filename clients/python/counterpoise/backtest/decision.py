"""One decision: estimate, allocate, trade, give notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from counterpoise.backtest.calls import gross_notional, reserve_tiers
from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.backtest.question import State, estimation_at, problem_at, relaxed
from counterpoise.backtest.records import Decision, Outcome, SleeveEstimate
from counterpoise.backtest.redemptions import Notice, give_notice
from counterpoise.backtest.table import ReturnTable
from counterpoise.model import (
    AllocateResponse,
    Allocation,
    AllocationProblem,
    EstimateRiskModelResponse,
    LeverageDefinition,
    LimitReport,
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
    """A decision, holdings after its trades and costs, notices it gave, and margin rates of its pools."""

    decision: Decision
    holdings: dict[str, float]
    notices: tuple[Notice, ...]
    margin_rates: dict[str, float]


def decide(
    walk: Walk, state: State, notices: tuple[Notice, ...], margin_rates: Mapping[str, float]
) -> Decided:
    """Estimates on the window that ends on the date, and allocates what is held to what is certified.

    Where sleeves need notice, the allocation without redemption terms says what would be redeemed: notice is
    given for that.
    """
    plan = walk.plan
    estimate = walk.service.estimate_risk_model(estimation_at(plan, walk.table, state.period))
    outcome, answer = _ask(walk, problem_at(plan, state, estimate))
    sleeves = {item.line_id: _of(item.line_id, estimate) for item in estimate.lines}
    if answer is None:
        decision = Decision(outcome=outcome, sleeves=sleeves)
        return Decided(decision, dict(state.holdings), (), dict(margin_rates))
    given = _notices(walk, state, estimate, notices)
    holdings, cost = _traded(plan.problem.portfolio, state, answer)
    decision = Decision(
        outcome=outcome,
        sleeves=sleeves,
        trades={
            name: money - state.holdings[name]
            for name, money in _targets(state, answer).items()
            if money != state.holdings[name]
        },
        trading_cost=cost,
        gross_leverage=_gross(answer),
        annual_net_return=answer.expected_return.annual_net_return if answer.expected_return else 0.0,
        violations=_missed(answer.limits),
        notices={line_id: money for line_id, _, money in given},
    )
    return Decided(decision, holdings, given, _rates(plan.problem.portfolio, state, answer))


def _ask(walk: Walk, problem: AllocationProblem) -> tuple[Outcome, Allocation | None]:
    answer = walk.service.allocate_response(problem).allocation
    if answer.termination.reason is TerminationReason.OPTIMAL:
        return Outcome.OPTIMAL, answer
    if walk.plan.relax_limits:
        answer = walk.service.allocate_response(relaxed(problem)).allocation
        if answer.termination.reason is TerminationReason.OPTIMAL:
            return Outcome.RELAXED, answer
    return Outcome.HELD, None


def _notices(
    walk: Walk, state: State, estimate: EstimateRiskModelResponse, notices: tuple[Notice, ...]
) -> tuple[Notice, ...]:
    plan = walk.plan
    waiting = [terms.line_id for terms in plan.redemptions if terms.notice_period_count > 0]
    if not any(state.holdings[name] > 0.0 for name in waiting):
        return ()
    _, free = _ask(walk, problem_at(plan, state, estimate, all_redeemable=True))
    if free is None:
        return ()
    targets = _targets(state, free)
    wished = {name: max(state.holdings[name] - targets[name], 0.0) for name in waiting}
    return give_notice(plan, state.period, wished, notices)


def _targets(state: State, answer: Allocation) -> dict[str, float]:
    return {position.line_id: position.fraction * state.nav for position in answer.positions}


def _traded(portfolio: TotalPortfolio, state: State, answer: Allocation) -> tuple[dict[str, float], float]:
    """Holdings after trades, and their cost.

    The first tier that may pay variation margin bears the cost, and what a certificate leaves open: the
    capital of an answer sums to one within 1e-7.
    """
    holdings = _targets(state, answer)
    cost = state.nav * (answer.trading.cost_fraction if answer.trading is not None else 0.0)
    used = sum(line.capital_per_unit * holdings[line.line_id] for line in portfolio.lines)
    holdings[reserve_tiers(portfolio)[0].line_id] += state.nav - used - cost
    return holdings, cost


def _rates(portfolio: TotalPortfolio, state: State, answer: Allocation) -> dict[str, float]:
    """Initial margin over gross notional of the pools that are not outright."""
    targets, rates = _targets(state, answer), {}
    margins = {
        item.margin_pool_id: item.initial_margin_fraction * state.nav
        for item in answer.pool_margins
        if not item.scenario_id
    }
    for pool in portfolio.margin_pools:
        gross = gross_notional(portfolio, pool.margin_pool_id, targets)
        if pool.outright is None and gross > 0.0:
            rates[pool.margin_pool_id] = margins.get(pool.margin_pool_id, 0.0) / gross
    return rates


def _of(line_id: str, estimate: EstimateRiskModelResponse) -> SleeveEstimate:
    found = next(item for item in estimate.lines if item.line_id == line_id)
    evidence = found.evidence
    regression = evidence.regression if evidence is not None else None
    named = evidence.sleeve_class if evidence is not None else None
    return SleeveEstimate(
        annual_alpha=evidence.annual_shrunk_alpha if evidence is not None else 0.0,
        annual_alpha_error=evidence.annual_shrunk_alpha_error if evidence is not None else 0.0,
        r_squared=regression.r_squared if regression is not None else 0.0,
        annual_volatility=found.annual_volatility,
        sleeve_class=named.name.lower() if named is not None else "",
    )


def _gross(answer: Allocation) -> float:
    return next(
        (
            item.value
            for item in answer.leverage_figures
            if item.definition is LeverageDefinition.GROSS_NOTIONAL and not item.scenario_id
        ),
        0.0,
    )


def _missed(limits: tuple[LimitReport, ...]) -> dict[str, float]:
    missed: dict[str, float] = {}
    for report in limits:
        if report.violation > 0.0 and report.key.limit_id is not None:
            missed[report.key.limit_id] = max(missed.get(report.key.limit_id, 0.0), report.violation)
    return missed
