import os
import threading
import time
from concurrent.futures import CancelledError

import pytest

from optimizer.workers import Cancellation, WorkerLost, WorkerPool
from tests import worker_tasks

AMPLE_SECONDS = 60.0
PRELOAD = ("pytest", "tests.worker_tasks")


@pytest.fixture(scope="module")
def pool():
    pool = WorkerPool(2, PRELOAD)
    pool.start(worker_tasks.warm)
    yield pool
    pool.stop()


@pytest.fixture
def single():
    pool = WorkerPool(1, PRELOAD)
    pool.start()
    yield pool
    pool.stop()


def submit(pool, function, argument=None, **options):
    return pool.submit(function, argument, **{"timeout_seconds": AMPLE_SECONDS} | options)


def test_a_task_runs_in_another_process_and_its_result_comes_back(pool):
    assert submit(pool, worker_tasks.process_id).result() != os.getpid()
    assert submit(pool, worker_tasks.echo, {"a": [1.0]}).result() == {"a": [1.0]}


def test_workers_stand_back_behind_the_server(pool):
    worker = submit(pool, worker_tasks.process_id).result()
    assert os.getpriority(os.PRIO_PROCESS, worker) > os.getpriority(os.PRIO_PROCESS, os.getpid())


def test_large_arguments_and_results_pass(pool):
    block = b"x" * (8 << 20)
    assert submit(pool, worker_tasks.echo, block).result() == block


def test_an_exception_comes_back_with_its_traceback(pool):
    with pytest.raises(ValueError, match="no such thing") as caught:
        submit(pool, worker_tasks.fail, "no such thing").result()
    assert "in fail" in "".join(caught.value.__notes__)


@pytest.mark.parametrize(
    ("task", "error"),
    [(worker_tasks.return_unpicklable, RuntimeError), (worker_tasks.fail_unpicklable, TypeError)],
)
def test_what_cannot_be_sent_back_is_an_exception_and_harms_no_worker(single, task, error):
    before = submit(single, worker_tasks.process_id).result()
    with pytest.raises(error):
        submit(single, task).result()
    assert submit(single, worker_tasks.process_id).result() == before


def test_what_cannot_be_sent_at_all_is_refused_by_submit(pool):
    with pytest.raises(TypeError):
        submit(pool, worker_tasks.echo, threading.Lock())


def test_each_slot_runs_one_task_at_a_time(pool):
    futures = [submit(pool, worker_tasks.process_id) for _ in range(50)]
    assert len({future.result() for future in futures}) <= 2


def test_tasks_of_two_slots_overlap(pool):
    started = time.monotonic()
    futures = [submit(pool, worker_tasks.sleep, 0.5) for _ in range(2)]
    assert [future.result() for future in futures] == [0.5, 0.5]
    assert time.monotonic() - started < 0.95


def test_a_task_takes_the_worker_that_is_free(pool):
    busy = submit(pool, worker_tasks.sleep, 0.5)
    others = {submit(pool, worker_tasks.process_id).result() for _ in range(5)}
    assert len(others) == 1
    busy.result()


def test_the_timeout_counts_the_queue(single):
    submit(single, worker_tasks.sleep, 1.0)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        submit(single, worker_tasks.echo, 1, timeout_seconds=0.2).result()
    assert time.monotonic() - started < 0.9


def test_a_timeout_leaves_nothing_behind(single):
    with pytest.raises(TimeoutError):
        submit(single, worker_tasks.sleep, 600, timeout_seconds=0.2).result()
    assert submit(single, worker_tasks.echo, 1).result() == 1


def test_cancel_drops_a_queued_task_and_leaves_the_running_one(single):
    cancellation = Cancellation()
    running = submit(single, worker_tasks.sleep, 0.3)
    queued = submit(single, worker_tasks.sleep, 600, cancellation=cancellation)
    cancellation.cancel()
    with pytest.raises(CancelledError):
        queued.result(timeout=AMPLE_SECONDS)
    assert running.result() == 0.3


def test_cancel_before_submit_drops_the_task(single):
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(CancelledError):
        submit(single, worker_tasks.sleep, 600, cancellation=cancellation).result(timeout=AMPLE_SECONDS)
    assert submit(single, worker_tasks.echo, 1).result() == 1


def test_cancel_after_the_end_harms_nobody(single):
    cancellation = Cancellation()
    before = submit(single, worker_tasks.process_id, cancellation=cancellation).result()
    cancellation.cancel()
    assert submit(single, worker_tasks.process_id).result() == before


