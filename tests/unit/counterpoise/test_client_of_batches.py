"""Items that fail while they are asked for: the caller gets the error itself, after the answers before it."""

import asyncio

import pytest

from counterpoise import AsyncClient, Client, ServiceError, StatusCode
from counterpoise.errors import CallStatus
from counterpoise.model import AllocateBatchResponse, BatchItem, CallRefusal, ErrorReason
from counterpoise.testing import Refusal, ScriptedServer, Streamed
from tests.golden_problems import pension

ANSWER = AllocateBatchResponse(request_id="a", refusal=CallRefusal(reason=ErrorReason.WORKER_LOST))
ITEM = BatchItem(request_id="a", portfolio=pension().portfolio)
INVALID = Refusal(status=CallStatus(code=StatusCode.INVALID_ARGUMENT, reason="REQUEST_INVALID"))


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        scripted.script("AllocateBatch", Streamed(messages=(ANSWER,)))
        yield scripted


@pytest.fixture(params=[Client, AsyncClient])
def ask(request, server):
    """From items to what was answered and the error that ended it."""

    async def asynchronously(items, answers):
        async with AsyncClient(server.target) as client:
            async for answer in client.allocate_batch(items, timeout_seconds=30.0):
                answers.append(answer)

    def asked(items):
        answers = []
        try:
            if request.param is AsyncClient:
                asyncio.run(asynchronously(items, answers))
            else:
                with Client(server.target) as client:
                    answers.extend(client.allocate_batch(items, timeout_seconds=30.0))
        except Exception as error:  # noqa: BLE001 - what it is the test says
            return answers, error
        return answers, None

    return asked


def failing(error):
    yield ITEM
    raise error


def test_items_that_all_come_end_without_an_error(ask):
    answers, error = ask([ITEM])
    assert ([answer.request_id for answer in answers], error) == (["a"], None)


def test_an_error_of_the_callers_own_items_is_raised_as_it_is(ask):
    missing = FileNotFoundError("the table's second row")
    answers, error = ask(failing(missing))
    assert error is missing
    # Nothing is lost of what came before.
    assert [answer.request_id for answer in answers] == ["a"]


def test_an_item_that_is_none_is_an_error_with_its_field(ask):
    _, error = ask([ITEM, BatchItem(request_id="b", portfolio="nonsense")])
    assert isinstance(error, TypeError)
    assert "portfolio" in str(error)


def test_an_error_before_the_first_item_is_raised_as_well(ask):
    _, error = ask([BatchItem(request_id="b", portfolio="nonsense")])
    assert isinstance(error, TypeError)


def test_an_error_of_the_items_comes_before_a_refusal_that_follows_from_it(ask, server):
    server.script("AllocateBatch", INVALID)
    missing = FileNotFoundError("the table's second row")
    assert ask(failing(missing))[1] is missing


def test_a_refusal_alone_is_raised(ask, server):
    server.script("AllocateBatch", INVALID)
    error = ask([ITEM])[1]
    assert isinstance(error, ServiceError)
    assert error.status.reason == "REQUEST_INVALID"


async def test_who_is_cancelled_is_cancelled(server):
    server.script("AllocateBatch", Streamed(messages=(ANSWER,), open_seconds=30.0))
    got = asyncio.Event()

    async def ask():
        async with AsyncClient(server.target) as client:
            async for _ in client.allocate_batch(failing(ValueError("late")), timeout_seconds=30.0):
                got.set()

    asking = asyncio.create_task(ask())
    await asyncio.wait_for(got.wait(), 30.0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
