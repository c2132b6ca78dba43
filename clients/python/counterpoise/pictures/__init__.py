"""Pictures of an answer, as matplotlib figures; the extra `counterpoise[pictures]` brings matplotlib.

    from counterpoise import pictures

    pictures.draw_ledgers(allocation, problem).savefig("ledgers.png")

A notebook shows a figure that ends a cell once it was told `%matplotlib inline`. Every function raises
ValueError where the answer does not carry what it draws: an optimum in the full view does, and those about
scenarios draw a measured portfolio, too. `draw_evidence`, `draw_capture` and `draw_covariance` draw what
return histories say; `draw_trades` and `draw_before_after` draw what a proposal would change; `draw_frontier`
draws a sweep.
"""

from importlib.util import find_spec

if find_spec("matplotlib") is None:
    raise ModuleNotFoundError(
        "pictures need matplotlib: pip install 'counterpoise[pictures]'", name="matplotlib"
    )

from counterpoise.pictures.capture import draw_capture
from counterpoise.pictures.covariance import draw_covariance
from counterpoise.pictures.evidence import draw_evidence
from counterpoise.pictures.frontier import draw_frontier
from counterpoise.pictures.ledgers import draw_ledgers
from counterpoise.pictures.leverage import draw_leverage
from counterpoise.pictures.limits import draw_limits
from counterpoise.pictures.liquidity import draw_liquidity
from counterpoise.pictures.proposals import draw_before_after, draw_trades
from counterpoise.pictures.reserve_path import draw_reserve_path
from counterpoise.pictures.risks import draw_risk
from counterpoise.pictures.walks import draw_walks

__all__ = [
    "draw_before_after",
    "draw_capture",
    "draw_covariance",
    "draw_evidence",
    "draw_frontier",
    "draw_ledgers",
    "draw_leverage",
    "draw_limits",
    "draw_liquidity",
    "draw_reserve_path",
    "draw_risk",
    "draw_trades",
    "draw_walks",
]
