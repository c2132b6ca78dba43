"""Valid problems that use every part of the contract together, and ways to break them."""

import dataclasses
import re

import pytest

from counterpoise.validate import problem_violations
from tests.unit.counterpoise.validate.costed import budgeted_problem, costed_problem
from tests.unit.counterpoise.validate.plain import plain_problem
from tests.unit.counterpoise.validate.stressed import correlated_problem, stressed_problem


@pytest.fixture
def problem():
    """A valid problem."""
    return plain_problem()


def _put(instance, steps, value):
    step, *rest = steps
    if isinstance(step, int):
        elements = list(instance)
        elements[step] = _put(elements[step], rest, value) if rest else value
        return tuple(elements)
    new = _put(getattr(instance, step), rest, value) if rest else value
    return dataclasses.replace(instance, **{step: new})


@pytest.fixture
def put():
    """Function (instance, path, value): a copy with another value at the path."""

    def put_at(instance, path, value):
        steps = [
            int(index) if index else name
            for name, index in re.findall(r"(\w+)|\[(\d+)\]", path)
            if name or index
        ]
        steps = [int(step) if isinstance(step, str) and step.isdecimal() else step for step in steps]
        return _put(instance, steps, value)

    return put_at


@pytest.fixture
def costed():
    """A valid problem with costs, uncertainty, counterparties, soft limits and drivers in basis points."""
    return costed_problem()


@pytest.fixture
def budgeted():
    """A valid problem that meets a risk budget."""
    return budgeted_problem()


@pytest.fixture
def stressed():
    """A valid problem with scenarios, samples, a stressed regime, and money by when."""
    return stressed_problem()


@pytest.fixture
def correlated():
    """The same with a stressed correlation, which is repaired."""
    return correlated_problem()


@pytest.fixture
def valid_problems(problem, costed, budgeted, stressed, correlated):
    """All of them; together they use every part of the contract."""
    return (problem, costed, budgeted, stressed, correlated)


def _breaker(problem, put):
    def violations(*changes):
        changed = problem
        for path, value in zip(changes[::2], changes[1::2], strict=True):
            changed = put(changed, path, value)
        return [(violation.field, violation.reason.name) for violation in problem_violations(changed)]

    return violations


@pytest.fixture
def broken(problem, put):
    """Function (path, value, ...): the violations of the problem with these values, as (field, reason)."""
    return _breaker(problem, put)


@pytest.fixture
def broken_costed(costed, put):
    """As `broken`, of the costed problem."""
    return _breaker(costed, put)


@pytest.fixture
def broken_budget(budgeted, put):
    """As `broken`, of the problem with a risk budget."""
    return _breaker(budgeted, put)


@pytest.fixture
def broken_stressed(stressed, put):
    """As `broken`, of the problem with scenarios."""
    return _breaker(stressed, put)


@pytest.fixture
def broken_correlated(correlated, put):
    """As `broken`, of the problem with a stressed correlation."""
    return _breaker(correlated, put)


@pytest.fixture
def message_of(put):
    """Function (problem, path, value): the message of the only violation of the problem with this value."""

    def message(problem, path, value):
        (violation,) = problem_violations(put(problem, path, value))
        return violation.message

    return message
