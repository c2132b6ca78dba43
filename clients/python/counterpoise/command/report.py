"""The answer for people: a headline, two ledgers, and what each number rests on."""

from __future__ import annotations

from counterpoise.command import ledgers, limits, proofs, returns, risks
from counterpoise.command.figures import Money, against, fixed, percent
from counterpoise.command.layout import Section
from counterpoise.command.words import Names
from counterpoise.model import Allocation, AllocationProblem, LeverageDefinition

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
        ledgers.exposures(allocation, names),
        returns.breakdown(allocation, names, money),
        returns.synthetic_costs(allocation, names, money),
        risks.leverage(allocation, problem),
        risks.reserve(allocation, names, money),
        risks.volatility(allocation, names),
        limits.binding(allocation, problem, names, money),
        limits.roomy(allocation, names),
        proofs.verdicts(allocation, names),
        proofs.certificate(allocation, names),
    ]


def headline(allocation: Allocation, problem: AllocationProblem, names: Names, money: Money) -> Section:
    """The answer in a few sentences."""
    portfolio = problem.portfolio
    goal = limits.optimized(problem.objective)
    better = f"{'more' if problem.objective.maximizes else 'less'} {goal}"
    sentences = [
        f"{portfolio.portfolio_id} under {problem.mandate.mandate_id}: NAV {money.words(money.nav_amount)}, "
        f"marks of {portfolio.as_of_date}.",
        f"Certified optimum: no allocation within the rules has {better}.",
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
    dearest = limits.dearest(allocation)
    if dearest:
        sentences.append(f"What holds it back most, at the margin, counted in {goal}:")
        sentences += [
            f"  {names.limit(limit.key)}: {limits.worth(limit, problem.objective, names, money)}"
            for limit in dearest[:_NAMED]
        ]
        sentences.append(limits.SMALL_MOVES_ONLY)
    return Section(title="Allocation", sentences=tuple(sentences))


def money_of(problem: AllocationProblem) -> Money:
    """The portfolio's money."""
    portfolio = problem.portfolio
    return Money(currency_code=portfolio.base_currency_code, nav_amount=portfolio.nav_amount)
