"""Every call of RebalanceService and MonitorService by its name in the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from counterpoise.model import ErrorReason, WatchRebalanceRunsResponse
from optimizer.rebalance import jobs, marks, proposals, runs, switches
from optimizer.rebalance.desk import Desk, refusing
from optimizer.rebalance.names import Caller, actor_of
from optimizer.rebalance.watching.watch import watch_marked
from optimizer.store import Act, append_audit, writing
from optimizer.usecases.errors import Refused

Work = Callable[[Any, Caller], Any]
"""From a valid request and who makes it to the response."""

_REBALANCE: Mapping[str, Callable[[Desk, Any, Caller], object]] = {
    "CreateRebalanceJob": jobs.create_rebalance_job,
    "GetRebalanceJob": jobs.get_rebalance_job,
    "ListRebalanceJobs": jobs.list_rebalance_jobs,
    "UpdateRebalanceJob": jobs.update_rebalance_job,
    "DeleteRebalanceJob": jobs.delete_rebalance_job,
    "PauseRebalanceJob": jobs.pause_rebalance_job,
    "ResumeRebalanceJob": jobs.resume_rebalance_job,
    "RunRebalanceJob": runs.run_rebalance_job,
    "GetRebalanceRun": runs.get_rebalance_run,
    "ListRebalanceRuns": runs.list_rebalance_runs,
    "CancelRebalanceRun": runs.cancel_rebalance_run,
    "GetRebalanceProposal": proposals.get_rebalance_proposal,
    "ListRebalanceProposals": proposals.list_rebalance_proposals,
    "ApproveRebalanceProposal": proposals.approve_rebalance_proposal,
    "RejectRebalanceProposal": proposals.reject_rebalance_proposal,
    "EngageKillSwitch": switches.engage_kill_switch,
    "ReleaseKillSwitch": switches.release_kill_switch,
    "ListKillSwitches": switches.list_kill_switches,
}
_MONITOR: Mapping[str, Callable[[Desk, Any, Caller], object]] = {
    "RecordMarks": partial(marks.record_marks_of_job, watch=watch_marked),
    "ListMarks": marks.list_marks_of_job,
}


def rebalance_calls(desk: Callable[[], Desk]) -> dict[str, Work]:
    """The unary calls of RebalanceService; `desk` opens the store."""
    return {name: partial(_call, desk, name, work) for name, work in _REBALANCE.items()}


def monitor_calls(desk: Callable[[], Desk]) -> dict[str, Work]:
    """The calls of MonitorService."""
    return {name: partial(_call, desk, name, work) for name, work in _MONITOR.items()}


def changes_of_runs(
    desk: Callable[[], Desk], parent: str, resume_token: str, caller: Caller
) -> tuple[tuple[WatchRebalanceRunsResponse, ...], str]:
    """One look of WatchRebalanceRuns: what happened since the token, and the token to go on from."""
    opened = desk()
    with _denials_on_record(opened, "WatchRebalanceRuns", caller):
        return runs.changes_of_runs(opened, parent, resume_token, caller)


def _call(
    desk: Callable[[], Desk],
    name: str,
    work: Callable[[Desk, Any, Caller], object],
    request: object,
    caller: Caller,
) -> object:
    opened = desk()
    with _denials_on_record(opened, name, caller):
        return work(opened, request, caller)


@contextmanager
def _denials_on_record(desk: Desk, name: str, caller: Caller) -> Iterator[None]:
    """One audit row for a caller who names what is another tenant's."""
    try:
        yield
    except Refused as refused:
        if refused.reason is ErrorReason.ACCESS_DENIED:
            with refusing(), writing(desk.engine) as connection:
                act = Act(connection=connection, actor=actor_of(caller), instant=desk.now())
                # What was asked for is not in the record: names of other tenants tell nothing there, either.
                append_audit(act, "access.refuse", name, {"reason": refused.reason.name})
        raise
