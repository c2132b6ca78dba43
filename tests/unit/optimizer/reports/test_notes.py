"""Warnings say what they are about, with their numbers."""

import datetime
from dataclasses import replace

import pytest

from counterpoise.model import (
    AlphaBasis,
    EvidenceRule,
    ExpectedAlpha,
    FactorEvidence,
    FeeTerms,
    WarningCode,
)
from optimizer.measures.book import open_book
from optimizer.measures.box import box_of
from optimizer.measures.limits import constraints_of
from optimizer.reports.notes import warn_of_request
from optimizer.reports.verdicts import report_verdicts
from tests.golden_problems import pension


def with_evidence(r_squared, months):
    problem = pension()
    evidence = FactorEvidence(r_squared=r_squared, observation_count=months)
    lines = tuple(
        replace(line, alpha_sleeve=replace(line.alpha_sleeve, evidence=evidence))
        if line.alpha_sleeve
        else line
        for line in problem.portfolio.lines
    )
    portfolio = replace(problem.portfolio, lines=lines, nav_amount=500e6)
    return open_book(replace(problem, portfolio=portfolio))


def warnings_about(book):
    return warn_of_request(book, box_of(book), constraints_of(book))


def test_a_sleeve_that_factors_explain_loses_its_alpha_and_the_warning_says_how_much():
    book = with_evidence(0.85, 120)
    (warning,) = warnings_about(book)
    assert warning.code is WarningCode.SLEEVE_RECLASSIFIED
    assert "1.50 %" in warning.message
    assert warning.subjects[0].line_id == "alpha"
    (verdict,) = report_verdicts(book)
    assert (verdict.annual_declared_alpha, verdict.annual_alpha) == (0.015, 0.0)


@pytest.mark.parametrize("charged", [False, True])
@pytest.mark.parametrize(("r_squared", "code"), [(0.85, "SLEEVE_RECLASSIFIED"), (0.5, "ALPHA_BELOW_FEES")])
def test_an_alpha_below_zero_is_beta_where_factors_explain_it_and_a_loss_where_they_do_not(
    r_squared, code, charged
):
    fees = FeeTerms(annual_management_fee=0.01, performance_fee_rate=0.0) if charged else None
    basis = AlphaBasis(annual_over_beta=-0.004)
    alpha = ExpectedAlpha(gross_of_fees=basis) if charged else ExpectedAlpha(net_of_fees=basis)
    evidence = FactorEvidence(r_squared=r_squared, observation_count=120)

    def losing(line):
        if line.alpha_sleeve is None:
            return line
        sleeve = replace(line.alpha_sleeve, expected_alpha=alpha, fees=fees, evidence=evidence)
        return replace(line, alpha_sleeve=sleeve)

    (warning,) = warnings_of(pension_with(lines=losing))
    assert warning.code is WarningCode[code]
    reclassified = "known factors explain alpha: its alpha of -0.40 % a year counts, as it is not above zero"
    below_fees = f"is {-1.4 if charged else -0.4:.2f} % a year after fees"
    assert (reclassified if r_squared > 0.8 else below_fees) in warning.message


def test_short_evidence_is_warned_of_with_both_numbers():
    (warning,) = warnings_about(with_evidence(0.1, 30))
    assert warning.code is WarningCode.EVIDENCE_SHORT
    assert "30 months" in warning.message
    assert "36" in warning.message


def test_sound_evidence_needs_no_warning():
    assert warnings_about(with_evidence(0.1, 36)) == ()


def pension_with(*, portfolio=None, mandate=None, lines=None):
    problem = pension()
    changed = {"nav_amount": 500e6} | (portfolio or {})
    if lines is not None:
        changed["lines"] = tuple(lines(line) for line in problem.portfolio.lines)
    return replace(
        problem,
        portfolio=replace(problem.portfolio, **changed),
        mandate=replace(problem.mandate, **(mandate or {})),
    )


def warnings_of(problem):
    return warnings_about(open_book(problem))


@pytest.mark.parametrize(("nav", "codes"), [(99e6, [WarningCode.NAV_SMALL]), (100e6, [])])
def test_a_small_fund_is_told_that_it_is_small(nav, codes):
    found = warnings_of(pension_with(portfolio={"nav_amount": nav}))
    assert [warning.code for warning in found] == codes


