"""The parts of an optimal answer, put together."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model import (
    Allocation,
    AllocationView,
    Certificate,
    FloatArray,
    ObjectiveReport,
    ObjectiveTerm,
    Provenance,
    Termination,
)
from optimizer.measures.book import Book
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint, Prices
from optimizer.measures.objective import ConvexObjective
from optimizer.reports.coverage import coverage_horizons, coverage_of
from optimizer.reports.exposures import report_exposures
from optimizer.reports.holdings import Holdings
from optimizer.reports.leverage import leverage_of
from optimizer.reports.limits import report_limits
from optimizer.reports.margin import pool_margins_of, reserve_of
from optimizer.reports.notes import Told, warn_of_answer, warn_of_request
from optimizer.reports.positions import positions_of, report_capital_uses
from optimizer.reports.returns import return_of
from optimizer.reports.risk import report_budget, risk_of
from optimizer.reports.stress import stresses_of
from optimizer.reports.stress_notes import warn_of_short, warn_of_stress
from optimizer.reports.trading import report_counterparties, trading_of
from optimizer.reports.verdicts import report_verdicts


@dataclass(frozen=True, eq=False)
class Certified:
    """Certified positions and what they are judged by."""

    book: Book
    box: Box
    constraints: tuple[Constraint, ...]
    objective: ConvexObjective
    variables: FloatArray
    prices: Prices


def report_allocation(
    certified: Certified,
    view: AllocationView,
    termination: Termination,
    certificate: Certificate,
    provenance: Provenance,
) -> Allocation:
    """The answer in full or basic view."""
    full = view is not AllocationView.BASIC
    book, variables = certified.book, certified.variables
    holdings = Holdings(book, variables)
    limits = report_limits(
        book, certified.box, certified.constraints, certified.prices, variables, all_members=full
    )
    coverage = coverage_of(holdings, coverage_horizons(book.problem))
    stresses = stresses_of(holdings, coverage, full=full)
    leverage = leverage_of(holdings, stressed=full)
    budget_shares = report_budget(book, variables)
    reserve = reserve_of(holdings, coverage.figures() if full else ())
    warnings = (
        *warn_of_request(book, certified.box, certified.constraints),
        *warn_of_answer(Told(holdings, certified.box, limits, leverage, budget_shares, reserve)),
        *warn_of_short(coverage.first_shortfalls[0] if coverage.horizons else None),
        *warn_of_stress(stresses),
    )
    return Allocation(
        termination=termination,
        certificate=certificate,
        objective=report_objective(certified.objective, variables),
        positions=positions_of(holdings),
        capital_uses=report_capital_uses(book, variables) if full else (),
        exposures=report_exposures(book, variables) if full else (),
        expected_return=return_of(holdings) if full else None,
        leverage_figures=leverage,
        pool_margins=pool_margins_of(holdings) if full else (),
        reserve=reserve if full else None,
        risk=risk_of(book, variables, budget_shares, shares=full),
        limits=limits if full else tuple([limit for limit in limits if limit.binding]),
        sleeve_verdicts=report_verdicts(book) if full else (),
        warnings=warnings,
        provenance=provenance,
        trading=trading_of(holdings),
        counterparties=report_counterparties(book, variables) if full else (),
        stresses=stresses if full else (),
    )


def report_objective(objective: ConvexObjective, variables: FloatArray) -> ObjectiveReport:
    """The objective and its terms."""
    terms = objective.terms(variables)
    return ObjectiveReport(
        value=sum(terms.values()),
        unit=objective.unit,
        terms=tuple(ObjectiveTerm(kind=kind, value=value) for kind, value in terms.items()),
    )
