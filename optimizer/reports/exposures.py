"""What the portfolio is long: physical, synthetic, hidden in funds."""

from __future__ import annotations

from typing import Final

from counterpoise.model import ExposureReport, FloatArray, LineKind
from optimizer.measures.book import Book
from optimizer.reports.instances import instances
from optimizer.reports.listing import drivers_of

_EXPOSURE: Final = ("driver_id", "funded", "overlay", "alpha_look_through", "reference", "unit")


def report_exposures(book: Book, variables: FloatArray) -> tuple[ExposureReport, ...]:
    """One for every driver, NAV fraction or NAV fraction per basis point."""
    h, drivers = variables[: book.line_count], drivers_of(book.problem.market)
    overlay = book.is_kind(LineKind.OVERLAY)
    sleeve = book.is_kind(LineKind.ALPHA_SLEEVE)
    funded, synthetic, hidden = (
        ((h * mask) @ book.loadings).tolist() for mask in (~(overlay | sleeve), overlay, sleeve)
    )
    reference = [None] * len(funded) if book.reference is None else book.reference.tolist()
    return instances(
        ExposureReport,
        _EXPOSURE,
        zip(drivers.driver_ids, funded, synthetic, hidden, reference, drivers.units, strict=True),
    )
