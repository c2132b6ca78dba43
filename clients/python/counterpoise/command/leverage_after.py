"""How levered the positions are after each scenario, before anything is sold."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.command.losses import SHOWN
from counterpoise.model import AllocationProblem, LeverageDefinition, LimitReport
from counterpoise.wording.caps import leverage_caps
from counterpoise.wording.figures import fixed
from counterpoise.wording.names import Names
from counterpoise.wording.stressed import BASE, Stressed

_GROSS = LeverageDefinition.GROSS_NOTIONAL
_COLUMNS = {
    _GROSS: "gross",
    LeverageDefinition.COMMITMENT: "commitment",
    LeverageDefinition.OVERLAY: "overlay",
    LeverageDefinition.NET: "net",
}
_RUINED = "ruined"


def leverage_after(
    stressed: Stressed, problem: AllocationProblem, limits: Sequence[LimitReport], names: Names
) -> Section | None:
    """Leverage by scenario, most levered first, under the base state; caps beside what they cap."""
    after = {item for item in stressed.leverage_figures if item.scenario_id != BASE}
    if not after:
        return None
    values = {definition: stressed.leverage(definition) for definition in _COLUMNS}
    caps = leverage_caps(problem, limits)
    capped = [definition for definition in _COLUMNS if any(key[0] == definition and key[1] for key in caps)]
    gross = values[_GROSS]
    order = sorted(
        (item.scenario_id for item in stressed.stresses), key=lambda name: -gross.get(name, float("inf"))
    )

    def cells(name: str, scenario_id: str) -> tuple[str, ...]:
        row = [name]
        for definition, by_scenario in values.items():
            row.append(_times(by_scenario.get(scenario_id)) or _RUINED)
            row += [_times(caps.get((definition, scenario_id)))] if definition in capped else []
        return tuple(row)

    hidden = len(order) - SHOWN
    return Section(
        title="Leverage after each scenario",
        sentences=(
            "Every position at what it is worth by then, over the NAV that is left; nothing is sold.",
        ),
        columns=(
            "Over NAV",
            *[
                cell
                for definition, heading in _COLUMNS.items()
                for cell in (heading, *(("cap",) if definition in capped else ()))
            ],
        ),
        rows=[
            cells("No scenario", BASE),
            *[cells(names.scenario(name), name) for name in order[:SHOWN]],
        ],
        footnotes=(f"{hidden} more have less gross leverage.",) if hidden > 0 else (),
    )


def highest_in_words(stressed: Stressed, names: Names) -> str:
    """The highest gross leverage after a scenario that does not ruin; empty where it stays lower."""
    gross = stressed.leverage(_GROSS)
    today = gross.pop(BASE, 0.0)
    name = max(gross, key=lambda name: gross[name], default="")
    if not name or gross[name] <= today:
        return ""
    return (
        f"Gross leverage becomes {fixed(gross[name], 3)}x at most, without a trade ({names.scenario(name)})."
    )


def _times(value: float | None) -> str:
    return f"{fixed(value, 3)}x" if value is not None else ""
