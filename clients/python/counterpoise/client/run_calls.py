"""What the methods ask that concern runs, and how they read the answers."""

from __future__ import annotations

from collections.abc import Iterable

from counterpoise.client.answers import present, typed
from counterpoise.client.calls import Call
from counterpoise.client.questions import Page, ask, identified, page
from counterpoise.client.rpcs import (
    CANCEL_REBALANCE_RUN,
    GET_REBALANCE_RUN,
    LIST_REBALANCE_RUNS,
    WATCH_REBALANCE_RUNS,
)
from counterpoise.model import (
    CancelRebalanceRunRequest,
    CancelRebalanceRunResponse,
    GetRebalanceRunRequest,
    GetRebalanceRunResponse,
    ListRebalanceRunsRequest,
    ListRebalanceRunsResponse,
    RebalanceRun,
    RebalanceRunState,
    WatchRebalanceRunsRequest,
    WatchRebalanceRunsResponse,
)

_RUN = "run"


def get_run(name: str) -> Call[RebalanceRun]:
    """GetRebalanceRun."""
    return ask(
        GET_REBALANCE_RUN,
        GetRebalanceRunRequest(name=name),
        lambda response: present(typed(response, GetRebalanceRunResponse).rebalance_run, _RUN),
    )


def list_runs(
    parent: str, states: Iterable[RebalanceRunState], page_size: int | None
) -> Call[Page[RebalanceRun]]:
    """ListRebalanceRuns, its first page."""
    wanted = tuple(states)

    def question(page_token: str) -> Call[tuple[tuple[RebalanceRun, ...], str]]:
        request = ListRebalanceRunsRequest(
            parent=parent, page_size=page_size, page_token=page_token, states=wanted
        )
        return ask(LIST_REBALANCE_RUNS, request, _runs)

    return page(question)


def _runs(response: object) -> tuple[tuple[RebalanceRun, ...], str]:
    answer = typed(response, ListRebalanceRunsResponse)
    return answer.rebalance_runs, answer.next_page_token


def cancel_run(name: str, request_id: str) -> Call[RebalanceRun]:
    """CancelRebalanceRun."""
    return ask(
        CANCEL_REBALANCE_RUN,
        CancelRebalanceRunRequest(name=name, request_id=identified(request_id)),
        lambda response: present(typed(response, CancelRebalanceRunResponse).rebalance_run, _RUN),
    )


def watch_runs(parent: str, resume_token: str) -> Call[WatchRebalanceRunsResponse]:
    """WatchRebalanceRuns from a position on; read once for each message of the stream."""
    return ask(
        WATCH_REBALANCE_RUNS,
        WatchRebalanceRunsRequest(parent=parent, resume_token=resume_token),
        lambda response: typed(response, WatchRebalanceRunsResponse),
    )
