"""Every figure of the library against those found and computed, written down again by hand."""

import pytest

from counterpoise import scenarios
from counterpoise.scenarios import SeriesUnit

LIBRARY = scenarios.library("market-stresses", "1")

# Columns: 29 Aug-28 Nov 2008, 19 Feb-23 Mar 2020, 9-18 Mar 2020, 3 Jan-12 Oct 2022, 2-8 Apr 2025.
WINDOWS = ("2008-crisis", "2020-crash", "2020-dash-for-cash", "2022-rates", "2025-april")
NOT_FOUND = None
RETURNS = {
    "us_equity": (-0.300, -0.341, -0.125, -0.254, -0.121),
    "developed_ex_us_equity": (-0.344, -0.326, -0.176, -0.297, NOT_FOUND),
    "emerging_equity": (-0.427, -0.308, -0.174, -0.296, NOT_FOUND),
    "us_small_cap": (-0.359, -0.407, -0.233, -0.258, NOT_FOUND),
    "us_aggregate": (-0.023, -0.015, -0.095, -0.157, NOT_FOUND),
    "treasury_1_3y": (0.020, 0.019, -0.006, -0.051, NOT_FOUND),
    "treasury_7_10y": (0.056, 0.062, -0.047, -0.164, NOT_FOUND),
    "treasury_20y": (0.127, 0.141, -0.157, -0.305, NOT_FOUND),
    "ig_credit": (-0.108, -0.125, -0.156, -0.228, NOT_FOUND),
    "high_yield": (-0.283, -0.222, -0.103, -0.177, NOT_FOUND),
    "inflation_linked": (-0.124, -0.006, -0.093, -0.177, NOT_FOUND),
    "commodities": (-0.411, -0.257, -0.121, 0.214, NOT_FOUND),
    "gold": (-0.017, -0.036, -0.108, -0.073, NOT_FOUND),
    "funds_of_hedge_funds": (-0.135, -0.083, NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "relative_value": (-0.138, -0.072, NOT_FOUND, -0.009, NOT_FOUND),
    "fixed_income_arbitrage": (-0.160, -0.037, NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "equity_market_neutral": (-0.090, -0.034, NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "global_macro": (-0.043, -0.036, NOT_FOUND, 0.093, NOT_FOUND),
    "cta": (0.058, -0.012, NOT_FOUND, 0.27, NOT_FOUND),
}
BASIS_POINTS = {
    "yield_2y": (-136, -114, 16, 350, -20),
    "yield_10y": (-90, -80, 64, 228, 6),
    "yield_30y": (-98, -68, 78, 189, 17),
    "ig_spread": (642 - 316, 401 - 102, 303 - 188, 171 - 97, 118 - 96),
    "hy_spread": (1978 - 828, 1087 - 357, 904 - 668, 531 - 305, 457 - 342),
}
# Computed from the monthly style indices, which another test does again where they are at hand.
OTHER_STYLES = {
    "convertible_arbitrage": (-0.235, -0.063),
    "distressed": (-0.163, -0.116),
    "event_driven": (-0.148, -0.149),
    "long_short_equity": (-0.143, -0.103),
    "merger_arbitrage": (-0.051, -0.085),
}
CRASH_MARGINS = {
    "treasury_2y": 1.48,
    "treasury_5y": 1.32,
    "treasury_10y": 1.74,
    "treasury_ultra_10y": 1.97,
    "treasury_30y": 2.32,
    "treasury_ultra_30y": 3.1,
    "equity": 1.82,
    "equity_nasdaq": 2.0,
    "equity_small_cap": 2.2,
    "gold": 1.8,
    "euro": 1.3,
    "yen": 1.9,
}
# Two-year notes of 2008: from 700 to 1300 dollars a contract; five-year notes: from 750 to 1300.
MARGINS = {
    "2008-crisis": {"treasury_2y": 1.86, "treasury_5y": 1.73, "treasury_10y": 1.67, "treasury_30y": 2.1},
    "2020-crash": CRASH_MARGINS,
    "2020-dash-for-cash": CRASH_MARGINS,
    "2022-rates": {"equity": 0.94, "treasury_10y": 1.07, "treasury_5y": 1.28, "treasury_2y": 2.3},
    "2025-april": {"equity": 1.27},
}
WORST = {
    "us_equity": (-0.120, -0.183, -0.309, -0.422, -0.424),
    "treasury_7_10y": (-0.025, -0.045, -0.066, -0.117, -0.129),
    "treasury_20y": (-0.067, -0.119, -0.157, -0.227, -0.237),
    "gold": (-0.088, -0.144, -0.214, -0.250, -0.275),
}


@pytest.mark.parametrize(("column", "entry_id"), [*enumerate(WINDOWS)])
def test_figures_are_those_found_and_no_others(column, entry_id):
    entry = LIBRARY.entry(entry_id)
    rows = {name: row[column] for name, row in (RETURNS | BASIS_POINTS).items()}
    wanted = {name: value for name, value in rows.items() if value is not NOT_FOUND}
    if column < 2:
        wanted |= {name: row[column] for name, row in OTHER_STYLES.items()}
    assert {figure.series.series_id: figure.value for figure in entry.figures} == wanted
    for figure in entry.figures:
        assert [horizon for horizon, _ in figure.points] == [entry.horizon_trading_days]
        in_basis_points = figure.series.series_id in BASIS_POINTS
        assert (figure.series.unit is SeriesUnit.BASIS_POINT) == in_basis_points
    assert {margin.margin_class: margin.multiplier for margin in entry.margins} == MARGINS[entry_id]


def test_gilts_are_what_the_supervisor_said():
    def figures(entry_id):
        entry = LIBRARY.entry(entry_id)
        return {(figure.series.series_id, figure.points) for figure in entry.figures}

    assert figures("2022-uk-gilts") == {("yield_uk_gilt_30y", ((4, 160),))}
    assert figures("uk-gilts-floor") == {("yield_uk_gilt_30y", ((5, 250),))}
    assert figures("uk-gilts-floor-and-buffer") == {("yield_uk_gilt_30y", ((5, 250 + 100),))}


def test_worst_windows_are_paths_and_say_that_they_are_no_event():
    entry = LIBRARY.entry("worst-windows")
    paths = {figure.series.series_id: figure.points for figure in entry.figures}
    assert paths == {name: tuple(zip((1, 5, 20, 63, 95), row, strict=True)) for name, row in WORST.items()}
    assert "envelope" in entry.text
    assert entry.first_date is None


def test_spreads_say_what_they_came_from_and_went_to():
    for entry_id in WINDOWS:
        for series_id in ("ig_spread", "hy_spread"):
            figure = LIBRARY.entry(entry_id).figure(series_id)
            words = figure.note.split()
            assert (words[0], words[2]) == ("from", "to")
            assert int(words[3]) - int(words[1]) == figure.value


@pytest.mark.shared_data
def test_styles_are_months_compounded(shared_data):
    """The only figures that the data folder has; the test by hand above holds all of them without it."""
    lines = (shared_data / "hedge_fund_styles_monthly.csv").read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    columns = {
        "cta": "cta_global",
        "distressed": "distressed_securities",
        "funds_of_hedge_funds": "funds_of_funds",
    }
    months = {
        "2008-crisis": ("2008-09", "2008-10", "2008-11"),
        "2020-crash": ("2020-02", "2020-03"),
    }
    checked = 0
    for entry_id, window in months.items():
        rows = [line.split(",") for line in lines[1:] if line.startswith(window)]
        assert len(rows) == len(window)
        for figure in LIBRARY.entry(entry_id).figures:
            if not figure.source.source_id.startswith("styles_"):
                continue
            column = names.index(columns.get(figure.series.series_id, figure.series.series_id))
            growth = 1.0
            for row in rows:
                growth *= 1.0 + float(row[column])
            assert figure.value == pytest.approx(growth - 1.0, abs=6e-4), figure.series.series_id
            checked += 1
    assert checked == 22
