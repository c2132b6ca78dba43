"""Slots through both clients, against a scripted server."""

import asyncio
import datetime
from dataclasses import replace
from itertools import islice

import pytest

from counterpoise import AsyncClient, CallStatus, Client, ServiceError, StatusCode
from counterpoise.client.slots import skipped
from counterpoise.model import (
    GetRebalanceRunRequest,
    GetRebalanceRunResponse,
    ListRebalanceRunsRequest,
    ListRebalanceRunsResponse,
    RebalanceRunState,
    RunRebalanceJobRequest,
    RunRebalanceJobResponse,
)
from counterpoise.testing import Refusal, ScriptedServer
from tests import sample_rebalance as sample
from tests.sample_schedule import LATER, SLOT
from tests.sample_schedule import skipped as skipped_run

EARLIER = SLOT - datetime.timedelta(days=30)


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        scripted.script("RunRebalanceJob", RunRebalanceJobResponse(rebalance_run=sample.pending()))
        scripted.script("GetRebalanceRun", GetRebalanceRunResponse(rebalance_run=sample.proposed()))
        yield scripted


@pytest.fixture(params=[Client, AsyncClient])
def call(request, server):
    """Calls a method of `rebalance`; of iterators all, or the first."""

    def ask(name, *arguments, first=None, **options):
        if request.param is Client:
            with Client(server.target) as client:
                answer = getattr(client.rebalance, name)(*arguments, **options)
                return list(islice(answer, first)) if name == "backfill" else answer

        async def run():
            async with AsyncClient(server.target) as client:
                answer = getattr(client.rebalance, name)(*arguments, **options)
                if name != "backfill":
                    return await answer
                found = []
                async for item in answer:
                    found.append(item)
                    if len(found) == first:
                        break
                await answer.aclose()
                return found

        return asyncio.run(run())

    return ask


def asked_slots(server):
    return [item.slot_time for item in server.requests if isinstance(item, RunRebalanceJobRequest)]


def test_a_run_is_for_a_slot_where_one_is_named(call, server):
    assert call("run_job", sample.JOB, slot_time=SLOT, request_id="r-1") == sample.pending()
    call("run_job", sample.JOB, request_id="r-2")
    assert server.requests == (
        RunRebalanceJobRequest(name=sample.JOB, request_id="r-1", slot_time=SLOT),
        RunRebalanceJobRequest(name=sample.JOB, request_id="r-2"),
    )


def test_slots_are_run_one_after_the_other_earliest_first_and_each_once(call, server):
    assert call("backfill", sample.JOB, [LATER, SLOT, LATER]) == [sample.proposed()] * 2
    assert asked_slots(server) == [SLOT, LATER]
    kinds = [type(item) for item in server.requests]
    assert kinds == [RunRebalanceJobRequest, GetRebalanceRunRequest] * 2


def test_a_backfill_that_nobody_goes_on_with_starts_no_other_run(call, server):
    assert len(call("backfill", sample.JOB, [SLOT, LATER], first=1)) == 1
    assert asked_slots(server) == [SLOT]


def test_a_slot_that_has_its_run_ends_a_backfill(call, server):
    taken = Refusal(
        status=CallStatus(code=StatusCode.ALREADY_EXISTS, reason="RESOURCE_EXISTS", details="has")
    )
    server.script("RunRebalanceJob", taken)
    with pytest.raises(ServiceError, match="RESOURCE_EXISTS"):
        call("backfill", sample.JOB, [SLOT, LATER])
    assert asked_slots(server) == [SLOT]


def test_slots_that_were_skipped_are_those_without_another_run_on_all_pages(call, server):
    pages = (
        ListRebalanceRunsResponse(
            rebalance_runs=(
                replace(sample.proposed(), slot_time=SLOT),
                replace(skipped_run(), slot_time=LATER),
            ),
            next_page_token="more",  # noqa: S106
        ),
        ListRebalanceRunsResponse(
            rebalance_runs=(skipped_run(), replace(skipped_run(), slot_time=EARLIER), sample.pending())
        ),
    )
    server.script("ListRebalanceRuns", *pages)
    assert call("skipped_slots", sample.JOB) == (EARLIER, LATER)
    first, second = server.requests
    assert first == ListRebalanceRunsRequest(parent=sample.JOB, page_size=1000)
    assert second == replace(first, page_token="more")  # noqa: S106


@pytest.mark.parametrize("state", set(RebalanceRunState) - {RebalanceRunState.SKIPPED})
def test_a_slot_has_its_run_however_that_ended(state):
    assert skipped([skipped_run(), replace(skipped_run(), state=state)]) == ()
