"""What the portfolio is long: physical, synthetic, hidden in funds."""

from __future__ import annotations

from counterpoise.model import ExposureReport, FloatArray, LineKind
from optimizer.measures.book import Book


def report_exposures(book: Book, variables: FloatArray) -> tuple[ExposureReport, ...]:
    """One for every driver, NAV fraction or NAV fraction per basis point."""
    h = variables[: book.line_count]
    overlay = book.is_kind(LineKind.OVERLAY)
    sleeve = book.is_kind(LineKind.ALPHA_SLEEVE)
    funded, synthetic, hidden = (
        (h * mask) @ book.loadings for mask in (~(overlay | sleeve), overlay, sleeve)
    )
    return tuple(
        ExposureReport(
            driver_id=driver.driver_id,
            funded=float(funded[index]),
            overlay=float(synthetic[index]),
            alpha_look_through=float(hidden[index]),
            reference=None if book.reference is None else float(book.reference[index]),
            unit=driver.exposure_unit,
        )
        for index, driver in enumerate(book.problem.market.drivers)
    )
