"""Indices of hedge-fund styles against known factors: what everybody knows of them comes out."""

import csv
import datetime

import numpy as np
import pytest

from counterpoise.model import (
    DEFAULT_CHARGE_R_SQUARED,
    EvidenceReason,
    SleeveClass,
    SmoothingTreatment,
    StressWindow,
)
from tests.unit.optimizer.evidence.questions import answer, ask

pytestmark = pytest.mark.shared_data

FACTORS = {"eq_us_xs": "equity", "ust_10y_xs": "treasuries", "commod_xs": "commodities"}
CRISIS = StressWindow(
    window_id="crisis", first_date=datetime.date(2008, 9, 1), last_date=datetime.date(2009, 2, 28)
)


def read(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["date"]: row for row in csv.DictReader(lines)}


@pytest.fixture(scope="module")
def styles(shared_data):
    """Evidence by style, 1997 to 2021: returns over bills, desmoothed where tested."""
    styles = read(shared_data / "hedge_fund_styles_monthly.csv")
    factors = read(shared_data / "beta_factors_monthly.csv")
    dates = sorted(styles.keys() & factors.keys())
    bills = np.array([float(factors[date]["rf"]) for date in dates])

    def over_bills(name):
        given = [styles[date][name] for date in dates]
        return np.array([float(text) if text else np.nan for text in given]) - bills

    names = [name for name in styles[dates[0]] if name != "date"]
    question = ask(
        {name: over_bills(name) for name in names},
        {told: np.array([float(factors[date][name]) for date in dates]) for name, told in FACTORS.items()},
        dates=tuple(datetime.date.fromisoformat(date) for date in dates),
        stress_windows=(CRISIS,),
    )
    return {item.sleeve_id: item for item in answer(question).evidence}


def test_trend_followers_are_explained_least_and_count_as_alpha(styles):
    explained = {name: item.regression.r_squared for name, item in styles.items()}
    assert min(explained, key=explained.get) == "cta_global"
    assert styles["cta_global"].sleeve_class is SleeveClass.ALPHA
    assert styles["cta_global"].smoothing.treatment is SmoothingTreatment.NONE
    assert EvidenceReason.MOVES_WITH_STRESS not in styles["cta_global"].reasons


def test_long_short_equity_pays_for_its_beta(styles):
    item = styles["long_short_equity"]
    assert item.regression.r_squared > DEFAULT_CHARGE_R_SQUARED
    assert item.sleeve_class is SleeveClass.ALPHA_AND_BETA
    assert EvidenceReason.MOVES_WITH_STRESS in item.reasons


@pytest.mark.parametrize("name", ["convertible_arbitrage", "fixed_income_arbitrage"])
def test_arbitrage_of_illiquid_bonds_is_smoothed(styles, name):
    item = styles[name]
    assert EvidenceReason.SMOOTHED in item.reasons
    assert item.smoothing.treatment is SmoothingTreatment.GETMANSKY_LO_MAKAROV
    assert 0.4 < item.smoothing.autocorrelation < 0.6
    assert item.smoothing.annual_volatility > 1.4 * item.smoothing.annual_reported_volatility
