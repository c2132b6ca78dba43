"""Requests about what is kept: jobs, runs, proposals, kill switches, marks."""

import copy
import dataclasses
import datetime
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterpoise import model, validate, wire
from counterpoise.model import (
    EntityRef,
    LineMark,
    MonthlyCadence,
    RebalanceJobState,
    RunPolicy,
    TradePolicy,
    UpdateRebalanceJobRequest,
)
from counterpoise.schema import schema_for
from counterpoise.validate.jobs import RebalanceRequest
from counterpoise.validate.marks import MarksRequest
from tests.rebalance_requests import JOB, PROPOSAL, RUN, requests, schedule
from tests.unit.counterpoise.validate.test_junk import JUNK, places

VALID = {type(request).__name__.removesuffix("Request"): request for request in requests()}
MISSING = "FIELD_MISSING"
MALFORMED = "VALUE_MALFORMED"
DAY = datetime.timedelta(days=1)


def found(request):
    violations = validate.request_violations(request)
    assert all(violation.message for violation in violations)
    return [(violation.field, violation.reason.name) for violation in violations]


@pytest.fixture
def broken(put):
    """Function (name, path, value, ...): the violations of a valid request with these values."""

    def violations(name, *changes):
        request = VALID[name]
        for path, value in zip(changes[::2], changes[1::2], strict=True):
            request = put(request, path, value)
        return found(request)

    return violations


def test_every_request_has_a_sample():
    assert {type(request) for request in VALID.values()} == {
        *get_args(RebalanceRequest),
        *get_args(MarksRequest),
    }


@pytest.mark.parametrize("name", VALID)
def test_valid_requests_have_no_violation(name):
    assert found(VALID[name]) == []


REQUIRED = [
    (name, field.name)
    for name, request in VALID.items()
    for field in schema_for(type(request)).fields
    if field.required
]


@pytest.mark.parametrize(("name", "field"), REQUIRED)
def test_required_fields_must_be_set(broken, name, field):
    assert (field, MISSING) in broken(name, field, None)
    if isinstance(getattr(VALID[name], field), (str, tuple)):
        assert broken(name, field, type(getattr(VALID[name], field))()) == [(field, MISSING)]


# Names, ids, hashes, comments


@pytest.mark.parametrize(
    ("name", "field"), [pair for pair in REQUIRED if pair[1] in {"name", "parent", "scope"}]
)
@pytest.mark.parametrize(
    "text", ["x", "tenants/-", f"{JOB}/", f"{JOB}/runs/", f"{JOB}\n", "tenants/A", f"/{JOB}"]
)
def test_names_are_of_their_form(broken, name, field, text):
    assert broken(name, field, text) == [(field, "ID_MALFORMED")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("GetRebalanceJob", RUN),
        ("GetRebalanceRun", PROPOSAL),
        ("GetRebalanceRun", JOB),
        ("GetRebalanceProposal", RUN),
        ("GetRebalanceJob", "tenants/default/rebalanceJobs/-"),
        ("RunRebalanceJob", "tenants/default/rebalanceJobs/-"),
    ],
)
def test_a_name_of_something_else_is_refused(broken, name, text):
    assert broken(name, "name", text) == [("name", "ID_MALFORMED")]


@pytest.mark.parametrize("name", ["ListRebalanceRuns", "ListRebalanceProposals", "WatchRebalanceRuns"])
def test_lists_can_be_of_every_job(broken, name):
    assert broken(name, "parent", "tenants/default/rebalanceJobs/-") == []
    assert broken(name, "parent", JOB) == []
    assert broken(name, "parent", "tenants/default") == [("parent", "ID_MALFORMED")]


@pytest.mark.parametrize("name", ["ListMarks", "RecordMarks"])
def test_marks_are_of_one_job(broken, name):
    assert broken(name, "parent", "tenants/default/rebalanceJobs/-") == [("parent", "ID_MALFORMED")]


