"""Methods of a service as its contract lists them: convert, call, convert."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from counterpoise import wire
from optimizer.service.calls import Call, Work
from optimizer.service.identity import Principal
from optimizer.service.reading import read_sound_request

Handle: TypeAlias = "Callable[[Any, Principal], object]"
"""From a request that keeps the contract, and who makes it, to the response."""


def unary_methods(service: ServiceDescriptor, calls: Mapping[str, Handle]) -> dict[str, Work]:
    """What does the work of each method that has one answer, by its name in the contract.

    Raises KeyError where `calls` lacks one.
    """
    return {
        method.name: _work(calls[method.name], method)
        for method in service.methods
        if not method.server_streaming
    }


def _work(handle: Handle, method: MethodDescriptor) -> Work:
    request_type = GetMessageClass(method.input_type)
    response_type = GetMessageClass(method.output_type)

    def work(body: bytes, call: Call) -> bytes:
        request = read_sound_request(body, call, request_type)
        return wire.to_message(handle(request, call.principal), response_type).SerializeToString()

    return work
