"""The answer for people: a headline, then what a board asks, in the order in which it asks."""

from __future__ import annotations

from counterpoise.command import (
    benefit,
    counterparties,
    exposures,
    ledgers,
    leverage,
    limits,
    proofs,
    returns,
    risks,
    sleeves,
    trades,
)
from counterpoise.command.layout import Section
from counterpoise.model import Allocation, AllocationProblem, LeverageDefinition
from counterpoise.wording.figures import Money, against, fixed, percent
from counterpoise.wording.names import Names
from counterpoise.wording.prices import dearest, is_missed, optimized, worth

_NAMED = 3
_A_TENTH_OF_A_BASIS_POINT = 1e-5


def certified(allocation: Allocation, problem: AllocationProblem) -> list[Section | None]:
    """Every section that the answer has something to say in."""
    names, money = Names(problem), money_of(problem)
    return [
        headline(allocation, problem, names, money),
        proofs.warnings(allocation.warnings),
        ledgers.positions(allocation, names, money),
        ledgers.capital(allocation, names, money),
        exposures.of_returns(allocation, names),
        exposures.of_rates(allocation, names, money),
        leverage.leverage(allocation, problem),
        leverage.reserve(allocation, names, money),
        risks.volatility(allocation, problem, names),
        risks.budget(allocation, names),
        sleeves.evidence(allocation, problem, names),
        sleeves.fees(allocation, names, money),
        benefit.synthetic_costs(allocation, names, money),
        returns.breakdown(allocation, names, money),
        benefit.to_the_fund(allocation, money),
        returns.objective(allocation, problem),
        limits.soft(allocation, names),
        limits.binding(allocation, problem, names, money),
        limits.roomy(allocation, names),
        counterparties.concentration(allocation, problem, names, money),
        trades.trades(allocation, problem, names, money),
        proofs.certificate(allocation, names),
    ]


def headline(allocation: Allocation, problem: AllocationProblem, names: Names, money: Money) -> Section:
    """The answer in a few sentences."""
    portfolio = problem.portfolio
    sentences = [
        f"{portfolio.portfolio_id} under {problem.mandate.mandate_id}: NAV {money.words(money.nav_amount)}, "
        f"marks of {portfolio.as_of_date}.",
        *_optimum(allocation, problem),
    ]
    report = allocation.expected_return
    if report is not None:
        net, reference = report.annual_net_return, report.annual_reference_return
        earned = f"It is expected to earn {percent(net, 3)} % a year after costs = {money.words_of(net)}"
        if reference is not None:
            gain = net - reference
            earned += f", {against(gain, 'the reference portfolio')}"
            earned += f" ({money.words_of(gain)} a year)" if abs(gain) >= _A_TENTH_OF_A_BASIS_POINT else ""
        sentences.append(f"{earned}.")
    gross = {figure.definition: figure.value for figure in allocation.leverage_figures}.get(
        LeverageDefinition.GROSS_NOTIONAL
    )
    if gross is not None:
        sentences.append(f"Gross leverage is {fixed(gross, 3)}x of NAV.")
    best = dearest(allocation, problem.objective)
    if best:
        sentences.append(
            f"What holds it back most, at the margin, counted in {optimized(problem.objective)}:"
        )
        sentences += [
            f"  {names.limit(limit.key)}: {worth(limit, problem.objective, names, money)}"
            for limit in best[:_NAMED]
        ]
        sentences.append(limits.SMALL_MOVES_ONLY)
    return Section(title="Allocation", sentences=tuple(sentences))


def money_of(problem: AllocationProblem) -> Money:
    """The portfolio's money."""
    portfolio = problem.portfolio
    return Money(currency_code=portfolio.base_currency_code, nav_amount=portfolio.nav_amount)


def _optimum(allocation: Allocation, problem: AllocationProblem) -> list[str]:
    better = f"{'more' if problem.objective.maximizes else 'less'} {optimized(problem.objective)}"
    missed = sum(is_missed(limit) for limit in allocation.limits)
    if not missed:
        return [f"Certified optimum: no allocation within the rules has {better}."]
    return [
        f"Certified optimum: no allocation within the rules misses soft limits less, and of those that miss "
        f"them as little none has {better}.",
        f"It misses {missed} soft limit{'s' if missed > 1 else ''}, because the rules leave no other way.",
    ]
