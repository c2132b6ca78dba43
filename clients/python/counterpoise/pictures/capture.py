"""From the active return of each fund to the alpha that fees leave, step by step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from counterpoise.model import (
    ActiveReturn,
    AlphaCapture,
    AlphaCaptureQuestion,
    CaptureVerdict,
    FeeReport,
    MeasureAlphaCaptureResponse,
)
from counterpoise.pictures.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    SKY,
    SMALL,
    VERMILLION,
    bars,
    label,
    new_figure,
    room_for_text,
)
from counterpoise.wording.capture import FEE_BASES, benchmark, fund_of, is_unproven, least, verdict
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.names import cut
from counterpoise.wording.words import say

_SHOWN = 6
_FACTORS = 6
_COLUMNS = 2
_LONGEST, _SHORT = 30, 18
"""Letters of a fund in a heading, and of a column beside an axis."""
_TOTAL, _PART, _FEE, _LEFT, _LOST = "total", "part", "fee", "left", "lost"
_COLOURS = {
    _TOTAL: (BLUE, "", "return over the benchmark, alpha"),
    _PART: (SKY, "//", "what brought it"),
    _FEE: (ORANGE, "..", "fees"),
    _LEFT: (GREEN, "", "alpha after fees, above the bar"),
    _LOST: (VERMILLION, "xx", "alpha after fees, not above it"),
}


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One bar, annual decimals: from a running sum, or from zero where it is a total."""

    name: str
    kind: str
    start: float
    end: float

    @property
    def text(self) -> str:
        """What is written beside it: the total, or the change."""
        return percent(self.end - self.start, signed=self.kind in (_PART, _FEE))


def draw_capture(response: MeasureAlphaCaptureResponse, question: AlphaCaptureQuestion) -> Figure:
    """A panel for every fund, of the first six: its active return in parts, alpha, fees, and what they leave.

    In % a year; the stroke through the last bar is its interval, the dotted line the alpha from which a fund
    adds value. Raises ValueError where no fund has an active return.
    """
    given = [
        (item, active) for item in response.captures for active in [item.active_return] if active is not None
    ]
    if not given:
        raise ValueError("this answer has no active returns: each fund needs more periods than coefficients")
    hidden = len(given) - _SHOWN
    more = f" ({hidden} more funds not drawn)" if hidden > 0 else ""
    shown = [(item, _steps(item, active, question)) for item, active in given[:_SHOWN]]
    columns = min(_COLUMNS, len(shown))
    rows = math.ceil(len(shown) / columns)
    most = max(len(steps) for _, steps in shown)
    figure = new_figure(_finding(given, question) + more, rows * (most + 3))
    for place, (item, steps) in enumerate(shown):
        axes = figure.add_subplot(rows, columns, place + 1)
        _draw(axes, item, steps, question)
        axes.set_ylim(most - 0.4, -0.6)  # bars are equally thick in all panels
    kinds = {step.kind for _, steps in shown for step in steps}
    keys: list[Patch | Line2D] = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=words)
        for kind, (colour, hatch, words) in _COLOURS.items()
        if kind in kinds
    ]
    if kinds & {_LEFT, _LOST}:
        keys.append(Line2D([], [], color=INK, linewidth=1.6, label="its interval"))
        keys.append(Line2D([], [], color=INK, linewidth=1.4, linestyle=":", label=f"bar of {_bar(question)}"))
    figure.legend(handles=keys, loc="outside lower right", ncols=4, frameon=False, fontsize=SMALL)
    return figure


def _bar(question: AlphaCaptureQuestion) -> str:
    """Alpha after fees above which a fund adds value."""
    return f"{percent(least(question))} %"


def _finding(given: list[tuple[AlphaCapture, ActiveReturn]], question: AlphaCaptureQuestion) -> str:
    bar = _bar(question)
    if len(given) == 1:
        item = given[0][0]
        lead, fees = f"{cut(item.fund_id, _LONGEST)}: {verdict(item)}", item.fees
        if fees is None:
            return f"{lead}, too little data"
        return (
            f"{lead}. Fees of {percent(fees.annual_fee)} % leave {percent(fees.annual_net_alpha)} % of "
            f"{percent(fees.annual_gross_alpha)} % alpha; the bar is {bar}"
        )
    good = [item for item, _ in given if item.verdict is CaptureVerdict.ADDS_VALUE]
    named = f": {', '.join(map(_named, good[:3]))}" if good else ""
    keep = "keeps" if len(good) == 1 else "keep"
    return f"{len(good)} of {len(given)} funds {keep} more than {bar} of alpha a year after fees{named}"


