"""One attempt: conic form, compiled program, engine, then positions and multipliers by limit."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray, Side
from optimizer.program.attempt import Attempt, Outcome
from optimizer.program.compile import ConicData, program_of
from optimizer.program.conic import ConicForm, Slot, conic_form
from optimizer.program.engines import RawAnswer, run_engine


def solve(attempt: Attempt) -> Outcome:
    """Runs one attempt; whatever it brings back is for the certificate to judge."""
    form = conic_form(attempt)
    data = program_of(form).data(form)
    raw = run_engine(data, attempt.engine)
    outcome = Outcome(engine=raw.engine, status=raw.status, infeasible=raw.infeasible)
    if raw.z is None or not np.all(np.isfinite(raw.z)):
        return outcome
    multipliers, components = _multipliers(form, data, raw.z)
    return Outcome(
        engine=raw.engine,
        status=raw.status,
        infeasible=raw.infeasible,
        variables=None if raw.infeasible else _variables(form, data, raw),
        multipliers=multipliers,
        components=components,
    )


def _variables(form: ConicForm, data: ConicData, raw: RawAnswer) -> FloatArray | None:
    """Positions and postings: inside their boxes, and no more posted than margin asks for."""
    if raw.x is None or not np.all(np.isfinite(raw.x)):
        return None
    free = form.columns.free
    variables = form.columns.fixed.copy()
    variables[free] = raw.x[data.main_at : data.main_at + len(free)]
    variables = np.clip(variables, form.lines.attempt.lower, form.lines.attempt.upper)
    _release_surplus(form, variables)
    return variables


def _release_surplus(form: ConicForm, variables: FloatArray) -> None:
    """Scales each pool's postings down to its margin: any surplus is free reserve."""
    lines = form.lines
    margin = np.zeros(len(lines.portfolio.margin_pools))
    places = {pool.margin_pool_id: index for index, pool in enumerate(lines.portfolio.margin_pools)}
    for index, line in enumerate(lines.portfolio.lines):
        rate = 0.0
        if line.overlay is not None:
            rate = line.overlay.initial_margin_rate or 0.0
        elif line.unfunded is not None:
            rate = line.unfunded.initial_margin_rate
        if line.margin_pool_id:
            margin[places[line.margin_pool_id]] += rate * abs(variables[index])
    value = np.zeros(len(margin))
    for index, posting in enumerate(lines.postings):
        value[posting.pool] += (1.0 - posting.terms.haircut) * variables[lines.count + index]
    for index, posting in enumerate(lines.postings):
        if value[posting.pool] > margin[posting.pool]:
            variables[lines.count + index] *= margin[posting.pool] / value[posting.pool]


def _multipliers(
    form: ConicForm, data: ConicData, z: FloatArray
) -> tuple[dict[tuple[str, Side], FloatArray], dict[tuple[str, Side], FloatArray]]:
    """Row multipliers in each limit's own unit, by name and side."""
    scale = form.objective_scale
    of_equal = z[: data.zero] * scale
    of_at_most = z[data.zero : data.zero + data.nonnegative] * scale
    multipliers: dict[tuple[str, Side], FloatArray] = {}
    components: dict[tuple[str, Side], FloatArray] = {}
    for slot in form.slots:
        if slot.side is None:
            price = np.zeros(slot.member_count)
            price[slot.members] = of_equal[slot.rows] / slot.scale
            multipliers[slot.name, Side.UPPER] = np.maximum(price, 0.0)
            multipliers[slot.name, Side.LOWER] = np.maximum(-price, 0.0)
            continue
        price = np.zeros(slot.member_count)
        price[slot.members] = of_at_most[slot.rows] / slot.scale
        multipliers[slot.name, slot.side] = price
        if slot.pairs is not None:
            components[slot.name, slot.side] = _pair_components(slot, of_at_most)
    at = data.zero + data.nonnegative
    for cone, size in zip(form.cones, data.second_order, strict=True):
        block = form.columns.blocks[cone.block]
        dual = z[at : at + size] * (scale / block.scale)
        at += size
        rank = block.factor.shape[0]
        vector = np.zeros(rank + int(form.lines.underlying.max()) + 1)
        vector[:rank] = -dual[1 : 1 + rank]
        vector[rank + block.residual_at] = -dual[1 + rank :]
        name = (cone.name, Side.UPPER)
        components[name] = vector
        if cone.radius is not None:
            multipliers[name] = dual[:1]
    return multipliers, components


def _pair_components(slot: Slot, of_at_most: FloatArray) -> FloatArray:
    if slot.pairs is None or slot.pairs_scale is None:
        raise ValueError(f"{slot.name} has no pairs")
    below = slot.pairs + len(slot.pairs)
    return np.asarray((of_at_most[slot.pairs] - of_at_most[below]) / slot.pairs_scale)
