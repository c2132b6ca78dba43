"""Counterpoise: certified allocation of notional beta, alpha sleeves and liquidity reserve.

    from counterpoise import AllocationProblem, Client

    problem = AllocationProblem.from_yaml("pension.yaml")
    with Client("localhost:50051") as client:
        allocation = client.allocate(problem)
        today = client.stress(problem)
    allocation.positions_frame()
    today.stresses_frame()

The vocabulary and the errors are here at once; the clients, which load grpc, and the helpers that load
pandas come with their first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from counterpoise import model
from counterpoise.errors import (
    AccessDenied,
    AlreadyExists,
    CallStatus,
    Conflict,
    CounterpoiseError,
    CredentialsRefused,
    DeadlinePassed,
    InfeasibleMandate,
    InternalError,
    InvalidProblem,
    MessageTooLarge,
    NotCertified,
    NotFound,
    PreconditionFailed,
    ServerBusy,
    ServiceError,
    StatusCode,
    Unavailable,
)
from counterpoise.marking import marks_of
from counterpoise.model import *  # noqa: F403 - the vocabulary, as its __all__ lists it
from counterpoise.notebook import give_methods

if TYPE_CHECKING:
    from counterpoise.client import AsyncClient, Client, Retry
    from counterpoise.frames import (
        contract_count,
        driver_values,
        fraction_of_nav,
        line_values,
        loading_matrix,
        notional_amount,
        symmetric_matrix,
        ten_year_equivalent_weight,
    )

    __version__: str

give_methods()

_CLIENTS = {"AsyncClient", "Client", "Retry"}
_EDGE = {
    "contract_count",
    "driver_values",
    "fraction_of_nav",
    "line_values",
    "loading_matrix",
    "notional_amount",
    "symmetric_matrix",
    "ten_year_equivalent_weight",
}

__all__ = [
    "AccessDenied",
    "AlreadyExists",
    "AsyncClient",
    "CallStatus",
    "Client",
    "Conflict",
    "CounterpoiseError",
    "CredentialsRefused",
    "DeadlinePassed",
    "InfeasibleMandate",
    "InternalError",
    "InvalidProblem",
    "MessageTooLarge",
    "NotCertified",
    "NotFound",
    "PreconditionFailed",
    "Retry",
    "ServerBusy",
    "ServiceError",
    "StatusCode",
    "Unavailable",
    "contract_count",
    "driver_values",
    "fraction_of_nav",
    "line_values",
    "loading_matrix",
    "marks_of",
    "notional_amount",
    "symmetric_matrix",
    "ten_year_equivalent_weight",
]
__all__ += model.__all__


if not TYPE_CHECKING:  # or every misspelt name would have a type

    def __getattr__(name: str) -> object:
        if name == "__version__":
            return import_module("importlib.metadata").version("counterpoise")
        module = "counterpoise.client" if name in _CLIENTS else "counterpoise.frames" if name in _EDGE else ""
        if not module:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(import_module(module), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted([*globals(), *__all__])