def _named(item: AlphaCapture) -> str:
    """A fund that adds value, and whether chance alone could do it."""
    return f"{cut(item.fund_id, _LONGEST)}{' (not proven)' if is_unproven(item) else ''}"


def _steps(item: AlphaCapture, active: ActiveReturn, question: AlphaCaptureQuestion) -> list[_Step]:
    """Bars from the active return down to what is left."""
    fund = fund_of(item, question)
    whole = _Step(
        name=f"return over {cut(benchmark(fund), _SHORT)}",
        kind=_TOTAL,
        start=0.0,
        end=active.annual_active_return,
    )
    basis = f", {say(fund.fee_basis, FEE_BASES)}" if fund is not None else ""
    parts = [
        (f"from holding {fixed(active.benchmark_beta, 2)} of it", active.annual_benchmark_part),
        *_factors(active),
        (f"from alpha{basis}", active.annual_alpha),
    ]
    steps, level = [whole], 0.0
    for name, part in parts:
        steps.append(_Step(name=name, kind=_PART, start=level, end=level + part))
        level += part
    return [*steps, *(_after(item.fees, item.verdict) if item.fees is not None else [])]


def _factors(active: ActiveReturn) -> list[tuple[str, float]]:
    """The largest parts in the order of the question, and the others as one."""
    by_size = sorted(active.factor_parts, key=lambda part: -abs(part.annual_return))
    rest = by_size[_FACTORS:]
    named = [
        (f"from {cut(part.factor_id, _SHORT)}", part.annual_return)
        for part in active.factor_parts
        if part not in rest
    ]
    others = [(f"from {len(rest)} other factors", sum(part.annual_return for part in rest))]
    return named + (others if rest else [])


def _after(fees: FeeReport, ruling: CaptureVerdict | None) -> list[_Step]:
    level = fees.annual_gross_alpha
    steps = [_Step(name="alpha before fees", kind=_TOTAL, start=0.0, end=level)]
    charged = (
        ("management fee", fees.annual_management_fee),
        ("performance fee", fees.annual_performance_fee),
    )
    for name, fee in charged:
        steps.append(_Step(name=name, kind=_FEE, start=level, end=level - fee))
        level -= fee
    kind = _LEFT if ruling is CaptureVerdict.ADDS_VALUE else _LOST
    return [*steps, _Step(name="alpha after fees", kind=kind, start=0.0, end=fees.annual_net_alpha)]


def _draw(axes: Axes, item: AlphaCapture, steps: list[_Step], question: AlphaCaptureQuestion) -> None:
    bars(axes, [step.name for step in steps], f"{cut(item.fund_id, _LONGEST)}: {verdict(item)}", "% a year")
    fees = item.fees
    bar = 100 * least(question)
    ends = [100 * end for step in steps for end in (step.start, step.end)]
    if fees is not None:
        ends += [100 * fees.annual_net_alpha_lower, 100 * fees.annual_net_alpha_upper, bar]
    for place, step in enumerate(steps):
        colour, hatch, _ = _COLOURS[step.kind]
        axes.barh(
            place,
            100 * (step.end - step.start),
            left=100 * step.start,
            height=0.62,
            color=colour,
            hatch=hatch,
            edgecolor="white",
        )
        if fees is None or place < len(steps) - 1:
            label(axes, step.text, 100 * max(step.start, step.end), place)
    if fees is not None:
        _label_what_is_left(axes, steps[-1], fees, bar, len(steps) - 1)
        place = len(steps) - 1
        whisker = [100 * fees.annual_net_alpha_lower, 100 * fees.annual_net_alpha_upper]
        axes.plot(whisker, [place, place], color=INK, linewidth=1.6, marker="|", markersize=7)
        axes.plot([bar, bar], [place - 0.5, place + 0.4], color=INK, linewidth=1.4, linestyle=":")
    room_for_text(axes, ends, 0.16, leftwards=fees is not None and _is_short_of(fees, bar))


def _is_short_of(fees: FeeReport, bar: float) -> bool:
    """Whether the bar, in %, is beyond the whole interval: it would run through a label on its right."""
    return bar > 100 * max(fees.annual_net_alpha_upper, 0.0)


def _label_what_is_left(axes: Axes, step: _Step, fees: FeeReport, bar: float, place: int) -> None:
    """Beside the bar and its interval: to the right, or to the left where the dotted line is on the right."""
    if _is_short_of(fees, bar):
        label(axes, step.text, 100 * min(fees.annual_net_alpha_lower, 0.0), place, leftwards=True)
    else:
        label(axes, step.text, 100 * max(fees.annual_net_alpha_upper, 0.0), place)
