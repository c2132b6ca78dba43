from concurrent.futures import CancelledError

import pytest

from optimizer.workers import Cancellation


def test_cancel_calls_back_once_however_often_it_is_called():
    calls = []
    cancellation = Cancellation()
    cancellation.on_cancel(lambda: calls.append("first"))
    cancellation.on_cancel(lambda: calls.append("second"))
    cancellation.cancel()
    cancellation.cancel()
    assert calls == ["first", "second"]
    assert cancellation.cancelled


def test_a_late_registration_is_called_at_once():
    calls = []
    cancellation = Cancellation()
    cancellation.cancel()
    cancellation.on_cancel(lambda: calls.append(1))
    assert calls == [1]


def test_a_registration_taken_back_is_not_called():
    calls = []
    cancellation = Cancellation()
    forget = cancellation.on_cancel(lambda: calls.append(1))
    forget()
    forget()
    cancellation.cancel()
    assert calls == []


def test_work_between_tasks_can_ask():
    cancellation = Cancellation()
    cancellation.raise_if_cancelled()
    cancellation.cancel()
    with pytest.raises(CancelledError):
        cancellation.raise_if_cancelled()
