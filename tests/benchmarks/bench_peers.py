"""Long-only mean-variance with a cap: through gRPC and certified, against other libraries in process."""

import numpy as np
import pytest

from counterpoise import Client
from tests.answers import positions
from tests.benchmarks.mean_variance import CAPS, mean_variance
from tests.benchmarks.record import Row, publish
from tests.benchmarks.timing import interleaved_medians
from tests.serving import serving

ROUNDS = {20: 30, 100: 15, 500: 5}
AGREEMENT = 1e-4
"""How far the objective of a peer may be from the certified one: the tolerances of their solvers."""


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server") / "log") as server, Client(server.address) as connected:
        yield connected


def bench_mean_variance_against_peers(client):
    # Imported here: the peers are in the environment of the benchmarks alone.
    from tests.benchmarks.peers import PEERS, clarabel_by_hand

    rows: list[Row] = []
    for assets in CAPS:
        question = mean_variance(assets)
        warm_up, rounds = 2, ROUNDS[assets]
        # Another aversion each round, so that no answer can be remembered.
        asked = [
            question.problem(question.aversion * (1 + 1e-5 * number)) for number in range(warm_up + rounds)
        ]
        solves = {name: prepare(question) for name, prepare in PEERS.items()}
        by_hand = {method: clarabel_by_hand(question, method) for method in ("qdldl", "faer", "auto")}
        certified = np.array(list(positions(client.allocate(asked[0])).values()))
        for name, solve in (solves | by_hand).items():
            apart = abs(question.value(solve()) - question.value(certified))
            assert apart < AGREEMENT * max(1.0, abs(question.value(certified))), (name, assets, apart)
        contestants = {"allocate": lambda number, asked=asked: client.allocate(asked[number])}
        for name, solve in (solves | by_hand).items():
            contestants[name] = lambda _number, solve=solve: solve()
        medians = interleaved_medians(contestants, rounds=rounds, warm_up=warm_up)
        row: Row = {
            "assets": assets,
            "clarabel by hand ms": min(medians[method] for method in by_hand),
            "allocate ms": medians["allocate"],
        }
        for name in PEERS:
            row[f"{name} ms"] = medians[name]
            row[f"{name} / allocate"] = medians[name] / medians["allocate"]
        rows.append(row)
    publish("mean variance against peers", rows)
