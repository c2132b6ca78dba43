"""One attempt: conic data, engine, and the raw vector split by row and column."""

from __future__ import annotations

import itertools

import numpy as np

from optimizer.program.assemble import assemble
from optimizer.program.attempt import Attempt, Engine, RawAnswer
from optimizer.program.conic_data import ConicData
from optimizer.program.engines import run_engine
from optimizer.program.sweeping import run_sweep

_LARGEST_TENSOR = 20_000_000
"""Entries of a matrix, zeros included, up to which a modelling language can lay it out."""


def solve(attempt: Attempt) -> RawAnswer:
    """Runs one attempt; whatever it brings back is for the certificate to judge."""
    numbers = attempt.numbers
    data = _data(attempt)
    answer = run_sweep(data) if attempt.engine is Engine.MOREAU else run_engine(data, attempt.engine)
    if answer.z is None or not np.all(np.isfinite(answer.z)):
        return RawAnswer(answer.engine, answer.status, answer.infeasible)
    main = None
    if answer.x is not None and np.all(np.isfinite(answer.x)):
        main = answer.x[data.main_at : data.main_at + len(numbers.cost)]
    rows = data.zero + data.nonnegative
    ends = np.cumsum([rows, *data.second_order])
    return RawAnswer(
        engine=answer.engine,
        status=answer.status,
        infeasible=answer.infeasible,
        main=main,
        of_equal=answer.z[: data.zero],
        of_at_most=answer.z[data.zero : rows],
        of_cones=tuple(answer.z[start:end] for start, end in itertools.pairwise(ends)),
    )


def _data(attempt: Attempt) -> ConicData:
    """The data of a first attempt are put together directly, those of later ones by cvxpy."""
    shape = attempt.numbers.shape
    tensor = (shape.equal.count + shape.at_most.count) * shape.width
    if attempt.engine in (Engine.CLARABEL, Engine.MOREAU) or tensor > _LARGEST_TENSOR:
        return assemble(attempt.numbers)
    from optimizer.program.compile import compiled  # noqa: PLC0415 - a second to load, and seldom needed

    return compiled(attempt.numbers)
