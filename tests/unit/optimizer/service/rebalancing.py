"""A stand-in for what the calls of rebalancing and marks do."""

from __future__ import annotations

import threading
from functools import partial

from counterpoise import model
from counterpoise.model import (
    KillSwitch,
    RebalanceProposal,
    RebalanceRun,
    RebalanceRunState,
    WatchRebalanceRunsResponse,
)
from counterpoise.v1 import monitor_service_pb2, rebalance_service_pb2
from optimizer.service.monitor import MonitorServicer
from optimizer.service.rebalance import RebalanceServicer
from tests.rebalance_requests import JOB, PROPOSAL, RUN, job, marks

SERVICES = (
    rebalance_service_pb2.DESCRIPTOR.services_by_name["RebalanceService"],
    monitor_service_pb2.DESCRIPTOR.services_by_name["MonitorService"],
)


class StandIn:
    """Answers every call with a resource named after it, or as the test says; counts what watches ask."""

    def __init__(self):
        self.error = None
        self.asked = []
        self.polls = 0
        self.changes = []
        self.lock = threading.Lock()

    @property
    def by_name(self):
        """What does each call with one answer, by its name in the contract."""
        names = [
            method.name for service in SERVICES for method in service.methods if not method.server_streaming
        ]
        return {name: partial(self._answer, _response(name)) for name in names}

    def _answer(self, response, request, principal):
        if self.error is not None:
            raise self.error
        self.asked.append((request, principal))
        return response

    def happen(self, number):
        """Something happens to a run."""
        with self.lock:
            self.changes.append(number)

    def changes_of_runs(self, parent, resume_token, principal):
        """What happened since; the token is how much had happened."""
        with self.lock:
            self.polls += 1
            if self.error is not None:
                raise self.error
            start = int(resume_token) if resume_token else len(self.changes)
            news = [_change(parent, index, number) for index, number in enumerate(self.changes)]
            return tuple(news[start:]), str(len(self.changes))


def servicers(calls):
    """Both servicers in front of a stand-in."""
    return RebalanceServicer(calls.by_name, calls.changes_of_runs), MonitorServicer(calls.by_name)


def _change(parent, index, number):
    run = RebalanceRun(name=f"{parent}/runs/{number}", state=RebalanceRunState.RUNNING)
    return WatchRebalanceRunsResponse(rebalance_run=run, resume_token=str(index + 1))


RESOURCES = {
    "rebalance_job": job(),
    "rebalance_run": RebalanceRun(name=RUN),
    "rebalance_proposal": RebalanceProposal(name=PROPOSAL),
    "kill_switch": KillSwitch(scope=JOB),
    "kill_switches": (KillSwitch(scope=JOB),),
    "rebalance_jobs": (job(),),
    "rebalance_runs": (RebalanceRun(name=RUN),),
    "rebalance_proposals": (RebalanceProposal(name=PROPOSAL),),
}


def _response(name):
    kind = getattr(model, f"{name}Response")
    fields = {field: RESOURCES[field] for field in kind.__dataclass_fields__ if field in RESOURCES}
    if "marks" in kind.__dataclass_fields__:
        fields["marks"] = marks() if name == "RecordMarks" else (marks(),)
    return kind(**fields)


def response_to(request):
    """What the stand-in answers to a request."""
    return _response(type(request).__name__.removesuffix("Request"))
