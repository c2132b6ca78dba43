"""What return histories say of sleeves: regressions with honest errors, after smoothing is undone."""

from optimizer.evidence.errors import SeriesCollinear
from optimizer.evidence.sleeve import weigh_sleeve
from optimizer.evidence.table import Table, open_table

__all__ = ["SeriesCollinear", "Table", "open_table", "weigh_sleeve"]
