"""Exposures of given positions to drivers: loadings times positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from counterpoise.model import AllocationProblem, Line


def exposures(
    problem: AllocationProblem, lines: Iterable[Line], positions: Mapping[str, float]
) -> dict[str, float]:
    """Exposure by driver of some lines of a problem, in the driver's own unit."""
    block = problem.portfolio.loading_matrix
    rows = dict(zip(block.row_ids, block.to_array().tolist(), strict=True)) if block is not None else {}
    columns = block.column_ids if block is not None else ()
    told: dict[str, float] = {}
    for line in lines:
        loadings = [(item.driver_id, item.value) for item in line.loadings]
        loadings += zip(columns, rows.get(line.line_id, []), strict=False)
        for driver_id, loading in loadings:
            told[driver_id] = told.get(driver_id, 0.0) + loading * positions.get(line.line_id, 0.0)
    return told
