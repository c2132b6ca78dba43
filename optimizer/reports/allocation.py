"""The parts of an optimal answer, put together."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
from optimizer.reports.coverage import coverage_horizons, report_coverage
from optimizer.reports.exposures import report_exposures
from optimizer.reports.leverage import report_leverage
from optimizer.reports.limits import report_limits
from optimizer.reports.margin import report_pool_margins, report_reserve
from optimizer.reports.notes import warn_of_answer, warn_of_request
from optimizer.reports.positions import report_capital_uses, report_positions
from optimizer.reports.returns import report_return
from optimizer.reports.risk import report_risk
from optimizer.reports.stress import report_stresses
from optimizer.reports.stress_notes import warn_of_base, warn_of_stress
from optimizer.reports.trading import report_counterparties, report_trading
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
    book, variables = certified.book, certified.variables
    limits = report_limits(book, certified.box, certified.constraints, certified.prices, variables)
    coverage = report_coverage(book, variables, coverage_horizons(book.problem))
    stresses = report_stresses(book, variables, coverage)
    warnings = (
        *warn_of_request(book, certified.box, certified.constraints),
        *warn_of_answer(book, certified.box, limits, variables),
        *warn_of_base(coverage),
        *warn_of_stress(stresses),
    )
    risk = report_risk(book, variables)
    full = view is not AllocationView.BASIC
    return Allocation(
        termination=termination,
        certificate=certificate,
        objective=report_objective(certified.objective, variables),
        positions=report_positions(book, variables),
        capital_uses=report_capital_uses(book, variables) if full else (),
        exposures=report_exposures(book, variables) if full else (),
        expected_return=report_return(book, variables) if full else None,
        leverage_figures=report_leverage(book, variables, stressed=full),
        pool_margins=report_pool_margins(book, variables) if full else (),
        reserve=report_reserve(book, variables, coverage) if full else None,
        risk=risk if full else replace(risk, shares=()),
        limits=limits if full else tuple(limit for limit in limits if limit.binding),
        sleeve_verdicts=report_verdicts(book) if full else (),
        warnings=warnings,
        provenance=provenance,
        trading=report_trading(book, variables),
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
