"""Every required field: its absence is named, wherever it stands."""

import pytest

from counterpoise import validate
from counterpoise.model import AllocationProblem
from counterpoise.schema import FieldKind, schema_for

TRIANGLE = "market.risk_model.volatility_correlation.correlation.lower_triangle"


def required(schema, path=""):
    for field in schema.fields:
        at = f"{path}.{field.name}" if path else field.name
        if field.required:
            yield at, field
        if field.kind is FieldKind.MESSAGE:
            yield from required(field.message, at + ("[0]" if field.repeated else ""))


def paths_of_required():
    found = required(schema_for(AllocationProblem))
    # The valid problems have the other forms of a risk model.
    return [(path, field.kind is FieldKind.ENUM) for path, field in found if "annual_covariance" not in path]


def holders(instance, steps, path=""):
    """Paths like the steps, with the index of an element that has what follows."""
    name, _, index = steps[0].partition("[")
    value, at = getattr(instance, name), f"{path}.{name}".removeprefix(".")
    if len(steps) == 1:
        yield at
    elif index:
        for number, element in enumerate(value):
            yield from holders(element, steps[1:], f"{at}[{number}]")
    elif value is not None:
        yield from holders(value, steps[1:], at)


@pytest.mark.parametrize(("path", "is_enum"), paths_of_required())
def test_required_field_must_be_set(valid_problems, put, path, is_enum):
    valid, at = next((valid, at) for valid in valid_problems for at in holders(valid, path.split(".")))
    reason = "ENUM_VALUE_INVALID" if is_enum else "FIELD_MISSING"
    found = validate.problem_violations(put(valid, at, None))
    assert (at, reason) in [(violation.field, violation.reason.name) for violation in found]


def test_every_required_field_is_named_at_once():
    empty = object.__new__(AllocationProblem)
    fields = [violation.field for violation in validate.problem_violations(empty)]
    assert fields == ["market", "portfolio", "mandate", "objective"]


@pytest.mark.parametrize(
    "path", ["portfolio.lines", "market.drivers[0].driver_id", TRIANGLE, "portfolio.portfolio_id"]
)
def test_empty_is_not_enough_where_something_is_required(broken, path):
    empty = "" if path.endswith("_id") else ()
    assert (path, "FIELD_MISSING") in broken(path, empty)
