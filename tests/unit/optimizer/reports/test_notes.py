"""Warnings say what they are about, with their numbers."""

from dataclasses import replace

from counterpoise.model import FactorEvidence, WarningCode
from optimizer.measures.book import open_book
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


def test_a_sleeve_that_factors_explain_loses_its_alpha_and_the_warning_says_how_much():
    book = with_evidence(0.85, 120)
    (warning,) = warn_of_request(book)
    assert warning.code is WarningCode.SLEEVE_RECLASSIFIED
    assert "1.50 %" in warning.message
    assert warning.subjects[0].line_id == "alpha"
    (verdict,) = report_verdicts(book)
    assert (verdict.annual_declared_alpha, verdict.annual_alpha) == (0.015, 0.0)


def test_short_evidence_is_warned_of_with_both_numbers():
    (warning,) = warn_of_request(with_evidence(0.1, 30))
    assert warning.code is WarningCode.EVIDENCE_SHORT
    assert "30 months" in warning.message
    assert "36" in warning.message


def test_sound_evidence_needs_no_warning():
    assert warn_of_request(with_evidence(0.1, 36)) == ()
