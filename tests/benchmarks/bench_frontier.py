"""A frontier of 50 leverage caps through gRPC against 50 cold solves of the best conic form written by hand.

The hand-written solves have their data built beforehand, in the faster of two forms, each point's in a new
solver. The frontier is asked for by prepared bytes, certified and reported at every point; a round's caps are
none that were asked for before. Then the same frontier on one worker and on two.
"""

import dataclasses
from contextlib import ExitStack

import grpc
import numpy as np
import pytest

from counterpoise import wire
from counterpoise.model import (
    LimitBoundParameter,
    Side,
    SolveMode,
    SolveParameters,
    SweepAxis,
    TraceFrontierRequest,
)
from counterpoise.v1 import allocation_service_pb2
from optimizer.program import Engine
from tests.benchmarks.record import Row, publish
from tests.benchmarks.timing import interleaved_medians
from tests.problems import SIZES, generate
from tests.reference.conic import conic_data
from tests.reference.conic_rows import default_settings
from tests.serving import serving

METHOD = "/counterpoise.v1.AllocationService/TraceFrontier"
POINTS = 50
ROUNDS = {63: 15, 203: 9}
WARM_UP = 2
FORMS = {"plain": False, "shared residuals": True}
MODES = {"fast": SolveMode.FAST, "repeatable": SolveMode.REPEATABLE}
LONGEST_SECONDS = 120.0

pytestmark = pytest.mark.skipif(
    not Engine.MOREAU.is_installed, reason="moreau is an extra of the server, not installed here"
)


def caps(number):
    """Those of a round."""
    return tuple(float(cap) for cap in np.linspace(1.05, 1.5, POINTS) + 1e-5 * number)


def capped(problem, cap):
    limits = tuple(
        dataclasses.replace(limit, upper=cap) if limit.limit_id == "gross" else limit
        for limit in problem.mandate.limits
    )
    return dataclasses.replace(problem, mandate=dataclasses.replace(problem.mandate, limits=limits))


def request(problem, number, mode):
    """Bytes of a round's frontier."""
    bound = LimitBoundParameter(limit_id="gross", side=Side.UPPER)
    axis = SweepAxis(limit_bound=bound, parameter_values=caps(number))
    asked = TraceFrontierRequest(problem=problem, axes=(axis,), parameters=SolveParameters(mode=mode))
    return wire.to_message(asked, allocation_service_pb2.TraceFrontierRequest).SerializeToString()


def frontier(channel, body):
    """Every answer, as bytes."""
    answers = list(channel.unary_stream(METHOD)(body, timeout=LONGEST_SECONDS))
    assert len(answers) == POINTS
    return answers


def certified_share(answers):
    """Share of points that are optimal, and share whose first engine's answer certified."""
    found = [wire.to_model(allocation_service_pb2.TraceFrontierResponse.FromString(one)) for one in answers]
    optimal = [one.allocation for one in found if one.allocation.certificate.optimality is not None]
    first = [one for one in optimal if len(one.termination.attempts) == 1]
    return len(optimal) / POINTS, len(first) / POINTS


def channels(folder, counts):
    """A channel to a server for each count of workers, all running."""
    with ExitStack() as stack:
        found = {}
        for count in counts:
            log = folder / f"log-{count}"
            server = stack.enter_context(serving(log, {"worker_count": str(count)}))
            found[count] = stack.enter_context(grpc.insecure_channel(server.address))
        yield found


@pytest.fixture(scope="module")
def one_and_two(tmp_path_factory):
    yield from channels(tmp_path_factory.mktemp("servers"), (1, 2))


def conic_contestant(data):
    settings = default_settings()
    return lambda number: [point.solver(settings).solve() for point in data[number]]


@pytest.mark.parametrize("lines", ROUNDS)
def bench_frontier_against_cold_solves(one_and_two, lines):
    problem, rounds = generate(SIZES[lines], seed=1), ROUNDS[lines]
    numbers = range(WARM_UP + rounds)
    contestants = {}
    for name, shared in FORMS.items():
        # One round's data for all: a cold solver remembers nothing.
        data = [conic_data(capped(problem, cap), share_residuals=shared) for cap in caps(0)]
        contestants[name] = conic_contestant([data] * len(numbers))
    for mode, value in MODES.items():
        bodies = [request(problem, number, value) for number in numbers]
        for count, channel in one_and_two.items():
            contestants[f"{mode}, {count}"] = lambda number, channel=channel, bodies=bodies: frontier(
                channel, bodies[number]
            )
    medians = interleaved_medians(contestants, rounds=rounds, warm_up=WARM_UP)
    form = min(FORMS, key=medians.__getitem__)
    rows: list[Row] = []
    for mode, value in MODES.items():
        one, two = medians[f"{mode}, 1"], medians[f"{mode}, 2"]
        optimal, first = certified_share(frontier(one_and_two[1], request(problem, -1, value)))
        rows.append(
            {
                "lines": lines,
                "mode": mode,
                "50 cold conic ms": medians[form],
                "form": form,
                "one worker ms": one,
                "one worker / cold": one / medians[form],
                "two workers ms": two,
                "one / two workers": one / two,
                "optimal": optimal,
                "by first engine": first,
            }
        )
    publish(f"frontier of {POINTS} points at {lines} lines", rows)
