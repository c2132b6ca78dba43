"""When triggers fire and are armed again, against a simulator of the contract's words."""

from __future__ import annotations

import datetime
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.model import (
    ActiveRiskTrigger,
    CoverageTrigger,
    DriftTrigger,
    LeverageDefinition,
    LeverageTrigger,
    StaleMarksTrigger,
    Trigger,
)
from optimizer.rebalance.watching.figures import Figures
from optimizer.rebalance.watching.triggers import fires, starts_runs, state_after, threshold_of, value_of
from optimizer.store import TriggerState
from tests.rebalancing import DAY

ONE_DAY = datetime.timedelta(days=1)
TICK = datetime.timedelta(microseconds=1)
BEGIN = datetime.datetime(2025, 7, 1, tzinfo=datetime.UTC)
"""The end of the day of the marks."""
GROSS = LeverageDefinition.GROSS_NOTIONAL
ARMED, FIRED = TriggerState.ARMED, TriggerState.FIRED


def drift(maximum, rearm=None, **fields):
    watched = DriftTrigger(maximum_fraction=maximum, rearm_fraction=rearm)
    return Trigger(trigger_id="drift", drift=watched, **fields)


def leverage(maximum, rearm=None, **fields):
    watched = LeverageTrigger(definition=GROSS, maximum_ratio=maximum, rearm_ratio=rearm)
    return Trigger(trigger_id="leverage", leverage=watched, **fields)


def coverage(minimum, rearm=None, **fields):
    watched = CoverageTrigger(minimum_ratio=minimum, rearm_ratio=rearm)
    return Trigger(trigger_id="coverage", coverage=watched, **fields)


def active_risk(maximum, rearm=None, **fields):
    watched = ActiveRiskTrigger(maximum_annual_volatility=maximum, rearm_annual_volatility=rearm)
    return Trigger(trigger_id="active-risk", active_risk=watched, **fields)


def stale(days, **fields):
    watched = StaleMarksTrigger(maximum_age=days * ONE_DAY)
    return Trigger(trigger_id="stale", stale_marks=watched, **fields)


KINDS = {"drift": drift, "leverage": leverage, "coverage": coverage, "active_risk": active_risk}
DEFAULT_REARM = {"drift": 0.9, "leverage": 0.99, "coverage": 1.05, "active_risk": 0.95}


def armed_again(trigger, value):
    return state_after(trigger, FIRED, value) is ARMED


