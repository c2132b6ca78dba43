"""Moves of drivers and lines out of the figures of an entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from counterpoise.model import AllocationProblem
from counterpoise.model.scenario import move_by
from counterpoise.scenarios.errors import LibraryError, MissingFigure
from counterpoise.scenarios.figures import Figure, Points, SeriesUnit

Weights = str | Mapping[str, float]
"""A series, or series with weights."""

FigureOf = Callable[[str], Figure]
"""Finds the figure of a series; raises LibraryError."""

_DECIMALS = 6
"""Sums are written with these: a hundredth of a basis point, far finer than any figure."""


def moved(what: str, weights: Weights, figure_of: FigureOf) -> Points:
    """Moves of a driver or line: sum of weight times figure, wherever a series has a point.

    `what` says in messages whose moves they are.
    """
    try:
        if isinstance(weights, str):
            return figure_of(weights).points
        parts = [(weight, figure_of(series_id).points) for series_id, weight in weights.items()]
    except LibraryError as error:
        raise type(error)(f"{what}: {error}") from error
    if not parts:
        raise ValueError(f"{what}: no series; name one, or {{series: weight}}")
    return _summed(parts)


def beyond_drivers(
    line_id: str, whole: Points, moves: Mapping[str, Points], problem: AllocationProblem | None
) -> Points:
    """A line's own moves: its whole ones less loadings times the moves of its drivers.

    Raises MissingFigure where the line loads on a driver without a shock: what that driver does is not known
    here, so the line's own move is not either.
    """
    if problem is None:
        raise ValueError(f"line {line_id}: its loadings are in the problem; give it as `problem`")
    loadings = _loadings(line_id, problem)
    missing = [driver_id for driver_id in loadings if driver_id not in moves]
    if missing:
        raise MissingFigure(
            f"line {line_id}: it loads on {', '.join(missing)}, which the scenario does not shock; name "
            "series for these drivers, or leave the fund out: it then moves as its drivers do, and no more"
        )
    return _summed([(1.0, whole), *((-loading, moves[name]) for name, loading in loadings.items())])


def check_units(drivers: Mapping[str, Weights], problem: AllocationProblem, figure_of: FigureOf) -> None:
    """Drivers are the market's, and a series alone is in its driver's unit; weights may convert."""
    known = {driver.driver_id: driver for driver in problem.market.drivers}
    for driver_id, weights in drivers.items():
        if driver_id not in known:
            raise ValueError(f"driver {driver_id}: the market has none of that id; correct it")
        if not isinstance(weights, str):
            continue
        in_basis_points = figure_of(weights).series.unit is SeriesUnit.BASIS_POINT
        if in_basis_points != known[driver_id].in_basis_points:
            units = ("basis points", "returns") if in_basis_points else ("returns", "basis points")
            raise ValueError(
                f"driver {driver_id}: {weights} is in {units[0]}, the driver in {units[1]}; write "
                f"{{{weights}: weight}} with the weight that converts"
            )


def placed(
    moves: Mapping[str, Points], until: int | None, *, instant: bool
) -> Iterator[tuple[str, int | None, float]]:
    """Id, horizon and move of every point until a horizon; of the last alone, without one, where instant."""
    for name, path in moves.items():
        points = path if until is None else _cut(path, until)
        for horizon, move in points[-1:] if instant else points:
            yield name, None if instant else horizon, move


def _cut(points: Points, until: int) -> Points:
    """A path that stops at a horizon, where it is by then."""
    if points[-1][0] <= until:
        return points
    before = tuple((horizon, move) for horizon, move in points if horizon < until)
    return (*before, (until, round(move_by(points, until), _DECIMALS)))


def _summed(parts: list[tuple[float, Points]]) -> Points:
    horizons = sorted({horizon for _, points in parts for horizon, _ in points})
    return tuple(
        (horizon, round(sum(weight * move_by(points, horizon) for weight, points in parts), _DECIMALS))
        for horizon in horizons
    )


def _loadings(line_id: str, problem: AllocationProblem) -> dict[str, float]:
    """Loadings of a line that are not zero, by driver, wherever the portfolio keeps them."""
    line = next((line for line in problem.portfolio.lines if line.line_id == line_id), None)
    if line is None:
        raise ValueError(f"line {line_id}: the portfolio has none of that id; correct it")
    loadings = {item.driver_id: item.value for item in line.loadings}
    block = problem.portfolio.loading_matrix
    if block is not None and line_id in block.row_ids:
        row = block.to_array()[block.row_ids.index(line_id)].tolist()
        loadings |= dict(zip(block.column_ids, row, strict=True))
    return {driver_id: loading for driver_id, loading in loadings.items() if loading != 0.0}
