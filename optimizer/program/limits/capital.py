"""Capital sums to one: 1'p + 1'a_funded + 1'c - 1'b = 1."""

from __future__ import annotations

import numpy as np

from counterpoise.model import Line
from optimizer.program.lines import Lines
from optimizer.program.rows import Rows


def capital_budget(lines: Lines) -> Rows:
    """The budget: overlays and unfunded accounts use none, drawn credit brings capital."""
    return Rows("rule/CAPITAL_BUDGET", lines.row(lines.each(_capital)), np.zeros(1), lower=1.0, upper=1.0)


def _capital(line: Line) -> float:
    if line.overlay is not None:
        return 0.0
    if line.alpha_sleeve is not None and line.alpha_sleeve.unfunded_account is not None:
        return 0.0
    return -1.0 if line.credit_line is not None else 1.0