@pytest.mark.parametrize(("alpha", "warned"), [(0.017, True), (0.0171, False)])
def test_an_alpha_that_does_not_pay_its_fees_is_told(alpha, warned):
    fees = FeeTerms(annual_management_fee=0.017, performance_fee_rate=0.0)

    def charged(line):
        if line.alpha_sleeve is None:
            return line
        gross = ExpectedAlpha(gross_of_fees=AlphaBasis(annual_over_beta=alpha))
        return replace(line, alpha_sleeve=replace(line.alpha_sleeve, expected_alpha=gross, fees=fees))

    codes = [warning.code for warning in warnings_of(pension_with(lines=charged))]
    assert codes == ([WarningCode.ALPHA_BELOW_FEES] if warned else [])


AS_OF = pension().portfolio.as_of_date


@pytest.mark.parametrize(("days", "most", "stale"), [(45, None, False), (46, None, True), (46, 50, False)])
def test_an_old_mark_is_stale_by_the_day(days, most, stale):
    marked = AS_OF - datetime.timedelta(days=days)

    def aged(line):
        return replace(line, valuation_date=marked) if line.line_id == "alpha" else line

    found = warnings_of(pension_with(lines=aged, mandate={"maximum_valuation_age_days": most}))
    assert [warning.code for warning in found] == ([WarningCode.INPUT_STALE] if stale else [])
    assert [warning.subjects[0].line_id for warning in found] == (["alpha"] if stale else [])


@pytest.mark.parametrize(("days", "most", "stale"), [(366, None, False), (367, None, True), (30, 29, True)])
def test_old_evidence_is_stale_by_the_day(days, most, stale):
    rule = None if most is None else EvidenceRule(maximum_evidence_age_days=most)

    def aged(line):
        if line.alpha_sleeve is None:
            return line
        evidence = replace(
            line.alpha_sleeve.evidence, last_observation_date=AS_OF - datetime.timedelta(days=days)
        )
        return replace(line, alpha_sleeve=replace(line.alpha_sleeve, evidence=evidence))

    found = warnings_of(pension_with(lines=aged, mandate={"evidence_rule": rule}))
    assert [warning.code for warning in found] == ([WarningCode.INPUT_STALE] if stale else [])


def held(fractions):
    return lambda line: replace(line, current_fraction=fractions[line.line_id])


SOUND = {"other_assets": 0.7, "bond_fund": 0.0, "bond_future": 0.3, "alpha": 0.27, "cash": 0.03}


def test_holdings_within_the_rules_need_no_warning():
    assert warnings_of(pension_with(lines=held(SOUND))) == ()


def test_holdings_that_break_a_limit_are_told_by_the_limit():
    found = warnings_of(pension_with(lines=held(SOUND | {"bond_future": 0.4})))
    broken = [warning.subjects[0].limit_id for warning in found]
    assert [warning.code for warning in found] == [WarningCode.CURRENT_BREACH] * len(found)
    assert broken == ["keep-bonds", "gross-cap", "reserve-rule"]


def test_holdings_that_do_not_sum_to_one_are_told():
    (warning,) = warnings_of(pension_with(lines=held(SOUND | {"alpha": 0.26})))
    assert warning.code is WarningCode.CURRENT_BREACH
    assert "99.00 %" in warning.message


def test_nothing_is_said_of_holdings_that_are_not_all_known():
    def some(line):
        return replace(line, current_fraction=0.9) if line.line_id == "bond_future" else line

    assert warnings_of(pension_with(lines=some)) == ()


def test_holdings_beyond_a_bound_of_their_line_are_told():
    def capped(line):
        line = held(SOUND)(line)
        return replace(line, maximum_fraction=0.25) if line.line_id == "alpha" else line

    (warning,) = warnings_of(pension_with(lines=capped))
    assert warning.code is WarningCode.CURRENT_BREACH
    assert warning.subjects[0].line_id == "alpha"
    assert "0.02 beyond" in warning.message


def test_a_gross_alpha_that_factors_explain_is_told_though_fees_eat_it():
    fees = FeeTerms(annual_management_fee=0.02, performance_fee_rate=0.0)

    def explained(line):
        if line.alpha_sleeve is None:
            return line
        gross = ExpectedAlpha(gross_of_fees=AlphaBasis(annual_over_beta=0.01))
        evidence = FactorEvidence(r_squared=0.9, observation_count=120)
        sleeve = replace(line.alpha_sleeve, expected_alpha=gross, fees=fees, evidence=evidence)
        return replace(line, alpha_sleeve=sleeve)

    codes = {warning.code for warning in warnings_of(pension_with(lines=explained))}
    assert codes == {WarningCode.SLEEVE_RECLASSIFIED, WarningCode.ALPHA_BELOW_FEES}
