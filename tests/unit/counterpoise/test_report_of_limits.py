"""The report of limits: soft ones that are missed, prices of those that bind, room of the others."""

import dataclasses

import pytest

from counterpoise.command import layout, proofs, requirements
from counterpoise.errors import InfeasibleMandate
from counterpoise.model import (
    AlphaUncertainty,
    Certificate,
    InfeasibilityProof,
    Limit,
    LimitKey,
    LimitReport,
    MaximizeNetReturn,
    MeetRiskBudget,
    MinimizeCost,
    Objective,
    ProofWeight,
    RiskMeasure,
    RiskStatistic,
    Side,
    StructuralRule,
    Unit,
)
from counterpoise.wording.names import Names
from tests import sample_answers, sample_stress, sample_total, sample_total_problem

PROBLEM = sample_total_problem.problem()
ALLOCATION = sample_total.answer()


def test_soft_limits_that_are_missed_are_told_and_proven(printed, section):
    soft = section("SOFT")
    assert "Sleeves neutral to equity: World equity 1 at most 2.00 % 2.60 % 0.60 %" in soft
    assert "1 more is met." in soft
    headline = section("ALLOCATION")
    assert (
        "Missed, as little as the rules allow: Sleeves neutral to equity: World equity by 0.60 % of NAV."
        in headline
    )
    tight = section("LIMITS THAT BIND")
    assert (
        "Soft limits come first: Sleeves neutral to equity: World equity (priority 1) is held at what it "
        "misses; prices below are what is left after it." in tight
    )
    assert (tight + section("LIMITS WITH")).count("Sleeves neutral") == 1
    alone = tuple(limit for limit in ALLOCATION.limits if limit.priority)
    tight = section("LIMITS THAT BIND", dataclasses.replace(ALLOCATION, limits=alone))
    assert tight.endswith("is held at what it misses; nothing has a price after it.")
    proof = section("CERTIFICATE")
    assert "priority 1 are missed by 0.006, weighted; less than 0.0059999 is impossible" in proof
    assert "priority 2 are met." in proof


def test_soft_limits_that_are_met_take_one_sentence(section):
    met = [dataclasses.replace(limit, violation=0.0) for limit in ALLOCATION.limits]
    allocation = dataclasses.replace(ALLOCATION, limits=tuple(met))
    assert section("SOFT", allocation) == "SOFT LIMITS All that are given are met: 2."
    assert "soft limits" not in section("ALLOCATION", allocation)


def test_limits_have_the_units_of_what_they_limit(section):
    room = section("LIMITS WITH")
    assert "Rate exposure of sleeves: Ten-year rate 0.000 bp/bp -0.100 bp/bp 0.100 bp/bp" in room
    assert "bp/bp is bp of NAV for each bp that the driver moves (per basis point)." in room
    assert "Margin at one bank: Bank B 0.85 % 2.00 % 1.15 %" in room
    assert "Redemption: Multi-strategy fund at least 10.00 % -0.1 % 0.040 $8k" in section("LIMITS THAT")


def test_basis_points_per_basis_point_are_explained_where_they_are_first_met(printed, section):
    tight = [
        dataclasses.replace(limit, binding=True, upper_shadow_price=10.0)
        if limit.key.limit_id == "rate-risk"
        else limit
        for limit in ALLOCATION.limits
    ]
    allocation = dataclasses.replace(ALLOCATION, limits=tuple(tight))
    assert printed(allocation).count("(per basis point)") == 1
    assert "(per basis point)" in section("ALLOCATION", allocation)


def test_room_per_basis_point_is_not_taken_for_none(section):
    assert "nearly binding" not in section("LIMITS WITH")


def test_an_objective_of_several_terms_is_taken_apart(section):
    told = section("WHAT WAS MAXIMIZED")
    assert "Expected net return 711.0 bp, charge for uncertain alpha -9.0 bp: together 702.0 bp." in told
    assert "more expected net return less the charge for uncertainty." in section("ALLOCATION")


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        (
            Objective(minimize_cost=MinimizeCost(), alpha_uncertainty=AlphaUncertainty(weight=0.5)),
            ("costs less, the charge for uncertainty included.", "turnover saves 0.3 bp = $60k a year"),
        ),
        (
            Objective(meet_risk_budget=MeetRiskBudget(shares=(), total_fraction=0.2)),
            ("is nearer to the risk budget.", "turnover brings it nearer by 3e-05"),
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
    assert "exposure at most 2.00 % +/-0.1 % 0.200 $40k" in tight


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


STRESS = sample_stress.problem()


def at(limit_id, scenario_id="", day=None):
    return LimitKey(limit_id=limit_id, scenario_id=scenario_id, horizon_trading_days=day)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (at("coverage", "crash", 5), "Liquidity coverage: Equity crash, within 5 days"),
        (at("coverage", "crash", 1), "Liquidity coverage: Equity crash, within 1 day"),
        (at("coverage", "rally", 0), "Liquidity coverage: rally, the same day, cash alone"),
        (at("coverage", "", 20), "Liquidity coverage: no scenario, within 20 days"),
        (at("gross-after", "rates-up"), "Gross leverage after stress: Rates up 200 bp"),
        (at("gross-cap"), "Gross leverage cap"),
        (at("tail"), "tail"),
    ],
)
def test_a_limit_under_stress_says_when_and_in_what(key, name):
    assert Names(STRESS).limit(key) == name


