"""Documented ranges of all numbers that a request can hold, in one table."""

from __future__ import annotations

import datetime
import math
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from counterpoise import model

_LARGEST: Final = sys.float_info.max


@dataclass(frozen=True)
class Range:
    """An interval; an open end is not in it, and the largest float stands for no bound.

    `decimal` names what is written as a decimal, so that a number in percent can be told how.
    """

    low: float = -_LARGEST
    high: float = _LARGEST
    low_open: bool = False
    high_open: bool = False
    decimal: str = ""

    @cached_property
    def least(self) -> float:
        """The least float inside."""
        return math.nextafter(self.low, math.inf) if self.low_open else self.low

    @cached_property
    def most(self) -> float:
        """The largest float inside."""
        return math.nextafter(self.high, -math.inf) if self.high_open else self.high

    def holds(self, number: float) -> bool:
        """Whether a number is inside; not-a-number never is."""
        return self.least <= number <= self.most

    def refusal(self, number: float) -> str:
        """What is wrong with a number outside, and what to write instead."""
        said = f"{_short(number)} is outside {self}"
        if self.decimal and self.holds(number / 100):
            return f"{said}; {self.decimal} of {_short(number)} % is written {_short(number / 100)}"
        return f"{said}; write a number {self.inside}"

    @property
    def inside(self) -> str:
        """The range as the end of a sentence: `in [0, 1]`, `above 0`."""
        if self.high < _LARGEST:
            return f"in {self}"
        return f"{'above' if self.low_open else 'of at least'} {_short(self.low)}"

    def __str__(self) -> str:
        low = "(-inf" if self.low <= -_LARGEST else f"{'(' if self.low_open else '['}{_short(self.low)}"
        high = "inf)" if self.high >= _LARGEST else f"{_short(self.high)}{')' if self.high_open else ']'}"
        return f"{low}, {high}"


def _short(number: float) -> str:
    return f"{number:.12g}"


ANY = Range()
RATE = Range(-1, 1, decimal="an annual rate")
RISK_FREE_RATE = Range(-0.2, 1, decimal="an annual rate")
ALPHA = Range(-1, 1, decimal="an annual alpha")
RETURN = Range(-1, 1, decimal="an annual return")
COST = Range(0, 1, decimal="an annual cost")
VOLATILITY = Range(0, 3, decimal="a volatility")
VARIANCE = Range(0, 9)
BASIS_POINT_VOLATILITY = Range(0, 3_000)
BASIS_POINT_VARIANCE = Range(0, 9_000_000)
STANDARD_ERROR = Range(0, 1, decimal="a standard error")
CORRELATION = Range(-1, 1)
SHARE = Range(0, 1, decimal="a share")
MARGIN_RATE = Range(0, 1, low_open=True, decimal="a margin rate")
POSITION = Range(-100, 100, decimal="a position")
LOADING = Range(-100, 100)
BOUND = Range(-1_000, 1_000)
LARGEST_AMOUNT = 1e15
ABOVE_ZERO = Range(0, LARGEST_AMOUNT, low_open=True)
FROM_ZERO = Range(0, LARGEST_AMOUNT)
MONTHS = Range(1, 100_000)
DAYS = Range(0, 100_000)
RISK_AVERSION = Range(0, 1_000_000, low_open=True)
CHARGE = Range(0, 1_000)
MULTIPLE = Range(0, 100, low_open=True)
CONFIDENCE = Range(0.5, 1, low_open=True, high_open=True, decimal="a confidence")
TRADING_DAYS = Range(1, 2_520)
PRICE = Range(0, 1e9, low_open=True)
AMOUNT = Range(-LARGEST_AMOUNT, LARGEST_AMOUNT)
PAGE = Range(1, 1_000)
SHOCK = Range(-1, 10, decimal="a return")
BASIS_POINT_SHOCK = Range(-5_000, 5_000)
PERIOD_RETURN = Range(-1, 10, low_open=True, decimal="a return")
LAST_PERIOD = 19_999
"""Index of the last period that a history can have."""

