"""A problem laid out, and the way back: positions and multipliers by limit from raw vectors."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from counterpoise.model import FloatArray, Side
from optimizer.program.attempt import RawAnswer
from optimizer.program.conic import ConicForm, conic_form
from optimizer.program.lines import Inputs
from optimizer.program.numbers import ConicNumbers
from optimizer.program.postings import settle_postings

_DUST = 1e-9
"""Positions below this fraction of NAV are none."""

_ALL_DUST = 1e-8
"""What all of it together may move."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What an engine brought, in the problem's own terms. Nothing is trusted before it is certified.

    `multipliers` maps constraint name and side to weights by member, each the improvement of the
    minimised objective per unit; `components` holds dual vectors of norms in the same way, with
    those of the objective's terms under ("objective/KIND", Side.UPPER).
    """

    engine: str
    status: str
    infeasible: bool
    variables: FloatArray | None = None
    """Positions, then postings."""
    multipliers: dict[tuple[str, Side], FloatArray] = field(default_factory=dict)
    components: dict[tuple[str, Side], FloatArray] = field(default_factory=dict)
    started_seconds: float = 0.0


class Prepared:
    """A problem as numbers, with what is needed to undo every step of the way there."""

    def __init__(self, form: ConicForm) -> None:
        self._form = form

    @property
    def numbers(self) -> ConicNumbers:
        """What an attempt solves."""
        return self._form.numbers

    def outcome(self, raw: RawAnswer) -> Outcome:
        """An engine's answer, in the problem's own terms."""
        multipliers: dict[tuple[str, Side], FloatArray] = {}
        components: dict[tuple[str, Side], FloatArray] = {}
        if raw.of_equal is not None and raw.of_at_most is not None:
            _read_rows(self._form, raw.of_equal, raw.of_at_most, multipliers)
            for piece in self._form.layout.pieces:
                components[piece.name, Side.UPPER] = (
                    piece.components(raw.of_at_most) * self._form.objective_scale
                )
            _read_cones(self._form, raw.of_cones, multipliers, components)
        return Outcome(
            engine=raw.engine,
            status=raw.status,
            infeasible=raw.infeasible,
            variables=None if raw.main is None else _variables(self._form, raw.main),
            multipliers=multipliers,
            components=components,
            started_seconds=raw.started_seconds,
        )


def prepare(inputs: Inputs) -> Prepared:
    """Lays out a problem."""
    return Prepared(conic_form(inputs))


def _variables(form: ConicForm, main: FloatArray) -> FloatArray:
    """Positions and postings: inside their boxes, and no more posted than margin asks for."""
    free = form.layout.columns.free
    variables = form.layout.columns.fixed.copy()
    variables[free] = main[: len(free)]
    # An interior point leaves dust where nothing is held, and where nothing is traded.
    count = form.lines.count
    swept = np.ones(len(variables), dtype=bool)
    if form.lines.inputs.budget is not None:
        swept[form.lines.inputs.budget.lines] = False
    variables[swept] = _swept(variables[swept], 0.0)
    traded = swept[:count] & (form.lines.current != 0.0)
    variables[:count][traded] = _swept(variables[:count][traded], form.lines.current[traded])
    variables = np.clip(variables, form.lines.inputs.lower, form.lines.inputs.upper)
    settle_postings(form.lines, variables)
    return variables


def _swept(values: FloatArray, target: FloatArray | float) -> FloatArray:
    """Values at their targets where they are next to them; all such moves together stay negligible."""
    away = np.abs(values - target)
    near = away < _DUST
    if away[near].sum() > _ALL_DUST:
        near = away < _ALL_DUST / near.sum()
    return np.where(near, target, values)


def _read_rows(
    form: ConicForm,
    of_equal: FloatArray,
    of_at_most: FloatArray,
    multipliers: dict[tuple[str, Side], FloatArray],
) -> None:
    """Row multipliers in each limit's own unit; the sign of a target's says which side it is."""
    scale = form.objective_scale
    for slot in form.layout.slots:
        source = of_equal if slot.side is None else of_at_most
        price = np.zeros(slot.member_count)
        price[slot.members] = source[slot.rows] * scale / slot.scale
        if slot.side is None:
            multipliers[slot.name, Side.UPPER] = np.maximum(price, 0.0)
            multipliers[slot.name, Side.LOWER] = np.maximum(-price, 0.0)
            continue
        multipliers[slot.name, slot.side] = price


def _read_cones(
    form: ConicForm,
    of_cones: tuple[FloatArray, ...],
    multipliers: dict[tuple[str, Side], FloatArray],
    components: dict[tuple[str, Side], FloatArray],
) -> None:
    """Multipliers of radii, and dual vectors over factors and underlyings."""
    cones, columns = form.numbers.shape.cones, form.layout.columns
    count = len(cones) + len(columns.residual_norm)
    norms = dict(zip(columns.residual_norm, of_cones[len(cones) : count], strict=True))
    for ball, cone, raw in zip(form.layout.balls, cones, of_cones, strict=False):
        block = columns.blocks[cone.block]
        scale = form.objective_scale / (block.scale * ball.multiple)
        rank = block.factor.shape[0]
        residual = -raw[1 + rank :]
        if cone.block in norms:
            # The cone's part of what all cones ask of the shared norm, in the residuals' direction.
            shared = norms[cone.block]
            residual = -shared[1:] * (float(residual[0]) / shared[0] if shared[0] > 0.0 else 0.0)
        vector = np.zeros(rank + ball.spread.underlying_count)
        vector[:rank] = -raw[1 : 1 + rank]
        vector[rank + block.shared_at] = residual[: block.shared.count]
        vector[rank + block.own_at] = residual[block.shared.count :]
        components[ball.name, Side.UPPER] = vector * scale
        if ball.radius is not None:
            multipliers[ball.name, Side.UPPER] = raw[:1] * scale