@pytest.mark.parametrize("name", ["EngageKillSwitch", "ReleaseKillSwitch"])
def test_a_switch_stops_a_job_or_a_tenant(broken, name):
    assert broken(name, "scope", "tenants/default") == []
    assert broken(name, "scope", JOB) == []
    assert broken(name, "scope", RUN) == [("scope", "ID_MALFORMED")]


@pytest.mark.parametrize("text", ["1a", "Monthly", "a-", "a" * 64, "a.b"])
def test_the_id_of_a_job_can_be_part_of_a_name(broken, text):
    assert broken("CreateRebalanceJob", "rebalance_job_id", text) == [("rebalance_job_id", "ID_MALFORMED")]


@pytest.mark.parametrize("name", [name for name, field in REQUIRED if field == "request_id"])
@pytest.mark.parametrize(
    "text",
    [
        "mine",
        "123e4567e89b42d3a456426614174000",
        "{123e4567-e89b-42d3-a456-426614174000}",
        "123e4567-e89b-42d3-a456-42661417400g",
        "123e4567-e89b-42d3-a456-4266141740000",
        "\u0661" * 8 + "-e89b-42d3-a456-426614174000",
    ],
)
def test_a_request_id_is_a_uuid(broken, name, text):
    assert broken(name, "request_id", text) == [("request_id", MALFORMED)]
    assert broken(name, "request_id", "123E4567-E89B-42D3-A456-426614174000") == []


@pytest.mark.parametrize("name", ["ApproveRebalanceProposal", "RejectRebalanceProposal"])
@pytest.mark.parametrize("text", ["0f" * 31, "0F" * 32, "0g" * 32, "0f" * 33])
def test_a_decision_quotes_a_hash(broken, name, text):
    assert broken(name, "content_sha256", text) == [("content_sha256", MALFORMED)]


COMMENTED = ["PauseRebalanceJob", "ApproveRebalanceProposal", "RejectRebalanceProposal", "EngageKillSwitch"]


@pytest.mark.parametrize("name", [*COMMENTED, "ReleaseKillSwitch"])
def test_comments_are_short_and_on_one_line(broken, name):
    assert broken(name, "comment", "\u00e9" * 1_000) == []
    assert broken(name, "comment", "x" * 1_001) == [("comment", MALFORMED)]
    assert broken(name, "comment", "one\ntwo") == [("comment", MALFORMED)]


def test_who_approves_need_not_say_why(broken):
    assert broken("ApproveRebalanceProposal", "comment", "") == []
    assert broken("ApproveRebalanceProposal", "comment", "  ") == []
    assert broken("RejectRebalanceProposal", "comment", "  ") == [("comment", MISSING)]


# Lists


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("ListRebalanceJobs", 1_000),
        ("ListRebalanceRuns", 1_000),
        ("ListRebalanceProposals", 1_000),
        ("ListMarks", 100),
    ],
)
def test_a_page_has_its_size(broken, name, most):
    assert broken(name, "page_size", most, "page_token", "opaque+/=") == []
    for size in (0, -1, most + 1):
        assert broken(name, "page_size", size) == [("page_size", "NUMBER_OUT_OF_RANGE")]
    assert broken(name, "page_token", 3) == [("page_token", MALFORMED)]


def test_states_are_known_and_at_most_ten(broken):
    assert broken("ListRebalanceJobs", "states", tuple(RebalanceJobState)) == []
    assert broken("ListRebalanceJobs", "states", (RebalanceJobState.ACTIVE, 9)) == [
        ("states[1]", "ENUM_VALUE_INVALID")
    ]
    assert broken("ListRebalanceRuns", "states", (model.RebalanceRunState.FAILED,) * 11) == [
        ("states", "TOO_MANY")
    ]


# Jobs


