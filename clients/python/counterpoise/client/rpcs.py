"""The remote procedures of the contract, and which method of the clients calls each."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from counterpoise.v1 import (
    allocation_service_pb2,
    analysis_service_pb2,
    monitor_service_pb2,
    rebalance_service_pb2,
)


@dataclass(frozen=True, kw_only=True)
class Rpc:
    """One remote procedure and the method of the clients that calls it, as in `rebalance.get_job`.

    `streams` says that it answers more than once, `takes_stream` that it is asked more than once.
    """

    client_method: str
    path: str
    request_type: type[Message]
    response_type: type[Message]
    streams: bool
    takes_stream: bool


_ALLOCATION = allocation_service_pb2.DESCRIPTOR.services_by_name["AllocationService"]
_ANALYSIS = analysis_service_pb2.DESCRIPTOR.services_by_name["AnalysisService"]
_REBALANCE = rebalance_service_pb2.DESCRIPTOR.services_by_name["RebalanceService"]
_MONITOR = monitor_service_pb2.DESCRIPTOR.services_by_name["MonitorService"]


def _rpc(service: ServiceDescriptor, name: str, *, client_method: str) -> Rpc:
    method = service.methods_by_name[name]
    return Rpc(
        client_method=client_method,
        path=f"/{service.full_name}/{name}",
        request_type=GetMessageClass(method.input_type),
        response_type=GetMessageClass(method.output_type),
        streams=method.server_streaming,
        takes_stream=method.client_streaming,
    )


ALLOCATE = _rpc(_ALLOCATION, "Allocate", client_method="allocate")
VALIDATE_PORTFOLIO = _rpc(_ALLOCATION, "ValidatePortfolio", client_method="validate")
EXPLAIN_INFEASIBILITY = _rpc(_ALLOCATION, "ExplainInfeasibility", client_method="explain")
MEASURE_SENSITIVITY = _rpc(_ALLOCATION, "MeasureSensitivity", client_method="measure_sensitivity")
TRACE_FRONTIER = _rpc(_ALLOCATION, "TraceFrontier", client_method="frontier")
ALLOCATE_BATCH = _rpc(_ALLOCATION, "AllocateBatch", client_method="allocate_batch")
STRESS_PORTFOLIO = _rpc(_ANALYSIS, "StressPortfolio", client_method="stress")
MEASURE_LIQUIDITY = _rpc(_ANALYSIS, "MeasureLiquidity", client_method="measure_liquidity")
VERIFY_ALPHA = _rpc(_ANALYSIS, "VerifyAlpha", client_method="verify_alpha")
MEASURE_ALPHA_CAPTURE = _rpc(_ANALYSIS, "MeasureAlphaCapture", client_method="measure_alpha_capture")
ESTIMATE_RISK_MODEL = _rpc(_ANALYSIS, "EstimateRiskModel", client_method="estimate_risk_model")
CREATE_REBALANCE_JOB = _rpc(_REBALANCE, "CreateRebalanceJob", client_method="rebalance.create_job")
GET_REBALANCE_JOB = _rpc(_REBALANCE, "GetRebalanceJob", client_method="rebalance.get_job")
LIST_REBALANCE_JOBS = _rpc(_REBALANCE, "ListRebalanceJobs", client_method="rebalance.list_jobs")
UPDATE_REBALANCE_JOB = _rpc(_REBALANCE, "UpdateRebalanceJob", client_method="rebalance.update_job")
DELETE_REBALANCE_JOB = _rpc(_REBALANCE, "DeleteRebalanceJob", client_method="rebalance.delete_job")
PAUSE_REBALANCE_JOB = _rpc(_REBALANCE, "PauseRebalanceJob", client_method="rebalance.pause_job")
RESUME_REBALANCE_JOB = _rpc(_REBALANCE, "ResumeRebalanceJob", client_method="rebalance.resume_job")
RUN_REBALANCE_JOB = _rpc(_REBALANCE, "RunRebalanceJob", client_method="rebalance.run_job")
GET_REBALANCE_RUN = _rpc(_REBALANCE, "GetRebalanceRun", client_method="rebalance.get_run")
LIST_REBALANCE_RUNS = _rpc(_REBALANCE, "ListRebalanceRuns", client_method="rebalance.list_runs")
CANCEL_REBALANCE_RUN = _rpc(_REBALANCE, "CancelRebalanceRun", client_method="rebalance.cancel_run")
WATCH_REBALANCE_RUNS = _rpc(_REBALANCE, "WatchRebalanceRuns", client_method="rebalance.watch_runs")
GET_REBALANCE_PROPOSAL = _rpc(_REBALANCE, "GetRebalanceProposal", client_method="rebalance.get_proposal")
LIST_REBALANCE_PROPOSALS = _rpc(
    _REBALANCE, "ListRebalanceProposals", client_method="rebalance.list_proposals"
)
APPROVE_REBALANCE_PROPOSAL = _rpc(_REBALANCE, "ApproveRebalanceProposal", client_method="rebalance.approve")
REJECT_REBALANCE_PROPOSAL = _rpc(_REBALANCE, "RejectRebalanceProposal", client_method="rebalance.reject")
ENGAGE_KILL_SWITCH = _rpc(_REBALANCE, "EngageKillSwitch", client_method="rebalance.engage_kill_switch")
RELEASE_KILL_SWITCH = _rpc(_REBALANCE, "ReleaseKillSwitch", client_method="rebalance.release_kill_switch")
LIST_KILL_SWITCHES = _rpc(_REBALANCE, "ListKillSwitches", client_method="rebalance.list_kill_switches")
RECORD_MARKS = _rpc(_MONITOR, "RecordMarks", client_method="monitor.record_marks")
LIST_MARKS = _rpc(_MONITOR, "ListMarks", client_method="monitor.list_marks")
RPCS = (
    ALLOCATE,
    VALIDATE_PORTFOLIO,
    EXPLAIN_INFEASIBILITY,
    MEASURE_SENSITIVITY,
    TRACE_FRONTIER,
    ALLOCATE_BATCH,
    STRESS_PORTFOLIO,
    MEASURE_LIQUIDITY,
    VERIFY_ALPHA,
    MEASURE_ALPHA_CAPTURE,
    ESTIMATE_RISK_MODEL,
    CREATE_REBALANCE_JOB,
    GET_REBALANCE_JOB,
    LIST_REBALANCE_JOBS,
    UPDATE_REBALANCE_JOB,
    DELETE_REBALANCE_JOB,
    PAUSE_REBALANCE_JOB,
    RESUME_REBALANCE_JOB,
    RUN_REBALANCE_JOB,
    GET_REBALANCE_RUN,
    LIST_REBALANCE_RUNS,
    CANCEL_REBALANCE_RUN,
    WATCH_REBALANCE_RUNS,
    GET_REBALANCE_PROPOSAL,
    LIST_REBALANCE_PROPOSALS,
    APPROVE_REBALANCE_PROPOSAL,
    REJECT_REBALANCE_PROPOSAL,
    ENGAGE_KILL_SWITCH,
    RELEASE_KILL_SWITCH,
    LIST_KILL_SWITCHES,
    RECORD_MARKS,
    LIST_MARKS,
)
