import datetime

import pytest

from counterpoise.model import (
    OverlapPolicy,
    RebalanceJobState,
    RebalanceProposalState,
    RebalanceRunOutcome,
    RebalanceRunState,
    ReleaseState,
    RoundingMethod,
    RunGuard,
    StepPurpose,
    TriggerState,
    Weekday,
)
from counterpoise.wording import rebalancing, resources, schedules, triggers
from tests import sample_rebalance as sample


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (rebalancing.JOB_STATES, RebalanceJobState),
        (rebalancing.RUN_STATES, RebalanceRunState),
        (rebalancing.OUTCOMES, RebalanceRunOutcome),
        (rebalancing.PROPOSAL_STATES, RebalanceProposalState),
        (rebalancing.GUARDS, RunGuard),
        (rebalancing.REMEDIES, RunGuard),
        (rebalancing.STEP_PURPOSES, StepPurpose),
        (rebalancing.ROUNDING_METHODS, RoundingMethod),
        (rebalancing.RELEASES, ReleaseState),
        (schedules.OVERLAPS, OverlapPolicy),
        (schedules.WEEKDAYS, Weekday),
        (triggers.TRIGGER_STATES, TriggerState),
    ],
)
def test_everything_that_a_server_says_has_words(words, kind):
    assert set(words) == set(kind)
    assert len(set(words.values())) == len(words)


@pytest.mark.parametrize("remedy", rebalancing.REMEDIES.values())
def test_a_remedy_is_a_sentence_that_goes_on_after_a_colon(remedy):
    assert remedy[0].islower()
    assert remedy.endswith(".")
    assert "  " not in remedy


@pytest.mark.parametrize(
    ("name", "short"),
    [
        (sample.JOB, "monthly"),
        (sample.RUN, "monthly/r-7"),
        (sample.PROPOSAL, "monthly/p-3"),
        (sample.MARKS, "monthly/m-9"),
        (sample.TENANT, sample.TENANT),
        ("tenants/a/portfolios/b", "tenants/a/portfolios/b"),
        ("", ""),
    ],
)
def test_names_are_short_as_commands_take_them(name, short):
    assert resources.short(name) == short


@pytest.mark.parametrize("name", [sample.JOB, sample.RUN, sample.PROPOSAL, sample.MARKS])
def test_everything_that_is_kept_knows_its_job(name):
    assert resources.job_of(name) == sample.JOB


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("tenants/-", "everybody"),
        ("tenants/fund-a", "all jobs of tenant fund-a"),
        (sample.JOB, "job monthly"),
    ],
)
def test_a_switch_says_what_it_stops(scope, words):
    assert resources.scope_in_words(scope) == words


def test_an_instant_is_told_in_utc():
    paris = datetime.timezone(datetime.timedelta(hours=1))
    assert resources.instant(datetime.datetime(2026, 1, 1, 0, 30, tzinfo=paris)) == "2025-12-31 23:30 UTC"
    assert resources.instant(None) == resources.minute(None) == ""


@pytest.mark.parametrize(
    ("length", "words"),
    [
        ({"days": 1}, "1 day"),
        ({"hours": 36}, "1 day 12 hours"),
        ({"days": 4, "seconds": 5}, "4 days 5 seconds"),
        ({"days": 1, "hours": 1, "minutes": 1}, "1 day 1 hour"),
        ({"minutes": 90}, "1 hour 30 minutes"),
        ({"seconds": 0.25}, "0.25 seconds"),
        ({}, "0 seconds"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(length, words):
    assert resources.span(datetime.timedelta(**length)) == words
