"""Plans that cannot be walked, each with its path; questions of a date; journals."""

import datetime
import json
from dataclasses import replace

import numpy as np
import pytest

from counterpoise.backtest import (
    Gate,
    JournalMismatch,
    MarginPeriod,
    RedemptionTerms,
    plan_violations,
    without_limits,
)
from counterpoise.backtest.journal import Journal, plan_sha256
from counterpoise.backtest.plan import cut_history
from counterpoise.backtest.question import State, estimation_at, problem_at, relaxed
from counterpoise.backtest.records import Call, Decision, Outcome, Period, Reserve, SleeveEstimate
from counterpoise.backtest.table import read_returns
from counterpoise.model import (
    AlphaEvidence,
    CashFlow,
    DriverValue,
    EstimateRiskModelResponse,
    LineEstimate,
    Provenance,
    RectangularMatrix,
    SoftLimit,
    StressedCorrelation,
    StressPeriods,
    StressRegime,
    StressWindow,
    UniformStress,
)
from counterpoise.validate import problem_violations
from tests import walks

DAY = datetime.date(2005, 6, 30)
ESTIMATE = EstimateRiskModelResponse(market=walks.problem().market, provenance=Provenance())


def with_portfolio(plan, **changes):
    portfolio = replace(plan.problem.portfolio, **changes)
    return replace(plan, problem=replace(plan.problem, portfolio=portfolio))


def holding(plan, **shares):
    lines = tuple(
        replace(line, current_fraction=shares.get(line.line_id.replace("-", "_"), 0.0))
        for line in plan.problem.portfolio.lines
    )
    return with_portfolio(plan, lines=lines)


def without_returns(plan, name, period):
    history = plan.history
    columns = tuple(
        replace(column, missing_periods=(period,)) if column.column_id == name else column
        for column in history.columns
    )
    return replace(plan, estimation=replace(plan.estimation, history=replace(history, columns=columns)))


def last_priority(plan):
    """The plan with the last priority that a limit may have."""
    mandate = plan.problem.mandate
    limits = tuple(
        replace(limit, soft=SoftLimit(priority=100)) if limit.limit_id == "sleeves" else limit
        for limit in mandate.limits
    )
    return replace(plan, problem=replace(plan.problem, mandate=replace(mandate, limits=limits)))


PLAN = walks.plan()
WRONG = {
    "window_period_count": replace(PLAN, window_period_count=12),
    "rebalance_period_count": replace(PLAN, rebalance_period_count=0),
    "estimation.history.dates": replace(PLAN, first_date=datetime.date(2030, 1, 31)),
    "estimation.cash_id": replace(PLAN, estimation=replace(PLAN.estimation, cash_id="")),
    "estimation.drivers": replace(
        PLAN, estimation=replace(PLAN.estimation, drivers=PLAN.estimation.drivers[:1])
    ),
    "estimation.history.columns[1].missing_periods": without_returns(PLAN, "bonds", 70),
    "estimation.sleeve_ids[1]": with_portfolio(
        PLAN, lines=PLAN.problem.portfolio.lines[:5] + PLAN.problem.portfolio.lines[6:]
    ),
    "problem.portfolio.lines": holding(PLAN, equity_fund=0.6, bills=0.1),
    "problem.portfolio.loading_matrix": with_portfolio(
        PLAN,
        loading_matrix=RectangularMatrix(row_ids=("skill",), column_ids=("equity",), values=np.array([0.1])),
    ),
    "problem.portfolio.nav_amount": with_portfolio(PLAN, nav_amount=-1.0),
    "redemptions[0]": replace(PLAN, redemptions=(RedemptionTerms(line_id="equity-fund"),)),
    "redemptions[1]": replace(PLAN, redemptions=(RedemptionTerms(line_id="skill"),) * 2),
    "gates[0]": replace(PLAN, gates=(Gate(line_id="nobody", first_date=DAY, last_date=DAY),)),
    "margin_periods[0]": replace(
        PLAN,
        margin_periods=(
            MarginPeriod(margin_pool_id="nobody", first_date=DAY, last_date=DAY, multiplier=2.0),
        ),
    ),
    "gates[0].last_date": replace(
        PLAN,
        gates=(Gate(line_id="skill", first_date=DAY, last_date=DAY - datetime.timedelta(days=1)),),
    ),
    "forced_sale_cost_rate": replace(PLAN, forced_sale_cost_rate=1.0),
    "problem.portfolio.cash_flows": with_portfolio(
        PLAN, cash_flows=(CashFlow(horizon_trading_days=5, outflow_amount=1e6),)
    ),
    "problem.portfolio.lines[5].line_id": replace(
        PLAN,
        estimation=replace(
            PLAN.estimation,
            sleeve_ids=("skill",),
            history=replace(
                PLAN.history,
                columns=tuple(item for item in PLAN.history.columns if item.column_id != "clone"),
            ),
        ),
    ),
    "problem.mandate.limits[3].soft.priority": last_priority(PLAN),
    "margin_periods[0].multiplier": replace(
        PLAN,
        margin_periods=(
            MarginPeriod(margin_pool_id="clearing", first_date=DAY, last_date=DAY, multiplier=0.0),
        ),
    ),
}


