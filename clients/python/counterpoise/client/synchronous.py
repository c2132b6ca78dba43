"""The client that waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

import grpc

from counterpoise.client import calls, explanation_calls, sweep_calls
from counterpoise.client.channel import Channel
from counterpoise.client.exchange import Retry
from counterpoise.client.monitor import Monitor
from counterpoise.client.rebalance import Rebalance
from counterpoise.client.settings import Settings
from counterpoise.model import (
    AllocateBatchResponse,
    AllocateResponse,
    Allocation,
    AllocationProblem,
    AlphaCaptureQuestion,
    AlphaQuestion,
    BatchHeader,
    BatchItem,
    EstimateRiskModelResponse,
    ExplainInfeasibilityResponse,
    MeasureAlphaCaptureResponse,
    MeasureLiquidityResponse,
    MeasureSensitivityResponse,
    RelaxationWeight,
    RiskModelQuestion,
    SolveParameters,
    StressPortfolioResponse,
    SweepAxis,
    TraceFrontierResponse,
    ValidatePortfolioResponse,
    VerifyAlphaResponse,
)


class Client:
    """A client of the service; safe to share between threads, and to be closed.

    `target` is `host:port` or any other name that gRPC resolves. Without `credentials` the connection
    is not encrypted; `token` is sent as a bearer token and needs them, except on loopback. `principal` and
    `tenant` say who calls where the server takes no tokens, and are believed; with a token, which says
    both, they are refused.
    `timeout_seconds` is the deadline of a call, retries included, where the call names none of its own.

    Every call raises `InvalidProblem` for a question that is refused and `ServiceError`, or one of its
    kinds, for a call that failed.
    """

    def __init__(
        self,
        target: str,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        token: str | None = None,
        principal: str | None = None,
        tenant: str | None = None,
        timeout_seconds: float = 30.0,
        retry: Retry = Retry(),  # noqa: B008 - frozen, so one serves all
    ) -> None:
        self._settings = Settings(
            target=target,
            credentials=credentials,
            token=token,
            principal=principal,
            tenant=tenant,
            timeout_seconds=timeout_seconds,
            retry=retry,
        )
        self._channel = Channel(self._settings)
        self.rebalance = Rebalance(self._channel)
        """Jobs, runs, proposals, kill switches."""
        self.monitor = Monitor(self._channel)
        """Marks."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings.target!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends calls that still run and closes the connection; calls from then on raise an error."""
        self._channel.close()

    def allocate(
        self,
        problem: AllocationProblem,
        *,
        parameters: SolveParameters | None = None,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> Allocation:
        """The certified optimum of a problem.

        Raises InfeasibleMandate with the proof where there is none, NotCertified where nothing was
        proven. Without `timeout_seconds` the call waits at least for `parameters.time_limit`.
        """
        return self._channel.run(calls.allocate(problem, parameters, request_id), timeout_seconds)

    def allocate_response(
        self,
        problem: AllocationProblem,
        *,
        parameters: SolveParameters | None = None,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> AllocateResponse:
        """As `allocate`, with durations, and the answer as it is however it ended."""
        return self._channel.run(calls.allocate_response(problem, parameters, request_id), timeout_seconds)

    def validate(
        self,
        problem: AllocationProblem,
        *,
        maximum_violation_count: int | None = None,
        timeout_seconds: float | None = None,
    ) -> ValidatePortfolioResponse:
        """Every violation that the service finds, up to the count given; solves nothing."""
        return self._channel.run(calls.validate(problem, maximum_violation_count), timeout_seconds)

    def explain(
        self,
        problem: AllocationProblem,
        *,
        weights: Iterable[RelaxationWeight] = (),
        parameters: SolveParameters | None = None,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> ExplainInfeasibilityResponse:
        """Whether there is an allocation; if not, which bounds conflict and the least that helps.

        `weights` say which bounds are dear to move, or must not.
        """
        call = explanation_calls.explain(problem, weights, parameters, request_id)
        return self._channel.run(call, timeout_seconds)

    def measure_sensitivity(
        self,
        problem: AllocationProblem,
        *,
        maximum_input_count: int | None = None,
        step: float | None = None,
        parameters: SolveParameters | None = None,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> MeasureSensitivityResponse:
        """The inputs that move the answer most, and answers one `step` away. Raises as `allocate`."""
        call = explanation_calls.measure_sensitivity(
            problem, maximum_input_count, step, parameters, request_id
        )
        return self._channel.run(call, timeout_seconds)

    def frontier(
        self,
        problem: AllocationProblem,
        *,
        axes: Iterable[SweepAxis],
        parameters: SolveParameters | None = None,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> Iterator[TraceFrontierResponse]:
        """Answers along one or two numbers of a problem as they are ready; `point_index` says which.

        Points without an allocation come, too. Without `timeout_seconds` there is no end but the caller's:
        leaving the loop ends the work.
        """
        call = sweep_calls.frontier(problem, axes, parameters, request_id)
        return self._channel.stream(call, timeout_seconds)

    def allocate_batch(
        self,
        items: Iterable[BatchItem],
        *,
        header: BatchHeader | None = None,
        timeout_seconds: float | None = None,
    ) -> Iterator[AllocateBatchResponse]:
        """Answers to many problems as they are ready; `request_id` says to which. Items are taken as needed.

        What items have in common stands in the header. Without `timeout_seconds` there is no end but the
        caller's: leaving the loop ends the work. There are at most 100,000 items. An error that `items` raise
        is raised here, after the answers to those before it.
        """
        return self._channel.stream(
            sweep_calls.batch(), timeout_seconds, sweep_calls.batch_messages(items, header)
        )

    def stress(
        self, problem: AllocationProblem, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> StressPortfolioResponse:
        """What the problem's scenarios do to its current positions; nothing is optimised.

        Every line has a current fraction, and there is at least one scenario.
        """
        return self._channel.run(calls.stress(problem, request_id), timeout_seconds)

    def measure_liquidity(
        self,
        problem: AllocationProblem,
        *,
        horizons: Iterable[int] = (),
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> MeasureLiquidityResponse:
        """Money against need at current positions, in the base state and under every scenario.

        `horizons` are trading days; without any those of the mandate's coverage limits count, else 1, 5,
        20, 63 and 95.
        """
        return self._channel.run(calls.measure_liquidity(problem, horizons, request_id), timeout_seconds)

    def verify_alpha(
        self, question: AlphaQuestion, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> VerifyAlphaResponse:
        """What of the sleeves' histories is alpha, and what is beta in disguise."""
        return self._channel.run(calls.verify_alpha(question, request_id), timeout_seconds)

    def measure_alpha_capture(
        self, question: AlphaCaptureQuestion, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> MeasureAlphaCaptureResponse:
        """What active returns leave after benchmark, factors and fees, and what a structure makes of it."""
        return self._channel.run(calls.measure_alpha_capture(question, request_id), timeout_seconds)

    def estimate_risk_model(
        self, question: RiskModelQuestion, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> EstimateRiskModelResponse:
        """A market model and the loadings of sleeves, out of histories; premia are those of the question."""
        return self._channel.run(calls.estimate_risk_model(question, request_id), timeout_seconds)
