"""The report of limits: soft ones that are missed, prices of those that bind, room of the others."""

import dataclasses

import pytest

from counterpoise.command import layout, proofs, requirements
from counterpoise.errors import InfeasibleMandate
from counterpoise.model import (
    AlphaUncertainty,
    Certificate,
    InfeasibilityProof,
    LimitKey,
    LimitReport,
    MaximizeNetReturn,
    MeetRiskBudget,
    MinimizeCost,
    Objective,
    ProofWeight,
    Side,
    StructuralRule,
    Unit,
)
from counterpoise.wording.names import Names
from tests import sample_answers, sample_total, sample_total_problem

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


CAPITAL = LimitKey(structural_rule=StructuralRule.CAPITAL_BUDGET)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (
            (LimitKey(limit_id="turnover"),),
            "misses it by 0.02 % of NAV or more. Make it soft to see the least that must be missed.",
        ),
        (
            (LimitKey(limit_id="gross-cap"), LimitKey(limit_id="turnover")),
            "misses at least one of them by 0.0002 or more. Units are mixed: in that of the bound, 0.01 is "
            "1 % of NAV or 0.01x. Make one of them soft",
        ),
        (
            (LimitKey(limit_id="rate-risk"), CAPITAL),
            "0.01 is 1 % of NAV or 100 bp/bp. Make the limit soft to see the least that must be missed.",
        ),
        ((LimitKey(limit_id="rate-risk"),), "misses it by 2.000 bp/bp or more."),
        ((CAPITAL,), "misses it by 0.02 % of NAV or more. The weights"),
    ],
)
def test_a_proof_says_in_which_units_the_least_miss_is(capsys, keys, words):
    weights = tuple(ProofWeight(key=key, side=Side.UPPER, weight=1.0) for key in keys)
    proof = InfeasibilityProof(weights=weights, contradiction=2e-4, error_bound=1e-12)
    ended = dataclasses.replace(sample_answers.infeasible(), certificate=Certificate(infeasibility=proof))
    layout.show(proofs.infeasible(InfeasibleMandate(ended), PROBLEM, Names(PROBLEM)))
    page = " ".join(capsys.readouterr().out.split())
    assert words in page
    assert page.count("(per basis point)") == ("bp/bp" in words)


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
