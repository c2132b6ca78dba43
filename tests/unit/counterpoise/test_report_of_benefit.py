"""The report of what a total portfolio earns: bridge, alpha after fees, evidence, fees."""

import dataclasses
import datetime

import pytest

from tests import sample_answers, sample_total, sample_total_problem

PROBLEM = sample_total_problem.problem()
ALLOCATION = sample_total.answer()


def aged(line_id, months_old):
    """The problem with the evidence of one sleeve that ends so many months of 28 days ago."""
    as_of = PROBLEM.portfolio.as_of_date

    def dated(line):
        last = as_of - datetime.timedelta(days=28 * months_old)
        evidence = dataclasses.replace(line.alpha_sleeve.evidence, last_observation_date=last)
        return dataclasses.replace(
            line, alpha_sleeve=dataclasses.replace(line.alpha_sleeve, evidence=evidence)
        )

    lines = tuple(dated(line) if line.line_id == line_id else line for line in PROBLEM.portfolio.lines)
    return dataclasses.replace(PROBLEM, portfolio=dataclasses.replace(PROBLEM.portfolio, lines=lines))


def test_evidence_has_the_regression_and_the_t_statistic(section):
    evidence = section("EVIDENCE")
    # 2.1 % of declared alpha over a standard error of 1 %.
    assert "Multi-strategy fund 0.35 84 210.0 100.0 2.1 210.0 alpha beside beta" in evidence
    assert "Macro fund 0.15 30 262.0 100.0 2.6 262.0 alpha" in evidence


def test_evidence_says_when_it_ends_where_that_is_given(section):
    evidence = section("EVIDENCE", problem=aged("macro", months_old=3))
    assert "Macro fund 0.15 30 2025-09 262.0 100.0 2.6 262.0 alpha" in evidence
    assert "Multi-strategy fund 0.35 84 210.0" in evidence


def test_there_is_no_t_statistic_without_a_standard_error(section):
    evidence = section("EVIDENCE", sample_answers.optimal(), sample_answers.pension_problem())
    assert "alpha 0.10 120 150.0 150.0 alpha" in evidence
    assert "t is declared" not in evidence
    assert "until" not in evidence


def test_fees_go_from_gross_alpha_to_what_is_left(section):
    fees = section("FEES")
    assert "Multi-strategy fund 10.00 450.0 150.0 90.0 210.0 4.80" in fees
    assert "Market-neutral" not in fees  # declared net
    # 240 bp of 10 % and 238 bp of 9 %, of gross alphas of 450 and 500 bp.
    assert (
        "The managers of the 2 sleeves declared before fees take 45.4 bp of NAV a year = $9.084M, 50 % of "
        "their gross alpha; what the other one charges is not known." in fees
    )
    known = dataclasses.replace(
        ALLOCATION, positions=tuple(item for item in ALLOCATION.positions if item.line_id != "neutral")
    )
    assert "The managers take 45.4 bp of NAV a year" in section("FEES", known)


def test_the_benefit_is_a_bridge_that_sums(printed):
    """From the reference return over every step to the net return, in basis points and in money."""
    page = printed().partition("BENEFIT")[2].partition("\n\n")[0]
    steps = [line.rsplit(maxsplit=2) for line in page.splitlines() if line.startswith(("The ref", "  "))]
    # The first rows are up to the rule; below it the same return is compared with the reference's.
    rule = next(index for index, row in enumerate(steps) if set(row[-1]) == {"-"})
    for column in (1, 2):
        assert sum(float(row[column].replace(",", "")) for row in steps[:rule]) == pytest.approx(
            {1: 1e4, 2: 2000.0}[column] * ALLOCATION.expected_return.annual_net_return, abs=0.3
        )


def test_the_bridge_has_alpha_after_fees_once_as_a_number(section):
    benefit = section("BENEFIT")
    # 104.4 bp of alpha as declared, less 45.42 bp that the managers of two sleeves take.
    assert "Alpha of the sleeves, after their fees +59.0 +11.80" in benefit
    assert "Alpha after fees is 59.0 bp of NAV = $11.8M a year: 1.90 % of what is in sleeves" in benefit
    assert "Fees of funds -4.0 -0.80" in benefit
    assert "Premia beyond the reference's, in bp: World equity +2.7, Ten-year rate -2.5" in benefit


def test_the_benefit_is_told_with_and_without_alpha(section):
    benefit = section("BENEFIT")
    report_of_return = ALLOCATION.expected_return
    gain = report_of_return.annual_net_return - report_of_return.annual_reference_return
    told = f"against the reference portfolio +{1e4 * gain:.1f} +{2000 * gain:.2f}"
    assert f"after every cost 732.6 146.51 {told}" in benefit
    # Without alpha 75 bp less, of which 16.0 are fees that are charged all the same.
    assert "with every alpha at zero 657.6 131.51 against the reference portfolio -30.4 -6.09" in benefit
    assert "It does not work with alpha at zero, where managers still charge 16.0 bp of NAV." in benefit
    # 59.0 bp of alpha may fall by the benefit of 44.6; what is left is 0.47 % of 31 %.
    assert "must add 0.47 % a year after fees to reach the reference portfolio." in benefit
    assert "With every alpha at zero it is 30.4 bp less than the reference." in section("ALLOCATION")


