"""What return histories say of sleeves: regressions with honest errors, after smoothing is undone."""

from optimizer.evidence.capture import open_fund, weigh_fund
from optimizer.evidence.errors import SeriesCollinear
from optimizer.evidence.estimate import RiskEstimate, estimate_risk, regressions_of
from optimizer.evidence.residuals import FEWEST_SHARED_PERIODS
from optimizer.evidence.sleeve import weigh_sleeve
from optimizer.evidence.smoothing import has_neighbours
from optimizer.evidence.table import Table, open_table

__all__ = [
    "FEWEST_SHARED_PERIODS",
    "RiskEstimate",
    "SeriesCollinear",
    "Table",
    "estimate_risk",
    "has_neighbours",
    "open_fund",
    "open_table",
    "regressions_of",
    "weigh_fund",
    "weigh_sleeve",
]
