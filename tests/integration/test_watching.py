"""Watching that breaks, is late, or is done by several at once; and triggers that cannot be."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import event
from structlog.testing import capture_logs

from counterpoise.model import (
    ActiveRiskTrigger,
    CashFlow,
    CoverageTrigger,
    CreateRebalanceJobRequest,
    DriverValue,
    LineMark,
    ListMarksRequest,
    ListRebalanceJobsRequest,
    RebalanceJob,
    RecordMarksRequest,
    Trigger,
    TriggerState,
)
from optimizer.rebalance import marks
from optimizer.rebalance.scheduling.scheduler import Scheduler, watch_all
from optimizer.rebalance.watching import watch
from optimizer.rebalance.watching.shown_jobs import ShownJobs
from optimizer.store import (
    StoreUnavailable,
    TriggerRow,
    get_watch,
    open_engine,
    reading,
    triggers_of,
    verify_audit,
)
from optimizer.store.errors import NotFound
from optimizer.telemetry.job_metrics import JobMetrics
from optimizer.telemetry.schedule_metrics import ScheduleMetrics
from optimizer.usecases.errors import Refused, RequestInvalid
from tests.office import ADA, JOB, TENANT, Office, new_id, open_office
from tests.rebalancing import DAY, fund
from tests.watching import (
    DAYS,
    MINUTE,
    at_overlay,
    beat,
    firings,
    job_of,
    on_age,
    on_drift,
    on_overlay,
    runs_of,
    status,
    update,
    watched_job,
    work,
)


@pytest.fixture
def office(tmp_path, allocate):
    return open_office(tmp_path, allocate)


def recorded(office):
    return office.call(ListMarksRequest(parent=JOB)).marks


# What breaks


def test_marks_are_kept_though_watching_fails_and_the_next_heartbeat_judges_them(office, monkeypatch):
    watched_job(office, on_overlay())
    with monkeypatch.context() as broken:
        broken.setattr(watch, "measure", lambda *_: 1 / 0)
        kept = office.record(at_overlay(0.29))
        watch_all(office.desk)
    assert recorded(office) == (kept,)
    assert (runs_of(office), firings(office)) == ((), [])
    watch_all(office.desk)
    assert (firings(office), len(runs_of(office))) == (["overlay"], 1)


def test_a_failure_after_measuring_leaves_nothing_half_done(office, monkeypatch):
    watched_job(office, on_drift(), on_overlay())
    with monkeypatch.context() as broken:
        broken.setattr(watch, "fire_trigger", lambda *_: 1 / 0)
        office.record(at_overlay(0.29))
    assert (len(recorded(office)), runs_of(office), firings(office)) == (1, (), [])
    assert status(office).judge_time is None
    watch_all(office.desk)
    assert (firings(office), len(runs_of(office))) == (["overlay"], 1)
    with reading(office.engine) as connection:
        verify_audit(connection)


def test_a_crash_between_recording_and_judging_is_healed_by_the_heartbeat(office):
    """The process ends once the marks are committed: nobody watches."""
    watched_job(office, on_overlay())
    request = RecordMarksRequest(parent=JOB, marks=at_overlay(0.29), request_id=new_id())
    marks.record_marks_of_job(office.desk, request, ADA, lambda *_: None)
    assert (len(recorded(office)), runs_of(office)) == (1, ())
    watch_all(office.desk)
    watch_all(office.desk)
    assert (firings(office), len(runs_of(office))) == (["overlay"], 1)


def test_a_repeated_request_fires_nothing_more_and_judges_what_a_crash_left(office):
    watched_job(office, on_overlay())
    request = RecordMarksRequest(parent=JOB, marks=at_overlay(0.29), request_id=new_id())
    marks.record_marks_of_job(office.desk, request, ADA, lambda *_: None)
    office.call(request)
    office.call(request)
    assert (firings(office), len(runs_of(office)), len(recorded(office))) == (["overlay"], 1, 1)


def test_marks_that_come_while_others_are_measured_are_judged_by_who_brought_them(office, monkeypatch):
    """The first look is slow; what it saw is out of date when it is done, and nobody acts on it."""
    watched_job(office, on_overlay())
    measure, looks = watch.measure, []

    def slow(*arguments):
        figures = measure(*arguments)
        looks.append(figures)
        if len(looks) == 1:
            office.record(at_overlay(0.27))
        return figures

    monkeypatch.setattr(watch, "measure", slow)
    office.record(at_overlay(0.29))
    assert len(looks) == 2
    assert status(office).value == pytest.approx(0.27)
    assert (firings(office), runs_of(office)) == ([], ())


def test_one_job_that_cannot_be_watched_keeps_no_other_from_it(office, monkeypatch):
    other = CreateRebalanceJobRequest(
        parent=TENANT,
        rebalance_job_id="another",
        rebalance_job=RebalanceJob(problem=fund(), triggers=(on_overlay(0.1),)),
        request_id=new_id(),
    )
    broken = office.call(other).rebalance_job.name
    watched_job(office, on_overlay())
    request = RecordMarksRequest(parent=JOB, marks=at_overlay(0.29), request_id=new_id())
    marks.record_marks_of_job(office.desk, request, ADA, lambda *_: None)
    get_job = watch.get_job

    def refuse(connection, tenant, name):
        if name == broken:
            raise ValueError(name)
        return get_job(connection, tenant, name)

    monkeypatch.setattr(watch, "get_job", refuse)
    watch_all(office.desk)
    assert firings(office) == ["overlay"]


def test_slots_that_cannot_be_decided_keep_no_trigger_from_being_judged(office, monkeypatch):
    watched_job(office, on_overlay())
    request = RecordMarksRequest(parent=JOB, marks=at_overlay(0.29), request_id=new_id())
    marks.record_marks_of_job(office.desk, request, ADA, lambda *_: None)
    monkeypatch.setattr("optimizer.rebalance.scheduling.scheduler.decide_due", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Scheduler(lambda: office.desk, JobMetrics(), heartbeat_seconds=60.0).turn(office.desk)
    assert firings(office) == ["overlay"]


def test_marks_that_are_refused_fire_nothing_and_are_not_kept(office):
    watched_job(office, on_overlay())
    breach = at_overlay(0.29)
    unknown = replace(breach, line_marks=(*breach.line_marks, LineMark(line_id="gold", price=1.0)))
    for wrong in (unknown, at_overlay(0.29, DAY + 2 * DAYS), at_overlay(0.29, DAY - DAYS)):
        with pytest.raises(RequestInvalid):
            office.record(wrong)
    assert (recorded(office), runs_of(office), firings(office)) == ((), (), [])
    assert status(office).judge_time is None


def test_marks_that_do_not_add_up_judge_nothing_but_their_age(office):
    watched_job(office, on_overlay(), on_age(1.0))
    breach = at_overlay(0.29)
    few = tuple(mark for mark in breach.line_marks if mark.line_id != "cash")
    cash = LineMark(line_id="cash", market_value_amount=1.0)
    office.record(replace(breach, line_marks=(*few, cash)))
    assert (status(office).value, status(office).state) == (None, TriggerState.ARMED)
    assert status(office, "age").value is not None
    office.now += 3 * DAYS
    assert beat(office) == ("age",)
    office.record(replace(breach, as_of_date=DAY + 2 * DAYS))
    assert firings(office) == ["age", "overlay"]


# Several at once


@pytest.fixture
def offices(store_dsn, allocate):
    """Four servers on one store."""
    opened = [Office(open_engine(store_dsn), allocate) for _ in range(4)]
    yield opened
    for office in opened:
        office.engine.dispose()


def test_servers_that_record_a_breach_at_once_fire_once(offices):
    first = offices[0]
    watched_job(first, on_overlay(cool_down=MINUTE))
    barrier = Barrier(len(offices))

    def record(office):
        barrier.wait()
        for _ in range(3):
            request = RecordMarksRequest(parent=JOB, marks=at_overlay(0.29), request_id=new_id())
            with suppress(Refused):  # others recorded meanwhile: the caller tries again
                office.call(request)
            watch_all(office.desk)

    with ThreadPoolExecutor(len(offices)) as threads:
        list(threads.map(record, offices))
    assert (firings(first), len(runs_of(first))) == (["overlay"], 1)
    work(first)
    for office in offices:
        watch_all(office.desk)
    assert (firings(first), len(runs_of(first))) == (["overlay"], 1)
    with reading(first.engine) as connection:
        verify_audit(connection)


def test_heartbeats_of_several_servers_fire_old_marks_once(offices):
    first = offices[0]
    watched_job(first, on_age(1.0), on_overlay())
    for office in offices:
        office.now += 4 * DAYS
    barrier = Barrier(len(offices))

    def heartbeat(office):
        barrier.wait()
        for _ in range(5):
            watch_all(office.desk)

    with ThreadPoolExecutor(len(offices)) as threads:
        list(threads.map(heartbeat, offices))
    assert (firings(first), runs_of(first)) == (["age"], ())


def test_an_idle_trigger_is_judged_with_every_heartbeat_and_written_every_ten_minutes(office):
    """Whoever writes holds up all others."""
    watched_job(office, on_overlay(), on_age())
    office.record(at_overlay(0.27))
    first, age = status(office), status(office, "age")
    written = []
    event.listen(office.engine, "before_cursor_execute", lambda *asked: written.append(asked[2]))
    for _ in range(9):
        beat(office)
    assert "BEGIN IMMEDIATE" not in written
    assert (status(office), status(office, "age")) == (first, age)
    beat(office)
    assert status(office) == replace(first, judge_time=first.judge_time + 10 * MINUTE)
    assert status(office, "age").value == pytest.approx(age.value + 10 * MINUTE / DAYS)
    with reading(office.engine) as connection:
        assert all(isinstance(row, TriggerRow) for row in triggers_of(connection, JOB).values())


# A heartbeat of many jobs


def make_jobs(office, *ids):
    """Jobs that watch the overlay of the fund, which is beyond."""
    return [
        office.call(
            CreateRebalanceJobRequest(
                parent=TENANT,
                rebalance_job_id=job_id,
                rebalance_job=RebalanceJob(problem=fund(), triggers=(on_overlay(0.1),)),
                request_id=new_id(),
            )
        ).rebalance_job.name
        for job_id in ids
    ]


class Watched:
    """Stands in for `watch_job`: notes the jobs, and does with each what is said."""

    def __init__(self, do=lambda _: None):
        self.names, self._do = [], do

    def __call__(self, desk, tenant, name):
        self.names.append(name)
        self._do(name)


SCHEDULER = "optimizer.rebalance.scheduling.scheduler"


def away(_):
    raise StoreUnavailable("the store cannot be used")


@pytest.mark.parametrize("error", [StoreUnavailable("for this one"), NotFound("gone"), ValueError("odd")])
def test_a_job_that_fails_ends_no_heartbeat_for_those_after_it(office, monkeypatch, error):
    names = make_jobs(office, "a", "b", "c", "d", "e")

    def fail(name):
        if name in names[1:3]:
            raise error

    watched = Watched(fail)
    monkeypatch.setattr(f"{SCHEDULER}.watch_job", watched)
    watch_all(office.desk)
    assert watched.names == names


def test_a_store_that_is_away_is_not_asked_for_every_job(office, monkeypatch):
    names = make_jobs(office, "a", "b", "c", "d", "e")
    watched = Watched(away)
    monkeypatch.setattr(f"{SCHEDULER}.watch_job", watched)
    with pytest.raises(StoreUnavailable):
        watch_all(office.desk)
    assert watched.names == names[:3]


def test_slots_are_decided_in_the_middle_of_a_heartbeat(office, monkeypatch):
    names = make_jobs(office, "a", "b", "c")
    watched, decided = Watched(), []
    monkeypatch.setattr(f"{SCHEDULER}._POLL_SECONDS", 0.0)
    monkeypatch.setattr(f"{SCHEDULER}.watch_job", watched)
    monkeypatch.setattr(f"{SCHEDULER}.decide_due", lambda *_: decided.append(len(watched.names)) or [])
    Scheduler(lambda: None, JobMetrics(), heartbeat_seconds=60.0).turn(office.desk)
    assert decided == [0, 0, 1, 2]
    assert watched.names == names


@pytest.mark.parametrize("error", [StoreUnavailable("away"), ValueError("odd")])
def test_slots_that_cannot_be_decided_in_the_middle_of_a_heartbeat_do_not_end_it(office, monkeypatch, error):
    names = make_jobs(office, "a", "b", "c")
    watched = Watched()

    def decide(*_):
        if watched.names:
            raise error
        return []

    monkeypatch.setattr(f"{SCHEDULER}._POLL_SECONDS", 0.0)
    monkeypatch.setattr(f"{SCHEDULER}.watch_job", watched)
    monkeypatch.setattr(f"{SCHEDULER}.decide_due", decide)
    Scheduler(lambda: None, JobMetrics(), heartbeat_seconds=60.0).turn(office.desk)
    assert watched.names == names


def test_who_is_told_to_stop_stops_in_the_middle_of_a_heartbeat(office, monkeypatch):
    names = make_jobs(office, "a", "b", "c")
    scheduler = Scheduler(lambda: None, JobMetrics(), heartbeat_seconds=60.0)
    watched = Watched(lambda _: scheduler.stop())
    monkeypatch.setattr(f"{SCHEDULER}.watch_job", watched)
    scheduler.turn(office.desk)
    assert watched.names == names[:1]


@pytest.mark.parametrize("text", ["{", "[]", '{"as_of_date": "2025-06-30"}', '{"other": 1, %s'])
def test_figures_of_another_version_are_measured_anew_and_end_no_round(office, text):
    watched_job(office, on_overlay())
    office.record(at_overlay(0.27))
    with office.engine.begin() as connection:
        known = connection.exec_driver_sql("SELECT figures_json FROM watches").scalar_one()
        damaged = text.replace("%s", known[1:])
        connection.exec_driver_sql("UPDATE watches SET figures_json = ?", (damaged,))
    registry = CollectorRegistry()
    desk = replace(office.desk, metrics=ScheduleMetrics(registry))
    jobs = JobMetrics()
    ShownJobs(jobs).show(office.desk)
    Scheduler(lambda: None, jobs, heartbeat_seconds=60.0).turn(desk)
    with reading(office.engine) as connection:
        assert get_watch(connection, JOB).figures_json == known
    found = registry.get_sample_value("counterpoise_scheduler_last_round_timestamp_seconds")
    assert found == office.now.timestamp()


def test_a_store_that_is_away_when_marks_are_watched_is_told_without_its_address(office):
    engine = open_engine("postgresql://planted_user:planted_word@127.0.0.1:1/planted_base")
    with capture_logs() as logs:
        watch.watch_marked(replace(office.desk, engine=engine), "pension", JOB)
    engine.dispose()
    (line,) = logs
    assert (line["log_level"], line.get("exc_info")) == ("warning", None)
    assert not [word for word in ("planted", "127.0.0.1") if word in str(line)]


# Triggers on what there is not


ON_RISK = Trigger(trigger_id="risk", active_risk=ActiveRiskTrigger(maximum_annual_volatility=0.05))
ON_COVERAGE = Trigger(trigger_id="money", coverage=CoverageTrigger(minimum_ratio=1.5))


def refused(call):
    with pytest.raises(RequestInvalid) as caught:
        call()
    return [(item.field, item.reason.name) for item in caught.value.violations]


def with_reference(problem):
    reference = (DriverValue(driver_id="equity", value=0.6),)
    return replace(problem, mandate=replace(problem.mandate, reference_exposures=reference))


def with_outflow(problem):
    flows = (CashFlow(horizon_trading_days=5, outflow_amount=1e6),)
    return replace(problem, portfolio=replace(problem.portfolio, cash_flows=flows))


MISSING = [
    ("rebalance_job.triggers[1].active_risk", "FIELD_MISSING"),
    ("rebalance_job.triggers[2].coverage", "FIELD_MISSING"),
]


def test_a_new_job_cannot_watch_what_its_problem_does_not_have(office):
    wanted = (on_overlay(), ON_RISK, ON_COVERAGE)
    assert sorted(refused(lambda: office.create_job(fund(), triggers=wanted))) == MISSING
    assert office.call(ListRebalanceJobsRequest(parent=TENANT)).rebalance_jobs == ()
    kept = office.create_job(with_outflow(with_reference(fund())), triggers=wanted)
    assert kept.triggers == wanted
    assert [item.trigger_id for item in kept.trigger_statuses] == ["overlay", "risk", "money"]


def test_an_update_cannot_take_away_what_is_watched(office):
    watched = with_outflow(with_reference(fund()))
    before = office.create_job(watched, triggers=(on_overlay(), ON_RISK, ON_COVERAGE))
    assert sorted(refused(lambda: update(office, problem=fund()))) == MISSING
    assert refused(lambda: update(office, problem=with_outflow(fund()))) == MISSING[:1]
    assert job_of(office) == before
    after = update(office, problem=fund(), triggers=(on_overlay(),))
    assert (after.revision, after.triggers) == (2, (on_overlay(),))


def test_an_update_cannot_bring_triggers_that_the_problem_has_nothing_for(office):
    before = office.create_job(fund())
    wanted = (on_overlay(), ON_RISK, ON_COVERAGE)
    assert sorted(refused(lambda: update(office, triggers=wanted))) == MISSING
    assert job_of(office) == before


def test_active_risk_and_coverage_fire_too(office):
    low = replace(ON_RISK, active_risk=ActiveRiskTrigger(maximum_annual_volatility=0.001))
    high = replace(ON_COVERAGE, coverage=CoverageTrigger(minimum_ratio=90.0))
    problem = with_outflow(with_reference(fund()))
    office.create_job(problem, triggers=(low, high))
    office.record(at_overlay(0.2682))
    assert firings(office) == ["money", "risk"]
    assert len(runs_of(office)) == 1


def test_the_clock_of_a_cool_down_is_the_server_s(office):
    """A clock that goes back fires nothing twice."""
    watched_job(office, on_overlay(cool_down=MINUTE))
    office.record(at_overlay(0.29))
    office.now -= datetime.timedelta(hours=1)
    office.record(at_overlay(0.27))
    office.record(at_overlay(0.29))
    assert len(firings(office)) == 1
