"""Warnings: what a reader should know of the request and of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    DEFAULT_MAXIMUM_VALUATION_AGE_DAYS,
    EntityRef,
    FloatArray,
    LeverageDefinition,
    LimitReport,
    SleeveClass,
    StructuralRule,
    Warning,
    WarningCode,
)
from optimizer.measures.book import Book
from optimizer.measures.box import Box, gross_cap
from optimizer.measures.constraint import Constraint
from optimizer.measures.leverage import leverage_rows
from optimizer.reports.margin import report_reserve
from optimizer.reports.risk import report_budget
from optimizer.reports.stress_notes import warn_of_repairs
from optimizer.reports.unusual import warn_of_unusual

_HIGH_LEVERAGE = 1.3
_SMALL_NAV_AMOUNT = 100e6
_TOLERANCE = 1e-6
_CAPITAL_TOLERANCE = 1e-4
_SHARE_TOLERANCE = 1e-3
_TOLD_OF_HOLDINGS = {None, StructuralRule.DEFAULT_LEVERAGE_CAP}
"""Limits of the mandate (no rule) and the cap that stands in for one."""


def warn_of_request(book: Book, box: Box, constraints: Iterable[Constraint]) -> tuple[Warning, ...]:
    """What can be said before any solve."""
    return (
        *_of_suitability(book),
        *warn_of_unusual(book),
        *_of_sleeves(book),
        *_of_dates(book),
        *_of_holdings(book, box, constraints),
        *warn_of_repairs(book),
    )


def _of_suitability(book: Book) -> Iterator[Warning]:
    if gross_cap(book.problem) is None:
        yield Warning(
            code=WarningCode.DEFAULT_LEVERAGE_CAP,
            message=f"the mandate does not cap gross notional leverage: {DEFAULT_LEVERAGE_CAP:g}x applies",
        )
    portfolio = book.problem.portfolio
    if portfolio.nav_amount < _SMALL_NAV_AMOUNT:
        yield Warning(
            code=WarningCode.NAV_SMALL,
            message=f"net asset value is {portfolio.nav_amount:,.0f} {portfolio.base_currency_code}, below "
            f"{_SMALL_NAV_AMOUNT:,.0f}: managers' minimums and the staff that margin calls need are hard to "
            "carry at this size",
        )


def _of_sleeves(book: Book) -> Iterator[Warning]:
    line_ids = book.problem.portfolio.line_ids
    for sleeve in book.sleeves:
        line_id = line_ids[sleeve.line]
        subject = (EntityRef(line_id=line_id),)
        is_beta, has_alpha = sleeve.sleeve_class is SleeveClass.BETA, sleeve.annual_intercept > 0.0
        if is_beta:
            alpha = f"{100 * sleeve.annual_intercept:.2f} % a year"
            yield Warning(
                code=WarningCode.SLEEVE_RECLASSIFIED,
                message=f"known factors explain {line_id}: its alpha of {alpha} "
                + ("does not count" if has_alpha else "counts, as it is not above zero"),
                subjects=subject,
            )
        if sleeve.annual_declared_alpha <= 0.0 and (has_alpha or not is_beta):
            yield Warning(
                code=WarningCode.ALPHA_BELOW_FEES,
                message=f"the alpha of {line_id} is {100 * sleeve.annual_declared_alpha:.2f} % a year after "
                "fees: it adds nothing over its betas",
                subjects=subject,
            )
        if sleeve.months < sleeve.wanted_months:
            yield Warning(
                code=WarningCode.EVIDENCE_SHORT,
                message=f"the alpha of {line_id} rests on {sleeve.months} months of evidence, "
                f"fewer than {sleeve.wanted_months}",
                subjects=subject,
            )


def _of_dates(book: Book) -> Iterator[Warning]:
    portfolio = book.problem.portfolio
    for sleeve in book.sleeves:
        if sleeve.stale_days is not None:
            line_id = portfolio.line_ids[sleeve.line]
            yield Warning(
                code=WarningCode.INPUT_STALE,
                message=f"the evidence behind the alpha of {line_id} ends {sleeve.stale_days} days before "
                f"{portfolio.as_of_date}",
                subjects=(EntityRef(line_id=line_id),),
            )
    most = book.problem.mandate.maximum_valuation_age_days
    most = DEFAULT_MAXIMUM_VALUATION_AGE_DAYS if most is None else most
    for line in portfolio.lines:
        age = 0 if line.valuation_date is None else (portfolio.as_of_date - line.valuation_date).days
        if age > most:
            yield Warning(
                code=WarningCode.INPUT_STALE,
                message=f"the mark of {line.line_id} is {age} days old on {portfolio.as_of_date}, "
                f"more than {most}",
                subjects=(EntityRef(line_id=line.line_id),),
            )


def _of_holdings(book: Book, box: Box, constraints: Iterable[Constraint]) -> Iterator[Warning]:
    """Limits and bounds that current holdings break, where all of them are known; postings are not."""
    if any(line.current_fraction is None for line in book.problem.portfolio.lines):
        return
    capital = float(book.capital @ book.current[: book.line_count])
    if abs(capital - 1.0) > _CAPITAL_TOLERANCE:
        yield Warning(
            code=WarningCode.CURRENT_BREACH,
            message=f"current holdings use {100 * capital:.2f} % of the capital, not 100 %",
        )
    yield from _out_of_box(book, box)
    for constraint in constraints:
        key = constraint.keys[0]
        linear = constraint.rows.linear
        known = np.ones(len(constraint.keys), dtype=bool)
        known[linear.row[linear.column >= book.line_count]] = False
        if key.structural_rule not in _TOLD_OF_HOLDINGS or not known.any():
            continue
        violation = np.where(known, constraint.violation(book.current), 0.0)
        worst = int(np.argmax(violation))
        if violation[worst] * constraint.unit.weight > _TOLERANCE:
            value = float(constraint.values(book.current)[worst])
            yield Warning(
                code=WarningCode.CURRENT_BREACH,
                message=f"current holdings break {constraint.keys[worst]}: {value:.4g} is "
                f"{violation[worst]:.4g} beyond its bound",
                subjects=() if key.limit_id is None else (EntityRef(limit_id=key.limit_id),),
            )


def _out_of_box(book: Book, box: Box) -> Iterator[Warning]:
    """Lines beyond a bound that the request gives."""
    count = book.line_count
    lower, upper = box.given()
    now = book.current[:count]
    beyond = np.maximum(lower[:count] - now, now - upper[:count])
    for index in np.flatnonzero(beyond > _TOLERANCE):
        line_id = book.problem.portfolio.line_ids[index]
        yield Warning(
            code=WarningCode.CURRENT_BREACH,
            message=f"{line_id} is now {now[index]:.4g} of NAV, {beyond[index]:.4g} beyond its bound",
            subjects=(EntityRef(line_id=line_id),),
        )


def warn_of_answer(
    book: Book, box: Box, limits: Iterable[LimitReport], variables: FloatArray
) -> tuple[Warning, ...]:
    """What the positions give reason to say."""
    return (
        *_of_cash(book, variables),
        *_of_leverage(book, variables),
        *_of_missed(limits),
        *_of_bounds(book, box, variables),
    )


def _of_cash(book: Book, variables: FloatArray) -> Iterator[Warning]:
    """Futures lose in cash, the same day."""
    overlays = float(np.abs(variables[: book.line_count][book.pool >= 0]).sum())
    cash = report_reserve(book, variables).variation_margin_eligible_fraction
    if overlays > _TOLERANCE and cash <= _TOLERANCE:
        yield Warning(
            code=WarningCode.NO_SAME_DAY_CASH,
            message=f"{100 * overlays:.1f} % of NAV in overlays, and no free reserve that may pay variation "
            "margin the same day",
        )


def _of_leverage(book: Book, variables: FloatArray) -> Iterator[Warning]:
    gross = float(leverage_rows(book, LeverageDefinition.GROSS_NOTIONAL).values(variables)[0])
    if gross > _HIGH_LEVERAGE + _TOLERANCE:
        message = f"gross notional leverage is {gross:.3f}x, above {_HIGH_LEVERAGE:g}x"
        yield Warning(code=WarningCode.LEVERAGE_HIGH, message=message)


def _of_missed(limits: Iterable[LimitReport]) -> Iterator[Warning]:
    for limit in limits:
        if limit.violation * limit.unit.weight > _TOLERANCE:
            yield Warning(
                code=WarningCode.SOFT_LIMIT_MISSED,
                message=f"{limit.key} of priority {limit.priority} is missed by {limit.violation:.4g}: "
                "what comes before it leaves no better",
                subjects=(EntityRef(limit_id=limit.key.limit_id),),
            )


def _of_bounds(book: Book, box: Box, variables: FloatArray) -> Iterator[Warning]:
    for share in report_budget(book, variables):
        if abs(share.share - share.wanted_share) > _SHARE_TOLERANCE:
            yield Warning(
                code=WarningCode.RISK_SHARES_MISSED,
                message=f"{share.line_id} has {100 * share.share:.1f} % of the budget's risk, not "
                f"{100 * share.wanted_share:.1f} %: limits keep it from its share",
                subjects=(EntityRef(line_id=share.line_id),),
            )
    h, count = variables[: book.line_count], book.line_count
    wide = box.upper[:count] - box.lower[:count] > _TOLERANCE
    touched = box.derived_lower & (h <= box.lower[:count] + _TOLERANCE)
    touched |= box.derived_upper & (h >= box.upper[:count] - _TOLERANCE)
    for index in np.flatnonzero(touched & wide):
        line_id = book.problem.portfolio.line_ids[index]
        yield Warning(
            code=WarningCode.DERIVED_BOX_TOUCHED,
            message=f"{line_id} is at {h[index]:.4g} of NAV, where only a bound of ours stops it: "
            "give it a maximum or cap what it adds to",
            subjects=(EntityRef(line_id=line_id),),
        )
