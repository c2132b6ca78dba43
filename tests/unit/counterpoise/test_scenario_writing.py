"""What an entry becomes when it is written for a problem's own drivers and lines."""

import datetime

import numpy as np
import pytest

from counterpoise import model, scenarios
from counterpoise.model import DriverShock, LineShock, LineValue, MarginMultiplier, MissingShockRule

LIBRARY = scenarios.library("market-stresses", "1")
CRISIS = LIBRARY.entry("2008-crisis")
CRASH = LIBRARY.entry("2020-crash")
DASH = LIBRARY.entry("2020-dash-for-cash")
APRIL = LIBRARY.entry("2025-april")
WORST = LIBRARY.entry("worst-windows")
REGRESS = MissingShockRule.REGRESS


def fund(line_id, **loadings):
    return model.Line(
        line_id=line_id,
        loadings=tuple(model.DriverValue(driver_id=name, value=value) for name, value in loadings.items()),
        annual_residual_volatility=0.03,
        funded_beta=model.FundedBeta(annual_fee=0.0),
    )


PROBLEM = model.AllocationProblem(
    market=model.MarketModel(
        annual_risk_free_rate=0.04,
        drivers=(
            model.Driver(driver_id="equity", expected_return=model.ExpectedReturn(annual_excess=0.05)),
            model.Driver(driver_id="credit", expected_return=model.ExpectedReturn(annual_excess=0.01)),
            model.Driver(
                driver_id="rate",
                expected_return=model.ExpectedReturn(annual_basis_points=0.0),
                unit=model.DriverUnit.BASIS_POINT,
            ),
        ),
        risk_model=model.RiskModel(),
    ),
    portfolio=model.TotalPortfolio(
        portfolio_id="p",
        as_of_date=datetime.date(2025, 11, 28),
        base_currency_code="USD",
        nav_amount=1e9,
        lines=(fund("arbitrage", equity=0.1, credit=0.5), fund("macro"), fund("dense")),
        loading_matrix=model.RectangularMatrix(
            row_ids=("dense",), column_ids=("equity", "credit", "rate"), values=np.array([0.2, 0.0, 0.0])
        ),
    ),
    mandate=model.Mandate(mandate_id="m"),
    objective=model.Objective(),
)


def written(entry, **arguments):
    asked = {"scenario_id": "s", "drivers": {"equity": "us_equity"}, "missing_shock_rule": REGRESS}
    return entry.scenario(**asked | arguments)


def test_a_scenario_names_its_source_and_is_called_as_the_entry_unless_named():
    scenario = written(CRASH)
    assert scenario.source == model.ScenarioSource(
        library_id="market-stresses", library_version="1", entry_id="2020-crash"
    )
    assert (scenario.scenario_id, scenario.display_name) == ("s", "Crash of 2020")
    assert scenario.missing_shock_rule is REGRESS
    assert written(CRASH, display_name="March").display_name == "March"
    assert scenario.margin_multipliers == scenario.gated_shares == scenario.haircut_add_ons == ()


def test_moves_are_reached_at_the_horizon_of_the_entry():
    assert written(CRASH).driver_shocks == (
        DriverShock(driver_id="equity", shock=-0.341, horizon_trading_days=23),
    )


def test_instant_moves_have_no_horizon():
    assert written(CRASH, instant=True).driver_shocks == (DriverShock(driver_id="equity", shock=-0.341),)
    assert written(WORST, instant=True).driver_shocks == (DriverShock(driver_id="equity", shock=-0.424),)


def test_a_path_is_written_point_by_point():
    moves = [(shock.horizon_trading_days, shock.shock) for shock in written(WORST).driver_shocks]
    assert moves == [(1, -0.120), (5, -0.183), (20, -0.309), (63, -0.422), (95, -0.424)]


def test_moves_stop_where_they_are_told_to():
    def moves(entry, until, **arguments):
        shocks = written(entry, until_trading_days=until, **arguments).driver_shocks
        return [(shock.horizon_trading_days, shock.shock) for shock in shocks]

    assert moves(WORST, 5) == [(1, -0.120), (5, -0.183)]
    assert moves(WORST, 3) == [(1, -0.120), (3, pytest.approx(-0.1515))]  # half way from 1 to 5
    assert moves(WORST, 500)[-1] == (95, -0.424)
    assert moves(CRISIS, 21) == [(21, pytest.approx(-0.1))]  # a third of 63
    assert moves(WORST, 5, instant=True) == [(None, -0.183)]


def test_weights_mix_series_and_take_duration_out():
    drivers = {
        "world": {"us_equity": 0.7, "developed_ex_us_equity": 0.3},
        "credit": {"ig_credit": 1.0, "treasury_7_10y": -0.85},
        "duration": {"yield_10y": -8 / 10_000},
    }
    shocks = {shock.driver_id: shock.shock for shock in written(CRISIS, drivers=drivers).driver_shocks}
    assert shocks == pytest.approx(
        {
            "world": -0.3 * 0.7 - 0.344 * 0.3,
            "credit": -0.108 - 0.85 * 0.056,
            "duration": 90 * 8 / 10_000,
        },
        abs=1e-12,
    )


