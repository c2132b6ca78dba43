"""A batch of 1,000 portfolios on two local workers against a Dask cluster of two worker processes.

Both are behind a server of their own, asked by prepared bytes over loopback, in turns. Every portfolio has a
fee of its own, so that none can be remembered; market, mandate and objective are the header's. Once at a time
the answers of both are compared, bit by bit.
"""

import dataclasses
import statistics
import time

import grpc
import pytest

from counterpoise import wire
from counterpoise.model import AllocateBatchRequest, BatchHeader, BatchItem
from counterpoise.v1 import allocation_service_pb2
from tests.benchmarks.record import Row, publish
from tests.dask_cluster import dask_cluster
from tests.problems import SIZES, generate
from tests.serving import serving

METHOD = "/counterpoise.v1.AllocationService/AllocateBatch"
PORTFOLIOS = 1_000
ROUNDS = 3
WORKERS = 2
LONGEST_SECONDS = 600.0


def charged(portfolio, fee):
    """The portfolio, where the first fund has another fee."""
    place = next(index for index, line in enumerate(portfolio.lines) if line.funded_beta is not None)
    lines = list(portfolio.lines)
    funded = dataclasses.replace(lines[place].funded_beta, annual_fee=fee)
    lines[place] = dataclasses.replace(lines[place], funded_beta=funded)
    return dataclasses.replace(portfolio, lines=tuple(lines))


def messages(problem, number, count):
    """Header and items of a round, as bytes."""
    header = BatchHeader(market=problem.market, mandate=problem.mandate, objective=problem.objective)
    requests = [AllocateBatchRequest(header=header)]
    for index in range(count):
        portfolio = charged(problem.portfolio, 1e-3 + 1e-6 * number + 1e-9 * index)
        requests.append(AllocateBatchRequest(item=BatchItem(request_id=f"{index:04}", portfolio=portfolio)))
    return [
        wire.to_message(request, allocation_service_pb2.AllocateBatchRequest).SerializeToString()
        for request in requests
    ]


def answers(channel, bodies):
    """Seconds, and the answers by their bytes in the order of their ids."""
    began = time.monotonic()
    found = list(channel.stream_stream(METHOD)(iter(bodies), timeout=LONGEST_SECONDS))
    taken = time.monotonic() - began
    read = [allocation_service_pb2.AllocateBatchResponse.FromString(body) for body in found]
    assert all(one.HasField("allocation") for one in read)
    assert sorted(one.request_id for one in read) == [f"{index:04}" for index in range(len(bodies) - 1)]
    return taken, sorted(found)


@pytest.mark.parametrize("lines", [20, 63])
def bench_batch_on_a_cluster(tmp_path, lines):
    from distributed import Client

    problem = generate(SIZES[lines], seed=1)
    two = {"worker_count": str(WORKERS)}
    seconds: dict[str, list[float]] = {"local": [], "cluster": []}
    with dask_cluster(tmp_path, WORKERS) as cluster:
        with Client(cluster.address, set_as_default=False) as client:
            client.wait_for_workers(WORKERS, timeout=120)
        on_cluster = two | {"dask_scheduler_address": cluster.address}
        with (
            serving(tmp_path / "local", two) as local,
            serving(tmp_path / "remote", on_cluster) as remote,
            grpc.insecure_channel(local.address) as local_channel,
            grpc.insecure_channel(remote.address) as remote_channel,
        ):
            channels = {"local": local_channel, "cluster": remote_channel}
            for number in range(-1, ROUNDS):
                count = PORTFOLIOS if number >= 0 else PORTFOLIOS // 5
                bodies = messages(problem, number, count)
                found = {name: answers(channel, bodies) for name, channel in channels.items()}
                assert found["local"][1] == found["cluster"][1]
                if number >= 0:
                    for name, (taken, _) in found.items():
                        seconds[name].append(taken)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    rows: list[Row] = [
        {
            "lines": lines,
            "portfolios": PORTFOLIOS,
            "two local workers /s": PORTFOLIOS / medians["local"],
            "two Dask workers /s": PORTFOLIOS / medians["cluster"],
            "cluster / local": medians["local"] / medians["cluster"],
        }
    ]
    publish(f"batch of {PORTFOLIOS} portfolios at {lines} lines", rows)
