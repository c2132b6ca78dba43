"""One small question, answered when this module is imported: what a process makes once is then made.

Converters, checks and layouts are written for each class when they are first needed, a tenth of a second in
all. The fork server imports this module, so that workers start with them, those that replace a lost one, too.
"""

from __future__ import annotations

import datetime
import time
from typing import Final

import numpy as np

from counterpoise import wire
from counterpoise.model import (
    AllocateRequest,
    AllocationProblem,
    CollateralTerms,
    Driver,
    DriverValue,
    ExpectedReturn,
    FundedBeta,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    Line,
    Mandate,
    MarginPool,
    MarketModel,
    MaximizeNetReturn,
    Objective,
    OutrightMargin,
    Overlay,
    ReserveTier,
    RiskModel,
    SymmetricMatrix,
    TotalPortfolio,
)
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering.tasks import QuestionBytes, answer_bytes
from optimizer.usecases.clock import clock_of

_AMPLE_SECONDS: Final = 60.0


def _example() -> AllocationProblem:
    """A fund, a future on the same driver and the reserve that carries its margin."""
    driver = Driver(driver_id="equity", expected_return=ExpectedReturn(annual_excess=0.04))
    through = (DriverValue(driver_id="equity", value=1.0),)
    covariance = SymmetricMatrix(axis_ids=("equity",), lower_triangle=np.array([0.0225]))
    lines = (
        Line(
            line_id="fund",
            loadings=through,
            annual_residual_volatility=0.0,
            funded_beta=FundedBeta(annual_fee=0.0),
        ),
        Line(
            line_id="future",
            loadings=through,
            annual_residual_volatility=0.0,
            overlay=Overlay(
                margin_pool_id="broker",
                initial_margin_rate=0.05,
                annual_financing_spread=0.0,
                annual_roll_cost=0.0,
            ),
        ),
        Line(
            line_id="cash",
            annual_residual_volatility=0.0,
            reserve_tier=ReserveTier(
                annual_cash_drag=0.0,
                cash_equivalent=True,
                variation_margin_eligible=True,
                collateral_terms=(CollateralTerms(margin_pool_id="broker", haircut=0.0),),
            ),
        ),
    )
    cap = LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL)
    return AllocationProblem(
        market=MarketModel(
            annual_risk_free_rate=0.04, drivers=(driver,), risk_model=RiskModel(annual_covariance=covariance)
        ),
        portfolio=TotalPortfolio(
            portfolio_id="warm",
            as_of_date=datetime.date(2025, 6, 30),
            base_currency_code="USD",
            nav_amount=1.0,
            lines=lines,
            margin_pools=(MarginPool(margin_pool_id="broker", outright=OutrightMargin()),),
        ),
        mandate=Mandate(mandate_id="warm", limits=(Limit(limit_id="gross-cap", upper=1.3, leverage=cap),)),
        objective=Objective(maximize_net_return=MaximizeNetReturn()),
    )


def warm_up() -> bytes:
    """The response to the example, through everything that a worker does."""
    request = wire.to_message(
        AllocateRequest(problem=_example()), allocation_service_pb2.AllocateRequest
    ).SerializeToString()
    clock = clock_of(admitted=time.monotonic(), wanted=None, cap_seconds=_AMPLE_SECONDS, deadline=None)
    return answer_bytes(QuestionBytes("Allocate", request, clock)).body


warm_up()
