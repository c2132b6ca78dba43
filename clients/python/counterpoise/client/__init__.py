"""The clients: one core, free of input and output, and two loops (`Client`, `AsyncClient`).

`calls` and the modules named `..._calls` say what methods ask and how answers are read; `exchange`, `waiting`
and `watching` what is done step by step; `statuses` what an error means. `channel` and
`asynchronous_channel` do it.
"""

from counterpoise.client.asynchronous import AsyncClient
from counterpoise.client.exchange import Retry
from counterpoise.client.synchronous import Client

__all__ = ["AsyncClient", "Client", "Retry"]
