"""The answer for people: a headline, then what a board asks, in the order in which it asks."""

from __future__ import annotations

from counterpoise.command import (
    alpha,
    benefit,
    beta,
    bridge,
    counterparties,
    exposures,
    ledgers,
    leverage,
    limits,
    proofs,
    reserve,
    returns,
    risks,
    room,
    sleeves,
    stresses,
    trades,
    warnings,
)
from counterpoise.command.glossary import explained
from counterpoise.command.layout import Section
from counterpoise.model import Allocation, AllocationProblem, LeverageDefinition, RiskStatistic
from counterpoise.wording.figures import WORTH_A_SENTENCE, Money, against, fixed, money_of, percent
from counterpoise.wording.names import Names
from counterpoise.wording.prices import dearest, improved, worth
from counterpoise.wording.shares import volatilities
from counterpoise.wording.soft import misses_in_words
from counterpoise.wording.stressed import base_leverage, stressed

_NAMED = 3
_A_TENTH_OF_A_BASIS_POINT = 1e-5


def certified(allocation: Allocation, problem: AllocationProblem) -> list[Section | None]:
    """Every section that the answer has something to say in."""
    names, money, after = Names(problem), money_of(problem), stressed(allocation)
    overlay = base_leverage(allocation.leverage_figures).get(LeverageDefinition.OVERLAY, 0.0)
    sections = [
        headline(allocation, problem, names, money),
        warnings.told(allocation.warnings, problem, names, allocation),
        bridge.to_the_fund(allocation, problem, names, money),
        ledgers.positions(allocation, names, money),
        exposures.of_returns(allocation, names),
        exposures.of_rates(allocation, names, money),
        leverage.leverage(allocation, problem),
        reserve.reserve(allocation.reserve, allocation.pool_margins, overlay, names, money),
        *stresses.under_stress(after, problem, allocation.limits, names, money),
        risks.volatility(allocation, problem, names),
        risks.budget(allocation, problem, names),
        sleeves.evidence(allocation, problem, names),
        sleeves.fees(allocation, problem, names, money),
        benefit.synthetic_costs(allocation, names, money),
        returns.objective(allocation, problem),
        limits.soft(allocation, names),
        limits.binding(allocation, problem, names, money),
        room.roomy(allocation.limits, names),
        counterparties.concentration(allocation, problem, names, money),
        trades.trades(allocation, problem, names, money),
        proofs.certificate(allocation, names),
    ]
    return explained(sections)


def headline(allocation: Allocation, problem: AllocationProblem, names: Names, money: Money) -> Section:
    """The answer in a few sentences."""
    portfolio = problem.portfolio
    sentences = [
        f"{portfolio.portfolio_id} under {problem.mandate.mandate_id}: NAV {money.words(money.nav_amount)}, "
        f"marks of {portfolio.as_of_date}.",
        *_optimum(allocation, problem, names),
    ]
    report = allocation.expected_return
    if report is not None:
        net, reference = report.annual_net_return, report.annual_reference_return
        earned = f"It is expected to earn {percent(net, 3)} % a year after costs = {money.words_of(net)}"
        if reference is not None:
            gain = net - reference
            earned += f", {against(gain, 'the reference portfolio')}"
            earned += (
                f" ({money.words_of(abs(gain))} a year)" if abs(gain) >= _A_TENTH_OF_A_BASIS_POINT else ""
            )
        sentences.append(f"{earned}.")
        if reference is not None and alpha.in_sleeves(allocation) >= WORTH_A_SENTENCE:
            sentences.append(beta.without_alpha(report, beta.beyond_the_reference(allocation, problem)))
    gross = base_leverage(allocation.leverage_figures).get(LeverageDefinition.GROSS_NOTIONAL)
    if gross is not None:
        sentences.append(f"Gross leverage is {fixed(gross, 3)}x of NAV{_active_risk(allocation)}.")
    sentences += stresses.in_short(stressed(allocation), names, money)
    best = dearest(allocation, problem.objective)
    if best:
        sentences.append("What holds it back most, at the margin:")
        sentences += [
            f"  {names.limit(limit.key)}: {worth(limit, problem.objective, names, money)}"
            for limit in best[:_NAMED]
        ]
        sentences.append(limits.SMALL_MOVES_ONLY)
    return Section(title="Allocation", sentences=tuple(sentences))


def _active_risk(allocation: Allocation) -> str:
    figures = allocation.risk.figures if allocation.risk is not None else ()
    active = volatilities(figures).get(RiskStatistic.ACTIVE_VOLATILITY)
    return f"; active risk is {percent(active)} % a year" if active is not None else ""


def _optimum(allocation: Allocation, problem: AllocationProblem, names: Names) -> list[str]:
    better = improved(problem.objective)
    missed = misses_in_words(allocation, names)
    if not missed:
        return [f"Certified optimum: no allocation within the rules {better}."]
    return [
        f"Certified optimum after soft limits: no allocation that misses them as little {better}.",
        f"Missed, as little as the rules allow: {missed}.",
    ]
