"""Volatilities and their Euler shares: position times slope over volatility."""

from __future__ import annotations

from collections.abc import Iterator

from counterpoise.model import (
    EntityRef,
    FloatArray,
    RiskFigure,
    RiskReport,
    RiskShare,
    RiskSplit,
    RiskStatistic,
)
from optimizer.measures.book import Book
from optimizer.measures.risk import Volatility, volatility

_NO_RISK = 1e-10
"""Below this volatility shares are undefined."""


def report_risk(book: Book, variables: FloatArray) -> RiskReport:
    """Total volatility, and active volatility where there is a reference portfolio."""
    statistics = [RiskStatistic.TOTAL_VOLATILITY]
    if book.reference is not None:
        statistics.append(RiskStatistic.ACTIVE_VOLATILITY)
    figures, shares = [], []
    for statistic in statistics:
        norm = volatility(book, statistic)
        value = norm.length(norm.image(variables))
        figures.append(RiskFigure(statistic=statistic, annual_volatility=value))
        if value > _NO_RISK:
            shares += [
                *_by_line(book, norm, statistic, variables),
                *_by_driver(book, norm, statistic, variables),
            ]
    return RiskReport(figures=tuple(figures), shares=tuple(shares))


def _by_line(
    book: Book, norm: Volatility, statistic: RiskStatistic, variables: FloatArray
) -> Iterator[RiskShare]:
    """h_i times the slope of the volatility; what the reference takes away has no line."""
    image = norm.image(variables)
    variance = float(image @ image)
    shares = variables * norm.adjoint(image) / variance
    for line_id, share in zip(book.problem.portfolio.line_ids, shares, strict=False):
        if share != 0.0:
            yield _share(statistic, RiskSplit.LINE, EntityRef(line_id=line_id), float(share))
    if statistic is RiskStatistic.ACTIVE_VOLATILITY:
        yield _share(statistic, RiskSplit.LINE, None, -float(image @ norm.offset) / variance)


def _by_driver(
    book: Book, norm: Volatility, statistic: RiskStatistic, variables: FloatArray
) -> Iterator[RiskShare]:
    """x_d times (S x)_d; residual risk has no driver."""
    x, z = norm.exposures(variables), norm.residuals(variables)
    variance = float(x @ book.covariance @ x + z @ z)
    for driver_id, share in zip(
        book.problem.market.driver_ids, x * (book.covariance @ x) / variance, strict=True
    ):
        if share != 0.0:
            yield _share(statistic, RiskSplit.DRIVER, EntityRef(driver_id=driver_id), float(share))
    residual = float(z @ z) / variance
    if residual != 0.0:
        yield _share(statistic, RiskSplit.DRIVER, None, residual)


def _share(statistic: RiskStatistic, split: RiskSplit, subject: EntityRef | None, share: float) -> RiskShare:
    return RiskShare(statistic=statistic, split=split, subject=subject, share=share)
