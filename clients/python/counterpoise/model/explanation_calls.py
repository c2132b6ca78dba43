"""Requests and responses of the calls that explain an answer."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model.allocation import Allocation
from counterpoise.model.explanation import (
    ConflictMember,
    InfeasibilityVerdict,
    Relaxation,
    RelaxationWeight,
)
from counterpoise.model.problem import AllocationProblem
from counterpoise.model.reports import Provenance
from counterpoise.model.sensitivity import InputSensitivity
from counterpoise.model.solve import Certificate, SolveParameters, Termination


@dataclass(frozen=True, kw_only=True)
class ExplainInfeasibilityRequest:
    """Request of ExplainInfeasibility; `time_limit` covers the whole explanation."""

    problem: AllocationProblem
    parameters: SolveParameters | None = None
    weights: tuple[RelaxationWeight, ...] = ()
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class ExplainInfeasibilityResponse:
    """Response of ExplainInfeasibility: verdict, proof, conflict, and the least that would mend it."""

    verdict: InfeasibilityVerdict
    certificate: Certificate | None = None
    conflict_members: tuple[ConflictMember, ...] = ()
    minimal: bool = False
    relaxations: tuple[Relaxation, ...] = ()
    request_id: str = ""
    provenance: Provenance
    relaxation_termination: Termination | None = None
    relaxation_cost: float | None = None
    relaxation_cost_bound: float | None = None


@dataclass(frozen=True, kw_only=True)
class MeasureSensitivityRequest:
    """Request of MeasureSensitivity; `time_limit` covers the whole measurement."""

    problem: AllocationProblem
    parameters: SolveParameters | None = None
    maximum_input_count: int | None = None
    step: float | None = None
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class MeasureSensitivityResponse:
    """Response of MeasureSensitivity: the answer, and the inputs that move it most."""

    allocation: Allocation
    inputs: tuple[InputSensitivity, ...] = ()
    request_id: str = ""
