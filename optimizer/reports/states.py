"""The base state and every scenario as arrays, made once for the same market, portfolio and scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from counterpoise.model import BoolArray, DriverValue, FloatArray, IndexArray, MissingShockRule
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.convex import weighted_count
from optimizer.measures.coverage import money_per_unit, undrawn
from optimizer.measures.margin import pool_piece
from optimizer.measures.shocks import Shock
from optimizer.reports.locked import locked


@dataclass(frozen=True, eq=False)
class States:
    """S states, the base state first, over n lines, m of them margined, and G pools."""

    scenario_ids: tuple[str, ...]
    last_days: tuple[int, ...]
    losses: FloatArray
    """What each line has lost at the end, per unit, shape (S, n)."""
    kept: FloatArray
    """What gates leave of each line, shape (S, n)."""
    lost_value: FloatArray
    """What gates, haircuts and moves take of each line, per unit, shape (S, n)."""
    margined: IndexArray
    """The lines with margin, shape (m,)."""
    place: IndexArray
    """State and pool of each margined line in every state, as one number, shape (S * m,)."""
    margin_rates: FloatArray
    """Margin by rate, per unit of absolute notional, shape (S, m)."""
    moves: FloatArray
    """Returns of margined lines at the end, shape (S, m)."""
    pool_multipliers: FloatArray
    """Stressed over today's margin of whole pools, shape (S, G)."""
    rated: BoolArray
    """Pools that are margined by rate, shape (G,)."""
    last: Money
    """At the last day of each state."""
    regressed: tuple[tuple[DriverValue, ...], ...]
    """Moves at the end that nobody gave, by state."""

    def initial_margins(self, positions: FloatArray, today: FloatArray) -> FloatArray:
        """Of each pool, NAV fraction, given today's, shape (S, G)."""
        shape = self.pool_multipliers.shape
        size = self.margin_rates * np.abs(positions[self.margined])
        by_rate = weighted_count(self.place, size.ravel(), shape[0] * shape[1]).reshape(shape)
        return np.asarray(np.where(self.rated, by_rate, self.pool_multipliers * today))

    def variation_margins(self, positions: FloatArray) -> FloatArray:
        """Of each pool at the end, NAV fraction, shape (S, G)."""
        return variation_of(self.place, self.moves * positions[self.margined], self.pool_multipliers.shape)


@dataclass(frozen=True, eq=False)
class Money:
    """What lines bring in R states and horizons."""

    per_unit: FloatArray
    """Shape (R, n)."""
    undrawn: FloatArray
    """What credit lines bring before anything is drawn, shape (R, n)."""

    def of(self, positions: FloatArray) -> FloatArray:
        """What each line brings, NAV fraction, shape (R, n)."""
        return np.asarray(self.per_unit * positions + self.undrawn)


_STATES: Final = Recall[States](8)


def states_of(book: Book) -> States:
    """The states of a problem."""
    problem = book.problem
    return _STATES.get((problem.market, problem.portfolio, problem.scenarios), lambda: locked(_states(book)))


def _states(book: Book) -> States:
    shocks, margined = book.shocks, np.flatnonzero(book.pool >= 0)
    pools = len(book.problem.portfolio.margin_pools)
    firsts = pools * np.arange(len(shocks))[:, None]
    final = np.stack([shock.final for shock in shocks])
    kept, sold = np.stack([shock.kept for shock in shocks]), np.stack([shock.sold for shock in shocks])
    return States(
        scenario_ids=tuple([shock.scenario_id for shock in shocks]),
        last_days=tuple([shock.last_day for shock in shocks]),
        losses=-final,
        kept=kept,
        lost_value=1.0 - sold * kept * (1.0 + final),
        margined=margined,
        place=(firsts + book.pool[margined]).ravel().astype(np.intp),
        margin_rates=np.stack([(book.margin_rate * shock.line_multiplier)[margined] for shock in shocks]),
        moves=np.take(final, margined, axis=1),
        pool_multipliers=np.stack([shock.pool_multiplier for shock in shocks]),
        rated=np.array([pool_piece(book, pool) is None for pool in range(pools)], dtype=bool),
        last=money_in(book, [(shock, shock.last_day) for shock in shocks]),
        regressed=tuple([_regressed(book, shock) for shock in shocks]),
    )


def money_in(book: Book, cases: list[tuple[Shock, int]]) -> Money:
    """What lines bring in these states, each by so many trading days."""
    per_unit = [money_per_unit(book, shock, days) for shock, days in cases]
    return Money(np.stack(per_unit), np.stack([undrawn(book, each) for each in per_unit]))


def variation_of(place: IndexArray, gains: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """What pools have lost, or zero where they have gained, of gains by margined line, shape (R, G)."""
    lost = weighted_count(place, -gains.ravel(), shape[0] * shape[1])
    return np.asarray(np.maximum(lost, 0.0).reshape(shape))


def _regressed(book: Book, shock: Shock) -> tuple[DriverValue, ...]:
    scenario = shock.scenario
    if scenario is None or scenario.missing_shock_rule is not MissingShockRule.REGRESS:
        return ()
    named, moves = set(scenario.shocked_driver_ids), shock.driver_moves(shock.last_day)
    return tuple(
        DriverValue(driver_id=driver_id, value=float(moves[index]))
        for index, driver_id in enumerate(book.problem.market.driver_ids)
        if driver_id not in named
    )
