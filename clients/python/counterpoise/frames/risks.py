"""Volatilities and shares of them as frames."""

from __future__ import annotations

import pandas as pd

from counterpoise.frames.tables import columns_of, name_of, table
from counterpoise.model import (
    Allocation,
    CorrelationRegime,
    RiskShare,
    RiskSplit,
    RiskStatistic,
    StressPortfolioResponse,
)

_VOLATILITIES = (RiskStatistic.TOTAL_VOLATILITY, RiskStatistic.ACTIVE_VOLATILITY)
"""What has shares; value-at-risk has none."""
REFERENCE = "(reference)"
RESIDUAL = "(residual)"
"""Rows that belong to no line and no driver; ids have no parentheses, so none of them can be one."""


def volatilities_frame(answer: Allocation | StressPortfolioResponse) -> pd.DataFrame:
    """Annual volatilities indexed by statistic; columns: normal, stressed (NaN without such a regime)."""
    figures = answer.risk.figures if answer.risk is not None else ()
    values = {(item.statistic, item.regime): item.annual_volatility for item in figures}
    regimes = tuple(CorrelationRegime)
    rows = {
        name_of(statistic): tuple(values.get((statistic, regime)) for regime in regimes)
        for statistic in dict.fromkeys(item.statistic for item in figures)
    }
    return table(rows, "statistic", numbers=tuple(name_of(regime) for regime in regimes))


def risk_frame(answer: Allocation | StressPortfolioResponse) -> pd.DataFrame:
    """Euler shares of the volatilities; for the splits `line` and `driver` a column sums to 1.

    Rows: split (`line`, `driver` or `residual`) and id; `(reference)` after the lines and `(residual)`
    after the drivers for what belongs to none. `residual` has lines, and sums to the `(residual)` of the
    drivers. Columns: share_of_total_volatility, share_of_active_volatility. Splits that are newer than
    this client have no rows: nothing is known of what they sum to.
    """
    given = answer.risk.shares if answer.risk is not None else ()
    shares = [share for share in given if share.split in tuple(RiskSplit)]
    columns = [f"share_of_{name}" for name in columns_of(_VOLATILITIES, [item.statistic for item in shares])]
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
