"""Contracts are whole, and so are bounds that leave no other choice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimizer.rebalance.trading.whole import in_whole_contracts
from tests.rebalancing import NAV, fund

SIZE = 112_500.0 / NAV


def future(current=None, minimum=None, maximum=None):
    line = fund().portfolio.lines[2]
    return replace(line, current_fraction=current, minimum_fraction=minimum, maximum_fraction=maximum)


@pytest.mark.parametrize(("held", "whole"), [(670.4, 670), (670.6, 671), (-670.4, -670), (0.2, 0)])
def test_a_position_is_the_nearest_whole_count(held, whole):
    line = in_whole_contracts(future(held * SIZE), NAV)
    assert line.current_fraction == pytest.approx(whole * SIZE, abs=1e-15)


@pytest.mark.parametrize(
    ("bounds", "taken"),
    [
        ((100.3, 100.3), (100, 100)),
        ((100.2, 100.9), (101, 101)),
        ((100.0, 100.0), (100, 100)),
        ((99.7, 100.2), (99.7, 100.2)),
        ((-5.8, -5.2), (-5, -5)),
    ],
)
def test_bounds_between_which_there_is_no_whole_count_are_taken_at_the_nearest(bounds, taken):
    line = in_whole_contracts(future(None, *(bound * SIZE for bound in bounds)), NAV)
    assert line.minimum_fraction == pytest.approx(taken[0] * SIZE, abs=1e-15)
    assert line.maximum_fraction == pytest.approx(taken[1] * SIZE, abs=1e-15)


def test_open_bounds_and_lines_without_contracts_stay_as_they_are():
    opened = future(10 * SIZE, 0.1003 * SIZE, None)
    assert in_whole_contracts(opened, NAV) == opened
    for line in fund().portfolio.lines:
        if line.overlay is None:
            assert in_whole_contracts(line, NAV) is line
