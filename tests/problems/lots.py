"""Random portfolios of modest size whose futures come in coarse contracts, some with tickets or bands."""

from __future__ import annotations

import dataclasses

from counterpoise.model import AllocationProblem, ContractTerms, Line, Overlay, TradePolicy
from optimizer.rebalance.trading.whole import in_whole_contracts
from tests.problems.draw import Draw
from tests.problems.everything import everything_case
from tests.problems.randomized import random_case
from tests.problems.stressed import stressed_case

_CASES = (random_case, everything_case, lambda seed: stressed_case(seed, scenarios=5))
_POINTS = (1.0, 5.0, 20.0, 50.0, 100.0, 1000.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LotsCase:
    """A problem with contract terms and a current position for every line, and how it is traded."""

    problem: AllocationProblem
    policy: TradePolicy | None


def lots_case(seed: int) -> LotsCase:
    """NAV of 20m to 2bn, contracts of 0.01 % to 2 % of it; equal seeds give equal cases.

    The problems are those of three generators in turn. Positions now are moved to whole contracts, so that a
    few of the problems may be infeasible.
    """
    draw = Draw(1_000_000 + seed)
    case = _CASES[seed % len(_CASES)](seed)
    nav_amount = draw.magnitude(20e6, 2e9)
    problem = _at_nav(case.problem, nav_amount)
    lines = tuple(
        _line(draw, line, float(position), nav_amount)
        for line, position in zip(problem.portfolio.lines, case.positions, strict=True)
    )
    portfolio = dataclasses.replace(problem.portfolio, lines=lines)
    return LotsCase(
        problem=dataclasses.replace(problem, portfolio=portfolio), policy=_policy(draw, nav_amount)
    )


def _policy(draw: Draw, nav_amount: float) -> TradePolicy | None:
    """None for half of the portfolios."""
    if draw.chance(0.5):
        return None
    ticket = draw.magnitude(1e-4, 1e-2) * nav_amount if draw.chance(0.8) else None
    band = draw.magnitude(1e-3, 3e-2) if draw.chance(0.3) else None
    return TradePolicy(minimum_ticket_amount=ticket, band_fraction=band)


def _line(draw: Draw, line: Line, position: float, nav_amount: float) -> Line:
    """A position now where there is none, near that of the book; contract terms for most overlays."""
    current = position + draw.normal(0.0, 0.01) if line.current_fraction is None else line.current_fraction
    if line.overlay is None:
        return dataclasses.replace(line, current_fraction=max(current, 0.0))
    if draw.chance(0.15):
        return dataclasses.replace(line, current_fraction=current)
    amount = draw.magnitude(1e-4, 2e-2) * nav_amount
    overlay = _with_contract(draw, line.overlay, amount)
    held = dataclasses.replace(line, current_fraction=current, overlay=overlay)
    return in_whole_contracts(held, nav_amount)


def _with_contract(draw: Draw, overlay: Overlay, amount: float) -> Overlay:
    """Contracts of this notional, one in three matched by what a basis point is worth."""
    point, years = draw.one(_POINTS), draw.between(1.5, 20.0)
    terms = ContractTerms(point_value_amount=point, price=amount / point)
    if draw.chance(2 / 3):
        return dataclasses.replace(overlay, contract=terms)
    matched = dataclasses.replace(terms, dv01_amount=amount * years / 1e4)
    return dataclasses.replace(overlay, contract=matched, duration_years=years)


def _at_nav(problem: AllocationProblem, nav_amount: float) -> AllocationProblem:
    """The problem with every amount in proportion to another NAV."""
    portfolio = problem.portfolio
    ratio = nav_amount / portfolio.nav_amount
    flows = tuple(
        dataclasses.replace(flow, outflow_amount=flow.outflow_amount * ratio) for flow in portfolio.cash_flows
    )
    scaled = dataclasses.replace(
        portfolio,
        nav_amount=nav_amount,
        cash_flows=flows,
        lines=tuple(_scaled(line, ratio) for line in portfolio.lines),
    )
    return dataclasses.replace(problem, portfolio=scaled)


def _scaled(line: Line, ratio: float) -> Line:
    sleeve, credit = line.alpha_sleeve, line.credit_line
    if sleeve is not None and sleeve.capacity_amount is not None:
        sleeve = dataclasses.replace(sleeve, capacity_amount=sleeve.capacity_amount * ratio)
    if credit is not None:
        credit = dataclasses.replace(credit, committed_amount=credit.committed_amount * ratio)
    return dataclasses.replace(line, alpha_sleeve=sleeve, credit_line=credit)
