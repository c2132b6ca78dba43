"""Volatilities and their Euler shares: position times slope over volatility."""

from __future__ import annotations

from typing import Final

import numpy as np

from counterpoise.model import (
    CorrelationRegime,
    EntityRef,
    FloatArray,
    IndexArray,
    MeetRiskBudget,
    RiskBudgetShare,
    RiskFigure,
    RiskReport,
    RiskShare,
    RiskSplit,
    RiskStatistic,
)
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.budget import realised_shares, volatility_of
from optimizer.measures.constraint import Constraint
from optimizer.measures.exposure import measure_reference_beta
from optimizer.measures.risk import Volatility, reference_volatility, volatility
from optimizer.reports.instances import instances
from optimizer.reports.listing import drivers_of, lines_of, one_object
from optimizer.reports.locked import locked

_NO_RISK = 1e-8
"""Below this volatility there is none, and shares are undefined."""

_CANCELLED = 1e-6
"""So they are below this part of the volatility that gross exposures would add up to."""


_SHARE: Final = ("statistic", "split", "subject", "share")
_BETAS: Final = Recall[Constraint](8)
_Row = tuple[RiskStatistic, RiskSplit, EntityRef | None, float]


def report_risk(book: Book, variables: FloatArray) -> RiskReport:
    """Total volatility, and active volatility where there is a reference portfolio."""
    return risk_of(book, variables, report_budget(book, variables))


def risk_of(
    book: Book, variables: FloatArray, budget_shares: tuple[RiskBudgetShare, ...], *, shares: bool = True
) -> RiskReport:
    """The same with these shares of a risk budget, and Euler shares where they are asked for."""
    statistics = [RiskStatistic.TOTAL_VOLATILITY]
    if book.reference is not None:
        statistics.append(RiskStatistic.ACTIVE_VOLATILITY)
    figures: list[RiskFigure] = []
    rows: list[_Row] = []
    for statistic in statistics:
        norm = volatility(book, statistic)
        image = norm.image(variables)
        value = norm.length(image)
        figures.append(RiskFigure(statistic=statistic, annual_volatility=value if value > _NO_RISK else 0.0))
        if shares and value > _NO_RISK and value > _CANCELLED * _gross(book, norm, variables):
            rows += _by_line(book, norm, statistic, variables, image)
            rows += _by_driver(book, norm, statistic, variables, image)
            rows += _by_residual(book, norm, statistic, variables, image)
    if book.problem.market.risk_model.stressed_correlation is not None:
        figures += [_stressed(book, statistic, variables) for statistic in statistics]
    budget = budget_lines(book)
    return RiskReport(
        figures=tuple(figures),
        shares=instances(RiskShare, _SHARE, rows),
        budget_shares=budget_shares,
        reference_beta=_reference_beta(book, variables),
        annual_reference_volatility=None if book.reference is None else reference_volatility(book),
        annual_budget_volatility=None if budget is None else volatility_of(book, budget, variables),
        budget_total_fraction=None if budget is None else float(variables[budget].sum()),
    )


def _gross(book: Book, norm: Volatility, variables: FloatArray) -> float:
    """The volatility that gross exposures would add up to."""
    gross = float(np.abs(norm.exposures(variables)) @ np.sqrt(book.covariance.diagonal()))
    return gross + float(book.residuals.size @ np.abs(variables[: book.line_count]))


def _stressed(book: Book, statistic: RiskStatistic, variables: FloatArray) -> RiskFigure:
    norm = volatility(book, statistic, CorrelationRegime.STRESSED)
    value = norm.length(norm.image(variables))
    return RiskFigure(
        statistic=statistic,
        annual_volatility=value if value > _NO_RISK else 0.0,
        regime=CorrelationRegime.STRESSED,
    )


def _reference_beta(book: Book, variables: FloatArray) -> float | None:
    """None without a reference, or where it has no variance."""
    if book.reference is None or not float(book.reference @ book.covariance @ book.reference) > 0.0:
        return None
    market, portfolio = book.problem.market, book.problem.portfolio
    reference = one_object(book.reference.tobytes())
    measure = _BETAS.get((market, portfolio, reference), lambda: locked(measure_reference_beta(book, "")))
    return float(measure.values(variables)[0])


def budget_lines(book: Book) -> IndexArray | None:
    """The lines of a risk budget; None with another goal."""
    goal = book.problem.objective.goal
    if not isinstance(goal, MeetRiskBudget):
        return None
    place = {line_id: index for index, line_id in enumerate(book.problem.portfolio.line_ids)}
    return np.array([place[item.line_id] for item in goal.shares], dtype=np.intp)


def report_budget(book: Book, variables: FloatArray) -> tuple[RiskBudgetShare, ...]:
    """Wanted and realised shares of a risk budget; none with another goal."""
    goal, lines = book.problem.objective.goal, budget_lines(book)
    if lines is None or not isinstance(goal, MeetRiskBudget):
        return ()
    realised = realised_shares(book, lines, variables)
    return tuple(
        RiskBudgetShare(line_id=item.line_id, wanted_share=item.value, share=float(share))
        for item, share in zip(goal.shares, realised, strict=True)
    )


def _by_line(
    book: Book, norm: Volatility, statistic: RiskStatistic, variables: FloatArray, image: FloatArray
) -> list[_Row]:
    """h_i times the slope of the volatility; what the reference takes away has no line."""
    variance = float(image @ image)
    shares = (variables * norm.adjoint(image) / variance)[: book.line_count]
    rows = _rows(statistic, RiskSplit.LINE, lines_of(book.problem.portfolio).subjects, shares)
    if statistic is RiskStatistic.ACTIVE_VOLATILITY:
        rows.append((statistic, RiskSplit.LINE, None, -float(image @ norm.offset) / variance))
    return rows


def _by_driver(
    book: Book, norm: Volatility, statistic: RiskStatistic, variables: FloatArray, image: FloatArray
) -> list[_Row]:
    """x_d times (L L'x)_d; residual risk has no driver."""
    factors = book.factor.shape[1]
    variance = float(image @ image)
    shares = norm.exposures(variables) * (book.factor @ image[:factors]) / variance
    rows = _rows(statistic, RiskSplit.DRIVER, drivers_of(book.problem.market).subjects, shares)
    residual = float(image[factors:] @ image[factors:]) / variance
    if residual != 0.0:
        rows.append((statistic, RiskSplit.DRIVER, None, residual))
    return rows


def _by_residual(
    book: Book, norm: Volatility, statistic: RiskStatistic, variables: FloatArray, image: FloatArray
) -> list[_Row]:
    """h_i times the slope of |z|^2 / 2 over the variance."""
    if norm.residuals is None:
        return []
    h = variables[: book.line_count]
    shares = h * norm.residuals.adjoint(image[norm.factor.shape[1] :]) / float(image @ image)
    return _rows(statistic, RiskSplit.RESIDUAL, lines_of(book.problem.portfolio).subjects, shares)


def _rows(
    statistic: RiskStatistic, split: RiskSplit, subjects: tuple[EntityRef, ...], shares: FloatArray
) -> list[_Row]:
    """Of those that share."""
    shown = np.flatnonzero(shares)
    return [
        (statistic, split, subjects[index], share)
        for index, share in zip(shown.tolist(), shares[shown].tolist(), strict=True)
    ]
