"""Warnings on the page: few lines, names and numbers, the largest positions first, nothing hidden."""

import dataclasses
import datetime

import pytest

from counterpoise.command import warnings
from counterpoise.model import (
    Aggregation,
    DriverScope,
    EntityRef,
    EvidenceRule,
    ExposureMeasure,
    Limit,
    LineScope,
    PositionMeasure,
    SleeveClass,
    Warning,
    WarningCode,
)
from counterpoise.wording.names import Names
from tests import sample_stress, sample_total, sample_total_problem

PROBLEM = sample_total_problem.problem()
ALLOCATION = sample_total.answer()
AS_OF = PROBLEM.portfolio.as_of_date


def about(code, *line_ids, message="in the server's words"):
    return tuple(
        Warning(code=code, message=message, subjects=(EntityRef(line_id=line_id),)) for line_id in line_ids
    )


def sentences(given, problem=PROBLEM, allocation=ALLOCATION):
    section = warnings.told(tuple(given), problem, Names(problem), allocation)
    return list(section.sentences) if section is not None else []


def test_a_column_of_a_history_is_shown_by_its_id():
    given = Warning(
        code=WarningCode.HISTORY_GAPS,
        message="fund-7: 2 periods are missing",
        subjects=(EntityRef(column_id="fund-7"),),
    )
    assert sentences([given])[0].endswith("fund-7: 2 periods are missing")
    assert Names(PROBLEM).of(given.subjects[0]) == ("fund-7", "fund-7")


def dated(marks=None, evidence=None, **mandate):
    """The problem with marks and evidence of so many days, and an evidence rule that speaks of no age."""

    def of(line):
        if line.line_id in (marks or {}):
            line = dataclasses.replace(
                line, valuation_date=AS_OF - datetime.timedelta(days=marks[line.line_id])
            )
        if line.line_id in (evidence or {}):
            last = AS_OF - datetime.timedelta(days=evidence[line.line_id])
            proof = dataclasses.replace(line.alpha_sleeve.evidence, last_observation_date=last)
            line = dataclasses.replace(
                line, alpha_sleeve=dataclasses.replace(line.alpha_sleeve, evidence=proof)
            )
        return line

    lines = tuple(of(line) for line in PROBLEM.portfolio.lines)
    return dataclasses.replace(
        PROBLEM,
        portfolio=dataclasses.replace(PROBLEM.portfolio, lines=lines),
        mandate=dataclasses.replace(PROBLEM.mandate, **mandate),
    )


def test_old_evidence_of_several_sleeves_is_one_sentence_largest_first():
    ages = {"macro": 400, "multi-strategy": 700, "neutral": 367}
    told = sentences(about(WarningCode.INPUT_STALE, *ages), dated(evidence=ages))
    assert told == [
        "- Old inputs: 3 sleeves, 31.00 % of NAV together: their evidence ends more than 366 days before "
        "2025-11-28 (oldest: Multi-strategy fund, 700 days): Market-neutral fund 12.00 %, "
        "Multi-strategy fund 10.00 %, Macro fund 9.00 %"
    ]


def test_a_large_stale_mark_is_seen_beside_old_evidence():
    evidence = {"macro": 400, "multi-strategy": 400, "neutral": 400}
    given = about(WarningCode.INPUT_STALE, *evidence, "equity-fund", "macro")
    told = sentences(given, dated({"equity-fund": 151, "macro": 60}, evidence, maximum_valuation_age_days=50))
    assert told[0] == (
        "- Old inputs: 2 lines, 59.00 % of NAV together: their marks are more than 50 days old on 2025-11-28 "
        "(oldest: World equity fund, 151 days): World equity fund 50.00 %, Macro fund 9.00 %"
    )
    assert told[1].startswith("- Old inputs: 3 sleeves, 31.00 % of NAV together: their evidence")
    assert len(told) == 2


