"""Servicer of MonitorService."""

from __future__ import annotations

from collections.abc import Mapping

from counterpoise.v1 import monitor_service_pb2
from optimizer.service.calls import Work
from optimizer.service.unary import Handle, unary_methods

_SERVICE = monitor_service_pb2.DESCRIPTOR.services_by_name["MonitorService"]


class MonitorServicer:
    """Converts, calls, converts; runs in threads, never on the event loop."""

    def __init__(self, calls: Mapping[str, Handle]) -> None:
        self._methods = unary_methods(_SERVICE, calls)

    @property
    def service_name(self) -> str:
        """Full name of the service in the contract."""
        return str(_SERVICE.full_name)

    @property
    def methods(self) -> dict[str, Work]:
        """What does the work of each method, by its name in the contract."""
        return self._methods
