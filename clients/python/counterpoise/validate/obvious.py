"""Whether the structure of an instance is beyond doubt right: the structural pass without places."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from counterpoise.generated import defer, function_of
from counterpoise.validate.arrays import ArrayCheck
from counterpoise.validate.report import Report
from counterpoise.validate.structure import ListField, MessagePlan, ScalarField

_PLAIN = (str, float, int, bool, np.floating, np.integer)

Test = Callable[[Any], bool]


@cache
def test_of(plan: MessagePlan) -> Test:
    """A function that says whether `look` finds nothing in an instance.

    Its no may be wrong: it takes tuples and values of the very types of the model alone. Its source has
    one statement for each field.
    """
    names: dict[str, Any] = {"model": plan.model, "nothing": ()}
    body = ["if type(instance) is not model: return False"]
    for name, unset, obvious, scalar in plan.scalars:
        names |= {
            f"unset_{name}": unset,
            f"is_{name}": obvious,
            f"judged_{name}": partial(_is_judged, scalar),
        }
        tests = [f"value is unset_{name}", f"is_{name}(value)", f"judged_{name}(value)"]
        if scalar.check.ends is not None:
            # Most values are numbers and ids: a call for each would take half the time.
            names[f"least_{name}"], names[f"most_{name}"] = scalar.check.ends
            tests.insert(1, f"type(value) is float and least_{name} <= value <= most_{name}")
        if scalar.check.matches is not None:
            names[f"matches_{name}"] = scalar.check.matches
            tests[1] = f"type(value) is str and matches_{name}(value)"
        body += [f"value = instance.{name}", f"if not ({' or '.join(tests)}): return False"]
    for name, _, required, child in plan.messages:
        defer(names, f"is_{name}", partial(test_of, child))
        unset_or = "" if required else "value is not None and "
        body += [f"value = instance.{name}", f"if {unset_or}not is_{name}(value): return False"]
    for field in plan.lists:
        defer(names, f"are_{field.name}", partial(list_test_of, field))
        empty_or = "" if field.required else "values is not nothing and "
        body += [
            f"values = instance.{field.name}",
            f"if {empty_or}not are_{field.name}(values): return False",
        ]
    for name, array in plan.arrays:
        names[f"are_{name}"] = partial(_is_array, array)
        body.append(f"if not are_{name}(instance.{name}): return False")
    for members in plan.choices:
        count = " + ".join(f"(instance.{name} is not None)" for name in members)
        body.append(f"if {count} != 1: return False")
    return function_of("is_right(instance)", [*body, "return True"], names)


def list_test_of(field: ListField) -> Test:
    """A function that says whether a list and its elements are right, with no that may be wrong."""
    least, most = int(field.required), field.most
    is_right = field.check.obvious if field.plan is None else test_of(field.plan)
    return lambda values: (
        type(values) is tuple and least <= len(values) <= most and all(map(is_right, values))
    )


def _is_judged(scalar: ScalarField, value: object) -> bool:
    """Whether a plain value that is not obviously right is so on a close look."""
    if not isinstance(value, _PLAIN):
        return False
    report = Report()
    scalar.judge(value, (), report)
    return not report.findings


def _is_array(array: ArrayCheck, values: object) -> bool:
    report = Report()
    array.look(values, (), report)
    return not report.findings
