"""A rule book as institutions write them, with room around a book."""

from __future__ import annotations

from counterpoise.model import (
    Aggregation,
    DriverScope,
    ExposureMeasure,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LineKind,
    LineScope,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
    RiskStatistic,
)
from tests.reference.book import Book

SLEEVES = LineScope(kinds=(LineKind.ALPHA_SLEEVE,))


def sized_limits(book: Book) -> tuple[Limit, ...]:
    """Leverage, risk, a sleeve budget, beta corridor, bands, reserve rule, shares of groups."""
    active = RiskMeasure(statistic=RiskStatistic.ACTIVE_VOLATILITY)
    total = RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY)
    sleeves = RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY, lines=SLEEVES)
    gross = LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL)
    commitment = LeverageMeasure(definition=LeverageDefinition.COMMITMENT)
    rule = ReserveMeasure(default_rate=0.12, posted_margin_counts=True)
    bands = ExposureMeasure(
        drivers=DriverScope(all_drivers=True),
        aggregation=Aggregation.EACH,
        lines=LineScope(all_lines=True),
        relative_to_reference=True,
    )
    limits = [
        Limit(limit_id="gross", upper=max(1.4, 1.05 * book.leverage(gross.definition)), leverage=gross),
        Limit(
            limit_id="commitment",
            upper=max(1.35, 1.05 * book.leverage(commitment.definition)),
            leverage=commitment,
        ),
        Limit(limit_id="active-risk", upper=max(0.02, 1.1 * book.volatility(active)), risk=active),
        Limit(limit_id="total-risk", upper=1.1 * book.volatility(total), risk=total),
        Limit(limit_id="sleeve-risk", upper=max(0.012, 1.1 * book.volatility(sleeves)), risk=sleeves),
        Limit(limit_id="reserve-rule", lower=min(0.0, book.reserve_excess(rule)), reserve=rule),
        Limit(limit_id="bands", lower=-0.08, upper=0.08, exposure=bands),
        Limit(
            limit_id="sleeve-share",
            upper=0.3,
            position=PositionMeasure(lines=SLEEVES, aggregation=Aggregation.SUM),
        ),
        Limit(
            limit_id="beta",
            lower=min(0.95, book.reference_beta()),
            upper=max(1.05, book.reference_beta()),
            reference_beta=ReferenceBetaMeasure(),
        ),
    ]
    if book.problem.portfolio.line_groups:
        scope = LineScope(line_group_ids=("one-manager",))
        manager = PositionMeasure(lines=scope, aggregation=Aggregation.SUM)
        limits.append(Limit(limit_id="one-manager", upper=0.5, position=manager))
    return tuple(limits)
