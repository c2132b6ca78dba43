"""What may change under the hand of a caller is told from what stays."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise import wire
from counterpoise.unchanging import is_unchanging
from counterpoise.v1 import problem_pb2
from tests.problems import random_problem
from tests.unit.counterpoise.validate.stressed import correlated_problem, stressed_problem

SECTIONS = ("market", "portfolio", "mandate", "objective", "scenarios", "return_samples")


@pytest.mark.parametrize("problem", [stressed_problem(), correlated_problem(), random_problem(1)])
def test_what_was_read_from_a_message_stays(problem):
    read = wire.to_model(wire.to_message(problem, problem_pb2.AllocationProblem))
    assert [name for name in SECTIONS if not is_unchanging(getattr(read, name))] == []


def test_a_list_at_any_depth_may_change():
    portfolio = stressed_problem().portfolio
    assert is_unchanging(portfolio)
    assert not is_unchanging(replace(portfolio, lines=list(portfolio.lines)))
    lines = (replace(portfolio.lines[0], loadings=[]), *portfolio.lines[1:])
    assert not is_unchanging(replace(portfolio, lines=lines))
    scenarios = stressed_problem().scenarios
    assert not is_unchanging((replace(scenarios[0], driver_shocks=list(scenarios[0].driver_shocks)),))


def test_an_array_stays_when_nobody_can_write_to_it():
    sample = wire.to_model(wire.to_message(stressed_problem(), problem_pb2.AllocationProblem)).return_samples[
        0
    ]
    numbers = np.array(sample.outcomes.values)
    view = numbers[:]
    view.flags.writeable = False

    def of(values):
        return (replace(sample, outcomes=replace(sample.outcomes, values=values)),)

    assert is_unchanging((sample,))
    assert not is_unchanging(of(numbers))
    assert not is_unchanging(of(view))
    numbers.flags.writeable = False
    assert is_unchanging(of(numbers))
