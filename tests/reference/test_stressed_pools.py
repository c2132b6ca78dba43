"""Cross-margining, variation margin and shorts, with numbers worked out by hand."""

import pytest

from tests.answers import assert_optimal, objective, positions
from tests.problems.stressed_examples import CASH_DRAG
from tests.problems.stressed_futures import two_futures


def test_offsets_count_inside_one_pool_alone_and_move_the_optimum(allocate):
    one = allocate(two_futures({"one": "a", "two": "a"}))
    two = allocate(two_futures({"one": "a", "two": "b"}))
    assert_optimal(one)
    assert_optimal(two)

    margins = [base_margins(allocation) for allocation in (one, two)]
    assert margins == [
        [pytest.approx(0.01, abs=1e-9)],
        [pytest.approx(0.03, abs=1e-9), pytest.approx(0.02, abs=1e-9)],
    ]

    assert positions(one)["cash"] == pytest.approx(0.01, abs=1e-6)
    assert positions(two)["cash"] == pytest.approx(0.05, abs=1e-6)
    assert objective(one) - objective(two) == pytest.approx(0.04 * (0.05 + CASH_DRAG), abs=1e-7)


def test_what_one_pool_gains_pays_for_no_other(allocate):
    for pools, fall, rise in (
        ({"one": "a", "two": "a"}, 0.02, 0.0),
        ({"one": "a", "two": "b"}, 0.10, 0.08),
    ):
        allocation = allocate(two_futures(pools))
        assert_optimal(allocation)
        called = {report.scenario_id: report.variation_margin_fraction for report in allocation.stresses}
        assert called == {"fall": pytest.approx(fall, abs=1e-9), "rise": pytest.approx(rise, abs=1e-9)}


def test_shorts_never_have_negative_margin(allocate):
    for pools in ({"one": "a", "two": "a"}, {"one": "a", "two": "b"}):
        allocation = allocate(two_futures(pools, long=-0.5, short=-0.4))
        assert_optimal(allocation)

        assert sum(base_margins(allocation)) == pytest.approx(0.05, abs=1e-9)
        alone = {item.line_id: item.initial_margin_fraction for item in allocation.positions}
        assert alone["one"] == pytest.approx(0.03, abs=1e-9)
        assert alone["two"] == pytest.approx(0.02, abs=1e-9)


def base_margins(allocation):
    """Initial margin of every pool today, in their order."""
    return [item.initial_margin_fraction for item in allocation.pool_margins if not item.scenario_id]
