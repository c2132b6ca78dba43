"""Euler shares of a volatility by name: which line, which driver, which line beyond its drivers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from counterpoise.model import CorrelationRegime, RiskFigure, RiskShare, RiskSplit, RiskStatistic
from counterpoise.wording.names import Names

Named = tuple[str, float]
"""A name and its share of the volatility."""

_ROUNDING = 1e-6
_ANY = 5e-4
"""What is 0.1 % when rounded."""
_NO_LINE, _NO_DRIVER = "the reference portfolio", "beyond the drivers"


def volatilities(
    figures: Iterable[RiskFigure], regime: CorrelationRegime = CorrelationRegime.NORMAL
) -> dict[RiskStatistic, float]:
    """Annual volatilities of one regime by statistic."""
    return {item.statistic: item.annual_volatility for item in figures if item.regime == regime}


def by_line(shares: Iterable[RiskShare], statistic: RiskStatistic, names: Names) -> list[Named]:
    """Shares of the lines, largest first; of active risk also what the reference portfolio takes away."""
    return _named(shares, statistic, RiskSplit.LINE, names)


def by_driver(shares: Iterable[RiskShare], statistic: RiskStatistic, names: Names) -> list[Named]:
    """Shares of the drivers, and what is beyond them as one, largest first."""
    return _named(shares, statistic, RiskSplit.DRIVER, names)


def by_driver_and_own(shares: Sequence[RiskShare], statistic: RiskStatistic, names: Names) -> list[Named]:
    """Shares of the drivers, and line by line what is beyond them, largest first.

    Where an answer does not say which lines these are, they stay one.
    """
    own = [
        (f"{names.line(share.subject.line_id)}, on its own", share.share)
        for share in shares
        if share.statistic == statistic
        and share.split == RiskSplit.RESIDUAL
        and share.subject is not None
        and share.subject.line_id
    ]
    attributed = sum(share for _, share in own)
    drivers = [
        (name, share - attributed if name == _NO_DRIVER else share)
        for name, share in by_driver(shares, statistic, names)
    ]
    told = [(name, share) for name, share in drivers if name != _NO_DRIVER or abs(share) > _ROUNDING]
    return _largest_first([*told, *own])


def cut(named: Sequence[Named], count: int, least: float) -> list[Named]:
    """The `count` largest of at least `least`, and the sum of the others, if it is any, as the last."""
    shown = [item for item in named[:count] if abs(item[1]) >= least]
    rest = named[len(shown) :]
    together = sum(share for _, share in rest)
    if abs(together) < _ANY:
        return shown
    return [*shown, rest[0] if len(rest) == 1 else (f"{len(rest)} smaller together", together)]


def _named(
    shares: Iterable[RiskShare], statistic: RiskStatistic, split: RiskSplit, names: Names
) -> list[Named]:
    return _largest_first(
        [
            (_name(share, names), share.share)
            for share in shares
            if (share.statistic, share.split) == (statistic, split)
        ]
    )


def _largest_first(shares: list[Named]) -> list[Named]:
    return sorted(shares, key=lambda item: -abs(item[1]))


def _name(share: RiskShare, names: Names) -> str:
    subject = share.subject
    if subject is not None and subject.line_id:
        return names.line(subject.line_id)
    if subject is not None and subject.driver_id:
        return names.driver(subject.driver_id)
    return _NO_LINE if share.split == RiskSplit.LINE else _NO_DRIVER