@pytest.mark.parametrize(
    ("key", "side", "words"),
    [
        (at("coverage", "crash", 5), Side.LOWER, "money at least 1.2 times the need"),
        (at("coverage", "crash", 0), Side.LOWER, "cash at least 1.2 times the first day's variation margin"),
        (at("gross-after", "crash"), Side.UPPER, "leverage at most 1.300x"),
        (at("loss", "crash"), Side.UPPER, "loss at most 25.00 %"),
        (at("tail"), Side.UPPER, "mean loss of the worst 5 % of outcomes at most 10.00 %"),
        (at("illiquid", "crash"), Side.UPPER, "share that is not money within 20 days at most 60.00 %"),
        (at("relative"), Side.UPPER, "value-at-risk over the reference's at most 2.000x"),
        (at("stressed-risk"), Side.UPPER, "volatility in bad times at most 15.00 %"),
    ],
)
def test_a_proof_says_what_each_bound_under_stress_demands(key, side, words):
    bound = ProofWeight(key=key, side=side, weight=1.0)
    assert requirements.requirement(bound, STRESS, Names(STRESS)) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"need_multiple": None}, "money at least the need"),
        ({"need_multiple": 1.0}, "money at least the need"),
    ],
)
def test_a_need_that_counts_once_has_no_multiple(change, words):
    measure = next(limit.liquidity_coverage for limit in STRESS.mandate.limits if limit.liquidity_coverage)
    problem = with_limit(liquidity_coverage=dataclasses.replace(measure, **change), lower=0.0)
    bound = ProofWeight(key=at("some", "crash", 5), side=Side.LOWER, weight=1.0)
    assert requirements.requirement(bound, problem, Names(problem)) == words


def test_coverage_beyond_the_need_is_demanded_in_percent_of_nav():
    measure = next(limit.liquidity_coverage for limit in STRESS.mandate.limits if limit.liquidity_coverage)
    problem = with_limit(liquidity_coverage=measure, lower=0.02)
    bound = ProofWeight(key=at("some", "crash", 5), side=Side.LOWER, weight=1.0)
    words = "money beyond 1.2 times the need at least 2.00 %"
    assert requirements.requirement(bound, problem, Names(problem)) == words


def test_a_normal_value_at_risk_says_at_which_confidence_and_over_which_days():
    measure = RiskMeasure(
        statistic=RiskStatistic.GAUSSIAN_VALUE_AT_RISK, confidence=0.99, horizon_trading_days=20
    )
    problem = with_limit(risk=measure, upper=0.2)
    bound = ProofWeight(key=at("some"), side=Side.UPPER, weight=1.0)
    words = "normal value-at-risk at 99 % over 20 days at most 20.00 %"
    assert requirements.requirement(bound, problem, Names(problem)) == words


def with_limit(**limit):
    stated = Limit(limit_id="some", **limit)
    return dataclasses.replace(STRESS, mandate=dataclasses.replace(STRESS.mandate, limits=(stated,)))


def priced(key, unit=Unit.NAV_FRACTION, **bound):
    side = next(iter(bound))
    return LimitReport(
        key=key,
        value=bound[side],
        unit=unit,
        binding=True,
        **bound,
        **{f"{side}_slack": 0.0, f"{side}_shadow_price": 0.015},
    )


@pytest.mark.parametrize(
    ("limit", "row", "sentence"),
    [
        (
            priced(at("coverage", "crash", 5), lower=0.0),
            "Liquidity coverage: Equity crash, within 5 days money at least 1.2 times the need -0.1 % 0.150",
            "Liquidity coverage: Equity crash, within 5 days: 0.1 % of NAV less money beyond 1.2 times the "
            "need is worth 0.15 bp = $30k a year",
        ),
        (
            priced(at("coverage", "crash", 0), lower=0.0),
            "the same day, cash alone cash at least 1.2 times the first day's variation margin -0.1 % 0.150 "
            "$30k",
            "0.1 % of NAV less cash beyond 1.2 times the first day's variation margin is worth 0.15 bp",
        ),
        (
            priced(at("gross-after", "crash"), Unit.RATIO, upper=1.3),
            "Gross leverage after stress: Equity crash leverage at most 1.300x +0.01x 1.500 $300k",
            "0.01x more leverage is worth 1.5 bp = $300k a year",
        ),
        (
            priced(at("illiquid", "crash"), Unit.RATIO, upper=0.6),
            "Illiquid share: Equity crash share that is not money within 20 days at most 60.00 % +0.1 %",
            "0.1 % more share that is not money within 20 days is worth 0.15 bp",
        ),
    ],
)
def test_what_is_one_more_unit_of_a_limit_under_stress_worth(section, limit, row, sentence):
    allocation = dataclasses.replace(ALLOCATION, limits=(limit,))
    tight = section("LIMITS THAT BIND", allocation, STRESS)
    assert words_in(row, tight), tight
    assert sentence in section("ALLOCATION", allocation, STRESS)