def test_a_fund_moves_by_its_drivers_and_its_own_shock_to_its_whole_return():
    scenario = written(
        CRISIS,
        drivers={"equity": "us_equity", "credit": {"ig_credit": 1.0, "treasury_7_10y": -0.85}},
        funds={"arbitrage": "fixed_income_arbitrage", "macro": "global_macro", "dense": "cta"},
        problem=PROBLEM,
    )
    credit = -0.108 - 0.85 * 0.056
    own = {shock.line_id: shock.shock for shock in scenario.line_shocks}
    assert own == pytest.approx(
        {"arbitrage": -0.160 - 0.1 * -0.3 - 0.5 * credit, "macro": -0.043, "dense": 0.058 + 0.2 * 0.3},
        abs=1e-6,
    )
    moves, line_moves = scenario.driver_moves(63), scenario.line_moves(63)
    whole = 0.1 * moves["equity"] + 0.5 * moves["credit"] + line_moves["arbitrage"]
    assert whole == pytest.approx(-0.160, abs=1e-6)


def test_the_shock_of_a_fund_without_horizon_is_the_same():
    asked = {"funds": {"dense": "cta"}, "problem": PROBLEM}
    path, instant = written(CRISIS, **asked), written(CRISIS, instant=True, **asked)
    assert path.line_shocks == (LineShock(line_id="dense", shock=0.118, horizon_trading_days=63),)
    assert instant.line_shocks == (LineShock(line_id="dense", shock=0.118),)


def test_margins_are_those_of_the_class_for_pools_and_lines():
    scenario = written(CRASH, pools={"clearing": "equity"}, line_margins={"note-future": "treasury_10y"})
    assert scenario.margin_multipliers == (
        MarginMultiplier(margin_pool_id="clearing", multiplier=1.82),
        MarginMultiplier(line_id="note-future", multiplier=1.74),
    )


def test_gates_are_the_entrys_and_shares_of_the_callers_own_come_before():
    gates = written(CRISIS, gated_lines=["a", "b"], gated_shares={"b": 0.5, "c": 0.25}).gated_shares
    assert gates == tuple(
        LineValue(line_id=line_id, value=share) for line_id, share in [("a", 1.0), ("b", 0.5), ("c", 0.25)]
    )
    assert written(APRIL, gated_lines=["a"]).gated_shares == ()  # no is a share of 0, which is unset


@pytest.mark.parametrize(
    ("entry", "arguments", "message"),
    [
        (
            APRIL,
            {"drivers": {"em": "emerging_equity"}},
            "driver em: library market-stresses 1, entry 2025-april: no figure was found for emerging_equity",
        ),
        (
            APRIL,
            {"drivers": {"em": {"us_equity": 0.5, "emerging_equity": 0.5}}},
            "REGRESS, and not at all under",
        ),
        (
            DASH,
            {"funds": {"macro": "global_macro"}, "problem": PROBLEM},
            "line macro: library market-stresses",
        ),
        (
            CRISIS,
            {"funds": {"arbitrage": "cta"}, "problem": PROBLEM},
            "line arbitrage: it loads on credit, which",
        ),
        (CRISIS, {"pools": {"clearing": "equity"}}, "for equity; name a class that has one .treasury_2y"),
        (WORST, {"line_margins": {"future": "equity"}}, "there is none"),
        (
            CRASH,
            {"gated_lines": ["a"]},
            "gates on quarterly funds: few; give shares of your own as gated_shares",
        ),
        (DASH, {"gated_lines": ["a"]}, "nothing was found about gates; give shares"),
    ],
)
def test_what_was_not_found_is_an_error_and_never_zero(entry, arguments, message):
    with pytest.raises(scenarios.MissingFigure, match=message):
        written(entry, **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"drivers": {"equity": {}}}, "driver equity: no series; name one"),
        ({"funds": {"macro": "cta"}}, "line macro: its loadings are in the problem; give it"),
        ({"funds": {"micro": "cta"}, "problem": PROBLEM}, "line micro: the portfolio has none of that id"),
        (
            {"drivers": {"oil": "commodities"}, "problem": PROBLEM},
            "driver oil: the market has none of that id",
        ),
        (
            {"drivers": {"rate": "treasury_7_10y"}, "problem": PROBLEM},
            "driver rate: treasury_7_10y is in returns, the driver in basis points",
        ),
        (
            {"drivers": {"equity": "yield_10y"}, "problem": PROBLEM},
            "driver equity: yield_10y is in basis points, the driver in returns",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        written(CRISIS, **arguments)


def test_a_driver_in_basis_points_takes_a_yield_as_it_is():
    scenario = written(CRISIS, drivers={"rate": "yield_10y"}, problem=PROBLEM)
    assert scenario.driver_shocks == (DriverShock(driver_id="rate", shock=-90.0, horizon_trading_days=63),)