def test_one_old_input_has_its_age_and_what_is_allowed():
    told = sentences(about(WarningCode.INPUT_STALE, "equity-fund"), dated({"equity-fund": 151}))
    assert told == [
        "- Old inputs: World equity fund, 50.00 % of NAV: its mark is 151 days old on 2025-11-28, more "
        "than 45"
    ]


def test_the_servers_words_stand_where_the_problem_does_not_explain_them():
    given = about(WarningCode.INPUT_STALE, "equity-fund", "nowhere")
    assert sentences(given) == ["- Old inputs: in the server's words"] * 2


def test_more_lines_than_fit_are_counted():
    ids = [line.line_id for line in PROBLEM.portfolio.lines]
    (told,) = sentences(about(WarningCode.DERIVED_BOX_TOUCHED, *ids))
    assert "World equity fund 50.00 %, Corporate bond fund 15.00 %" in told
    assert told.endswith("Market-neutral fund 12.00 % and 4 more")


def test_thin_evidence_has_its_months():
    assert sentences(about(WarningCode.EVIDENCE_SHORT, "macro")) == [
        "- Thin evidence: Macro fund, 9.00 % of NAV: its alpha rests on 30 months, fewer than 36"
    ]
    stricter = dated(evidence_rule=EvidenceRule(minimum_observation_count=100))
    (told,) = sentences(about(WarningCode.EVIDENCE_SHORT, "macro", "multi-strategy"), stricter)
    assert (
        "2 sleeves, 19.00 % of NAV together: their alpha rests on 30 months at least, fewer than 100" in told
    )


def test_alphas_that_do_not_count_have_their_numbers():
    verdicts = [
        dataclasses.replace(verdict, sleeve_class=SleeveClass.BETA, annual_alpha=0.0)
        for verdict in ALLOCATION.sleeve_verdicts
    ]
    allocation = dataclasses.replace(ALLOCATION, sleeve_verdicts=tuple(verdicts))
    (told,) = sentences(about(WarningCode.SLEEVE_RECLASSIFIED, "neutral"), allocation=allocation)
    assert told == (
        "- Beta, not alpha: Market-neutral fund, 12.00 % of NAV: its alpha of 1.20 % a year does not count, "
        "because known factors explain it"
    )
    (told,) = sentences(about(WarningCode.ALPHA_BELOW_FEES, "neutral", "macro"), allocation=allocation)
    assert "2 sleeves, 21.00 % of NAV together: their alpha after fees is 1.20 % a year at worst" in told
    # Without an answer there are no verdicts, and the server knows more than the problem says.
    assert sentences(about(WarningCode.ALPHA_BELOW_FEES, "macro"), allocation=None) == [
        "- Alpha that does not pay its fees: in the server's words"
    ]


def test_a_beta_with_an_alpha_below_zero_loses_nothing_and_the_words_say_so():
    alphas = {"neutral": (-0.005, -0.005), "macro": (0.03, 0.0)}
    verdicts = [
        dataclasses.replace(
            verdict,
            sleeve_class=SleeveClass.BETA,
            annual_declared_alpha=alphas[verdict.line_id][0],
            annual_alpha=alphas[verdict.line_id][1],
        )
        for verdict in ALLOCATION.sleeve_verdicts
        if verdict.line_id in alphas
    ]
    allocation = dataclasses.replace(ALLOCATION, sleeve_verdicts=tuple(verdicts))
    given = about(WarningCode.SLEEVE_RECLASSIFIED, "neutral", "macro")
    lost, counted = sentences(given, allocation=allocation)
    assert "Macro" in lost
    assert "its alpha of 3.00 % a year does not count, because known factors explain it" in lost
    assert counted == (
        "- Beta, not alpha: Market-neutral fund, 12.00 % of NAV: its alpha of -0.50 % a year counts, "
        "as it is not above zero; known factors explain the rest"
    )


