"""The scenarios of total_portfolio.yaml out of the library, as that file has them.

`python total_portfolio_scenarios.py` prints them as JSON, which a problem file takes as it is. What the
library does not know, it does not make up: the mixes, durations and classes below are this plan's own.
"""
# ruff: noqa: T201 - an example prints

import json
from pathlib import Path

from counterpoise import AllocationProblem, MissingShockRule, Scenario, files, scenarios

LIBRARY = scenarios.library("market-stresses", "1")

DRIVERS = {
    "us_equity": "us_equity",
    "world_equity": {"us_equity": 0.7, "developed_ex_us_equity": 0.3},
    "emerging_equity": "emerging_equity",
    "treasury_2y": "treasury_1_3y",
    "treasury_5y": {"treasury_1_3y": 0.5, "treasury_7_10y": 0.5},
    "treasury_10y": "treasury_7_10y",
    "ig_credit": {"ig_credit": 1.0, "treasury_7_10y": -0.85},
    "hy_credit": {"high_yield": 1.0, "treasury_1_3y": -0.425, "treasury_7_10y": -0.425},
    "commodities": "commodities",
}
"""Every driver, where all rows were found. Five years are half way between two and eight; a corporate bond
less the Treasuries that its line loads on is its spread."""

YIELDS_AND_SPREADS = {
    "us_equity": "us_equity",
    "treasury_2y": {"yield_2y": -1.9 / 10_000},
    "treasury_10y": {"yield_10y": -8 / 10_000},
    "ig_credit": {"ig_spread": -7 / 10_000},
    "hy_credit": {"hy_spread": -4 / 10_000},
}
"""What is left where no prices of bonds were found: basis points times durations."""

FUTURES = {
    "sp500-future": "equity",
    "ten-year-future": "treasury_10y",
    "five-year-future": "treasury_5y",
}

STYLES = {
    "equity-market-neutral": "equity_market_neutral",
    "merger-arbitrage": "merger_arbitrage",
    "global-macro": "global_macro",
    "fixed-income-arbitrage": "fixed_income_arbitrage",
    "event-driven": "event_driven",
    "distressed": "distressed",
    "long-short-equity": "long_short_equity",
    "relative-value": "relative_value",
    "convertible-arbitrage": "convertible_arbitrage",
    "trend": "cta",
}


QUARTERLY = [name for name in STYLES if name not in {"merger-arbitrage", "relative-value", "trend"}]
"""Funds that a gate can keep shut: two sleeves are monthly without one, the account is the plan's own."""


def build(problem: AllocationProblem) -> tuple[Scenario, ...]:
    """The scenarios for the lines of a problem; sleeves' shocks follow from their loadings."""
    regress = MissingShockRule.REGRESS
    return (
        LIBRARY.entry("2008-crisis").scenario(
            scenario_id="crisis-2008",
            drivers=DRIVERS,
            missing_shock_rule=regress,
            problem=problem,
            funds=STYLES,
            # No multiplier was found for equity: everything at the broker has the ten-year note's.
            pools={"clearing": "treasury_10y"},
            line_margins={"five-year-future": "treasury_5y"},
            gated_lines=QUARTERLY,
        ),
        LIBRARY.entry("2020-crash").scenario(
            scenario_id="crash-2020",
            drivers=DRIVERS,
            missing_shock_rule=regress,
            problem=problem,
            funds=STYLES,
            pools={"clearing": "equity"},
            line_margins=FUTURES,
            # The library says few; the plan takes a quarter of each.
            gated_shares=dict.fromkeys(QUARTERLY, 0.25),
        ),
        LIBRARY.entry("2020-dash-for-cash").scenario(
            scenario_id="dash-for-cash-2020",
            drivers=DRIVERS,
            missing_shock_rule=regress,
            problem=problem,
            pools={"clearing": "equity"},
            line_margins=FUTURES,
        ),
        LIBRARY.entry("2022-rates").scenario(
            scenario_id="rates-2022",
            drivers=DRIVERS,
            missing_shock_rule=regress,
            problem=problem,
            funds={name: STYLES[name] for name in ("global-macro", "relative-value", "trend")},
            pools={"clearing": "treasury_5y"},
            line_margins=FUTURES,
        ),
        LIBRARY.entry("2025-april").scenario(
            scenario_id="april-2025",
            drivers=YIELDS_AND_SPREADS,
            missing_shock_rule=regress,
            problem=problem,
            # Found for equity alone: everything at the broker has it.
            pools={"clearing": "equity"},
        ),
        LIBRARY.entry("worst-windows").scenario(
            scenario_id="worst-week",
            display_name="Worst week of overlays",
            drivers={"us_equity": "us_equity", "treasury_10y": "treasury_7_10y"},
            missing_shock_rule=regress,
            problem=problem,
            until_trading_days=5,
        ),
    )


if __name__ == "__main__":
    plan = AllocationProblem.from_yaml(Path(__file__).with_name("total_portfolio.yaml"))
    print(json.dumps([json.loads(files.to_json(item, print_empty=False)) for item in build(plan)], indent=2))
