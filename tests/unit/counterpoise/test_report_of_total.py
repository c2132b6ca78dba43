"""The report of a total portfolio: costs, fees, evidence, soft limits, counterparties, basis points."""

import dataclasses

import pytest

from counterpoise.command import layout, report, requirements
from counterpoise.model import (
    Allocation,
    AllocationProblem,
    CounterpartyReport,
    LimitKey,
    MaximizeNetReturn,
    MeetRiskBudget,
    MinimizeCost,
    Objective,
    ProofWeight,
    Side,
    StructuralRule,
    Warning,
    WarningCode,
)
from counterpoise.wording.names import Names
from tests import sample_answers, sample_total, sample_total_problem

PROBLEM = sample_total_problem.problem()
ALLOCATION = sample_total.answer()


@pytest.fixture
def printed(capsys):
    def show(allocation: Allocation = ALLOCATION, problem: AllocationProblem = PROBLEM) -> str:
        layout.show(report.certified(allocation, problem))
        return capsys.readouterr().out

    return show


@pytest.fixture
def section(printed):
    """A section of the page with its lines joined; empty where the page has none of that title."""

    def of(title, allocation=ALLOCATION, problem=PROBLEM):
        parts = printed(allocation, problem).split("\n\n")
        part = next((part for part in parts if part.startswith(title)), "")
        return " ".join(part.split())

    return of


def test_the_page_follows_the_questions_of_a_board(printed):
    output = printed()
    titles = [line for line in output.splitlines() if line.isupper() and not line.startswith(" ")]
    assert titles == [
        "ALLOCATION",
        "WARNINGS",
        "POSITIONS",
        "FIRST LEDGER: CAPITAL",
        "SECOND LEDGER: EXPOSURE",
        "SECOND LEDGER: RATES AND SPREADS",
        "LEVERAGE OVER NAV",
        "MARGIN AND RESERVE",
        "RISK",
        "RISK BUDGET",
        "EVIDENCE BEHIND THE ALPHA",
        "FEES OF THE SLEEVES",
        "SYNTHETIC AGAINST PHYSICAL",
        "EXPECTED RETURN OF A YEAR",
        "BENEFIT TO THE TOTAL FUND",
        "WHAT WAS MAXIMIZED",
        "SOFT LIMITS",
        "LIMITS THAT BIND",
        "LIMITS WITH ROOM",
        "COUNTERPARTIES",
        "TRADES",
        "CERTIFICATE",
    ]
    assert max(map(len, output.splitlines())) <= 100


def test_a_small_problem_has_no_sections_with_nothing_to_say(printed):
    output = printed(sample_answers.optimal(), sample_answers.pension_problem())
    for title in ("RATES AND", "RISK BUDGET", "FEES OF", "WHAT WAS", "SOFT", "COUNTERPARTIES", "TRADES"):
        assert title not in output


def test_trades_are_told_with_their_cost_and_what_keeps_them_back(section):
    trades = section("TRADES")
    assert "26.50 % of NAV one-way, 53.00 % two-way" in trades
    # 5 bp of 53 % of $2bn, over two years.
    assert "2.65 bp of NAV once = $530k; over a holding period of 2 years, 1.33 bp of the return" in trades
    assert "Corporate bond fund 30.00 15.00 -15.00 -300.00 0.75 5.0 " in trades
    assert "Multi-strategy fund 12.00 10.00 -2.00 -40.00 0.10 5.0 redemption terms" in trades
    assert "Turnover cap: 26.50 % of 26.50 % used; 0.1 % of NAV more turnover is worth 0.3 bp" in trades


def test_trades_without_cost_and_limit_are_one_sentence(section):
    free = [dataclasses.replace(line, trading_cost_fraction=None) for line in ALLOCATION.positions]
    trading = dataclasses.replace(ALLOCATION.trading, cost_fraction=0.0, cost_amount=0.0)
    trades = section(
        "TRADES", dataclasses.replace(ALLOCATION, positions=tuple(free), trading=trading, limits=())
    )
    assert trades == (
        "TRADES Turnover from today's holdings: 26.50 % of NAV one-way, 53.00 % two-way. "
        "No trading cost is counted."
    )


def test_a_sleeve_that_may_let_nothing_go_is_told_although_it_does_not_trade(section):
    kept = [
        dataclasses.replace(line, change_fraction=0.0, trading_cost_fraction=0.0)
        if line.line_id == "multi-strategy"
        else line
        for line in ALLOCATION.positions
    ]
    trades = section("TRADES", dataclasses.replace(ALLOCATION, positions=tuple(kept)))
    assert "Multi-strategy fund 10.00 10.00 0.00 0.00 redemption terms" in trades


