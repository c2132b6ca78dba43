"""Allocate through gRPC against the best conic form written by hand, warm and cold.

Warm: one worker that has seen the structure; every round asks with another leverage cap, so that no
answer can be remembered. The hand-written solve has its data built beforehand, in the faster of its two
forms. Cold: structures that the server has not seen.
"""

import dataclasses
import statistics
import time

import pytest

from counterpoise import Client
from tests.answers import objective
from tests.benchmarks.record import Row, publish
from tests.benchmarks.timing import interleaved_medians
from tests.problems import SIZES, generate
from tests.reference.conic import conic_data, solve_conic
from tests.reference.conic_rows import default_settings
from tests.serving import serving

ROUNDS = {20: 60, 63: 60, 203: 40, 503: 20}
COLD_SEEDS = range(100, 107)
FORMS = {"plain": False, "shared residuals": True}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server") / "log") as server, Client(server.address) as connected:
        yield connected


def variant(problem, number):
    """The problem with another leverage cap."""
    limits = tuple(
        dataclasses.replace(limit, upper=limit.upper - 1e-5 * number) if limit.limit_id == "gross" else limit
        for limit in problem.mandate.limits
    )
    return dataclasses.replace(problem, mandate=dataclasses.replace(problem.mandate, limits=limits))


def warm_row(client, lines):
    """Medians at one size, after the answers were compared."""
    warm_up, rounds = 3, ROUNDS[lines]
    problems = [variant(generate(SIZES[lines], seed=1), number) for number in range(warm_up + rounds)]
    for problem in problems[:2]:
        certified, conic = objective(client.allocate(problem)), solve_conic(problem).objective
        assert certified == pytest.approx(conic, abs=1e-6), (lines, certified, conic)
    settings = default_settings()
    contestants = {"allocate": lambda number: client.allocate(problems[number])}
    for name, shared in FORMS.items():
        data = [conic_data(problem, share_residuals=shared) for problem in problems]
        contestants[name] = lambda number, data=data: data[number].solver(settings).solve()
    medians = interleaved_medians(contestants, rounds=rounds, warm_up=warm_up)
    form = min(FORMS, key=medians.__getitem__)
    return medians["allocate"], medians[form], form


def cold_milliseconds(client, lines):
    """Median of first calls with structures of other seeds."""
    samples = []
    for seed in COLD_SEEDS:
        problem = generate(SIZES[lines], seed=seed)
        started = time.perf_counter()
        client.allocate(problem)
        samples.append(1e3 * (time.perf_counter() - started))
    return statistics.median(samples)


def bench_allocate_against_conic_form(client):
    rows: list[Row] = []
    for lines in SIZES:
        allocate, conic, form = warm_row(client, lines)
        cold = cold_milliseconds(client, lines)
        rows.append(
            {
                "lines": lines,
                "conic ms": conic,
                "form": form,
                "allocate warm ms": allocate,
                "warm ratio": allocate / conic,
                "allocate cold ms": cold,
                "cold less warm ms": cold - allocate,
            }
        )
    publish("allocate against conic form", rows)