def test_a_portfolio_may_work_with_alpha_at_zero(section):
    works = dataclasses.replace(ALLOCATION.expected_return, annual_reference_return=0.0642)
    benefit = section("BENEFIT", dataclasses.replace(ALLOCATION, expected_return=works))
    assert "It works with alpha at zero" in benefit
    assert "could lose 1.02 % a year after fees before the portfolio falls behind" in benefit


def with_beta(ratio, reference_return):
    """The answer with a beta to a reference of so much return."""
    report_of_return = dataclasses.replace(
        ALLOCATION.expected_return, annual_reference_return=reference_return
    )
    risk = dataclasses.replace(ALLOCATION.risk, reference_beta=ratio, annual_reference_volatility=0.0987)
    return dataclasses.replace(ALLOCATION, expected_return=report_of_return, risk=risk)


# Without alpha 657.6 bp remain, over cash of 400.
@pytest.mark.parametrize(
    ("beta_and_reference", "headline", "verdict", "break_even"),
    [
        (
            (1.05, 0.065),
            "it is 7.6 bp more than the reference, of which 12.5 bp are beta above the reference's: at equal "
            "beta it would be 4.9 bp behind.",
            "it works only by its beta. Its beta of 1.050 brings 12.5 bp: at equal beta it would be 4.9 bp "
            "behind.",
            "at equal beta they could lose 0.36 %.",
        ),
        (
            (1.02, 0.065),
            "it is 7.6 bp more than the reference, of which 5.0 bp are beta above the reference's: at equal "
            "beta it would be 2.6 bp ahead.",
            "it works, at equal beta too.",
            "at equal beta they could lose 0.60 %.",
        ),
        (
            (0.95, 0.066),
            "it is 2.4 bp less than the reference, where its beta of 0.950 takes 13.0 bp: at equal beta it "
            "would be 10.6 bp ahead.",
            "it does not work, only because of its beta. Its beta of 0.950 takes 13.0 bp",
            "at equal beta they could lose 0.86 %.",
        ),
        (
            (1.2, 0.07),
            "it is 42.4 bp less than the reference, where its beta of 1.200 brings 60.0 bp: at equal beta it "
            "would be 102.4 bp behind.",
            "it does not work, nor at equal beta.",
            "at equal beta they must add 2.79 %.",
        ),
    ],
)
def test_beta_beyond_the_references_is_no_benefit(section, beta_and_reference, headline, verdict, break_even):
    allocation = with_beta(*beta_and_reference)
    assert f"With every alpha at zero {headline}" in section("ALLOCATION", allocation)
    benefit = section("BENEFIT", allocation)
    assert f"With alpha at zero, where managers still charge 16.0 bp of NAV, {verdict}" in benefit
    assert break_even in benefit


def test_the_bridge_takes_beta_apart_from_other_exposures(section):
    # A twentieth of 250 bp over cash; premia of 285 bp less those 250 are 35 in all.
    benefit = section("BENEFIT", with_beta(1.05, 0.065))
    assert (
        "More beta than the reference (1.050) +12.5 +2.50 Other exposures than the reference's +22.5 +4.50"
        in benefit
    )
    assert "Less beta than the reference (0.950) -12.5" in section("BENEFIT", with_beta(0.95, 0.065))
    assert "Premia of exposures beyond the reference's +35.0" in section("BENEFIT", with_beta(1.0, 0.065))
    told = section("RISK Total", with_beta(1.05, 0.065)) or section("RISK", with_beta(1.05, 0.065))
    assert "10.10 % a year; the reference portfolio's is 9.87 %, beta to it is 1.050." in told


def test_without_a_reference_the_bridge_starts_from_cash(section):
    alone = dataclasses.replace(ALLOCATION.expected_return, annual_reference_return=None)
    told = section("EXPECTED RETURN", dataclasses.replace(ALLOCATION, expected_return=alone))
    assert "Cash on all capital +400.0 +80.00 Premia of the exposures +285.0 +57.00" in told
    assert "against" not in told
    assert "Break-even" not in told


def test_positions_are_the_first_ledger(section):
    ledger = section("POSITIONS")
    assert "Ten-year note futures overlay 14.00 280.00 +14.00 0.84 1.4" in ledger
    # 45 bp of premium and 450 of alpha less 240 of fees, on a tenth of NAV, is 30 bp of NAV.
    assert "Multi-strategy fund alpha 10.00 200.00 -2.00 30.0" in ledger
    assert "Sum 100.00 22.00 332.6" in ledger