def test_evidence_has_the_regression_and_the_t_statistic(section):
    evidence = section("EVIDENCE")
    # 2.1 % of declared alpha over a standard error of 1 %.
    assert "Multi-strategy fund 0.35 84 210.0 2.1 210.0 alpha beside beta" in evidence
    assert "Macro fund 0.15 30 262.0 2.6 262.0 alpha" in evidence


def test_there_is_no_t_statistic_without_a_standard_error(section):
    evidence = section("EVIDENCE", sample_answers.optimal(), sample_answers.pension_problem())
    assert "alpha 0.10 120 150.0 150.0 alpha" in evidence
    assert "t is declared" not in evidence


def test_fees_go_from_gross_alpha_to_what_is_left(section):
    fees = section("FEES")
    assert "Multi-strategy fund 10.00 450.0 150.0 90.0 210.0 4.80" in fees
    assert "Market-neutral" not in fees  # declared net
    # 240 bp of 10 % and 238 bp of 9 %, of gross alphas of 450 and 500 bp.
    assert "The managers take 45.4 bp of NAV a year = $9.084M, 50 % of the gross alpha." in fees


def test_alpha_is_called_after_fees_only_where_all_of_it_is(section):
    assert "Alpha, gross or net of fees as declared" in section("EXPECTED")
    pension = section("EXPECTED", sample_answers.optimal(), sample_answers.pension_problem())
    assert "Alpha after fees" in pension


def test_the_benefit_is_told_with_and_without_alpha(section):
    benefit = section("BENEFIT")
    report_of_return = ALLOCATION.expected_return
    gain = report_of_return.annual_net_return - report_of_return.annual_reference_return
    assert f"after every cost 7.326 +{1e4 * gain:.1f} +{2000 * gain:.2f}" in benefit
    # The reference earns 30.4 bp more than the portfolio without alpha, on 31 % in sleeves; alpha is 75 bp.
    assert "It does not work with alpha at zero. Break-even: the sleeves, 31.00 % of NAV" in benefit
    assert "must add 0.98 % a year to reach the reference portfolio; 2.42 % is counted." in benefit


def test_a_portfolio_may_work_with_alpha_at_zero(section):
    works = dataclasses.replace(ALLOCATION.expected_return, annual_reference_return=0.0642)
    benefit = section("BENEFIT", dataclasses.replace(ALLOCATION, expected_return=works))
    assert "It works with alpha at zero" in benefit
    assert "could lose 0.50 % a year before it falls behind" in benefit


def test_rates_are_told_in_basis_points_and_money(section):
    rates = section("SECOND LEDGER: RATES")
    # -0.0002095 of $2bn for a basis point.
    assert "Ten-year rate -0.975 -1.120 0.000 -2.095 -2.600 +0.505 -$419k" in rates
    assert "World equity" not in rates
    exposure = section("SECOND LEDGER: EXPOSURE")
    assert "Ten-year rate" not in exposure
    assert "Sum 50.00 8.00 2.60 60.60 60.00 +0.60" in exposure


def test_soft_limits_that_are_missed_are_told_and_proven(printed, section):
    soft = section("SOFT")
    assert "Sleeves neutral to equity: World equity 1 at most 2.00 % 2.60 % 0.60 %" in soft
    assert "1 more is met." in soft
    headline = section("ALLOCATION")
    assert "It misses 1 soft limit" in headline
    assert "Sleeves neutral" not in section("LIMITS THAT BIND") + section("LIMITS WITH")
    proof = section("CERTIFICATE")
    assert "priority 1 are missed by 0.006 in weighted sum; less than 0.0059999 is impossible" in proof
    assert "priority 2 are met" in proof


def test_soft_limits_that_are_met_take_one_sentence(section):
    met = [dataclasses.replace(limit, violation=0.0) for limit in ALLOCATION.limits]
    allocation = dataclasses.replace(ALLOCATION, limits=tuple(met))
    assert section("SOFT", allocation) == "SOFT LIMITS All that are given are met: 2."
    assert "misses" not in section("ALLOCATION", allocation)


def test_limits_have_the_units_of_what_they_limit(section):
    room = section("LIMITS WITH")
    assert "Rate exposure of sleeves: Ten-year rate 0.000 bp/bp -0.100 bp/bp 0.100 bp/bp" in room
    assert "bp/bp is bp of NAV for each bp that the driver moves." in room
    assert "Margin at one bank: Bank B 0.85 % 2.00 % 1.15 %" in room
    assert "Redemption: Multi-strategy fund at least 10.00 % 0.1 % of NAV less" in section("LIMITS THAT")


def test_room_per_basis_point_is_not_taken_for_none(section):
    assert "nearly binding" not in section("LIMITS WITH")


