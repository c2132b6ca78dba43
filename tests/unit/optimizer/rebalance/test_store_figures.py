"""Figures of the store for metrics: read aside, and gone when they are not known."""

import datetime
import threading
import time
from dataclasses import replace

import pytest
import structlog

from optimizer.rebalance.desk import Desk
from optimizer.rebalance.store_figures import FiguresReader
from optimizer.store import open_engine, record_marks, writing
from tests.sample_store import JOB, NOW, act, add_job, marks_name

AMPLE_SECONDS = 30.0


@pytest.fixture
def desk(store):
    with writing(store) as connection:
        add_job(connection)
        record_marks(act(connection), marks_name(1), JOB, "2025-11-26", "{}")
    return Desk(engine=store, now=lambda: NOW, wake=lambda: None)


class Failures:
    """Counts failures."""

    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1


def test_figures_have_ages_as_of_now_and_the_ids_of_jobs(desk):
    reader = FiguresReader(lambda: desk, Failures())
    assert reader.figures() is None
    reader.read()
    figures = reader.figures()
    age = NOW - datetime.datetime(2025, 11, 27, tzinfo=datetime.UTC)
    assert figures.marks_age_seconds == {("pension", "monthly"): age.total_seconds()}
    assert figures.runs["SUCCEEDED", "PROPOSED"] == figures.runs["PENDING", ""] == 0
    assert figures.audit_head_sequence == 2


def test_a_store_that_fails_is_counted_and_leaves_no_old_figures(desk, tmp_path):
    failures, desks = Failures(), [desk]
    reader = FiguresReader(lambda: desks[-1], failures)
    reader.read()
    empty = open_engine(f"sqlite:///{tmp_path}/never-migrated.sqlite3")
    desks.append(Desk(engine=empty, now=lambda: NOW, wake=lambda: None))
    with structlog.testing.capture_logs() as lines:
        reader.read()
    empty.dispose()
    assert (reader.figures(), failures.count) == (None, 1)
    assert [line["log_level"] for line in lines] == ["warning"]
    desks.pop()
    reader.read()
    assert reader.figures() is not None
    assert failures.count == 1


def test_a_store_that_nobody_opened_is_not_opened_and_no_failure(desk):
    failures = Failures()
    reader = FiguresReader(lambda: None, failures)
    reader.read()
    assert (reader.figures(), failures.count) == (None, 0)


def test_the_thread_reads_again_and_again_and_ends(desk):
    asked = threading.Semaphore(0)

    def ask():
        asked.release()
        return desk

    reader = FiguresReader(ask, Failures(), pause_seconds=0.001)
    reader.start()
    for _ in range(3):
        assert asked.acquire(timeout=AMPLE_SECONDS)
    reader.stop()
    assert not reader._thread.is_alive()
    assert reader.figures() is not None


def test_a_slow_store_is_asked_less_often(desk, monkeypatch):
    pauses = []
    reader = FiguresReader(lambda: desk, Failures(), pause_seconds=0.001)
    monkeypatch.setattr(reader, "read", lambda: time.sleep(0.05))
    monkeypatch.setattr(reader._stopping, "wait", lambda pause: pauses.append(pause) or len(pauses) > 2)
    reader._work()
    assert pauses[0] == 0
    assert all(pause >= 20 * 0.05 for pause in pauses[1:])


@pytest.mark.parametrize(("delivers", "waiting"), [(False, None), (True, 2)])
def test_messages_wait_only_where_somebody_delivers_them(desk, delivers, waiting):
    delivering = replace(desk, delivers=delivers)
    reader = FiguresReader(lambda: delivering, Failures())
    reader.read()
    assert reader.figures().pending_message_count == waiting
