"""What each scenario does to the positions: losses in percent and money, by kind of line."""

from __future__ import annotations

from counterpoise.command.layout import Section
from counterpoise.model import AllocationProblem, StressReport
from counterpoise.wording.exposures import exposures
from counterpoise.wording.figures import DUST, Money, percent
from counterpoise.wording.moves import Moves, Weights
from counterpoise.wording.names import Names
from counterpoise.wording.stressed import Stressed

SHOWN = 12
"""Scenarios that a table has."""


def losses(stressed: Stressed, problem: AllocationProblem, names: Names, money: Money) -> Section | None:
    """Loss after each scenario, the largest first, by what loses it; and what the scenarios are."""
    if not stressed.stresses:
        return None
    money = money.of_scenarios
    shown, hidden = stressed.by_loss[:SHOWN], len(stressed.stresses) - SHOWN
    moves = Moves(problem, names)
    weights = exposures(problem, problem.portfolio.lines, stressed.held(problem))
    return Section(
        title="What each scenario does",
        sentences=("Loss of NAV with nothing traded on the way; a gain is negative.",),
        columns=("% of NAV", "by day", "loss", money.heading, "funded", "overlays", "sleeves", "reserve"),
        rows=[
            (
                names.scenario(item.scenario_id),
                str(item.horizon_trading_days),
                percent(item.loss_fraction),
                money.cell_of(item.loss_fraction),
                percent(item.funded_loss_fraction),
                percent(item.overlay_loss_fraction),
                percent(item.sleeve_loss_fraction),
                percent(item.reserve_loss_fraction),
            )
            for item in shown
        ],
        footnotes=(
            *([f"{hidden} more lose less."] if hidden > 0 else []),
            *_ruined(stressed, names),
            *[f"- {told}" for item in shown if (told := _what_happens(item, moves, weights, names))],
        ),
    )


def worst_in_words(stressed: Stressed, names: Names, money: Money) -> str:
    """The largest loss of all scenarios, as a sentence; empty where none loses."""
    worst = stressed.by_loss[0] if stressed.stresses else None
    if worst is None or worst.loss_fraction < DUST:
        return ""
    count = len(stressed.stresses)
    which = (
        f"In the worst of {count} scenarios, {names.scenario(worst.scenario_id)},"
        if count > 1
        else (f"Under {names.scenario(worst.scenario_id)}")
    )
    lost = f"{which} it loses {percent(worst.loss_fraction)} % of NAV = {money.words_of(worst.loss_fraction)}"
    return f"{lost}: all there is." if worst.ruin else f"{lost}."


def _ruined(stressed: Stressed, names: Names) -> tuple[str, ...]:
    ruined = [names.scenario(item.scenario_id) for item in stressed.stresses if item.ruin]
    if not ruined:
        return ()
    which = f"{', '.join(ruined)} {'lose' if len(ruined) > 1 else 'loses'}"
    return (f"{which} all of NAV or more: the fund ends there, and leverage has no meaning.",)


def _what_happens(item: StressReport, moves: Moves, weights: Weights, names: Names) -> str:
    """What a scenario moves, by when, and where it was copied from."""
    parts = (moves.named(item.scenario_id, weights), moves.beyond(item.scenario_id))
    named = "; ".join(part for part in parts if part)
    scenario = moves.scenario(item.scenario_id)
    if not named or scenario is None:
        return ""
    instant = all(shock.horizon_trading_days is None for shock in scenario.driver_shocks) and all(
        shock.horizon_trading_days is None for shock in scenario.line_shocks
    )
    when = "at once" if instant else f"by day {item.horizon_trading_days}"
    regressed = moves.of(item.regressed_shocks, weights)
    follow = f"; the risk model expects {regressed} with it" if regressed else ""
    source = scenario.source
    origin = (
        f" ({source.library_id} {source.library_version}, {source.entry_id})" if source is not None else ""
    )
    return f"{names.scenario(item.scenario_id)}{origin}: {named}, {when}{follow}."