def words_in(words, text):
    """Whether all words are in a text: cells of a table are broken into lines that interleave."""
    return set(words.split()) <= set(text.split())


def test_of_many_members_with_room_the_nearest_is_told(section):
    roomy = section("LIMITS WITH ROOM", sample_stress.answer(), STRESS)
    assert roomy.count("Liquidity coverage") == 1
    assert "Liquidity coverage: Equity crash, the same day, cash alone 0.25 % 0.00 % 0.25 %" in roomy
    assert "(nearest of 19)" in roomy
    assert roomy.count("Margin at one bank") == 2  # members of other kinds stay rows of their own


def test_a_missed_coverage_says_what_was_wanted(section):
    soft = section("SOFT", sample_stress.answer(), STRESS)
    assert words_in(
        "Liquidity coverage: Equity crash, within 1 day 1 money less 1.2 x need: at least 0.00 %", soft
    )
    assert "-0.92 % 0.92 %" in soft


def test_an_infeasible_coverage_is_named_in_words(capsys):
    weights = (
        ProofWeight(key=at("coverage", "crash", 1), side=Side.LOWER, weight=0.7),
        ProofWeight(key=LimitKey(limit_id="turnover"), side=Side.UPPER, weight=0.3),
    )
    proof = InfeasibilityProof(weights=weights, contradiction=0.004, error_bound=1e-12)
    ended = dataclasses.replace(sample_answers.infeasible(), certificate=Certificate(infeasibility=proof))
    layout.show(proofs.infeasible(InfeasibleMandate(ended), STRESS, Names(STRESS)))
    page = " ".join(capsys.readouterr().out.split())
    assert "Liquidity coverage: Equity crash, within 1 day" in page
    assert "money at least 1.2 times the need" in page
    assert "proves that no allocation keeps all of them together." in page
    assert "coverage[crash, 1d]: its lower bound" in str(InfeasibleMandate(ended))


CAPITAL = LimitKey(structural_rule=StructuralRule.CAPITAL_BUDGET)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ((LimitKey(limit_id="turnover"),), "keeps it. {weights} Make it soft to see by how much"),
        (
            (LimitKey(limit_id="gross-cap"), LimitKey(limit_id="turnover")),
            "keeps all of them together. {weights} Make one of them soft to see by how much",
        ),
        (
            (LimitKey(limit_id="rate-risk"), CAPITAL),
            "keeps all of them together. {weights} Make the limit soft to see by how much",
        ),
        ((CAPITAL,), "keeps it. {weights}"),
    ],
)
def test_a_proof_says_what_it_proves_and_no_distance(capsys, keys, words):
    weights = tuple(ProofWeight(key=key, side=Side.UPPER, weight=1.0) for key in keys)
    proof = InfeasibilityProof(weights=weights, contradiction=2e-4, error_bound=1e-12)
    ended = dataclasses.replace(sample_answers.infeasible(), certificate=Certificate(infeasibility=proof))
    layout.show(proofs.infeasible(InfeasibleMandate(ended), PROBLEM, Names(PROBLEM)))
    page = " ".join(capsys.readouterr().out.split())
    weights = "The weights say how much each bound counts in that proof, not how far away it is."
    assert words.format(weights=weights) in page
    assert "0.02 %" not in page
    assert ("Make" in page) == ("Make" in words)


def test_pinned_lines_have_no_price(section):
    """A line whose minimum is its maximum cannot be loosened; one with a maximum alone can."""
    box = LimitReport(
        key=LimitKey(structural_rule=StructuralRule.LINE_BOX, line_id="equity-fund"),
        value=0.5,
        unit=Unit.NAV_FRACTION,
        lower=0.5,
        upper=0.5,
        lower_slack=0.0,
        upper_slack=0.0,
        upper_shadow_price=0.02,
        binding=True,
    )
    allocation = dataclasses.replace(ALLOCATION, limits=(*ALLOCATION.limits, box))

    def bounded(least):
        lines = tuple(
            dataclasses.replace(line, minimum_fraction=least, maximum_fraction=0.5)
            if line.line_id == "equity-fund"
            else line
            for line in PROBLEM.portfolio.lines
        )
        return dataclasses.replace(PROBLEM, portfolio=dataclasses.replace(PROBLEM.portfolio, lines=lines))

    assert "Position: World equity fund" not in section("LIMITS THAT", allocation, bounded(0.5))
    assert "Position: World equity fund" in section("LIMITS THAT", allocation, bounded(0.4))


def test_binding_limits_that_are_worth_nothing_are_named(section):
    idle = [
        dataclasses.replace(limit, upper_shadow_price=0.0) if limit.key.limit_id == "turnover" else limit
        for limit in ALLOCATION.limits
    ]
    tight = section("LIMITS THAT BIND", dataclasses.replace(ALLOCATION, limits=tuple(idle)))
    assert "At their bounds, and worth nothing: Turnover cap." in tight
