"""Servicer of MonitorService."""

from __future__ import annotations

from typing import Protocol

from counterpoise.model import (
    ListMarksRequest,
    ListMarksResponse,
    RecordMarksRequest,
    RecordMarksResponse,
)
from counterpoise.v1 import monitor_service_pb2
from optimizer.service.calls import Work
from optimizer.service.identity import Principal
from optimizer.service.unary import unary_methods

_SERVICE = monitor_service_pb2.DESCRIPTOR.services_by_name["MonitorService"]


class MonitorCalls(Protocol):
    """What the calls of MonitorService do. Requests keep the contract; the rest is `Refused`."""

    def record_marks(self, request: RecordMarksRequest, principal: Principal) -> RecordMarksResponse:
        """Record marks."""

    def list_marks(self, request: ListMarksRequest, principal: Principal) -> ListMarksResponse:
        """Marks of a job, newest first."""


class MonitorServicer:
    """Converts, calls, converts; runs in threads, never on the event loop."""

    def __init__(self, calls: MonitorCalls) -> None:
        self._methods = unary_methods(_SERVICE, calls)

    @property
    def service_name(self) -> str:
        """Full name of the service in the contract."""
        return str(_SERVICE.full_name)

    @property
    def methods(self) -> dict[str, Work]:
        """What does the work of each method, by its name in the contract."""
        return self._methods
