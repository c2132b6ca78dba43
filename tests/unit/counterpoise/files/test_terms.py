"""Files of a job's schedule, triggers and policies."""

import datetime
from dataclasses import replace

import pytest

from counterpoise import files
from counterpoise.errors import InvalidProblem
from counterpoise.files.friendly import to_yaml, tree_of
from counterpoise.model import RunPolicy, TradePolicy, Weekday
from tests import sample_rebalance, sample_schedule
from tests.sample_schedule import YAML


def refused(old, new):
    assert old in YAML
    with pytest.raises(InvalidProblem) as caught:
        files.parse_terms(YAML.replace(old, new, 1))
    return [(violation.field, violation.reason.name) for violation in caught.value.violations]


def test_a_file_says_when_a_job_runs_and_by_which_policies(tmp_path):
    path = tmp_path / "schedule.yaml"
    path.write_text(YAML)
    assert files.read_terms(path) == files.JobTerms(
        fields=("schedule", "triggers", "run_policy", "trade_policy"),
        schedule=sample_schedule.SCHEDULE,
        triggers=sample_schedule.TRIGGERS,
        run_policy=sample_schedule.RUN_POLICY,
        trade_policy=sample_schedule.TRADE_POLICY,
    )


def test_what_is_written_is_read_back_equal():
    terms = files.parse_terms(YAML)
    tree = {
        "schedule": tree_of(terms.schedule),
        "triggers": [tree_of(trigger) for trigger in terms.triggers],
        "run_policy": tree_of(terms.run_policy),
        "trade_policy": tree_of(terms.trade_policy),
    }
    assert files.parse_terms(to_yaml(tree)) == terms


@pytest.mark.parametrize("time", ['"16:30"', "'16:30'", "16:30:00", "{hours: 16, minutes: 30}"])
def test_a_time_of_day_is_the_same_with_quotes_and_without(time):
    assert files.parse_terms(YAML.replace("16:30", time)) == files.parse_terms(YAML)


def test_each_part_may_be_left_out_and_the_terms_know_which_are_there():
    assert files.parse_terms("{}") == files.JobTerms()
    assert files.parse_terms("triggers: []").fields == ("triggers",)
    weekly = files.parse_terms(
        YAML.replace("monthly: {business_day: -1, months: [3, 12]}", "weekly: {day_of_week: FRIDAY}")
    )
    assert weekly.schedule.weekly.day_of_week is Weekday.FRIDAY


FAULTS = [
    ("time_zone:", "timezone:", [("schedule.timezone", "FIELD_UNKNOWN")]),
    ("schedule:", "problem: {}\nschedule:", [("problem", "FIELD_UNKNOWN")]),
    ("  exchange_code", "  time_zone: UTC\n  exchange_code", [("schedule.time_zone", "FIELDS_EXCLUSIVE")]),
    ("trade_policy:", "schedule: {}\ntrade_policy:", [("schedule", "FIELDS_EXCLUSIVE")]),
    ("America/New_York", "Mars base", [("schedule.time_zone", "VALUE_MALFORMED")]),
    ("16:30", "25:30", [("schedule.time_of_day", "VALUE_MALFORMED")]),
    ("16:30", "990", [("schedule.time_of_day", "VALUE_MALFORMED")]),
    ("16:30", "4pm", [("schedule.time_of_day", "VALUE_MALFORMED")]),
    ("16:30", "{hours: 16, nanos: 1}", [("schedule.time_of_day", "VALUE_MALFORMED")]),
    ("business_day: -1", "business_day: 25", [("schedule.monthly.business_day", "NUMBER_OUT_OF_RANGE")]),
    ("business_day: -1", "business_day: 0", [("schedule.monthly.business_day", "NUMBER_OUT_OF_RANGE")]),
    ("  monthly:", "  daily: {}\n  monthly:", [("schedule.monthly", "FIELDS_EXCLUSIVE")]),
    (
        "monthly: {business_day: -1, months: [3, 12]}",
        "weekly: {day_of_week: FRYDAY}",
        [("schedule.weekly.day_of_week", "ENUM_VALUE_INVALID")],
    ),
    ("1d12h", "-1d", [("triggers[0].cool_down", "VALUE_MALFORMED")]),
    ("1d12h", "0d", [("triggers[0].cool_down", "NUMBER_OUT_OF_RANGE")]),
    ("1d12h", "400d", [("triggers[0].cool_down", "NUMBER_OUT_OF_RANGE")]),
    ("1d12h", "36", [("triggers[0].cool_down", "VALUE_MALFORMED")]),
    ("trigger_id: gross", "trigger_id: drift", [("triggers[1].trigger_id", "ID_DUPLICATE")]),
    ("rearm_ratio: 1.25", "rearm_ratio: 1.4", [("triggers[1].leverage.rearm_ratio", "BOUNDS_CROSSED")]),
    ("CANCEL_RUNNING", "WAIT", [("run_policy.overlap_policy", "ENUM_VALUE_INVALID")]),
    ("band_fraction", "bandwidth", [("trade_policy.bandwidth", "FIELD_UNKNOWN")]),
]


@pytest.mark.parametrize(("old", "new", "found"), FAULTS, ids=[new for _, new, _ in FAULTS])
def test_what_is_wrong_is_refused_at_its_place(old, new, found):
    assert refused(old, new) == found


def test_faults_come_all_at_once_with_their_lines():
    with pytest.raises(InvalidProblem) as caught:
        files.parse_terms(YAML.replace("16:30", "noon").replace("3d", "soon"))
    assert [(item.field, item.message[-9:]) for item in caught.value.violations] == [
        ("schedule.time_of_day", " (line 5)"),
        ("triggers[4].stale_marks.maximum_age", "(line 12)"),
    ]


@pytest.mark.parametrize("text", ["", "- schedule", "schedule: [", "16:30"])
def test_what_is_no_file_of_terms_is_refused(text):
    with pytest.raises(InvalidProblem):
        files.parse_terms(text)


def test_policies_of_a_file_change_what_they_name_and_leave_the_rest():
    terms = files.parse_terms("run_policy: {catch_up_window: 2d}\ntriggers: []\n")
    job = replace(sample_schedule.job(), run_policy=RunPolicy(release_approved=True))
    changed = terms.applied_to(job)
    assert changed.run_policy == RunPolicy(release_approved=True, catch_up_window=datetime.timedelta(days=2))
    assert (changed.triggers, changed.schedule) == ((), job.schedule)
    assert changed.trade_policy == sample_rebalance.job().trade_policy
    bare = replace(job, trade_policy=None)
    assert files.parse_terms(YAML).applied_to(bare).trade_policy == TradePolicy(band_fraction=0.01)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("rearm_fracton", "maximum_fraction: 0.03, rearm_fracton: 0.02"),
        ("max_fraction", "max_fraction: 0.03, rearm_fraction: 0.02"),
    ],
)
def test_a_field_of_a_trigger_that_is_written_wrong_is_told_with_its_line(tmp_path, name, fields):
    path = tmp_path / "terms.yaml"
    path.write_text(f"triggers:\n  - trigger_id: drift\n    drift: {{{fields}}}\n")
    with pytest.raises(InvalidProblem, match=name) as caught:
        files.read_terms(path)
    assert "line 3" in str(caught.value)