def test_what_no_answer_explains_is_told_in_names():
    given = [
        *about(WarningCode.SLEEVE_RECLASSIFIED, "neutral", message="known factors explain neutral: 1.20 %"),
        *about(WarningCode.ALPHA_BELOW_FEES, "macro", "neutral"),
        Warning(
            code=WarningCode.CURRENT_BREACH,
            message="current holdings break gross-cap: 1.4 is 0.1 beyond its bound",
            subjects=(EntityRef(limit_id="gross-cap"),),
        ),
        Warning(
            code=WarningCode.CURRENT_BREACH,
            message="current holdings break margin-at-a-bank[bank-a]: 0.1 is 0.08 beyond its bound",
            subjects=(EntityRef(limit_id="margin-at-a-bank"),),
        ),
    ]
    assert sentences(given, allocation=None) == [
        "- Beta, not alpha: known factors explain Market-neutral fund: 1.20 %",
        "- Alpha that does not pay its fees: 2 sleeves, 8.00 % of NAV together: their alpha after fees is "
        "nothing or less, nothing beyond betas: Macro fund 8.00 %, Market-neutral fund 0.00 %",
        "- Today's holdings: they break Gross leverage cap, at 1.400x (at most 1.300x); Margin at one bank: "
        "Bank A, at 10.00 % (at most 2.00 %)",
    ]


def test_an_id_that_may_be_a_word_of_the_message_stays():
    given = about(WarningCode.INPUT_UNUSUAL, "cash", message="cash is 1200 % of NAV in cash now")
    assert sentences(given) == ["- Unusual inputs: cash is 1200 % of NAV in cash now"]


def test_a_missed_risk_budget_names_the_soft_limits_that_come_first():
    given = about(WarningCode.RISK_SHARES_MISSED, "multi-strategy", "macro")
    shares = (
        "- Risk budget that is missed: Multi-strategy fund has 42.0 % of the budget's risk, not 50.0 %; "
        "Macro fund has 58.0 % of the budget's risk, not 50.0 %: limits keep these from their shares"
    )
    missed = "missed: Sleeves neutral to equity: World equity by 0.60 % of NAV"
    assert sentences(given) == [f"{shares}; soft limits come before the shares, {missed}"]
    assert sentences(given, allocation=dataclasses.replace(ALLOCATION, limits=())) == [shares]


EQUITY = DriverScope(driver_ids=("equity",))
EVERYTHING = LineScope(all_lines=True)
BREACHES = [
    (
        {
            "upper": 0.7,
            "position": PositionMeasure(
                lines=LineScope(line_ids=("equity-fund", "bond-fund")), aggregation=Aggregation.SUM
            ),
        },
        "at 75.00 % (at most 70.00 %)",
    ),
    (
        {"upper": 0.4, "position": PositionMeasure(lines=EVERYTHING, aggregation=Aggregation.EACH)},
        "World equity fund, at 45.00 % (at most 40.00 %)",
    ),
    # 45 % and 5 % of equity, and a fifth of 12 %.
    (
        {
            "lower": 0.6,
            "exposure": ExposureMeasure(drivers=EQUITY, aggregation=Aggregation.SUM, lines=EVERYTHING),
        },
        "at 52.40 % (at least 60.00 %)",
    ),
    (
        {
            "lower": 0.0,
            "upper": 0.0,
            "exposure": ExposureMeasure(
                drivers=EQUITY, aggregation=Aggregation.EACH, lines=EVERYTHING, relative_to_reference=True
            ),
        },
        "World equity, at -7.60 % (exactly 0.00 %)",
    ),
]


@pytest.mark.parametrize(("limit", "words"), BREACHES)
def test_limits_that_todays_holdings_break_are_told_in_percent(limit, words):
    stated = Limit(limit_id="some", display_name="Some limit", **limit)
    problem = dataclasses.replace(PROBLEM, mandate=dataclasses.replace(PROBLEM.mandate, limits=(stated,)))
    breach = Warning(
        code=WarningCode.CURRENT_BREACH, message="0.1 beyond", subjects=(EntityRef(limit_id="some"),)
    )
    (told,) = sentences([breach], problem)
    assert told.startswith("- Today's holdings: they break Some limit")
    assert told.endswith(words)


