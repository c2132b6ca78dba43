"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self, cast

import grpc

from counterpoise.client import calls
from counterpoise.client.calls import Answer, Call
from counterpoise.client.exchange import Outcome, Pause, Retry, Send, exchange
from counterpoise.client.settings import Settings
from counterpoise.client.statuses import closed_client, error_of
from counterpoise.model import (
    AllocateResponse,
    Allocation,
    AllocationProblem,
    AlphaCaptureQuestion,
    AlphaQuestion,
    EstimateRiskModelResponse,
    MeasureAlphaCaptureResponse,
    MeasureLiquidityResponse,
    RiskModelQuestion,
    SolveParameters,
    StressPortfolioResponse,
    ValidatePortfolioResponse,
    VerifyAlphaResponse,
)


class AsyncClient:
    """As `Client`, for one event loop: the same methods, to be awaited.

    The connection belongs to the event loop of the first call.
    """

    def __init__(
        self,
        target: str,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        token: str | None = None,
        timeout_seconds: float = 30.0,
        retry: Retry = Retry(),  # noqa: B008 - frozen, so one serves all
    ) -> None:
        self._settings = Settings(
            target=target, credentials=credentials, token=token, timeout_seconds=timeout_seconds, retry=retry
        )
        self._channel: grpc.aio.Channel | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings.target!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends calls that still run and closes the connection; calls from then on raise an error."""
        self._closed = True
        if self._channel is not None:
            await self._channel.close()

    async def allocate(
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
        return await self._run(calls.allocate(problem, parameters, request_id), timeout_seconds)

    async def allocate_response(
        self,
        problem: AllocationProblem,
        *,
        parameters: SolveParameters | None = None,
        request_id: str = "",
        timeout_seconds: float | None = None,
    ) -> AllocateResponse:
        """As `allocate`, with durations, and the answer as it is however it ended."""
        return await self._run(calls.allocate_response(problem, parameters, request_id), timeout_seconds)

    async def validate(
        self,
        problem: AllocationProblem,
        *,
        maximum_violation_count: int | None = None,
        timeout_seconds: float | None = None,
    ) -> ValidatePortfolioResponse:
        """Every violation that the service finds, up to the count given; solves nothing."""
        return await self._run(calls.validate(problem, maximum_violation_count), timeout_seconds)

    async def stress(
        self, problem: AllocationProblem, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> StressPortfolioResponse:
        """What the problem's scenarios do to its current positions; nothing is optimised.

        Every line has a current fraction, and there is at least one scenario.
        """
        return await self._run(calls.stress(problem, request_id), timeout_seconds)

    async def measure_liquidity(
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
        return await self._run(calls.measure_liquidity(problem, horizons, request_id), timeout_seconds)

    async def verify_alpha(
        self, question: AlphaQuestion, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> VerifyAlphaResponse:
        """What of the sleeves' histories is alpha, and what is beta in disguise."""
        return await self._run(calls.verify_alpha(question, request_id), timeout_seconds)

    async def measure_alpha_capture(
        self, question: AlphaCaptureQuestion, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> MeasureAlphaCaptureResponse:
        """What active returns leave after benchmark, factors and fees, and what a structure makes of it."""
        return await self._run(calls.measure_alpha_capture(question, request_id), timeout_seconds)

    async def estimate_risk_model(
        self, question: RiskModelQuestion, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> EstimateRiskModelResponse:
        """A market model and the loadings of sleeves, out of histories; premia are those of the question."""
        return await self._run(calls.estimate_risk_model(question, request_id), timeout_seconds)

    async def _run(self, call: Call[Answer], timeout_seconds: float | None) -> Answer:
        settings = self._settings
        timeout_seconds = settings.timeout_of(call, timeout_seconds)
        steps = exchange(call, timeout_seconds=timeout_seconds, retry=settings.retry)
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as answered:
                return cast("Answer", answered.value)
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                outcome = None
            else:
                outcome = await self._send(step)

    async def _send(self, step: Send) -> Outcome:
        method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self._open_channel().unary_unary(step.path)
        try:
            response = await method(
                step.request, timeout=step.timeout_seconds, metadata=self._settings.metadata
            )
        except grpc.aio.AioRpcError as failed:
            return error_of(failed)
        return response

    def _open_channel(self) -> grpc.aio.Channel:
        if self._closed:
            raise closed_client()
        # Opened by the first call, because a channel takes hold of the event loop that runs then.
        if self._channel is None:
            target, credentials = self._settings.target, self._settings.credentials
            options = self._settings.channel_options
            self._channel = (
                grpc.aio.insecure_channel(target, options=options)
                if credentials is None
                else grpc.aio.secure_channel(target, credentials, options=options)
            )
        return self._channel