@pytest.mark.parametrize("field", WRONG)
def test_what_is_wrong_with_a_plan_is_told_with_its_path(field):
    found = plan_violations(WRONG[field])
    assert field in {violation.field for violation in found}
    assert all(violation.message for violation in found)


def test_a_sound_plan_has_no_violations_and_starts_in_the_first_tier():
    assert plan_violations(PLAN) == ()
    assert PLAN.opening == {line_id: float(line_id == "bills") for line_id in PLAN.problem.portfolio.line_ids}
    held = holding(PLAN, equity_fund=0.6, equity_future=0.2, bills=0.4)
    assert plan_violations(held) == ()
    assert held.opening["equity-future"] == 0.2


def test_limits_on_bad_times_can_be_left_out_or_others_by_name():
    assert [limit.limit_id for limit in without_limits(PLAN).problem.mandate.limits] == [
        "gross-cap",
        "reserve",
        "beta",
        "sleeves",
        "active-risk",
    ]
    named = without_limits(PLAN, ["beta", "sleeves"]).problem.mandate.limits
    assert [limit.limit_id for limit in named] == ["gross-cap", "reserve", "active-risk", "coverage"]
    with pytest.raises(ValueError, match="no limit nobody"):
        without_limits(PLAN, ["nobody"])


def test_a_window_holds_nothing_of_later_periods_and_names_missing_ones_anew():
    plan = without_returns(PLAN, "skill", 30)
    cut = cut_history(plan.history, slice(25, 61), ("equity", "skill"))
    assert cut.dates == plan.history.dates[25:61]
    assert [len(column.returns) for column in cut.columns] == [36, 36]
    assert cut.column("skill").missing_periods == (5,)
    assert np.array_equal(cut.column("equity").returns, plan.history.column("equity").returns[25:61])


def test_the_question_of_a_date_ends_on_it_and_takes_cash_as_it_was():
    table, period = read_returns(PLAN), PLAN.periods[3]
    asked = estimation_at(PLAN, table, period)
    assert asked.history.dates[-1] == PLAN.history.dates[period]
    assert len(asked.history.dates) == 60
    assert asked.annual_risk_free_rate == 12 * PLAN.history.column("cash").returns[period]


@pytest.mark.parametrize(("years", "kept"), [((2003,), 1), ((2003, 2012), 1), ((1999,), None), ((), None)])
def test_bad_times_count_where_the_window_has_enough_of_them(years, kept):
    windows = tuple(
        StressWindow(
            window_id=f"y{year}",
            first_date=datetime.date(year, 1, 1),
            last_date=datetime.date(year, 12, 31),
        )
        for year in years
    )
    regime = StressRegime(periods=StressPeriods(windows=windows))
    plan = replace(PLAN, estimation=replace(PLAN.estimation, stress_regime=regime))
    found = estimation_at(plan, read_returns(plan), 60).stress_regime
    assert (found is None) == (kept is None)
    if found is not None:
        assert [item.window_id for item in found.periods.windows] == ["y2003"]


def test_a_sleeve_without_enough_returns_is_not_asked_about_and_not_bought():
    history = PLAN.history
    late = walks.column("clone", np.where(np.arange(84) < 50, np.nan, history.column("clone").returns))
    columns = tuple(late if column.column_id == "clone" else column for column in history.columns)
    plan = replace(PLAN, estimation=replace(PLAN.estimation, history=replace(history, columns=columns)))
    period = plan.periods[0]
    assert estimation_at(plan, read_returns(plan), period).sleeve_ids == ("skill",)
    state = State(period=period, nav=1e9, holdings=dict.fromkeys(plan.opening, 0.0), redeemable={})
    lines = {line.line_id: line for line in problem_at(plan, state, ESTIMATE).portfolio.lines}
    assert lines["clone"].maximum_fraction == 0.0
    assert estimation_at(plan, read_returns(plan), 83).sleeve_ids == ("skill", "clone")