def test_limits_of_other_measures_are_told_in_the_servers_words():
    breach = Warning(
        code=WarningCode.CURRENT_BREACH, message="0.1 beyond", subjects=(EntityRef(limit_id="gross-cap"),)
    )
    assert sentences([breach]) == ["- Today's holdings: 0.1 beyond"]


STRESS, STRESSED = sample_stress.problem(), sample_stress.answer()


def under(code, *scenario_ids, message="in the server's words about crash"):
    return tuple(
        Warning(code=code, message=message, subjects=(EntityRef(scenario_id=scenario_id),))
        for scenario_id in scenario_ids
    )


def test_money_that_is_short_says_from_when():
    given = under(WarningCode.COVERAGE_SHORT, "crash")
    assert sentences(given, STRESS, STRESSED) == [
        "- Money that is short: needs exceed sources under Equity crash from 1 trading day on"
    ]


def test_ruin_says_what_is_lost():
    stresses = tuple(dataclasses.replace(item, ruin=True) for item in STRESSED.stresses)
    ruined = dataclasses.replace(STRESSED, stresses=stresses)
    assert sentences(under(WarningCode.RUIN, "crash"), STRESS, ruined) == [
        "- Ruin: Equity crash loses 19.43 % of NAV"
    ]


def test_regressed_moves_say_how_many_drivers_under_which_scenario():
    given = under(WarningCode.SHOCK_REGRESSED, "rates-up")
    assert sentences(given, STRESS, STRESSED) == [
        "- Moves that nobody gave: moved as the risk model expects, without a shock of their own: 2 drivers "
        "under Rates up 200 bp"
    ]


@pytest.mark.parametrize("code", [WarningCode.COVERAGE_SHORT, WarningCode.RUIN, WarningCode.SHOCK_REGRESSED])
def test_what_no_answer_explains_of_a_scenario_is_told_in_names(code):
    (told,) = sentences(under(code, "crash"), STRESS, allocation=None)
    assert told.endswith(": in the server's words about Equity crash")


def test_a_repaired_correlation_is_told_in_the_servers_words():
    given = [Warning(code=WarningCode.CORRELATION_REPAIRED, message="changed by up to 0.03")]
    assert sentences(given) == ["- Repaired correlations: changed by up to 0.03"]


def test_members_of_limits_under_stress_are_told_in_words():
    breach = Warning(
        code=WarningCode.CURRENT_BREACH,
        message="current holdings break coverage[crash, 5d]: -0.01 is 0.01 beyond its bound",
        subjects=(EntityRef(limit_id="coverage"),),
    )
    assert sentences([breach], STRESS) == [
        "- Today's holdings: they break Liquidity coverage: Equity crash, within 5 days, short by 1.00 % "
        "of NAV"
    ]
    same_day = dataclasses.replace(breach, message="current holdings break coverage[crash, same day]: 0.1")
    (told,) = sentences([same_day], STRESS)
    assert "Liquidity coverage: Equity crash, the same day, cash alone: 0.1" in told
    base = dataclasses.replace(
        breach, message="current holdings break coverage[5d]: -0.2115 is 0.2115 beyond its bound"
    )
    (told,) = sentences([base], STRESS)
    assert told.endswith("Liquidity coverage: no scenario, within 5 days, short by 21.15 % of NAV")


def test_what_nobody_states_is_told_in_percent_and_multiples():
    line, now = "equity-fund", dated()
    lines = tuple(
        dataclasses.replace(item, current_fraction=0.25, maximum_fraction=0.22)
        if item.line_id == line
        else item
        for item in now.portfolio.lines
    )
    now = dataclasses.replace(now, portfolio=dataclasses.replace(now.portfolio, lines=lines))
    given = [
        *about(WarningCode.CURRENT_BREACH, line, message=f"{line} is now 0.25 of NAV, 0.03 beyond its bound"),
        Warning(
            code=WarningCode.CURRENT_BREACH,
            message="current holdings break default_leverage_cap: 1.75 is 0.45 beyond its bound",
        ),
    ]
    assert sentences(given, now) == [
        "- Today's holdings: they break Gross leverage, default cap, at 1.750x (at most 1.500x); World "
        "equity fund, at 25.00 % (at most 22.00 %)"
    ]