def test_the_problem_has_its_own_paths_and_comes_first(broken):
    assert broken(
        "CreateRebalanceJob",
        "rebalance_job.problem.portfolio.nav_amount",
        0.0,
        "rebalance_job.run_policy",
        RunPolicy(proposal_lifetime=-DAY),
        "parent",
        "x",
    ) == [
        ("portfolio.nav_amount", "NUMBER_OUT_OF_RANGE"),
        ("parent", "ID_MALFORMED"),
        ("rebalance_job.run_policy.proposal_lifetime", "NUMBER_OUT_OF_RANGE"),
    ]
    assert broken("CreateRebalanceJob", "rebalance_job.problem", None) == [("rebalance_job.problem", MISSING)]
    assert broken("CreateRebalanceJob", "rebalance_job.problem", 3) == [("rebalance_job.problem", MALFORMED)]


@pytest.mark.parametrize("name", ["CreateRebalanceJob", "UpdateRebalanceJob"])
def test_every_line_of_a_job_has_a_position(broken, name):
    violations = broken(name, "rebalance_job.problem.portfolio.lines[1].current_fraction", None)
    assert violations == [("portfolio.lines[1].current_fraction", "CURRENT_POSITION_MISSING")]


@pytest.mark.parametrize("name", ["CreateRebalanceJob", "UpdateRebalanceJob"])
def test_a_job_needs_cash_to_balance_with(broken, name):
    lines = VALID[name].rebalance_job.problem.portfolio.lines
    tiers = [index for index, line in enumerate(lines) if line.reserve_tier is not None]
    changes = []
    for index in tiers:
        at = f"rebalance_job.problem.portfolio.lines[{index}].reserve_tier.variation_margin_eligible"
        changes += [at, False]
    assert broken(name, *changes) == [("portfolio.lines", MISSING)]
    # What nobody could read may be cash.
    changes[-1] = "false"
    assert [reason for _, reason in broken(name, *changes)] == [MALFORMED]


@pytest.mark.parametrize(
    ("field", "longest"), [("proposal_lifetime", 366), ("maximum_mark_age", 3_660), ("catch_up_window", 366)]
)
def test_durations_are_above_zero_and_not_for_ever(broken, field, longest):
    policy = "rebalance_job.run_policy"
    second = datetime.timedelta(seconds=1)
    for right in (datetime.timedelta(microseconds=1), longest * DAY):
        assert broken("CreateRebalanceJob", policy, RunPolicy(**{field: right})) == []
    for wrong in (0 * DAY, -second, longest * DAY + second, datetime.timedelta.max):
        assert broken("CreateRebalanceJob", policy, RunPolicy(**{field: wrong})) == [
            (f"{policy}.{field}", "NUMBER_OUT_OF_RANGE")
        ]


def test_policies_are_in_their_ranges(broken):
    job = "rebalance_job"
    wrong = TradePolicy(tolerance_fraction=1.5, minimum_ticket_amount=-1.0, band_fraction=-0.1)
    assert broken("CreateRebalanceJob", f"{job}.trade_policy", wrong) == [
        (f"{job}.trade_policy.{field.name}", "NUMBER_OUT_OF_RANGE")
        for field in dataclasses.fields(TradePolicy)
    ]
    for count in (0, -1, 1_001):
        assert broken("CreateRebalanceJob", f"{job}.run_policy", RunPolicy(pause_failure_count=count)) == [
            (f"{job}.run_policy.pause_failure_count", "NUMBER_OUT_OF_RANGE")
        ]
    wrong = RunPolicy(overlap_policy=9)
    assert broken("CreateRebalanceJob", f"{job}.run_policy", wrong) == [
        (f"{job}.run_policy.overlap_policy", "ENUM_VALUE_INVALID")
    ]
    wrong = RunPolicy(maximum_turnover_fraction=0.0, maximum_answer_jump_fraction=101.0)
    assert broken("CreateRebalanceJob", f"{job}.run_policy", wrong) == [
        (f"{job}.run_policy.maximum_turnover_fraction", "NUMBER_OUT_OF_RANGE"),
        (f"{job}.run_policy.maximum_answer_jump_fraction", "NUMBER_OUT_OF_RANGE"),
    ]


