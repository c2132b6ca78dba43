"""Parts of an answer as frames.

Numbers keep the units of the contract: fractions of NAV, annual decimals, money in base currency.
What an answer leaves unset is NaN. A part that the answer does not carry is a frame without rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import pandas as pd

from counterpoise.model import Allocation, LimitReport, ReturnTermKind, RiskShare, RiskSplit, RiskStatistic

CASH = "(cash)"
REFERENCE = "(reference)"
RESIDUAL = "(residual)"
"""Rows that belong to no line and no driver; ids have no parentheses, so none of them can be one."""


def positions_frame(allocation: Allocation) -> pd.DataFrame:
    """Positions indexed by line id.

    Columns: kind; fraction, capital, change and margin in fractions of NAV; amount in base currency.
    """
    rows = {
        position.line_id: (
            _name(position.kind),
            position.fraction,
            position.amount,
            position.capital_fraction,
            position.change_fraction,
            position.initial_margin_fraction,
        )
        for position in allocation.positions
    }
    return _frame(
        rows, "line_id", text=("kind",), numbers=("fraction", "amount", "capital", "change", "margin")
    )


def limits_frame(allocation: Allocation) -> pd.DataFrame:
    """Limits indexed by key, as in `keep-beta[us_equity]`.

    Columns: value, unit, lower, upper, lower_slack, upper_slack, lower_shadow_price,
    upper_shadow_price, binding. A shadow price is the objective's improvement per unit by which that
    side is loosened.
    """
    numbers = (
        "value",
        "lower",
        "upper",
        "lower_slack",
        "upper_slack",
        "lower_shadow_price",
        "upper_shadow_price",
    )
    rows = {
        str(limit.key): (_name(limit.unit), *(_number(limit, name) for name in numbers))
        for limit in allocation.limits
    }
    frame = _frame(rows, "limit", text=("unit",), numbers=numbers)
    frame["binding"] = pd.Series(
        [limit.binding for limit in allocation.limits], index=frame.index, dtype=bool
    )
    order = ("value", "unit", *numbers[1:], "binding")
    return frame[list(order)]


def exposures_frame(allocation: Allocation) -> pd.DataFrame:
    """Exposures indexed by driver id, fractions of NAV.

    Columns: funded, overlay, alpha (through the loadings of sleeves), total, reference.
    """
    rows = {
        item.driver_id: (
            item.funded,
            item.overlay,
            item.alpha_look_through,
            item.funded + item.overlay + item.alpha_look_through,
            item.reference,
        )
        for item in allocation.exposures
    }
    return _frame(rows, "driver_id", text=(), numbers=("funded", "overlay", "alpha", "total", "reference"))


def return_frame(allocation: Allocation) -> pd.DataFrame:
    """Return terms, annual decimals of NAV: a row for every line, `(cash)` for the cash term.

    Columns: one for every kind of term in lower case, and total. The sum of the totals is the
    expected net return.
    """
    terms = allocation.expected_return.terms if allocation.expected_return is not None else ()
    kinds = _columns(ReturnTermKind, [term.kind for term in terms])
    rows: dict[str, dict[str, float]] = {}
    for term in terms:
        row = rows.setdefault(term.line_id or CASH, dict.fromkeys(kinds, 0.0))
        row[_name(term.kind)] += term.annual_return
    frame = _frame(
        {line_id: tuple(row.values()) for line_id, row in rows.items()},
        "line_id",
        text=(),
        numbers=tuple(kinds),
    )
    frame["total"] = frame.sum(axis=1)
    return frame


def risk_frame(allocation: Allocation) -> pd.DataFrame:
    """Euler shares of the volatilities; for one split the shares of a column sum to 1.

    Rows: split (`line` or `driver`) and id; `(reference)` after the lines and `(residual)` after the
    drivers for what belongs to none. Columns: share_of_total_volatility, share_of_active_volatility.
    """
    shares = allocation.risk.shares if allocation.risk is not None else ()
    columns = [f"share_of_{name}" for name in _columns(RiskStatistic, [item.statistic for item in shares])]
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for share in sorted(shares, key=lambda item: (item.split, subject_of(item) in (REFERENCE, RESIDUAL))):
        row = rows.setdefault((_name(share.split), subject_of(share)), dict.fromkeys(columns, float("nan")))
        row[f"share_of_{_name(share.statistic)}"] = share.share
    index = pd.MultiIndex.from_tuples(list(rows), names=["split", "id"])
    return pd.DataFrame(list(rows.values()), index=index, columns=columns, dtype=float)


def subject_of(share: RiskShare) -> str:
    """Id of the line or driver that a share belongs to, or the name of what it belongs to instead."""
    subject = share.subject
    if subject is not None and (subject.line_id or subject.driver_id):
        return subject.line_id or subject.driver_id or ""
    return REFERENCE if share.split == RiskSplit.LINE else RESIDUAL


def _frame(
    rows: Mapping[str, tuple[str | float | None, ...]],
    index: str,
    *,
    text: tuple[str, ...],
    numbers: tuple[str, ...],
) -> pd.DataFrame:
    frame = pd.DataFrame(
        list(rows.values()), index=pd.Index(list(rows), dtype=str, name=index), columns=[*text, *numbers]
    )
    return frame.astype({**dict.fromkeys(text, str), **dict.fromkeys(numbers, float)})


def _columns(known: type[IntEnum], present: list[IntEnum]) -> list[str]:
    # Every known kind, so that columns do not depend on the answer; newer ones where there are some.
    names = [_name(kind) for kind in known]
    return names + sorted({_name(kind) for kind in present} - set(names))


def _number(limit: LimitReport, name: str) -> float | None:
    number: float | None = getattr(limit, name)
    return number


def _name(value: int) -> str:
    # A value newer than this client is a plain number.
    return value.name.lower() if isinstance(value, IntEnum) else str(value)
