"""One attempt: compiled program, engine, and the raw vector split by row and column."""

from __future__ import annotations

import itertools

import numpy as np

from optimizer.program.attempt import Attempt, RawAnswer
from optimizer.program.compile import program_of
from optimizer.program.engines import run_engine


def solve(attempt: Attempt) -> RawAnswer:
    """Runs one attempt; whatever it brings back is for the certificate to judge."""
    numbers = attempt.numbers
    data = program_of(numbers).data(numbers)
    answer = run_engine(data, attempt.engine)
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
