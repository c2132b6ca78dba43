"""Instances made at once are those that constructors make."""

import copy
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from counterpoise.model import LineKind, LineValue, Position
from optimizer.reports.instances import instances

NAMES = (
    "line_id",
    "kind",
    "fraction",
    "amount",
    "capital_fraction",
    "change_fraction",
    "initial_margin_fraction",
    "trading_cost_fraction",
)
ROW = ("fund", LineKind.FUNDED_BETA, 0.25, 25.0, 0.25, None, None, 0.001)


def made():
    return instances(Position, NAMES, [ROW])[0]


def built():
    return Position(**dict(zip(NAMES, ROW, strict=True)))


def test_an_instance_is_what_its_constructor_makes():
    assert made() == built()
    assert repr(made()) == repr(built())
    assert hash(made()) == hash(built())
    assert vars(made()) == vars(built())
    assert list(vars(made())) == list(vars(built()))


def test_an_instance_is_pickled_copied_and_replaced_alike():
    assert pickle.dumps(made()) == pickle.dumps(built())
    assert copy.deepcopy(made()) == built()
    assert replace(made(), fraction=0.5) == replace(built(), fraction=0.5)


def test_an_instance_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        made().fraction = 0.5


def test_every_row_gets_an_instance_of_its_own_in_order():
    values = instances(LineValue, ("line_id", "value"), ((str(number), float(number)) for number in range(5)))
    assert values == tuple(LineValue(line_id=str(number), value=float(number)) for number in range(5))


@pytest.mark.parametrize("names", [("value", "line_id"), ("line_id",), ("line_id", "value", "more"), ()])
def test_names_are_all_fields_in_their_order(names):
    with pytest.raises(TypeError, match="LineValue has the fields line_id, value"):
        instances(LineValue, names, [])


@pytest.mark.parametrize("row", [("a",), ("a", 1.0, 2.0)])
def test_a_row_has_an_element_for_every_field(row):
    with pytest.raises(ValueError, match="to unpack"):
        instances(LineValue, ("line_id", "value"), [row])
