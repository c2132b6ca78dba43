"""What the methods ask that are answered many times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from counterpoise import wire
from counterpoise.client.answers import batch_answer, frontier_point
from counterpoise.client.calls import Call, serialized
from counterpoise.client.rpcs import ALLOCATE_BATCH, TRACE_FRONTIER
from counterpoise.model import (
    AllocateBatchRequest,
    AllocateBatchResponse,
    AllocationProblem,
    BatchHeader,
    BatchItem,
    SolveParameters,
    SweepAxis,
    TraceFrontierRequest,
    TraceFrontierResponse,
)


def frontier(
    problem: AllocationProblem,
    axes: Iterable[SweepAxis],
    parameters: SolveParameters | None,
    request_id: str,
) -> Call[TraceFrontierResponse]:
    """TraceFrontier; its answer is read from every message."""
    request = TraceFrontierRequest(
        problem=problem, parameters=parameters, axes=tuple(axes), request_id=request_id
    )
    return Call(rpc=TRACE_FRONTIER, request=serialized(TRACE_FRONTIER, request), read=frontier_point)


def batch() -> Call[AllocateBatchResponse]:
    """AllocateBatch; its answer is read from every message, and what it asks is `batch_messages`."""
    return Call(rpc=ALLOCATE_BATCH, request=b"", read=batch_answer)


def batch_messages(items: Iterable[BatchItem], header: BatchHeader | None) -> Iterator[bytes]:
    """The header, then one item after the other, as they are asked for."""
    if header is not None:
        yield _bytes(AllocateBatchRequest(header=header))
    for item in items:
        yield _bytes(AllocateBatchRequest(item=item))


def ending_with_errors(messages: Iterator[bytes], errors: list[Exception]) -> Iterator[bytes]:
    """The messages up to the first error, which is put into `errors` and raised by whoever reads the answers.

    gRPC would turn it into an end of its own, in which nobody recognises it.
    """
    try:
        yield from messages
    except Exception as error:  # noqa: BLE001 - it may be anything that the caller's own items raise
        errors.append(error)


def _bytes(request: AllocateBatchRequest) -> bytes:
    return wire.to_message(request, ALLOCATE_BATCH.request_type).SerializeToString()