def test_what_drifted_above_its_maximum_and_cannot_leave_may_stay():
    stated = replace(PLAN, estimation=replace(PLAN.estimation, sleeve_ids=()))
    state = State(
        period=60,
        nav=1e9,
        holdings=dict.fromkeys(PLAN.opening, 0.0) | {"skill": 0.15e9},
        redeemable={"skill": 0.01e9},
    )
    skill = problem_at(stated, state, ESTIMATE).portfolio.lines[4]
    assert skill.alpha_sleeve.redeemable_fraction == pytest.approx(0.01)
    assert skill.maximum_fraction == pytest.approx(0.14)
    free = problem_at(stated, state, ESTIMATE, all_redeemable=True).portfolio.lines[4]
    assert free.maximum_fraction == 0.12
    assert free.alpha_sleeve.redeemable_fraction is None


def test_what_has_no_verdict_is_believed_to_be_the_prior_and_is_not_bought():
    state = State(
        period=60, nav=1e9, holdings=dict.fromkeys(PLAN.opening, 0.0) | {"clone": 0.05e9}, redeemable={}
    )
    estimated = LineEstimate(
        line_id="clone",
        loadings=(DriverValue(driver_id="equity", value=0.7),),
        annual_residual_volatility=0.03,
        evidence=AlphaEvidence(sleeve_id="clone", annual_shrunk_alpha=0.004),
    )
    problem = problem_at(PLAN, state, replace(ESTIMATE, lines=(estimated,)))
    clone = problem.portfolio.lines[5]
    assert clone.maximum_fraction == pytest.approx(0.05)
    assert clone.loadings == estimated.loadings
    assert clone.alpha_sleeve.expected_alpha.net_of_fees.annual_over_beta == 0.004
    skill = problem.portfolio.lines[4]  # without any estimate
    assert skill.maximum_fraction == 0.0
    assert skill.alpha_sleeve.expected_alpha.net_of_fees.annual_over_beta == 0.0
    assert problem_violations(problem) == ()


def test_what_does_not_report_is_not_bought_and_its_least_gives_way():
    lines = tuple(
        replace(line, minimum_fraction=0.02) if line.line_id == "skill" else line
        for line in PLAN.problem.portfolio.lines
    )
    plan = with_portfolio(replace(PLAN, estimation=replace(PLAN.estimation, sleeve_ids=())), lines=lines)
    state = State(
        period=60,
        nav=1e9,
        holdings=dict.fromkeys(PLAN.opening, 0.0) | {"skill": 0.01e9},
        redeemable={},
        not_bought=frozenset({"skill"}),
    )
    skill = problem_at(plan, state, ESTIMATE).portfolio.lines[4]
    assert (skill.minimum_fraction, skill.maximum_fraction) == (pytest.approx(0.01), pytest.approx(0.01))


def test_a_stated_stress_stays_where_the_estimate_has_none():
    market = PLAN.problem.market
    stress = StressedCorrelation(uniform=UniformStress(correlation=0.8))
    risk_model = replace(market.risk_model, stressed_correlation=stress)
    plan = replace(PLAN, problem=replace(PLAN.problem, market=replace(market, risk_model=risk_model)))
    state = State(period=60, nav=1e9, holdings=dict.fromkeys(PLAN.opening, 0.0), redeemable={})
    assert problem_at(plan, state, ESTIMATE).market.risk_model.stressed_correlation == stress


def test_initial_margin_is_what_pools_ask_for_on_the_day():
    rise = MarginPeriod(
        margin_pool_id="clearing",
        first_date=PLAN.history.dates[60],
        last_date=PLAN.history.dates[61],
        multiplier=2.5,
    )
    plan = replace(PLAN, margin_periods=(rise,))
    state = State(period=60, nav=1e9, holdings=dict.fromkeys(PLAN.opening, 0.0), redeemable={})
    problem = problem_at(plan, state, ESTIMATE)
    assert problem.portfolio.lines[2].overlay.initial_margin_rate == pytest.approx(0.15)
    assert problem.portfolio.as_of_date == PLAN.history.dates[60]
    assert problem_violations(problem) == ()


