"""Why trades are there, where a hand can work it out."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import LimitKey, MinimizeRisk, Objective, StructuralRule
from optimizer.measures.book import open_book
from optimizer.measures.objective import objective_of
from optimizer.rebalance.trading.reasons import reasons_of
from tests.golden_problems import funded, gross_limit, overlay, tier
from tests.unit.optimizer.rebalance.hand_made import overlay_cap, problem, reserve_rule

FUND, OTHER = funded("fund", "equity", annual_fee=0.001), funded("other", "bonds")
FUTURE = overlay("future", "equity", margin_rate=0.05, annual_roll_cost=0.002)
CASH = tier("cash", posts=True)


def reasons(before_and_after, limits=(), objective=None):
    made = problem({line: before for line, (before, _) in before_and_after.items()}, limits)
    if objective is not None:
        made = replace(made, objective=objective)
    book = open_book(made)
    start, end = np.array(list(before_and_after.values())).T
    return reasons_of(book, objective_of(book), start, end, range(len(start)))


def test_a_purchase_gains_premium_less_fee():
    found = reasons({FUND: (0.4, 0.6), CASH: (0.6, 0.4)}, (gross_limit(2.0),))
    assert found[0].objective_gain == pytest.approx(0.2 * (0.05 - 0.001))
    assert found[0].kept_limits == ()


def test_cash_that_balances_has_no_reason_of_its_own():
    found = reasons({FUND: (0.4, 0.6), CASH: (0.6, 0.4)}, (gross_limit(2.0),))
    assert found[1].objective_gain is None
    assert found[1].kept_limits == ()


def test_a_trade_that_costs_return_keeps_a_limit():
    found = reasons(
        {FUTURE: (0.6, 0.4), FUND: (0.7, 0.7), CASH: (0.3, 0.3)}, (gross_limit(2.0), overlay_cap(0.4))
    )
    assert found[0].objective_gain == pytest.approx(-0.2 * (0.05 - 0.002))
    assert found[0].kept_limits == (LimitKey(limit_id="overlay-cap"),)


def test_the_reserve_of_a_purchase_of_notional_is_what_a_sale_keeps():
    found = reasons(
        {FUTURE: (0.3, 0.9), FUND: (0.95, 0.85), CASH: (0.05, 0.15)}, (gross_limit(2.0), reserve_rule(0.15))
    )
    assert found[1].objective_gain == pytest.approx(-0.1 * (0.05 - 0.001))
    assert found[1].kept_limits == (LimitKey(limit_id="reserve"),)
    assert found[0].kept_limits == ()


def test_a_sale_that_pays_for_a_purchase_keeps_cash_above_its_bound():
    found = reasons({FUND: (0.7, 0.62), OTHER: (0.2, 0.28), replace(CASH, minimum_fraction=0.1): (0.1, 0.1)})
    box = LimitKey(structural_rule=StructuralRule.LINE_BOX, line_id="cash")
    assert found[0].kept_limits == (box,)
    assert found[1].kept_limits == ()


def test_what_the_end_breaks_itself_is_not_kept_by_a_trade():
    found = reasons(
        {FUTURE: (0.6, 0.5), FUND: (0.7, 0.7), CASH: (0.3, 0.3)}, (gross_limit(2.0), overlay_cap(0.4))
    )
    assert found[0].kept_limits == ()


def test_less_risk_is_a_gain_where_least_risk_is_the_goal():
    found = reasons(
        {FUND: (0.8, 0.5), CASH: (0.2, 0.5)},
        (gross_limit(2.0),),
        Objective(minimize_risk=MinimizeRisk()),
    )
    assert found[0].objective_gain == pytest.approx(0.3 * 0.15)
