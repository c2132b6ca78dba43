"""What sleeves were believed to be, and how much of them was held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterpoise.command.layout import Section
from counterpoise.wording.figures import fixed, percent

if TYPE_CHECKING:
    from counterpoise.backtest import WalkForward

_DUST = 1e-6


def beliefs(walk: WalkForward) -> Section | None:
    """First and last alphas, classes, and mean holdings; None without estimated sleeves."""
    estimates = walk.estimates_frame()
    if not len(estimates):
        return None
    by_sleeve = estimates.groupby("line_id", sort=False)
    held = walk.holdings_frame()[list(dict.fromkeys(estimates.index.get_level_values("line_id")))]
    without = int((held.sum(axis=1) <= _DUST).sum())
    nothing = f" At the end of {without} of {len(held)} periods none was held." if without else ""
    rows = []
    for name, frame in by_sleeve:
        classes = frame["sleeve_class"].replace("", "none").value_counts(normalize=True)
        rows.append(
            (
                str(name),
                percent(frame["shrunk_alpha"].iloc[0]),
                percent(frame["shrunk_alpha"].iloc[-1]),
                percent(held[str(name)].mean()),
                fixed(frame["r_squared"].mean(), 2),
                ", ".join(
                    f"{str(kind).replace('_', ' ')} {percent(share, 0)} %" for kind, share in classes.items()
                ),
            )
        )
    return Section(
        title="What sleeves were believed to be",
        sentences=(
            f"Together they were {percent(held.sum(axis=1).mean())} % of NAV on average, and "
            f"{percent(held.sum(axis=1).iloc[-1])} % at the end.{nothing}",
        ),
        columns=(
            "Sleeve",
            "first alpha %",
            "last alpha %",
            "held % of NAV",
            "R-squared",
            "class, of decisions",
        ),
        rows=rows,
        footnotes=(
            "Alphas are a year, over betas, net of fees, and shrunk towards the prior. R-squared is "
            "adjusted; the class is by it, and says nothing of the alpha.",
        ),
        left=(0, 5),
        whole=(0,),
    )