RANGES: Final[dict[tuple[type, str], Range]] = {
    (model.MarketModel, "annual_risk_free_rate"): RISK_FREE_RATE,
    (model.ExpectedReturn, "annual_excess"): RETURN,
    (model.ExpectedReturn, "annual_total"): RETURN,
    (model.ExpectedReturn, "annual_basis_points"): Range(-1_000, 1_000),
    # In the driver's unit; what is too much for a decimal return is judged where the unit is known.
    (model.VolatilityCorrelation, "annual_volatilities"): BASIS_POINT_VOLATILITY,
    (model.FactorForm, "specific_volatilities"): BASIS_POINT_VOLATILITY,
    (model.UniformStress, "correlation"): Range(0, 1, high_open=True),
    (model.TotalPortfolio, "nav_amount"): Range(1, LARGEST_AMOUNT),
    (model.CashFlow, "horizon_trading_days"): TRADING_DAYS,
    (model.CashFlow, "outflow_amount"): AMOUNT,
    (model.Line, "loadings"): LOADING,
    (model.Line, "annual_residual_volatility"): VOLATILITY,
    (model.Line, "current_fraction"): POSITION,
    (model.Line, "minimum_fraction"): POSITION,
    (model.Line, "maximum_fraction"): POSITION,
    (model.LiquidityPoint, "horizon_trading_days"): TRADING_DAYS,
    (model.LiquidityPoint, "available_share"): SHARE,
    (model.TradingCost, "linear_rate"): Range(0, 1, decimal="a cost of the traded amount"),
    (model.TradingCost, "impact_coefficient"): Range(0, 100),
    (model.FundedBeta, "annual_fee"): COST,
    (model.Overlay, "initial_margin_rate"): MARGIN_RATE,
    (model.Overlay, "annual_financing_spread"): RATE,
    (model.Overlay, "annual_short_financing_spread"): RATE,
    (model.Overlay, "annual_roll_cost"): COST,
    (model.Overlay, "leverage_weight"): Range(0, 100, low_open=True),
    (model.Overlay, "duration_years"): Range(0, 100, low_open=True),
    (model.ContractTerms, "point_value_amount"): PRICE,
    (model.ContractTerms, "price"): PRICE,
    (model.ContractTerms, "dv01_amount"): PRICE,
    (model.RollTerms, "contract_year"): Range(1_900, 9_998),
    # Of these the quarter's last months; the others are refused where the contract is looked at.
    (model.RollTerms, "contract_month"): Range(3, 12),
    (model.RollTerms, "weekdays_before"): Range(0, 60),
    (model.RollTerms, "next_price"): PRICE,
    (model.RollTerms, "next_dv01_amount"): PRICE,
    (model.AlphaSleeve, "look_through_leverage"): Range(0, 100),
    (model.AlphaSleeve, "capacity_amount"): FROM_ZERO,
    (model.AlphaSleeve, "annual_alpha_error"): STANDARD_ERROR,
    (model.AlphaSleeve, "redeemable_fraction"): Range(0, 100, decimal="a position"),
    (model.FeeTerms, "annual_management_fee"): COST,
    (model.FeeTerms, "performance_fee_rate"): Range(0, 1, high_open=True, decimal="a share of gains"),
    (model.AlphaBasis, "annual_total"): ALPHA,
    (model.AlphaBasis, "annual_over_cash"): ALPHA,
    (model.AlphaBasis, "annual_over_beta"): ALPHA,
    (model.FactorEvidence, "r_squared"): SHARE,
    (model.FactorEvidence, "observation_count"): MONTHS,
    (model.UnfundedAccount, "initial_margin_rate"): MARGIN_RATE,
    (model.ReserveTier, "annual_cash_drag"): RATE,
    (model.CollateralTerms, "haircut"): Range(0, 1, high_open=True, decimal="a haircut"),
    (model.CollateralTerms, "maximum_margin_share"): Range(0, 1, low_open=True, decimal="a share"),
    (model.CreditLine, "committed_amount"): ABOVE_ZERO,
    (model.CreditLine, "annual_borrowing_spread"): COST,
    (model.MarginPool, "annual_margin_credit_spread"): COST,
    (model.ScanScenario, "returns"): Range(-1, 1, decimal="a return"),
    (model.RiskMargin, "volatility_multiple"): MULTIPLE,
    (model.RiskMargin, "margin_period_trading_days"): Range(1, 252),
    (model.Mandate, "reference_exposures"): Range(-100, 100, decimal="an exposure"),
    (model.Mandate, "maximum_valuation_age_days"): DAYS,
    (model.SweepAxis, "parameter_values"): Range(-1_000_000, 1_000_000),
    (model.Limit, "lower"): BOUND,
    (model.Limit, "upper"): BOUND,
    (model.SoftLimit, "priority"): Range(1, 100),
    (model.SoftLimit, "violation_weight"): Range(0.01, 100),
    (model.ReserveMeasure, "default_rate"): SHARE,
    (model.ReserveMeasure, "rates"): SHARE,
    (model.RiskMeasure, "confidence"): CONFIDENCE,
    (model.RiskMeasure, "horizon_trading_days"): TRADING_DAYS,
    (model.ConditionalValueAtRiskMeasure, "confidence"): CONFIDENCE,
    (model.LiquidityCoverageMeasure, "horizon_trading_days"): TRADING_DAYS,
    (model.LiquidityCoverageMeasure, "need_multiple"): MULTIPLE,
    (model.IlliquidShareMeasure, "horizon_trading_days"): TRADING_DAYS,
    (model.EvidenceRule, "charge_r_squared"): SHARE,
    (model.EvidenceRule, "reclassify_r_squared"): SHARE,
    (model.EvidenceRule, "minimum_observation_count"): MONTHS,
    (model.EvidenceRule, "maximum_evidence_age_days"): DAYS,
    (model.Objective, "holding_period_years"): Range(0.01, 100),
    (model.MaximizeUtility, "active_risk_aversion"): RISK_AVERSION,
    (model.MaximizeUtility, "total_risk_aversion"): RISK_AVERSION,
    (model.AlphaUncertainty, "weight"): CHARGE,
    (model.PremiumUncertainty, "weight"): CHARGE,
    (model.PremiumUncertainty, "annual_errors"): Range(0, 1_000),
    (model.MeetRiskBudget, "shares"): Range(1e-6, 1, decimal="a share"),
    (model.MeetRiskBudget, "total_fraction"): Range(1e-4, 100, decimal="a position"),
    (model.MeetRiskBudget, "annual_volatility"): Range(1e-5, 3, decimal="a volatility"),
    # In the driver's unit, as volatilities.
    (model.DriverShock, "shock"): BASIS_POINT_SHOCK,
    (model.DriverShock, "horizon_trading_days"): TRADING_DAYS,
    (model.LineShock, "shock"): SHOCK,
    (model.LineShock, "horizon_trading_days"): TRADING_DAYS,
    (model.MarginMultiplier, "multiplier"): MULTIPLE,
    (model.Scenario, "gated_shares"): SHARE,
    (model.Scenario, "haircut_add_ons"): SHARE,
    (model.SolveParameters, "maximum_relative_gap"): Range(1e-8, 1e-3),
    (model.ValidatePortfolioRequest, "maximum_violation_count"): Range(1, 10_000),
    (model.MeasureLiquidityRequest, "horizon_trading_days"): TRADING_DAYS,
    (model.MeasureSensitivityRequest, "maximum_input_count"): Range(1, 50),
    (model.MeasureSensitivityRequest, "step"): Range(1e-6, 0.1),
    (model.RelaxationWeight, "weight"): Range(1e-6, 1e6),
    # Judged series by series, where it is known what the numbers are.
    (model.ReturnColumn, "returns"): PERIOD_RETURN,
    (model.ReturnColumn, "missing_periods"): Range(0, LAST_PERIOD),
    (model.AlphaQuestion, "factor_lag_count"): Range(0, 3),
    (model.AlphaQuestion, "error_lag_count"): Range(0, 60),
    (model.AlphaQuestion, "confidence"): Range(0.5, 0.999, decimal="a confidence"),
    (model.AlphaQuestion, "rolling_period_count"): Range(1, LAST_PERIOD + 1),
    (model.AlphaPrior, "annual_mean"): ALPHA,
    (model.AlphaPrior, "annual_error"): Range(1e-6, 1, decimal="a standard error"),
    (model.AlphaCaptureQuestion, "annual_risk_free_rate"): RISK_FREE_RATE,
    (model.AlphaCaptureQuestion, "error_lag_count"): Range(0, 60),
    (model.AlphaCaptureQuestion, "confidence"): Range(0.5, 0.999, decimal="a confidence"),
    (model.AlphaCaptureQuestion, "least_annual_net_alpha"): COST,
    (model.ActiveFund, "annual_passive_fee"): COST,
    (model.PortableStructure, "annual_financing_spread"): RATE,
    (model.PortableStructure, "annual_roll_cost"): COST,
    (model.PortableStructure, "reserve_rate"): Range(0, 1, high_open=True, decimal="a reserve rate"),
    (model.PortableStructure, "initial_margin_rate"): Range(
        0, 1, low_open=True, high_open=True, decimal="a margin rate"
    ),
    (model.PortableStructure, "annual_cash_drag"): RATE,
    (model.PortableStructure, "annual_margin_credit_spread"): COST,
    (model.PortableStructure, "annual_physical_cost"): COST,
    (model.RiskModelQuestion, "annual_risk_free_rate"): RISK_FREE_RATE,
    (model.RiskModelQuestion, "factor_lag_count"): Range(0, 3),
    (model.ExponentialCovariance, "half_life_periods"): Range(2, 10_000),
    (model.FactorCovariance, "factor_count"): Range(1, 50),
    (model.TurbulentPeriods, "share"): Range(0.05, 0.5, decimal="a share"),
    (model.VolatilityFloor, "annual_volatility"): Range(0, 3, low_open=True, decimal="a volatility"),
    (model.RunPolicy, "maximum_turnover_fraction"): MULTIPLE,
    (model.RunPolicy, "maximum_answer_jump_fraction"): MULTIPLE,
    (model.RunPolicy, "compliance_tolerance_fraction"): Range(0, 0.1, decimal="a part of NAV"),
    (model.RunPolicy, "pause_failure_count"): Range(1, 1_000),
    (model.DriftTrigger, "maximum_fraction"): MULTIPLE,
    (model.DriftTrigger, "rearm_fraction"): Range(0, 100),
    (model.LeverageTrigger, "maximum_ratio"): MULTIPLE,
    (model.LeverageTrigger, "rearm_ratio"): Range(0, 100),
    (model.CoverageTrigger, "minimum_ratio"): MULTIPLE,
    (model.CoverageTrigger, "rearm_ratio"): Range(0, 1_000, low_open=True),
    (model.ActiveRiskTrigger, "maximum_annual_volatility"): Range(
        0, 10, low_open=True, decimal="a volatility"
    ),
    (model.ActiveRiskTrigger, "rearm_annual_volatility"): Range(0, 10, decimal="a volatility"),
    # Zero, which is no day, is refused where the schedule is looked at.
    (model.MonthlyCadence, "business_day"): Range(-20, 20),
    (model.MonthlyCadence, "months"): Range(1, 12),
    (model.TradePolicy, "tolerance_fraction"): SHARE,
    (model.TradePolicy, "minimum_ticket_amount"): FROM_ZERO,
    (model.TradePolicy, "band_fraction"): SHARE,
    (model.ListRebalanceJobsRequest, "page_size"): PAGE,
    (model.ListRebalanceRunsRequest, "page_size"): PAGE,
    (model.ListRebalanceProposalsRequest, "page_size"): PAGE,
    (model.ListMarksRequest, "page_size"): Range(1, 100),
    (model.Marks, "nav_amount"): Range(1, LARGEST_AMOUNT),
    (model.Marks, "annual_risk_free_rate"): RISK_FREE_RATE,
    (model.LineMark, "price"): PRICE,
    (model.LineMark, "dv01_amount"): PRICE,
    (model.LineMark, "initial_margin_amount"): Range(0, 1e12, low_open=True),
    (model.LineMark, "annual_financing_spread"): RATE,
    (model.LineMark, "market_value_amount"): AMOUNT,
    (model.LineMark, "unit_count"): AMOUNT,
    (model.LineMark, "contract_count"): Range(-1e9, 1e9),
    (model.LineMark, "contract_year"): Range(1900, 9998),
    (model.LineMark, "contract_month"): Range(3, 12),
    (model.GetRebalanceJobRequest, "revision"): Range(1, 2**31 - 1),
    # What a matrix means depends on where it stands; its numbers are judged there.
    (model.SymmetricMatrix, "lower_triangle"): ANY,
    (model.RectangularMatrix, "values"): ANY,
}
"""By dataclass and field; for values by driver or line, by the field that holds their list."""

LONGEST: Final[dict[tuple[type, str], datetime.timedelta]] = {
    (model.RunPolicy, "proposal_lifetime"): datetime.timedelta(days=366),
    (model.RunPolicy, "maximum_mark_age"): datetime.timedelta(days=3_660),
    (model.RunPolicy, "catch_up_window"): datetime.timedelta(days=366),
    (model.Trigger, "cool_down"): datetime.timedelta(days=366),
    (model.StaleMarksTrigger, "maximum_age"): datetime.timedelta(days=3_660),
}
"""Longest duration by dataclass and field; every duration is above zero."""
