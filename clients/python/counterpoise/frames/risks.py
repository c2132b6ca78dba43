"""Shares of risk as frames."""

from __future__ import annotations

import pandas as pd

from counterpoise.frames.tables import columns_of, name_of, table
from counterpoise.model import Allocation, RiskShare, RiskSplit, RiskStatistic

REFERENCE = "(reference)"
RESIDUAL = "(residual)"
"""Rows that belong to no line and no driver; ids have no parentheses, so none of them can be one."""


def risk_frame(allocation: Allocation) -> pd.DataFrame:
    """Euler shares of the volatilities; for the splits `line` and `driver` a column sums to 1.

    Rows: split (`line`, `driver` or `residual`) and id; `(reference)` after the lines and `(residual)`
    after the drivers for what belongs to none. `residual` has lines, and sums to the `(residual)` of the
    drivers. Columns: share_of_total_volatility, share_of_active_volatility. Splits that are newer than
    this client have no rows: nothing is known of what they sum to.
    """
    given = allocation.risk.shares if allocation.risk is not None else ()
    shares = [share for share in given if share.split in tuple(RiskSplit)]
    columns = [f"share_of_{name}" for name in columns_of(RiskStatistic, [item.statistic for item in shares])]
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for share in sorted(shares, key=lambda item: (item.split, _subject(item) in (REFERENCE, RESIDUAL))):
        row = rows.setdefault((name_of(share.split), _subject(share)), dict.fromkeys(columns, float("nan")))
        row[f"share_of_{name_of(share.statistic)}"] = share.share
    index = pd.MultiIndex.from_tuples(list(rows), names=["split", "id"])
    return pd.DataFrame(list(rows.values()), index=index, columns=columns, dtype=float)


def risk_budget_frame(allocation: Allocation) -> pd.DataFrame:
    """Lines of a risk budget indexed by id: the share of their risk that was wanted, and what came out.

    Columns: wanted_share, share.
    """
    shares = allocation.risk.budget_shares if allocation.risk is not None else ()
    rows = {item.line_id: (item.wanted_share, item.share) for item in shares}
    return table(rows, "line_id", numbers=("wanted_share", "share"))


def _subject(share: RiskShare) -> str:
    """Id of the line or driver that a share belongs to, or the name of what it belongs to instead."""
    subject = share.subject
    if subject is not None and (subject.line_id or subject.driver_id):
        return subject.line_id or subject.driver_id or ""
    return REFERENCE if share.split == RiskSplit.LINE else RESIDUAL