def test_counterparties_are_told_with_their_caps_largest_first(section):
    told = section("COUNTERPARTIES")
    assert "Bank B 14.00 280.00 0.85 17.00 2.00 Bank A 8.00 160.00 0.50 10.00 2.00" in told
    assert "Nothing lies with 1 more." in told
    idle = dataclasses.replace(ALLOCATION, counterparties=(CounterpartyReport(counterparty_id="bank-c"),))
    assert section("COUNTERPARTIES", idle) == ""


def test_a_risk_budget_has_wanted_and_realised_shares(section):
    assert "Macro fund 50.00 58.00 +8.00" in section("RISK BUDGET")


def test_what_sleeves_share_beyond_the_drivers_is_told(section):
    assert "2 sleeves are assumed correlated by 0.30." in section("RISK")
    model = dataclasses.replace(PROBLEM.market.risk_model, sleeve_residual_correlation=None)
    independent = dataclasses.replace(PROBLEM, market=dataclasses.replace(PROBLEM.market, risk_model=model))
    assert "the sleeves are assumed independent" in section("RISK", ALLOCATION, independent)


def test_active_risk_is_told_against_its_limit(section):
    assert "Active risk against the reference: 1.35 % a year, of at most 3.00 %." in section("RISK")


def test_warnings_about_inputs_come_first_and_new_ones_last(section):
    newer = Warning(code=99, message="from a newer server")
    warnings = section("WARNINGS", dataclasses.replace(ALLOCATION, warnings=(newer, *ALLOCATION.warnings)))
    places = [
        warnings.index(words)
        for words in ("Old inputs:", "Thin evidence:", "Soft limits that are missed:", "Newer than")
    ]
    assert places == sorted(places)
    assert "- the price of multi-strategy is 59 days old, more than 45" in warnings


@pytest.mark.parametrize("code", WarningCode)
def test_every_warning_has_a_heading(section, code):
    allocation = dataclasses.replace(ALLOCATION, warnings=(Warning(code=code, message="something"),))
    assert "Newer than" not in section("WARNINGS", allocation)


def test_many_warnings_of_one_kind_do_not_hide_the_others(section):
    stale = [Warning(code=WarningCode.INPUT_STALE, message=f"price {number}") for number in range(20)]
    warnings = (*stale, Warning(code=WarningCode.NAV_SMALL, message="small"))
    told = section("WARNINGS", dataclasses.replace(ALLOCATION, warnings=warnings))
    assert "and 14 more; --json has all" in told
    assert "- small" in told


def test_an_objective_of_several_terms_is_taken_apart(section):
    told = section("WHAT WAS MAXIMIZED")
    assert "Expected net return 711.0 Charge for uncertain alpha -9.0" in told
    assert "with the charge for uncertain alpha 702.0" in told


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        (Objective(minimize_cost=MinimizeCost()), ("less cost", "is worth 0.3 bp less = $60k a year")),
        (
            Objective(meet_risk_budget=MeetRiskBudget(shares=(), total_fraction=0.2)),
            ("less distance from the risk budget", "is worth 3e-05 less"),
        ),
        (Objective(maximize_net_return=MaximizeNetReturn()), ("is worth 0.3 bp = $60k a year",)),
    ],
)
def test_prices_are_counted_in_the_objective(section, objective, words):
    headline = section("ALLOCATION", ALLOCATION, dataclasses.replace(PROBLEM, objective=objective))
    for word in words:
        assert word in headline


def test_both_sides_of_a_neutral_range_are_loosened_at_once(section):
    limits = [
        dataclasses.replace(limit, binding=True, violation=0.0, upper_shadow_price=0.02)
        if limit.key.limit_id == "neutral-to-equity"
        else limit
        for limit in ALLOCATION.limits
    ]
    tight = section("LIMITS THAT BIND", dataclasses.replace(ALLOCATION, limits=tuple(limits)))
    assert "0.1 % of NAV wider 0.2 bp = $40k" in tight


@pytest.mark.parametrize(
    ("key", "side", "words"),
    [
        (LimitKey(limit_id="rate-risk", driver_id="rate_10y"), Side.LOWER, "exposure at least -0.100 bp/bp"),
        (LimitKey(limit_id="neutral-to-equity"), Side.UPPER, "exposure at most 2.00 %"),
        (LimitKey(limit_id="turnover"), Side.UPPER, "turnover at most 20.00 %"),
        (LimitKey(limit_id="margin-at-a-bank"), Side.UPPER, "posted margin at most 2.00 %"),
        (
            LimitKey(structural_rule=StructuralRule.SLEEVE_REDEMPTION, line_id="multi-strategy"),
            Side.LOWER,
            "lets go 2.00 % of NAV in this rebalance",
        ),
    ],
)
def test_a_proof_says_what_each_bound_demands(key, side, words):
    bound = ProofWeight(key=key, side=side, weight=1.0)
    assert requirements.requirement(bound, PROBLEM, Names(PROBLEM)) == words
