"""Walks through a real server: resumed, replayed, shocked, gated, and without limits."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from counterpoise import Client
from counterpoise.backtest import RedemptionTerms, compare, walk_forward, without_limits
from counterpoise.command import backtest_page
from counterpoise.errors import InvalidProblem, ServiceError
from counterpoise.model import Aggregation as Together
from counterpoise.model import Frequency, Limit, LineScope, PositionMeasure
from tests import walks

SHOCKED_AT = 72


@pytest.fixture(scope="module")
def client(server):
    with Client(server.address) as connected:
        yield connected


@pytest.fixture(scope="module")
def walked(client):
    return walk_forward(walks.plan(), client, progress=False)


@pytest.fixture(scope="module")
def free(client):
    return walk_forward(without_limits(walks.plan(), ["coverage", "reserve"]), client, progress=False)


class Failing:
    """A service that goes away after some decisions."""

    def __init__(self, client, decisions):
        self._client = client
        self._left = decisions

    def allocate_response(self, problem):
        return self._client.allocate_response(problem)

    def estimate_risk_model(self, question):
        if not self._left:
            raise ConnectionError
        self._left -= 1
        return self._client.estimate_risk_model(question)


def with_history(plan, change, *names):
    """The plan with other returns of some columns from a period on."""
    history = plan.history

    def changed(column):
        returns = np.array(column.returns)
        returns[SHOCKED_AT:] = change
        return replace(column, returns=returns)

    columns = tuple(changed(column) if column.column_id in names else column for column in history.columns)
    return replace(plan, estimation=replace(plan.estimation, history=replace(history, columns=columns)))


def test_earnings_sum_to_the_change_of_net_asset_value_in_every_period(walked):
    path, earnings = walked.path_frame(), walked.earnings_frame()
    np.testing.assert_allclose(earnings.sum(axis=1), path["net_return"], atol=1e-12)
    assert {"cash", "funded beta", "overlays", "sleeves", "trading costs"} <= set(earnings.columns)


def test_holdings_are_fractions_of_net_asset_value_and_use_all_capital(walked):
    holdings = walked.holdings_frame()
    capital = holdings.drop(columns=["equity-future", "bond-future"]).sum(axis=1)
    np.testing.assert_allclose(capital, 1.0, atol=1e-9)


def test_the_reference_is_its_exposures_in_funds_and_cash(walked):
    plan, path = walked.plan, walked.path_frame()
    returns = {name: plan.history.column(name).returns for name in ("equity", "bonds", "cash")}
    expected = returns["cash"] + 0.6 * returns["equity"] + 0.4 * returns["bonds"]
    np.testing.assert_allclose(path["reference_return"].iloc[1:], expected[60:], atol=1e-12)


def test_every_decision_was_certified_and_kept_its_limits(walked):
    decisions = walked.decisions_frame()
    assert set(decisions["outcome"]) == {"optimal"}
    assert (walked.path_frame()["gross_leverage"] <= 1.5 + 1e-7).all()


def test_with_coverage_the_reserve_pays_every_call_and_without_it_does_not(walked, free):
    table = compare({"coverage": walked, "none": free})
    assert table.loc["coverage", "exhausted_count"] == 0
    assert table.loc["none", "exhausted_count"] > 0
    assert np.isnan(table.loc["reference", "exhausted_count"])
    difference = table.loc["coverage", "annual_return"] - table.loc["reference", "annual_return"]
    assert table.loc["coverage", "return_over_reference"] == pytest.approx(difference)
    assert free.calls_frame()["exhausted"].any()
    assert any(period.forced_sales for period in free.periods)


def test_every_call_is_written_down_with_what_paid_it(walked):
    calls, earnings = walked.calls_frame(), walked.earnings_frame()
    lost = earnings[["overlays", "financing and roll"]].sum(axis=1)
    called = calls["variation_margin_fraction"].groupby("date").sum()
    days = lost[lost < 0].index
    navs = walked.path_frame()["nav"]
    np.testing.assert_allclose(called[days], -lost[days] * navs.shift(1)[days] / navs[days], atol=1e-12)
    assert set(calls.loc[called[called > 0].index, "paid_by"]) == {"bills"}


def test_a_walk_that_was_interrupted_goes_on_to_the_same_end(client, walked, tmp_path):
    journal = tmp_path / "run.jsonl"
    with pytest.raises(ConnectionError):
        walk_forward(walks.plan(), Failing(client, 9), journal=journal, progress=False)
    assert len(journal.read_text(encoding="utf-8").splitlines()) == 10
    resumed = walk_forward(walks.plan(), client, journal=journal, progress=False)
    assert resumed.periods == walked.periods
    again = walk_forward(walks.plan(), Failing(client, 0), journal=journal, progress=False)
    assert again.periods == walked.periods


def test_no_decision_knows_of_a_later_shock(client, walked):
    shocked = with_history(walks.plan(), -0.2, "equity", "skill")
    other = walk_forward(shocked, client, progress=False)
    before = SHOCKED_AT - other.plan.periods[0]
    assert other.periods[:before] == walked.periods[:before]
    assert other.periods[before] != walked.periods[before]


def test_between_decisions_positions_drift_with_their_returns(client):
    plan = walks.plan(rebalance_period_count=6)
    walk = walk_forward(plan, client, progress=False)
    decided = [period.decision is not None for period in walk.periods]
    assert decided == [index % 6 == 0 for index in range(len(walk.periods))]
    first, second = walk.periods[:2]
    returns = {name: plan.history.column(name).returns[60] for name in ("equity", "bonds", "cash")}
    growth = 1.0 + returns["cash"] + returns["equity"] - 0.0006 / 12
    assert second.holdings["equity-fund"] == pytest.approx(first.holdings["equity-fund"] * growth)
    assert second.holdings["bond-future"] == pytest.approx(
        first.holdings["bond-future"] * (1.0 + returns["bonds"])
    )


def test_redemption_dates_and_notice_are_honoured(client):
    """Skill turns into loss: it is wanted away at once, and leaves at the end of a quarter, after notice."""
    terms = RedemptionTerms(line_id="skill", every_period_count=3, notice_period_count=2)
    sour = with_history(walks.plan(redemptions=(terms,)), -0.03, "skill")
    walk = walk_forward(sour, client, progress=False)
    held = [period.holdings["skill"] for period in walk.periods]
    returns = sour.history.column("skill").returns + sour.history.column("cash").returns
    sold = []
    for index, (before, after) in enumerate(pairwise(held), start=1):
        drifted = before * (1.0 + returns[sour.periods[index]])
        if after < drifted * (1.0 - 1e-6):
            sold.append((sour.periods[index], drifted - after))
    assert sold
    quarter_ends = {3, 6, 9, 12}
    assert {sour.history.dates[period].month for period, _ in sold} <= quarter_ends
    given = {
        sour.periods[index]: period.decision.notices["skill"]
        for index, period in enumerate(walk.periods)
        if period.decision.notices
    }
    for period, money in sold:
        due = sum(amount for at, amount in given.items() if at + 2 <= period)
        assert money <= due * (1.0 + 1e-9)


def test_an_infeasible_mandate_is_relaxed_or_held_and_told(client):
    plan = walks.plan(last_date=walks.simulated().dates[61])
    impossible = Limit(
        limit_id="impossible",
        lower=0.9,
        position=PositionMeasure(lines=LineScope(line_ids=("skill", "clone")), aggregation=Together.SUM),
    )
    mandate = replace(plan.problem.mandate, limits=(*plan.problem.mandate.limits, impossible))
    plan = replace(plan, problem=replace(plan.problem, mandate=mandate))
    relaxed = walk_forward(plan, client, progress=False).decisions_frame()
    assert set(relaxed["outcome"]) == {"relaxed"}
    assert relaxed["missed_limits"].str.contains("impossible").all()
    held = walk_forward(replace(plan, relax_limits=False), client, progress=False)
    assert set(held.decisions_frame()["outcome"]) == {"held"}
    assert held.holdings_frame()["bills"].eq(1.0).all()


def test_a_plan_that_is_wrong_is_refused_before_anything_is_asked(client):
    with pytest.raises(InvalidProblem, match="window_period_count"):
        walk_forward(walks.plan(window_period_count=5), Failing(client, 0), progress=False)


def test_errors_of_the_service_reach_the_caller(client):
    with Client("127.0.0.1:1", timeout_seconds=1.0) as nobody, pytest.raises(ServiceError):
        walk_forward(walks.plan(), nobody, progress=False)


def test_frames_have_dates_and_numbers(walked):
    for frame in (walked.path_frame(), walked.holdings_frame(), walked.decisions_frame()):
        assert isinstance(frame.index, pd.DatetimeIndex)
    estimates = walked.estimates_frame()
    assert set(estimates.index.get_level_values("line_id")) == {"skill", "clone"}
    assert (estimates.loc[(slice(None), "clone"), "sleeve_class"] == "beta").all()
    assert estimates["shrunk_alpha_error"].between(0.0, 0.02).all()


def test_a_fund_that_stops_reporting_earns_its_loadings_and_is_told(client):
    """It is held when its column ends: nothing of it is bought from then on, and the page says so."""
    plan = walks.plan()
    column = plan.history.column("skill")
    missing = tuple(range(SHOCKED_AT, len(plan.history.dates)))
    columns = tuple(
        replace(column, missing_periods=missing) if item.column_id == "skill" else item
        for item in plan.history.columns
    )
    plan = replace(plan, estimation=replace(plan.estimation, history=replace(plan.history, columns=columns)))
    walk = walk_forward(plan, client, progress=False)
    silent = [period for period in walk.periods if period.missing_returns]
    assert [period.missing_returns for period in silent] == [("skill",)] * len(silent)
    index = plan.history.dates.index(silent[0].date)
    before = walk.periods[index - 1 - plan.periods[0]]
    loadings = before.loadings["skill"]
    returns = {name: plan.history.column(name).returns[index] for name in ("equity", "bonds", "cash")}
    growth = 1.0 + returns["cash"] + sum(loadings[name] * returns[name] for name in ("equity", "bonds"))
    assert silent[0].holdings["skill"] <= before.holdings["skill"] * growth * (1.0 + 1e-9)
    sections = [section for section in backtest_page.page({"walk": walk}, "") if section is not None]
    (told,) = [section for section in sections if section.title == "Returns that are not known"]
    assert told.rows[0][:3] == ("walk", "skill", str(len(silent)))


def test_ruin_ends_a_walk_and_is_compared(client):
    """Equity falls by 95 % under an overlay of half of the fund: nothing is left."""
    ruined = with_history(walks.plan(), -0.95, "equity", "skill", "clone", "bonds")
    lines = tuple(
        replace(line, minimum_fraction=0.5) if line.line_id == "equity-future" else line
        for line in ruined.problem.portfolio.lines
    )
    loose = [item for item in ruined.problem.mandate.limits if item.limit_id == "gross-cap"]
    problem = replace(
        ruined.problem,
        portfolio=replace(ruined.problem.portfolio, lines=lines),
        mandate=replace(ruined.problem.mandate, limits=tuple(loose)),
    )
    ruined = replace(ruined, problem=problem, last_date=ruined.history.dates[SHOCKED_AT + 3])
    walk = walk_forward(ruined, client, progress=False)
    assert walk.periods[-1].ruined
    assert walk.periods[-1].nav <= 0.0
    assert len(walk.periods) < len(ruined.periods)
    table = compare({"ruined": walk})
    assert table.loc["ruined", "annual_return"] == -1.0
    assert table.loc["ruined", "ruined"] == 1.0


def test_days_are_walked_as_months_are(client):
    """Two and a half years of days, decided monthly: calls come day by day, and parts sum to the whole."""
    draw = np.random.default_rng(9)
    days = 640
    equity = draw.normal(0.0003, 0.011, days)
    excess = {
        "equity": equity,
        "bonds": -0.1 * equity + draw.normal(0.0001, 0.004, days),
        "skill": 0.1 * equity + draw.normal(0.0003, 0.003, days),
        "clone": 0.7 * equity + draw.normal(0.0, 0.002, days),
    }
    dates = np.busday_offset(np.datetime64("2010-01-04"), np.arange(days), roll="forward")
    history = replace(
        walks.histories(excess, np.full(days, 0.0001) + draw.normal(0, 1e-6, days), tuple(dates.tolist())),
        frequency=Frequency.DAILY,
    )
    plan = walks.plan(history, window_period_count=520, rebalance_period_count=21)
    walk = walk_forward(plan, client, progress=False)
    path, earnings = walk.path_frame(), walk.earnings_frame()
    assert len(path) == 121
    assert len(walk.decisions_frame()) == 6
    np.testing.assert_allclose(earnings.sum(axis=1), path["net_return"], atol=1e-12)
    fell = earnings["overlays"].iloc[1:] < 0
    assert walk.calls_frame().index.get_level_values("date").nunique() >= fell.sum() - 1
    assert not path["exhausted"].iloc[1:].any()
