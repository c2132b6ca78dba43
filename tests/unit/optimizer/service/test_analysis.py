"""AnalysisService over a real connection: answers, refusals, and every method of the contract."""

from dataclasses import replace

import grpc
import numpy as np
import pytest
from grpc import aio

from counterpoise import wire
from counterpoise.model import (
    DriverShock,
    EstimateRiskModelRequest,
    MeasureAlphaCaptureRequest,
    MeasureLiquidityRequest,
    MissingShockRule,
    Scenario,
    StressPortfolioRequest,
    VerifyAlphaRequest,
)
from counterpoise.v1 import analysis_service_pb2
from optimizer.service.analysis import AnalysisServicer
from optimizer.service.server import Server, ServerOptions
from optimizer.usecases.analyse import measure_liquidity, stress_portfolio
from optimizer.usecases.estimate_risk_model import estimate_risk_model
from optimizer.usecases.measure_alpha_capture import measure_alpha_capture
from optimizer.usecases.verify_alpha import verify_alpha
from tests import sample_capture, sample_estimation
from tests.golden_problems import sixty_forty_with_overlay
from tests.unit.optimizer.evidence.questions import ask
from tests.unit.optimizer.service.wire_bytes import tagged

SERVICE = "/counterpoise.v1.AnalysisService"
CALLS = (stress_portfolio, measure_liquidity, verify_alpha, measure_alpha_capture, estimate_risk_model)
OPTIONS = ServerOptions(listen_address="127.0.0.1:0", maximum_concurrent_calls=2, drain_seconds=0.0)


def stressed_book(fall=-0.2):
    """60/40 with an overlay, as it is held, and equities that fall."""
    problem = sixty_forty_with_overlay()
    now = {"equity_fund": 0.6, "equity_future": 0.3, "treasuries": 0.4}
    held = [replace(line, current_fraction=now[line.line_id]) for line in problem.portfolio.lines]
    shock = DriverShock(driver_id=problem.market.drivers[0].driver_id, shock=fall)
    crash = Scenario(
        scenario_id="crash", driver_shocks=(shock,), missing_shock_rule=MissingShockRule.UNCHANGED
    )
    return replace(problem, portfolio=replace(problem.portfolio, lines=tuple(held)), scenarios=(crash,))


def smoothed_fund(**terms):
    """Five years of a fund that reports in part what happened the month before."""
    rng = np.random.default_rng(4)
    market = rng.normal(0.005, 0.04, 61)
    true = 0.5 * market + rng.normal(0.002, 0.01, 61)
    return ask({"fund": 0.5 * true[1:] + 0.5 * true[:-1]}, {"market": market[1:]}, **terms)


@pytest.fixture
async def channel():
    server = Server(OPTIONS, AnalysisServicer(*CALLS))
    address = await server.start()
    async with aio.insecure_channel(address) as connected:
        yield connected
    await server.stop()


async def call(channel, request, method, extra=b""):
    kind = getattr(analysis_service_pb2, f"{method}Request")
    body = wire.to_message(request, kind).SerializeToString() + extra
    reply = await channel.unary_unary(f"{SERVICE}/{method}")(body, timeout=30)
    return wire.to_model(getattr(analysis_service_pb2, f"{method}Response").FromString(reply))


def test_every_method_of_the_contract_has_its_work():
    service = analysis_service_pb2.DESCRIPTOR.services_by_name["AnalysisService"]
    servicer = AnalysisServicer(*CALLS)
    assert servicer.service_name == service.full_name
    assert set(servicer.methods) == {method.name for method in service.methods}


async def test_a_stressed_portfolio_comes_back_as_in_process(channel):
    request = StressPortfolioRequest(problem=stressed_book(), request_id="mine")
    answer = await call(channel, request, "StressPortfolio")
    assert answer == stress_portfolio(request)
    assert answer.request_id == "mine"
    assert answer.stresses[0].loss_fraction == pytest.approx(0.2 * 0.9)


async def test_liquidity_comes_back_by_the_horizons_that_were_asked_for(channel):
    request = MeasureLiquidityRequest(problem=stressed_book(), horizon_trading_days=(20, 3))
    answer = await call(channel, request, "MeasureLiquidity")
    assert answer == measure_liquidity(request)
    asked = [(item.scenario_id, item.horizon_trading_days) for item in answer.reserve.coverage_figures]
    assert asked == [("", 3), ("", 20), ("crash", 3), ("crash", 20)]


@pytest.mark.parametrize("extra", [b"", tagged(3000, b"new")])
async def test_holdings_that_nobody_gives_are_refused_with_their_paths(channel, extra):
    problem = replace(stressed_book(), portfolio=sixty_forty_with_overlay().portfolio)
    with pytest.raises(aio.AioRpcError) as caught:
        await call(channel, StressPortfolioRequest(problem=problem), "StressPortfolio", extra)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    details = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    assert b"portfolio.lines[0].current_fraction" in details
    assert (b"FIELD_UNKNOWN" in details) == bool(extra)


async def test_evidence_on_a_history_comes_back_as_in_process(channel):
    request = VerifyAlphaRequest(question=smoothed_fund(), request_id="mine")
    reply = await call(channel, request, "VerifyAlpha")
    assert reply == verify_alpha(request)
    assert reply.request_id == "mine"
    assert reply.evidence[0].alpha_sleeve is not None


async def test_alpha_capture_comes_back_as_in_process(channel):
    request = MeasureAlphaCaptureRequest(question=sample_capture.question(), request_id="mine")
    reply = await call(channel, request, "MeasureAlphaCapture")
    assert reply == measure_alpha_capture(request)
    assert reply.request_id == "mine"
    assert [item.verdict is None for item in reply.captures] == [False, False, True]


async def test_a_fund_on_an_unknown_benchmark_is_refused_with_its_path(channel):
    question = sample_capture.with_fund(sample_capture.question(), 2, benchmark_id="nothing")
    with pytest.raises(aio.AioRpcError) as caught:
        await call(channel, MeasureAlphaCaptureRequest(question=question), "MeasureAlphaCapture")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    details = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    assert b"question.funds[2].benchmark_id" in details


async def test_a_risk_model_comes_back_as_in_process(channel):
    request = EstimateRiskModelRequest(question=sample_estimation.question(), request_id="mine")
    reply = await call(channel, request, "EstimateRiskModel")
    assert reply == estimate_risk_model(request)
    assert reply.request_id == "mine"
    assert reply.market.driver_ids == sample_estimation.DRIVER_IDS
    assert [line.line_id for line in reply.lines] == list(sample_estimation.SLEEVE_IDS)


async def test_a_driver_without_a_column_is_refused_with_its_path(channel):
    question = sample_estimation.question()
    unknown = replace(question.drivers[1], driver_id="bond")
    question = replace(question, drivers=(question.drivers[0], unknown, question.drivers[2]))
    with pytest.raises(aio.AioRpcError) as caught:
        await call(channel, EstimateRiskModelRequest(question=question), "EstimateRiskModel")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    details = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    assert b"question.drivers[1].driver_id" in details


@pytest.mark.parametrize("extra", [b"", tagged(3000, b"new")])
async def test_questions_on_unknown_columns_are_refused_with_their_paths(channel, extra):
    question = replace(smoothed_fund(), sleeve_ids=("nobody",))
    with pytest.raises(aio.AioRpcError) as caught:
        await call(channel, VerifyAlphaRequest(question=question), "VerifyAlpha", extra)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    details = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    assert b"question.sleeve_ids[0]" in details
    assert (b"FIELD_UNKNOWN" in details) == bool(extra)
