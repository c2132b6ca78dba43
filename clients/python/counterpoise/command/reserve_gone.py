"""The market level at which the reserve is gone."""

from __future__ import annotations

from counterpoise.command.layout import Section
from counterpoise.command.losses import SHOWN
from counterpoise.model import AllocationProblem
from counterpoise.wording.exposures import exposures
from counterpoise.wording.figures import fixed
from counterpoise.wording.moves import Moves
from counterpoise.wording.names import Names
from counterpoise.wording.stressed import Stressed

_NAMED = 4


def reserve_gone(stressed: Stressed, problem: AllocationProblem, names: Names) -> Section | None:
    """The multiple of each scenario that uses the reserve up, the smallest first, and its moves then."""
    gone = sorted(
        (item.reserve_gone_multiple, item.scenario_id)
        for item in stressed.stresses
        if item.reserve_gone_multiple is not None
    )
    if not gone:
        return None
    moves = Moves(problem, names)
    margined = [line for line in problem.portfolio.lines if line.margin_pool_id]
    weights = exposures(problem, margined, stressed.held(problem))
    rows = []
    for multiple, scenario_id in gone[:SHOWN]:
        lost = moves.lost_entirely(scenario_id, multiple)
        level = (
            f"not before {lost} has lost everything" if lost else moves.named(scenario_id, weights, multiple)
        )
        if multiple <= 0.0:
            level = "already gone as things are"
        rows.append((names.scenario(scenario_id), fixed(multiple, 2), level))
    hidden = len(gone) - SHOWN
    kept = [item.scenario_id for item in stressed.stresses if item.reserve_gone_multiple is None]
    return Section(
        title="When the reserve is gone",
        sentences=(
            "The multiple of each scenario at which reserve tiers no longer cover initial and variation "
            "margin, and what moves by how much then; margins rise in the same proportion. Above 1 the "
            "scenario itself leaves some.",
        ),
        columns=("Scenario", "multiple", "Market level"),
        rows=rows,
        left=(0, 2),
        footnotes=(
            *([f"{hidden} more need a larger multiple."] if hidden > 0 else []),
            *([_kept(kept, names)] if kept else []),
        ),
    )


def _kept(scenario_ids: list[str], names: Names) -> str:
    told = ", ".join(names.scenario(name) for name in scenario_ids[:_NAMED])
    more = f" and {len(scenario_ids) - _NAMED} more" if len(scenario_ids) > _NAMED else ""
    return f"No multiple of {told}{more} uses it up."
