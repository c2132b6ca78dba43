"""Lines, their loadings, boxes and pools, and groups of lines."""

import dataclasses

import numpy as np
import pytest

from counterpoise.model import CollateralTerms, DriverValue, LineGroup, MarginPool, OutrightMargin

LINE = "portfolio.lines[{}].{}"
MATRIX = "portfolio.loading_matrix"


def test_line_ids_are_distinct_over_all_kinds(broken):
    assert broken(LINE.format(2, "line_id"), "fund")[0] == (LINE.format(2, "line_id"), "ID_DUPLICATE")


def test_pools_and_groups_are_distinct(broken, problem):
    pool = MarginPool(margin_pool_id="fcm", outright=OutrightMargin())
    assert broken("portfolio.margin_pools", (pool, pool)) == [
        ("portfolio.margin_pools[1].margin_pool_id", "ID_DUPLICATE")
    ]
    group = LineGroup(line_group_id="alphas", line_ids=("neutral",))
    assert broken("portfolio.line_groups", (group, group)) == [
        ("portfolio.line_groups[1].line_group_id", "ID_DUPLICATE")
    ]


def test_groups_name_known_lines_once(broken):
    path = "portfolio.line_groups[0].line_ids"
    assert broken(path, ("neutral", "nothing")) == [(f"{path}[1]", "ID_UNKNOWN")]
    assert broken(path, ("neutral", "neutral")) == [(f"{path}[1]", "ID_DUPLICATE")]


def test_loadings_name_known_drivers_once(broken):
    path = LINE.format(0, "loadings")
    equity, gold = DriverValue(driver_id="equity", value=1.0), DriverValue(driver_id="gold", value=1.0)
    assert broken(path, (equity, equity)) == [(f"{path}[1].driver_id", "ID_DUPLICATE")]
    assert broken(path, (equity, gold)) == [(f"{path}[1].driver_id", "ID_UNKNOWN")]


def test_loadings_are_given_once(broken):
    path = LINE.format(2, "loadings")
    assert broken(path, (DriverValue(driver_id="equity", value=1.0),)) == [(path, "FIELDS_EXCLUSIVE")]


def test_loading_matrix_names_known_lines_and_drivers_once(broken):
    assert broken(f"{MATRIX}.row_ids", ("neutral", "nothing")) == [(f"{MATRIX}.row_ids[1]", "ID_UNKNOWN")]
    assert broken(f"{MATRIX}.row_ids", ("neutral", "neutral")) == [(f"{MATRIX}.row_ids[1]", "ID_DUPLICATE")]
    assert broken(f"{MATRIX}.column_ids", ("rates", "gold")) == [(f"{MATRIX}.column_ids[1]", "ID_UNKNOWN")]
    assert broken(f"{MATRIX}.column_ids", ("rates", "rates")) == [(f"{MATRIX}.column_ids[1]", "ID_DUPLICATE")]


def test_loading_matrix_has_rows_times_columns_loadings(broken):
    path = f"{MATRIX}.values"
    assert broken(path, np.ones(3)) == [(path, "MATRIX_SHAPE")]
    assert broken(path, np.ones((2, 2))) == [(path, "MATRIX_SHAPE")]
    assert broken(path, np.array([0, 100, -100.5, 0])) == [(f"{path}[2]", "NUMBER_OUT_OF_RANGE")]


def test_bounds_of_a_line_are_in_order(broken):
    minimum, maximum = LINE.format(0, "minimum_fraction"), LINE.format(0, "maximum_fraction")
    assert broken(minimum, 0.5, maximum, 0.5) == []
    assert broken(minimum, 0.6, maximum, 0.5) == [(maximum, "BOUNDS_CROSSED")]
    assert broken(minimum, None, maximum, -0.1) == [(maximum, "BOUNDS_CROSSED")]


def test_overlays_alone_are_short(broken):
    assert broken(LINE.format(1, "minimum_fraction"), -1.0, LINE.format(1, "maximum_fraction"), -0.5) == []
    assert broken(LINE.format(1, "minimum_fraction"), None, LINE.format(1, "maximum_fraction"), -0.5) == []
    for index in (0, 2, 3, 4, 5):
        path = LINE.format(index, "minimum_fraction")
        assert broken(path, -0.1) == [(path, "NUMBER_OUT_OF_RANGE")]


@pytest.mark.parametrize(("index", "most"), [(2, 0.5), (5, 0.04)])
def test_minimum_is_not_above_what_capacity_or_commitment_allows(broken, index, most):
    path = LINE.format(index, "minimum_fraction")
    assert broken(path, most) == []
    assert broken(path, most * 1.001) == [(path, "BOUNDS_CROSSED")]


def test_pools_are_known(broken):
    for path in (
        LINE.format(1, "overlay.margin_pool_id"),
        LINE.format(3, "alpha_sleeve.unfunded_account.margin_pool_id"),
        LINE.format(4, "reserve_tier.collateral_terms[0].margin_pool_id"),
    ):
        assert broken(path, "nowhere") == [(path, "ID_UNKNOWN")]


def test_pool_takes_a_tier_on_one_set_of_terms(broken):
    path = LINE.format(4, "reserve_tier.collateral_terms")
    terms = CollateralTerms(margin_pool_id="fcm", haircut=0.1)
    assert broken(path, (terms, terms)) == [(f"{path}[1].margin_pool_id", "ID_DUPLICATE")]


def test_overlay_of_an_outright_pool_has_a_margin_rate(broken):
    path = LINE.format(1, "overlay.initial_margin_rate")
    assert broken(path, None) == [(path, "MARGIN_TERMS_MISSING")]


@pytest.mark.parametrize("name", ["nothing", "bills", "future"])
def test_physical_line_is_a_funded_line(broken, name):
    path = LINE.format(1, "overlay.physical_line_id")
    assert broken(path, "") == []
    assert broken(path, name) == [(path, "ID_UNKNOWN")]


def test_a_commitment_is_at_most_a_hundred_times_nav(problem, broken):
    path = "portfolio.lines[5].credit_line.committed_amount"
    assert broken(path, 101 * problem.portfolio.nav_amount) == [(path, "NUMBER_OUT_OF_RANGE")]
    assert broken(path, 99 * problem.portfolio.nav_amount) == []


def test_a_pool_takes_a_bounded_number_of_tiers(problem, broken):
    tier = next(line for line in problem.portfolio.lines if line.reserve_tier)
    extra = tuple(dataclasses.replace(tier, line_id=f"tier{index}") for index in range(200))
    lines = (*problem.portfolio.lines, *extra)
    assert broken("portfolio.lines", lines) == [("portfolio.margin_pools[0]", "TOO_MANY")]
    assert broken("portfolio.lines", lines[:-1]) == []
