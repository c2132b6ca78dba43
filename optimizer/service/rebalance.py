"""Servicer of RebalanceService."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from google.protobuf.message import Message

from counterpoise import wire
from counterpoise.model import WatchRebalanceRunsRequest, WatchRebalanceRunsResponse
from counterpoise.v1 import rebalance_service_pb2
from optimizer.service.calls import Call, Work
from optimizer.service.identity import Principal
from optimizer.service.reading import read_sound_request
from optimizer.service.streams import Opening, Poll
from optimizer.service.unary import Handle, unary_methods

_SERVICE = rebalance_service_pb2.DESCRIPTOR.services_by_name["RebalanceService"]


ChangesOfRuns: TypeAlias = (
    "Callable[[str, str, Principal], tuple[tuple[WatchRebalanceRunsResponse, ...], str]]"
)
"""From a parent, a resume token and who asks to what changed since, and the token to go on from."""


class RebalanceServicer:
    """Converts, calls, converts; runs in threads, never on the event loop."""

    def __init__(self, calls: Mapping[str, Handle], changes_of_runs: ChangesOfRuns) -> None:
        self._changes_of_runs = changes_of_runs
        self._methods = unary_methods(_SERVICE, calls)

    @property
    def service_name(self) -> str:
        """Full name of the service in the contract."""
        return str(_SERVICE.full_name)

    @property
    def methods(self) -> dict[str, Work]:
        """What does the work of each method with one answer, by its name in the contract."""
        return self._methods

    @property
    def streams(self) -> dict[str, Opening]:
        """What opens each method that answers until the caller leaves, by its name in the contract."""
        return {"WatchRebalanceRuns": self.watch_rebalance_runs}

    def watch_rebalance_runs(self, body: bytes, call: Call) -> Poll:
        """Changes of runs from the request's token on."""
        messages = rebalance_service_pb2
        request: WatchRebalanceRunsRequest = read_sound_request(
            body, call, messages.WatchRebalanceRunsRequest
        )
        token = request.resume_token

        def poll() -> tuple[Message, ...]:
            nonlocal token
            changes, token = self._changes_of_runs(request.parent, token, call.principal)
            return tuple(wire.to_message(one, messages.WatchRebalanceRunsResponse) for one in changes)

        return poll