OUTPUT = {
    "state": 99, "state_reason": "a\nb", "revision": -3, "author": "\n",
    "create_time": "99999999999999s", "update_time": "x", "next_slot_times": ("x",),
    "trigger_statuses": ("x",),
}  # fmt: skip


@pytest.mark.parametrize("name", ["CreateRebalanceJob", "UpdateRebalanceJob"])
@pytest.mark.parametrize("field", OUTPUT)
def test_what_only_answers_hold_is_not_read_in_jobs(broken, name, field):
    assert broken(name, f"rebalance_job.{field}", OUTPUT[field]) == []


@pytest.mark.parametrize(("field", "value"), [("name", "x"), ("recorder", "\n"), ("record_time", "x")])
def test_what_only_answers_hold_is_not_read_in_marks(broken, field, value):
    assert broken("RecordMarks", f"marks.{field}", value) == []


def test_a_new_job_is_not_named_by_itself(broken):
    assert broken("CreateRebalanceJob", "rebalance_job.name", "x") == []


@pytest.mark.parametrize(("text", "reason"), [("", MISSING), ("x", "ID_MALFORMED"), (None, MALFORMED)])
def test_an_update_says_which_job(broken, text, reason):
    assert broken("UpdateRebalanceJob", "rebalance_job.name", text) == [("rebalance_job.name", reason)]


@pytest.mark.parametrize(
    ("mask", "reason"),
    [
        ((), MISSING),
        (("state",), MALFORMED),
        (("*",), MALFORMED),
        (("problem.portfolio",), MALFORMED),
        (("problem", "name"), MALFORMED),
        ((3,), MALFORMED),
        ("problem", MALFORMED),
    ],
)
def test_an_update_names_what_it_changes(broken, mask, reason):
    assert broken("UpdateRebalanceJob", "update_mask", mask) == [("update_mask", reason)]


def test_an_update_is_checked_where_it_changes_something(broken, put):
    wrong = (
        "rebalance_job.problem", None,
        "rebalance_job.schedule", dataclasses.replace(schedule(), monthly=MonthlyCadence(business_day=0)),
        "rebalance_job.run_policy", RunPolicy(maximum_mark_age=-DAY),
        "rebalance_job.trade_policy", TradePolicy(band_fraction=2.0),
        "rebalance_job.display_name", "a\nb",
    )  # fmt: skip
    paths = {
        "display_name": ("rebalance_job.display_name", MALFORMED),
        "problem": ("rebalance_job.problem", MISSING),
        "schedule": ("rebalance_job.schedule.monthly.business_day", "NUMBER_OUT_OF_RANGE"),
        "run_policy": ("rebalance_job.run_policy.maximum_mark_age", "NUMBER_OUT_OF_RANGE"),
        "trade_policy": ("rebalance_job.trade_policy.band_fraction", "NUMBER_OUT_OF_RANGE"),
    }
    for name, violation in paths.items():
        assert broken("UpdateRebalanceJob", *wrong, "update_mask", (name,)) == [violation]
    everything = broken("UpdateRebalanceJob", *wrong, "update_mask", tuple(paths))
    assert sorted(everything) == sorted(paths.values())


def test_a_policy_may_be_taken_away():
    job = dataclasses.replace(VALID["UpdateRebalanceJob"].rebalance_job, problem=None)
    request = UpdateRebalanceJobRequest(
        rebalance_job=job,
        update_mask=("run_policy", "trade_policy"),
        request_id=VALID["RecordMarks"].request_id,
    )
    assert found(request) == []


# Marks


def marked(broken, *line_marks):
    return broken("RecordMarks", "marks.line_marks", line_marks)