def test_every_worker_is_warmed_replacements_included(pool):
    assert len(submit(pool, worker_tasks.warmed).result()) == 1
    with pytest.raises(WorkerLost):
        submit(pool, worker_tasks.leave).result()
    for _ in range(4):
        assert len(submit(pool, worker_tasks.warmed).result()) == 1


def test_workers_use_one_thread_for_linear_algebra(pool):
    assert set(submit(pool, worker_tasks.thread_settings).result().values()) == {"1"}


def test_a_pool_that_cannot_warm_up_does_not_start():
    pool = WorkerPool(2, PRELOAD)
    with pytest.raises(WorkerLost) as caught:
        pool.start(worker_tasks.fail_to_warm)
    assert "cold" in str(caught.value.__cause__)


def test_stop_ends_running_and_queued_tasks_and_refuses_new_ones():
    pool = WorkerPool(1, PRELOAD)
    pool.start()
    futures = [submit(pool, worker_tasks.sleep, 600) for _ in range(3)]
    pool.stop()
    pool.stop()
    for future in futures:
        with pytest.raises(WorkerLost):
            future.result(timeout=AMPLE_SECONDS)
    with pytest.raises(RuntimeError, match="not running"):
        submit(pool, worker_tasks.echo)


def test_a_pool_has_workers():
    with pytest.raises(ValueError, match="at least one"):
        WorkerPool(0)


def test_notes_arrive_in_order_before_the_result(pool):
    heard = []
    future = submit(pool, worker_tasks.tell, ["first", "second"], on_note=heard.append)
    assert future.result() == 2
    assert heard == ["first", "second"]
    assert submit(pool, worker_tasks.tell, ["unheard"]).result() == 1


def test_notes_of_a_killed_task_have_arrived(single):
    heard = []
    with pytest.raises(TimeoutError):
        submit(
            single, worker_tasks.tell_and_hang, ["before"], timeout_seconds=1.0, on_note=heard.append
        ).result()
    assert heard == ["before"]


def test_outside_a_worker_nobody_hears_a_note():
    assert worker_tasks.tell(["alone"]) == 1


def test_tasks_of_one_affinity_go_to_one_worker_while_it_is_free(pool):
    homes = {key: submit(pool, worker_tasks.process_id, affinity=key).result() for key in (1, 2)}
    assert homes[1] != homes[2]
    for key in (2, 2, 1, 1, 2, 1):
        assert submit(pool, worker_tasks.process_id, affinity=key).result() == homes[key]


def test_affinity_never_waits_for_a_busy_worker(pool, tmp_path):
    home = submit(pool, worker_tasks.process_id, affinity=7).result()
    gate = tmp_path / "gate"
    held = submit(pool, worker_tasks.wait_for, gate, affinity=7)
    assert submit(pool, worker_tasks.process_id, affinity=7).result() != home
    gate.touch()
    held.result()


def test_the_background_waits_until_nobody_else_does(single, tmp_path):
    gate, order = tmp_path / "gate", []
    held = submit(single, worker_tasks.wait_for, gate)
    futures = []
    for name, background in (("behind", True), ("first", False), ("also behind", True), ("second", False)):
        future = submit(single, worker_tasks.echo, name, background=background)
        future.add_done_callback(lambda done: order.append(done.result()))
        futures.append(future)
    gate.touch()
    held.result()
    for future in futures:
        future.result()
    assert order == ["first", "second", "behind", "also behind"]


def test_a_task_in_the_background_hears_that_another_waits_and_that_it_waits_no_more(single):
    behind = submit(single, worker_tasks.others_wait_within, AMPLE_SECONDS, background=True)
    before = submit(single, worker_tasks.echo, "now")
    assert behind.result(AMPLE_SECONDS)
    assert before.result(AMPLE_SECONDS) == "now"
    assert not submit(single, worker_tasks.others_wait_within, 0.05, background=True).result(AMPLE_SECONDS)


def test_a_task_that_no_longer_waits_hurries_nobody(single):
    submit(single, worker_tasks.sleep, 0.2)
    cancellation = Cancellation()
    dropped = submit(single, worker_tasks.echo, cancellation=cancellation)
    behind = submit(single, worker_tasks.others_wait_within, 0.1, background=True)
    cancellation.cancel()
    with pytest.raises(CancelledError):
        dropped.result(AMPLE_SECONDS)
    assert not behind.result(AMPLE_SECONDS)


def test_tasks_of_the_background_do_not_hurry_each_other(single):
    first = submit(single, worker_tasks.others_wait_within, 0.1, background=True)
    submit(single, worker_tasks.echo, background=True)
    assert not first.result(AMPLE_SECONDS)


def test_outside_a_worker_nobody_waits():
    assert not worker_tasks.others_wait_within(0.0)
