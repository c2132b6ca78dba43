"""Is it alpha: the evidence behind each sleeve, what its manager charges, and what is left."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.model import Allocation, AllocationProblem, AlphaSleeve, SleeveVerdict
from counterpoise.wording.figures import DUST, Money, basis_points, fixed, percent
from counterpoise.wording.names import Names
from counterpoise.wording.words import SLEEVE_CLASSES, say

_SHOWN = 30
_R_SQUARED = "R-sq. is what known factors explain, alpha what they do not, after fees"
_T_STATISTIC = "t is declared over error"


def evidence(allocation: Allocation, problem: AllocationProblem, names: Names) -> Section | None:
    """What the evidence rule did to each sleeve that is held, or lost alpha by it."""
    if not allocation.sleeve_verdicts:
        return None
    held = _held(allocation)
    telling = [
        verdict
        for verdict in allocation.sleeve_verdicts
        if verdict.line_id in held or verdict.annual_alpha != verdict.annual_declared_alpha
    ]
    others = len(allocation.sleeve_verdicts) - len(telling)
    sleeves = {line.line_id: line.alpha_sleeve for line in problem.portfolio.lines}
    tested = any(_t_statistic(verdict, sleeves.get(verdict.line_id)) for verdict in telling)
    dated = any(_last_month(sleeves.get(verdict.line_id)) for verdict in telling)
    rows = []
    for verdict in telling[:_SHOWN]:
        sleeve = sleeves.get(verdict.line_id)
        rows.append(
            (
                names.line(verdict.line_id),
                fixed(sleeve.evidence.r_squared, 2) if sleeve is not None else "",
                str(sleeve.evidence.observation_count) if sleeve is not None else "",
                *((_last_month(sleeve),) if dated else ()),
                basis_points(verdict.annual_declared_alpha),
                *((_error(sleeve), _t_statistic(verdict, sleeve)) if tested else ()),
                basis_points(verdict.annual_alpha),
                say(verdict.sleeve_class, SLEEVE_CLASSES),
            )
        )
    columns = (
        *("Sleeve, bp a year", "R-sq.", "months"),
        *(("until",) if dated else ()),
        "declared",
        *(("error", "t") if tested else ()),
        *("counted", "Counts as"),
    )
    return Section(
        title="Evidence behind the alpha",
        columns=columns,
        rows=rows,
        left=(0, len(columns) - 1),
        footnotes=(
            *(
                [f"{len(telling) - _SHOWN} more are held or lost their alpha."]
                if len(telling) > _SHOWN
                else []
            ),
            *([f"{others} not held count as they were declared."] if others else []),
            f"{_R_SQUARED}; {_T_STATISTIC}." if tested else f"{_R_SQUARED}.",
        ),
    )


def fees(allocation: Allocation, problem: AllocationProblem, names: Names, money: Money) -> Section | None:
    """From gross alpha to what is left, for sleeves that are held and were declared gross of fees."""
    held = _held(allocation)
    charged = [
        verdict
        for verdict in allocation.sleeve_verdicts
        if verdict.line_id in held and (verdict.annual_management_fee or verdict.annual_performance_fee)
    ]
    if not charged:
        return None
    charged.sort(key=lambda verdict: -_fees(verdict) * held[verdict.line_id])
    rows = [
        (
            names.line(verdict.line_id),
            percent(held[verdict.line_id]),
            basis_points(verdict.annual_alpha + _fees(verdict)),
            basis_points(verdict.annual_management_fee),
            basis_points(verdict.annual_performance_fee),
            basis_points(verdict.annual_alpha),
            money.cell_of(_fees(verdict) * held[verdict.line_id]),
        )
        for verdict in charged[:_SHOWN]
    ]
    return Section(
        title="Fees of the sleeves",
        sentences=("Basis points of the position a year; the performance fee is the expected one.",),
        columns=(
            "Sleeve",
            "% of NAV",
            "gross alpha",
            "management",
            "performance",
            "net alpha",
            f"{money.heading} a year",
        ),
        rows=rows,
        footnotes=(*_more(charged), _together(charged, held, problem, money)),
    )


def _together(
    charged: Sequence[SleeveVerdict], held: dict[str, float], problem: AllocationProblem, money: Money
) -> str:
    """What the managers take; of sleeves that are declared after fees nobody said what that is."""
    paid = sum(_fees(verdict) * held[verdict.line_id] for verdict in charged)
    gross = sum((verdict.annual_alpha + _fees(verdict)) * held[verdict.line_id] for verdict in charged)
    share = f", {percent(paid / gross, 0)} % of their gross alpha" if gross > paid > 0 else ""
    take = f"take {basis_points(paid)} bp of NAV a year = {money.words_of(paid)}{share}"
    sleeves = [
        line.alpha_sleeve
        for line in problem.portfolio.lines
        if line.line_id in held and line.alpha_sleeve is not None
    ]
    unknown = sum(sleeve.expected_alpha.gross_of_fees is None for sleeve in sleeves)
    if not unknown:
        return f"The managers {take}."
    known = len(sleeves) - unknown
    whose = f"{known} sleeves" if known != 1 else "one sleeve"
    others = f"the other {unknown} charge" if unknown > 1 else "the other one charges"
    return f"The managers of the {whose} declared before fees {take}; what {others} is not known."


def _more(charged: Sequence[SleeveVerdict]) -> tuple[str, ...]:
    return (f"{len(charged) - _SHOWN} more charge less.",) if len(charged) > _SHOWN else ()


def _held(allocation: Allocation) -> dict[str, float]:
    return {item.line_id: item.fraction for item in allocation.positions if abs(item.fraction) >= DUST}


def _fees(verdict: SleeveVerdict) -> float:
    return verdict.annual_management_fee + verdict.annual_performance_fee


def _last_month(sleeve: AlphaSleeve | None) -> str:
    last = sleeve.evidence.last_observation_date if sleeve is not None else None
    return f"{last:%Y-%m}" if last is not None else ""


def _error(sleeve: AlphaSleeve | None) -> str:
    error = sleeve.annual_alpha_error if sleeve is not None else None
    return basis_points(error) if error else ""


def _t_statistic(verdict: SleeveVerdict, sleeve: AlphaSleeve | None) -> str:
    """Declared alpha after fees over its standard error; empty where that was not given."""
    error = sleeve.annual_alpha_error if sleeve is not None else None
    return fixed(verdict.annual_declared_alpha / error, 1) if error else ""