def test_a_price_is_above_zero_and_there(broken):
    at = "marks.line_marks[0].price"
    assert marked(broken, LineMark(line_id="a", price=0.0)) == [(at, "NUMBER_OUT_OF_RANGE")]
    assert marked(broken, LineMark(line_id="a", price=-1.0)) == [(at, "NUMBER_OUT_OF_RANGE")]
    assert marked(broken, LineMark(line_id="a", price=float("nan"))) == [(at, "NUMBER_NOT_FINITE")]
    assert marked(broken, LineMark(line_id="a")) == [(at, MISSING)]
    assert marked(broken, LineMark(line_id="a", unit_count=3.0)) == [(at, MISSING)]
    assert marked(broken, LineMark(line_id="a", contract_count=3)) == [(at, MISSING)]
    assert marked(broken, LineMark(line_id="a", market_value_amount=0.0)) == []


def test_a_line_is_marked_once_and_by_its_id(broken, put):
    mark = LineMark(line_id="a", price=1.0)
    assert marked(broken, mark, LineMark(line_id="b", price=1.0), mark) == [
        ("marks.line_marks[2].line_id", "ID_DUPLICATE")
    ]
    assert marked(broken, LineMark(line_id="a b", price=1.0)) == [
        ("marks.line_marks[0].line_id", "ID_MALFORMED")
    ]
    request = dataclasses.replace(VALID["RecordMarks"])
    violations = validate.request_violations(
        dataclasses.replace(request, marks=dataclasses.replace(request.marks, line_marks=(mark, mark)))
    )
    assert violations[0].subjects == (EntityRef(line_id="a"),)


def test_a_line_holds_one_thing(broken):
    at = "marks.line_marks[0]"
    mark = LineMark(line_id="a", price=1.0, market_value_amount=1.0, unit_count=1.0, contract_count=1)
    assert marked(broken, mark) == [
        (f"{at}.unit_count", "FIELDS_EXCLUSIVE"),
        (f"{at}.contract_count", "FIELDS_EXCLUSIVE"),
    ]


def test_a_price_is_not_of_a_later_day_than_the_marks(broken):
    as_of = VALID["RecordMarks"].marks.as_of_date
    assert marked(broken, LineMark(line_id="a", price=1.0, valuation_date=as_of)) == []
    assert marked(broken, LineMark(line_id="a", price=1.0, valuation_date=as_of + DAY)) == [
        ("marks.line_marks[0].valuation_date", "NUMBER_OUT_OF_RANGE")
    ]


def test_marks_mark_something_and_not_too_much(broken):
    assert marked(broken) == [("marks.line_marks", MISSING)]
    many = tuple(LineMark(line_id=f"l{number}", price=1.0) for number in range(20_001))
    assert marked(broken, *many) == [("marks.line_marks", "TOO_MANY")]
    assert marked(broken, *many[:-1]) == []


def test_more_violations_than_anyone_reads_are_cut_short(broken):
    violations = marked(broken, *(LineMark(line_id="a") for _ in range(20_000)))
    assert len(violations) == 10_001
    assert violations[-1] == ("", "TOO_MANY")


# Junk


@settings(max_examples=1_000, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_request_with_junk_in_it_is_judged(data):
    names = list(VALID)
    changed = copy.deepcopy(VALID[names[data.draw(st.integers(0, len(names) - 1))]])
    # Outside the problem, which is put to the test by itself; what is only output is not read.
    spots = [(holder, key) for holder, key in places(changed) if key != "problem"]
    index = data.draw(st.integers(0, len(spots) - 1))
    holder, key = spots[index]
    holder[key] = data.draw(JUNK)
    for violation in validate.request_violations(changed):
        wire.to_message(violation, schema_for(type(violation)).message)
        assert violation.message


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_request_of_junk_is_judged(data):
    kind = type(VALID[data.draw(st.sampled_from(sorted(VALID)))])
    request = object.__new__(kind)
    for field in dataclasses.fields(kind):
        if data.draw(st.booleans()):
            request.__dict__[field.name] = data.draw(JUNK)
    for violation in validate.request_violations(request):
        wire.to_message(violation, schema_for(type(violation)).message)