def test_relaxed_problems_put_hard_limits_before_soft_ones_and_stay_valid():
    state = State(period=60, nav=1e9, holdings=dict.fromkeys(PLAN.opening, 0.0), redeemable={})
    problem = relaxed(problem_at(PLAN, state, ESTIMATE))
    priorities = {limit.limit_id: limit.soft.priority for limit in problem.mandate.limits}
    assert priorities == {
        "gross-cap": 1,
        "reserve": 1,
        "beta": 1,
        "sleeves": 3,
        "active-risk": 3,
        "coverage": 1,
    }
    assert problem_violations(problem) == ()


FIRST, SECOND = (PLAN.history.dates[index] for index in PLAN.periods[:2])
PERIOD = Period(
    date=FIRST,
    nav=1.1e9,
    reference_nav=1.05e9,
    holdings={"bills": 1.1e9 / 3},
    earnings={"cash": 0.1},
    calls=(
        Call(margin_pool_id="clearing", variation_margin=1.0, margin_increase=2.0, payments={"bills": 1.0}),
    ),
    reserve=Reserve(value=1.0, margin=0.5, free=0.5),
    due_notices=(("skill", 61, 3.0),),
    decision=Decision(
        outcome=Outcome.RELAXED,
        sleeves={
            "skill": SleeveEstimate(
                annual_alpha=0.01,
                annual_alpha_error=0.02,
                r_squared=0.3,
                annual_volatility=0.05,
                sleeve_class="alpha",
            )
        },
        violations={"beta": 1e-3},
    ),
)


NEXT = replace(PERIOD, date=SECOND, decision=None, missing_returns=("skill",))


def written(path, *periods):
    book = Journal(path, PLAN)
    book.read()
    for period in periods:
        book.add(period)
    return path.read_text(encoding="utf-8")


def test_a_journal_gives_back_what_was_written(tmp_path):
    path = tmp_path / "run.jsonl"
    assert Journal(path, PLAN).read() == []
    written(path, PERIOD)
    assert Journal(path, PLAN).read() == [PERIOD]
    written(path, NEXT)
    assert Journal(path, PLAN).read() == [PERIOD, NEXT]


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_a_line_that_was_cut_off_is_dropped(tmp_path, cut):
    path = tmp_path / "run.jsonl"
    whole = written(path, PERIOD, NEXT)
    path.write_text(whole[:-cut], encoding="utf-8")
    assert Journal(path, PLAN).read() == [PERIOD]
    assert written(path, NEXT) == whole


def test_a_head_that_was_cut_off_is_written_again(tmp_path):
    path = tmp_path / "run.jsonl"
    head = written(path)
    path.write_text(head[:20], encoding="utf-8")
    assert Journal(path, PLAN).read() == []
    assert path.read_text(encoding="utf-8") == head


def test_lines_that_were_edited_lost_or_written_twice_are_found(tmp_path):
    path = tmp_path / "run.jsonl"
    head, first, second = written(path, PERIOD, NEXT).splitlines(keepends=True)
    for lines in (
        [head, first.replace("1100000000.0", "1200000000.0"), second],
        [head, second],
        [head, first, first],
        [head, first, second, second],
        [head, first[:80] + "\n", second],
    ):
        path.write_text("".join(lines), encoding="utf-8")
        with pytest.raises(JournalMismatch, match=r"line [234]: not as it was written"):
            Journal(path, PLAN).read()


def test_a_journal_of_another_plan_is_refused_where_something_was_walked(tmp_path):
    path, other = tmp_path / "run.jsonl", replace(PLAN, rebalance_period_count=3)
    written(path)
    assert Journal(path, other).read() == []
    path.unlink()
    written(path, PERIOD)
    with pytest.raises(JournalMismatch, match="another plan"):
        Journal(path, other).read()
    path.write_text(json.dumps({"some": "file"}) + "\n", encoding="utf-8")
    with pytest.raises(JournalMismatch, match="no journal"):
        Journal(path, PLAN).read()


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, window_period_count=59),
        replace(PLAN, gates=(Gate(line_id="skill", first_date=DAY, last_date=DAY),)),
        walks.plan(walks.simulated(seed=4)),
        walks.plan(coverage=False),
        replace(PLAN, problem=replace(PLAN.problem, scenarios=walks.bad_times()[:1])),
    ],
)
def test_the_hash_of_a_plan_is_of_all_that_it_says(other):
    assert plan_sha256(other) != plan_sha256(PLAN)
    assert plan_sha256(walks.plan()) == plan_sha256(PLAN)


def test_a_journal_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        Journal(tmp_path / "nowhere" / "run.jsonl", PLAN).read()