def test_of_many_members_of_a_limit_the_worst_three_are_told():
    limit = Limit(
        limit_id="some", upper=0.0, position=PositionMeasure(lines=EVERYTHING, aggregation=Aggregation.EACH)
    )
    problem = dataclasses.replace(PROBLEM, mandate=dataclasses.replace(PROBLEM.mandate, limits=(limit,)))
    breach = Warning(code=WarningCode.CURRENT_BREACH, message="x", subjects=(EntityRef(limit_id="some"),))
    (told,) = sentences([breach], problem)
    beyond = sum((line.current_fraction or 0.0) > 0 for line in PROBLEM.portfolio.lines)
    assert told.startswith(
        "- Today's holdings: they break some: World equity fund, at 45.00 % (at most 0.00 %);"
    )
    assert told.count("(at most") == 3
    assert told.endswith(f" and {beyond - 3} more")


def test_a_reserve_that_runs_out_says_how_much_of_which_scenario_it_pays():
    given = under(WarningCode.RESERVE_GONE, "crash")
    assert sentences(given, STRESS, STRESSED) == [
        "- Reserve that runs out: the reserve alone pays no more than 0.96 of Equity crash; what is asked "
        "for beyond it is paid by other lines, or by nothing"
    ]
    (told,) = sentences(given, STRESS, allocation=None)
    assert told == "- Reserve that runs out: in the server's words about Equity crash"


def test_money_that_is_short_without_a_scenario_is_told_beside_that_under_one():
    base = Warning(code=WarningCode.COVERAGE_SHORT, message="without any scenario money is short")
    told = sentences((*under(WarningCode.COVERAGE_SHORT, "crash"), base), STRESS, STRESSED)
    assert told[1:] == ["- Money that is short: without any scenario money is short"]
    assert len(told) == 2


def test_ruin_and_short_money_come_before_all_others():
    urgent = Warning(code=WarningCode.NO_SAME_DAY_CASH, message="no cash")
    given = (
        urgent,
        *under(WarningCode.COVERAGE_SHORT, "crash"),
        Warning(code=WarningCode.RUIN, message="all"),
    )
    told = sentences(given, STRESS, STRESSED)
    assert [sentence.split(":")[0] for sentence in told] == [
        "- Ruin",
        "- Money that is short",
        "- No cash for margin calls",
    ]


def test_a_missed_soft_limit_is_left_to_the_headline():
    (warning,) = (item for item in ALLOCATION.warnings if item.code is WarningCode.SOFT_LIMIT_MISSED)
    assert sentences([warning]) == []
    assert sentences([warning, warning]) == [f"- Soft limits that are missed: {warning.message}"] * 2


def test_what_cannot_wait_comes_first_then_inputs_and_new_ones_last():
    newer = Warning(code=99, message="from a newer server")
    urgent = Warning(code=WarningCode.NO_SAME_DAY_CASH, message="no cash")
    told = sentences((newer, *ALLOCATION.warnings, urgent))
    assert [sentence.split(":")[0] for sentence in told] == [
        "- No cash for margin calls",
        "- Old inputs",
        "- Thin evidence",
        "- Newer than this client",
    ]


@pytest.mark.parametrize("code", WarningCode)
def test_every_warning_has_a_heading(code):
    (told,) = sentences([Warning(code=code, message="something")], allocation=None)
    assert told.endswith(": something")
    assert "Newer than" not in told


def test_many_warnings_of_one_kind_do_not_hide_the_others():
    stale = [Warning(code=WarningCode.INPUT_STALE, message=f"price {number}") for number in range(20)]
    told = sentences([*stale, Warning(code=WarningCode.NAV_SMALL, message="small")])
    assert "- Old inputs: 14 more; --json has all" in told
    assert "- Size: small" in told
