"""Figures that are on record."""

from __future__ import annotations

import structlog

from optimizer.rebalance.watching.figures import Figures, read_figures
from optimizer.store import WatchRow

_log = structlog.get_logger(__name__)


def figures_of(watch: WatchRow) -> Figures | None:
    """The figures of a row; None where it cannot be read: they are measured anew then."""
    try:
        return read_figures(watch.figures_json)
    except ValueError as error:
        _log.warning("figures on record cannot be read", job=watch.job_name, error=str(error))
        return None
