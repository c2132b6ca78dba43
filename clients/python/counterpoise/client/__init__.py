"""The clients: one core (`calls`, `exchange`, `statuses`), two loops (`Client`, `AsyncClient`)."""

from counterpoise.client.asynchronous import AsyncClient
from counterpoise.client.exchange import Retry
from counterpoise.client.synchronous import Client

__all__ = ["AsyncClient", "Client", "Retry"]
