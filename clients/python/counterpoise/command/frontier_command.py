"""`counterpoise frontier`: one number of a problem swept, a certified answer at every value."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

from counterpoise.command import frontier_arguments as wanted
from counterpoise.command.arguments import AsJson, CaFile, ProblemFile, Target, TokenFile
from counterpoise.command.printing import on_one_line
from counterpoise.command.running import INTERRUPTED, connected, read, told_in_words

if TYPE_CHECKING:
    from counterpoise.model import AllocationProblem, SweepAxis, TraceFrontierResponse


def frontier(
    file: ProblemFile,
    *,
    values: wanted.Values,
    limit: wanted.Limit = None,
    side: wanted.LimitSide = None,
    alpha_scale: wanted.AlphaScale = False,
    risk_aversion: wanted.RiskAversion = False,
    reserve: wanted.Reserve = None,
    mode: wanted.Mode = None,
    picture: wanted.Picture = None,
    target: Target = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Sweep one number of a problem: the certified optimum at every value.

    With --json every point is one line, in the order of the values, and in the basic view. Exits with 3
    only where every point is infeasible, 4 where one is not proven, 1 where one is refused. Ctrl-C ends the
    sweep: what has come by then is printed, and the exit code is 130.
    """
    from counterpoise.command import layout
    from counterpoise.command.frontier_page import frontier_code, frontier_page
    from counterpoise.model import AllocationView, SolveMode, SolveParameters

    axis = wanted.sweep_axis(
        limit,
        side,
        reserve,
        wanted.parsed_values(values),
        alpha_scale=alpha_scale,
        risk_aversion=risk_aversion,
    )
    if picture is not None:
        _needs_matplotlib()
    parameters = SolveParameters(
        view=AllocationView.BASIC if as_json else AllocationView.FULL,
        mode=SolveMode[mode.name] if mode is not None else None,
    )
    points: list[TraceFrontierResponse] = []
    code = None
    with told_in_words(as_json=as_json):
        problem = read(file)
        with connected(target, token_file, ca_file) as client:
            answers = client.frontier(problem, axes=(axis,), parameters=parameters)
            try:
                for point in in_order(told_as_they_come(answers, sys.stderr, len(axis.parameter_values))):
                    points.append(point)
                    if as_json:
                        typer.echo(on_one_line(point))
            except KeyboardInterrupt:
                code = INTERRUPTED
        if code is not None:
            typer.echo(f"Interrupted after {len(points)} of {len(axis.parameter_values)} points.", err=True)
        if points and not as_json:
            layout.show(frontier_page(points, axis, problem))
        if points and picture is not None:
            _draw(points, axis, problem, picture)
    raise typer.Exit(frontier_code(points) if code is None else code)


def in_order(points: Iterable[TraceFrontierResponse]) -> Iterator[TraceFrontierResponse]:
    """Points by their index, each as soon as all before it are there; after the last, what is left.

    Ctrl-C ends them as their end does, and goes on from there.
    """
    waiting: dict[int, TraceFrontierResponse] = {}
    following = 0
    try:
        for point in points:
            waiting[point.point_index] = point
            while following in waiting:
                yield waiting.pop(following)
                following += 1
    except KeyboardInterrupt:
        yield from (waiting[index] for index in sorted(waiting))
        raise
    yield from (waiting[index] for index in sorted(waiting))


def told_as_they_come(
    points: Iterable[TraceFrontierResponse], screen: TextIO, count: int
) -> Iterator[TraceFrontierResponse]:
    """The points; where somebody watches, how many of `count` there are in one line that ends up empty."""
    watched = screen.isatty()
    written = f"0 of {count} points"
    try:
        if watched:
            print(written, end="", file=screen, flush=True)
        for point in points:
            if watched:
                written = f"{point.completed_count} of {point.total_count} points"
                print(f"\r{written}", end="", file=screen, flush=True)
            yield point
    finally:
        if watched:
            print(f"\r{' ' * len(written)}\r", end="", file=screen, flush=True)


def _needs_matplotlib() -> None:
    """Raises BadParameter without it, before anything is asked."""
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise typer.BadParameter(
            "pictures need matplotlib: pip install 'counterpoise[pictures]'", param_hint="--picture"
        )


def _draw(
    points: list[TraceFrontierResponse], axis: SweepAxis, problem: AllocationProblem, picture: Path
) -> None:
    from counterpoise.pictures.frontier import draw_frontier

    draw_frontier(points, axis, problem).savefig(picture)
    typer.echo(f"Written to {picture}.", err=True)
