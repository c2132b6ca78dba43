"""Warnings: what a reader should know of the request and of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    DEFAULT_MAXIMUM_VALUATION_AGE_DAYS,
    EntityRef,
    LeverageDefinition,
    LeverageFigure,
    LimitReport,
    ReserveReport,
    RiskBudgetShare,
    SleeveClass,
    StructuralRule,
    Warning,
    WarningCode,
)
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.box import Box, gross_cap
from optimizer.measures.constraint import Constraint
from optimizer.reports.holdings import Holdings
from optimizer.reports.listing import lines_of, one_object
from optimizer.reports.stress_notes import warn_of_repairs
from optimizer.reports.unusual import warn_of_unusual

_HIGH_LEVERAGE = 1.3
_SMALL_NAV_AMOUNT = 100e6
_TOLERANCE = 1e-6
_CAPITAL_TOLERANCE = 1e-4
_SHARE_TOLERANCE = 1e-3
_TOLD_OF_HOLDINGS = {None, StructuralRule.DEFAULT_LEVERAGE_CAP}
"""Limits of the mandate (no rule) and the cap that stands in for one."""
_CAP: Final = object()
"""Stands for that cap, which is no limit of the mandate."""


@dataclass(frozen=True, eq=False)
class Told:
    """What is known of the answer when its warnings are written."""

    holdings: Holdings
    box: Box
    limits: tuple[LimitReport, ...]
    """Those that are missed at least."""
    leverage: tuple[LeverageFigure, ...]
    """Today's at least, first."""
    budget_shares: tuple[RiskBudgetShare, ...]
    reserve: ReserveReport


_WARNINGS = Recall[tuple[Warning, ...]]
_OF_SLEEVES: Final = _WARNINGS(16)
_OF_REPAIRS: Final = _WARNINGS(8)
_OF_LIMITS: Final = Recall[_WARNINGS](8)
"""By limit, of the same market, portfolio, scenarios and reference."""
_MOST_LIMITS = 256


def warn_of_request(book: Book, box: Box, constraints: Iterable[Constraint]) -> tuple[Warning, ...]:
    """What can be said before any solve."""
    problem, mandate = book.problem, book.problem.mandate
    asked = one_object((mandate.evidence_rule, mandate.maximum_valuation_age_days))
    return (
        *_of_suitability(book),
        *warn_of_unusual(book),
        *_OF_SLEEVES.get(
            (problem.market, problem.portfolio, asked), lambda: (*_of_sleeves(book), *_of_dates(book))
        ),
        *_of_holdings(book, box, constraints),
        *_OF_REPAIRS.get((problem.market, problem.portfolio), lambda: tuple(warn_of_repairs(book))),
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
    problem = book.problem
    if not lines_of(problem.portfolio).all_current:
        return
    capital = float(book.capital @ book.current[: book.line_count])
    if abs(capital - 1.0) > _CAPITAL_TOLERANCE:
        yield Warning(
            code=WarningCode.CURRENT_BREACH,
            message=f"current holdings use {100 * capital:.2f} % of the capital, not 100 %",
        )
    yield from _out_of_box(book, box)
    # What a limit measures follows from these and the limit alone.
    reference = None if book.reference is None else one_object(book.reference.tobytes())
    told = _OF_LIMITS.get(
        (problem.market, problem.portfolio, problem.scenarios, problem.return_samples, reference),
        lambda: _WARNINGS(_MOST_LIMITS),
    )
    limits = {limit.limit_id: limit for limit in problem.mandate.limits}
    for constraint in constraints:
        key = constraint.keys[0]
        if key.structural_rule in _TOLD_OF_HOLDINGS:
            origin = _CAP if key.limit_id is None else limits[key.limit_id]
            yield from told.get((origin,), partial(_of_limit, book, constraint))


def _of_limit(book: Book, constraint: Constraint) -> tuple[Warning, ...]:
    """What current holdings make of one limit."""
    key, linear = constraint.keys[0], constraint.rows.linear
    known = np.ones(len(constraint.keys), dtype=bool)
    known[linear.row[linear.column >= book.line_count]] = False
    if not known.any():
        return ()
    violation = np.where(known, constraint.violation(book.current), 0.0)
    worst = int(np.argmax(violation))
    if violation[worst] * constraint.unit.weight <= _TOLERANCE:
        return ()
    value = float(constraint.values(book.current)[worst])
    return (
        Warning(
            code=WarningCode.CURRENT_BREACH,
            message=f"current holdings break {constraint.keys[worst]}: {value:.4g} is "
            f"{violation[worst]:.4g} beyond its bound",
            subjects=() if key.limit_id is None else (EntityRef(limit_id=key.limit_id),),
        ),
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


def warn_of_answer(told: Told) -> tuple[Warning, ...]:
    """What the positions give reason to say."""
    return (
        *_of_cash(told),
        *_of_leverage(told.leverage),
        *_of_missed(told.limits),
        *_of_shares(told.budget_shares),
        *_of_bounds(told.holdings, told.box),
    )


def _of_cash(told: Told) -> Iterator[Warning]:
    """Futures lose in cash, the same day."""
    overlays = float(np.abs(told.holdings.positions[told.holdings.book.pool >= 0]).sum())
    cash = told.reserve.variation_margin_eligible_fraction
    if overlays > _TOLERANCE and cash <= _TOLERANCE:
        yield Warning(
            code=WarningCode.NO_SAME_DAY_CASH,
            message=f"{100 * overlays:.1f} % of NAV in overlays, and no free reserve that may pay variation "
            "margin the same day",
        )


def _of_leverage(figures: Iterable[LeverageFigure]) -> Iterator[Warning]:
    gross = next(figure.value for figure in figures if figure.definition is LeverageDefinition.GROSS_NOTIONAL)
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


def _of_shares(shares: Iterable[RiskBudgetShare]) -> Iterator[Warning]:
    for share in shares:
        if abs(share.share - share.wanted_share) > _SHARE_TOLERANCE:
            yield Warning(
                code=WarningCode.RISK_SHARES_MISSED,
                message=f"{share.line_id} has {100 * share.share:.1f} % of the budget's risk, not "
                f"{100 * share.wanted_share:.1f} %: limits keep it from its share",
                subjects=(EntityRef(line_id=share.line_id),),
            )


def _of_bounds(holdings: Holdings, box: Box) -> Iterator[Warning]:
    book, h, count = holdings.book, holdings.positions, holdings.book.line_count
    wide = box.upper[:count] - box.lower[:count] > _TOLERANCE
    touched = box.derived_lower & (h <= box.lower[:count] + _TOLERANCE)
    touched |= box.derived_upper & (h >= box.upper[:count] - _TOLERANCE)
    for index in np.flatnonzero(touched & wide):
        line_id = book.problem.portfolio.lines[index].line_id
        yield Warning(
            code=WarningCode.DERIVED_BOX_TOUCHED,
            message=f"{line_id} is at {h[index]:.4g} of NAV, where only a bound of ours stops it: "
            "give it a maximum or cap what it adds to",
            subjects=(EntityRef(line_id=line_id),),
        )
