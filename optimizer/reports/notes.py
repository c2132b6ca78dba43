"""Evidence verdicts and warnings."""

from __future__ import annotations

from collections.abc import Iterator

from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    EntityRef,
    FloatArray,
    LeverageDefinition,
    SleeveClass,
    SleeveVerdict,
    Warning,
    WarningCode,
)
from optimizer.measures.book import Book
from optimizer.measures.box import gross_cap
from optimizer.measures.leverage import leverage_rows

_HIGH_LEVERAGE = 1.3
_TOLERANCE = 1e-6


def report_verdicts(book: Book) -> tuple[SleeveVerdict, ...]:
    """One for every sleeve, in line order."""
    line_ids = book.problem.portfolio.line_ids
    return tuple(
        SleeveVerdict(
            line_id=line_ids[sleeve.line],
            sleeve_class=sleeve.sleeve_class,
            annual_declared_alpha=sleeve.annual_declared_alpha,
            annual_alpha=sleeve.annual_alpha,
        )
        for sleeve in book.sleeves
    )


def warn_of_request(book: Book) -> tuple[Warning, ...]:
    """What can be said before any solve."""
    return tuple(_of_request(book))


def _of_request(book: Book) -> Iterator[Warning]:
    line_ids = book.problem.portfolio.line_ids
    if gross_cap(book.problem) is None:
        yield Warning(
            code=WarningCode.DEFAULT_LEVERAGE_CAP,
            message=f"the mandate does not cap gross notional leverage: {DEFAULT_LEVERAGE_CAP:g}x applies",
        )
    for sleeve in book.sleeves:
        subject = (EntityRef(line_id=line_ids[sleeve.line]),)
        if sleeve.sleeve_class is SleeveClass.BETA and sleeve.annual_declared_alpha > 0.0:
            yield Warning(
                code=WarningCode.SLEEVE_RECLASSIFIED,
                message=f"known factors explain {line_ids[sleeve.line]}: its alpha of "
                f"{100 * sleeve.annual_declared_alpha:.2f} % a year does not count",
                subjects=subject,
            )
        if sleeve.months < sleeve.wanted_months:
            yield Warning(
                code=WarningCode.EVIDENCE_SHORT,
                message=f"the alpha of {line_ids[sleeve.line]} rests on {sleeve.months} months of evidence, "
                f"fewer than {sleeve.wanted_months}",
                subjects=subject,
            )


def warn_of_answer(book: Book, variables: FloatArray) -> tuple[Warning, ...]:
    """What the positions give reason to say."""
    gross = float(leverage_rows(book, LeverageDefinition.GROSS_NOTIONAL).values(variables)[0])
    if gross <= _HIGH_LEVERAGE + _TOLERANCE:
        return ()
    message = f"gross notional leverage is {gross:.3f}x, above {_HIGH_LEVERAGE:g}x"
    return (Warning(code=WarningCode.LEVERAGE_HIGH, message=message),)
