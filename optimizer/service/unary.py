"""Methods of a service as its contract lists them: convert, call, convert."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from counterpoise import wire
from optimizer.service.calls import Call, Work
from optimizer.service.identity import Principal
from optimizer.service.reading import read_sound_request


def unary_methods(service: ServiceDescriptor, calls: object) -> dict[str, Work]:
    """What does the work of each method that has one answer, by its name in the contract.

    `calls` has a method of the same name in snake case for each, from request and principal to response.
    Raises AttributeError where one is missing.
    """
    return {
        method.name: _work(getattr(calls, _snake_case(method.name)), method)
        for method in service.methods
        if not method.server_streaming
    }


def _work(handle: Callable[[Any, Principal], object], method: MethodDescriptor) -> Work:
    request_type = GetMessageClass(method.input_type)
    response_type = GetMessageClass(method.output_type)

    def work(body: bytes, call: Call) -> Message:
        request = read_sound_request(body, call, request_type)
        return wire.to_message(handle(request, call.principal), response_type)

    return work


def _snake_case(name: str) -> str:
    return re.sub("(?<!^)(?=[A-Z])", "_", name).lower()
