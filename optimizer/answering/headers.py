"""The header of a batch, as a worker reads it before there is an item."""

from __future__ import annotations

from dataclasses import replace

from counterpoise import wire
from counterpoise.model import BatchHeader, SolveParameters
from counterpoise.v1 import allocation_service_pb2
from counterpoise.validate.sweeps import parameter_violations
from optimizer.answering.requests import parse
from optimizer.usecases.errors import RequestInvalid


def judged_header(body: bytes) -> SolveParameters:
    """The parameters of a message with a header. Raises Refused and RequestInvalid.

    The other parts of it are judged with each item, of whose problem they are.
    """
    parsed = parse(body, allocation_service_pb2.AllocateBatchRequest)
    violations, parameters = parsed.violations, SolveParameters()
    if parsed.message is not None:
        header: BatchHeader = wire.to_model(parsed.message).header
        parameters = header.parameters or parameters
        violations = (*violations, *parameter_violations(parameters))
    if violations:
        raise RequestInvalid(
            tuple(replace(one, field=f"header.{one.field.removeprefix('header.')}") for one in violations)
        )
    return parameters