def fires_at(trigger, value):
    return fires(trigger, ARMED, value, BEGIN, None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given_rearm", [False, True])
def test_a_trigger_fires_strictly_beyond_and_is_armed_at_its_level(kind, given_rearm):
    bad = -math.inf if kind == "coverage" else math.inf
    rearm = (0.3 if kind == "coverage" else 0.1) if given_rearm else DEFAULT_REARM[kind] * 0.2
    trigger = KINDS[kind](0.2, rearm if given_rearm else None)
    assert not fires_at(trigger, 0.2)
    assert fires_at(trigger, math.nextafter(0.2, bad))
    assert not fires_at(trigger, math.nextafter(0.2, -bad))
    assert armed_again(trigger, rearm)
    assert armed_again(trigger, math.nextafter(rearm, -bad))
    assert not armed_again(trigger, math.nextafter(rearm, bad))


def test_a_rearm_level_of_zero_is_kept():
    assert threshold_of(drift(0.05, 0.0)).rearm == 0.0


def test_marks_are_stale_strictly_beyond_their_age_and_younger_ones_arm():
    trigger, figures = stale(2), Figures(as_of_date=DAY)
    at_the_age = BEGIN + 2 * ONE_DAY
    assert not fires_at(trigger, value_of(trigger, figures, at_the_age))
    assert fires_at(trigger, value_of(trigger, figures, at_the_age + TICK))
    assert armed_again(trigger, value_of(trigger, figures, at_the_age))
    assert not armed_again(trigger, value_of(trigger, figures, at_the_age + TICK))


def test_stale_marks_alone_start_no_run():
    assert not starts_runs(stale(1))
    assert all(starts_runs(make(0.1)) for make in KINDS.values())


@pytest.mark.parametrize("cool_down", [None, TICK, datetime.timedelta(hours=3)])
def test_the_cool_down_is_over_when_it_has_passed(cool_down):
    trigger = drift(0.05, cool_down=cool_down)
    span = cool_down or ONE_DAY
    assert not fires(trigger, ARMED, 0.06, BEGIN + span - TICK, BEGIN)
    assert fires(trigger, ARMED, 0.06, BEGIN + span, BEGIN)


def test_what_has_fired_or_was_not_measured_does_not_fire():
    trigger = drift(0.05)
    assert not fires(trigger, FIRED, 1.0, BEGIN, None)
    assert not fires(trigger, ARMED, None, BEGIN, None)
    assert not fires(trigger, ARMED, math.nan, BEGIN, None)
    assert state_after(trigger, FIRED, None) is FIRED
    assert state_after(trigger, FIRED, math.nan) is FIRED
    assert state_after(trigger, ARMED, 1.0) is ARMED


def test_every_trigger_looks_at_its_own_figure():
    figures = Figures(
        as_of_date=DAY,
        drift_fraction=0.1,
        leverage_ratios={LeverageDefinition.NET: 9.0, GROSS: 1.5},
        coverage_ratio=2.5,
        active_annual_volatility=0.03,
    )
    found = [value_of(make(0.2), figures, BEGIN) for make in KINDS.values()]
    assert found == [0.1, 1.5, 2.5, 0.03]
    assert value_of(stale(1), figures, BEGIN + 36 * datetime.timedelta(hours=1)) == 1.5
    assert [value_of(make(0.2), Figures(as_of_date=DAY), BEGIN) for make in KINDS.values()] == [None] * 4


# Series


def played(trigger, series):
    """Indices at which a trigger fires on a series of (microseconds since the last, value)."""
    state, before, now, found = ARMED, None, BEGIN, []
    for index, (ticks, value) in enumerate(series):
        now += ticks * TICK
        state = state_after(trigger, state, value)
        if fires(trigger, state, value, now, before):
            state, before = FIRED, now
            found.append(index)
    return found


def simulated(series, *, threshold, rearm, cool_down, least):
    """What the contract says, in whole ticks: beyond and armed fires; back at the level arms."""
    sign = -1.0 if least else 1.0
    clock, last, armed, found = 0, None, True, []
    for index, (ticks, value) in enumerate(series):
        clock += ticks
        if value is None:
            continue
        if sign * value <= sign * rearm:
            armed = True
        if armed and sign * value > sign * threshold and (last is None or clock >= last + cool_down):
            armed, last = False, clock
            found.append(index)
    return found


levels = st.sampled_from([0.5, 0.8, 0.9, 1.0, 1.05, 1.1, 1.5]) | st.floats(0.01, 3.0)
many = st.lists(st.tuples(st.integers(0, 5), st.none() | levels), max_size=60)


@st.composite
def pairs(draw):
    """Threshold, re-arm level on its good side, and whether the figure is at least or at most."""
    low, high = sorted(draw(st.lists(levels, min_size=2, max_size=2, unique=True)))
    least = draw(st.booleans())
    return (low, high, True) if least else (high, low, False)


@given(many, pairs(), st.integers(1, 12))
def test_a_trigger_does_on_any_series_what_the_contract_says(series, pair, cool_down):
    threshold, rearm, least = pair
    make = coverage if least else leverage
    trigger = make(threshold, rearm, cool_down=cool_down * TICK)
    found = played(trigger, series)
    assert found == simulated(series, threshold=threshold, rearm=rearm, cool_down=cool_down, least=least)
    # And whatever the two have in common: between two firings the figure was back, and time has passed.
    for first, second in pairwise(found):
        between = [value for _, value in series[first + 1 : second + 1] if value is not None]
        assert any(value >= rearm if least else value <= rearm for value in between)
        assert sum(ticks for ticks, _ in series[first + 1 : second + 1]) >= cool_down


@given(st.lists(st.floats(0.9, 50.0, exclude_min=True), max_size=50))
def test_what_stays_above_the_level_never_fires_again(values):
    series = [(1, 1.5), *((10, value) for value in values)]
    assert played(drift(1.0, cool_down=TICK), series) == [0]


@given(st.lists(st.floats(0.0, 2.0), min_size=1, max_size=50).map(sorted))
def test_a_figure_that_only_grows_fires_once(values):
    expected = [next(index for index, value in enumerate(values) if value > 1.0)] if values[-1] > 1 else []
    assert played(drift(1.0, cool_down=TICK), [(10, value) for value in values]) == expected


def test_a_figure_that_comes_back_within_the_cool_down_fires_when_it_is_over():
    trigger = drift(1.0, cool_down=10 * TICK)
    assert played(trigger, [(0, 1.1), (1, 0.5), (1, 1.1), (7, 1.1), (1, 1.1), (1, 1.1)]) == [0, 4]
