"""What a worker has answered before its first question."""

from counterpoise import wire
from counterpoise.model import TerminationReason
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering.warm import warm_up


def test_the_example_that_warms_workers_up_is_certified():
    response = wire.to_model(allocation_service_pb2.AllocateResponse.FromString(warm_up()))
    assert response.allocation.termination.reason is TerminationReason.OPTIMAL
    assert response.allocation.certificate.optimality is not None
