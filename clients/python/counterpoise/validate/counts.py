"""Most elements that each list of a request may have, in one table."""

from __future__ import annotations

from typing import Final

from counterpoise import model

DRIVERS: Final = 1_000
LINES: Final = 20_000
GROUPS: Final = 1_000
POOLS: Final = 100
COUNTERPARTIES: Final = 1_000
BUDGETED: Final = 1_000
"""Most lines of a risk budget."""

LIMITS: Final = 1_000
MEMBERS: Final = 200_000
"""Most constraints that all limits of a mandate fan out to."""

ENTRIES: Final = 10_000_000
"""Most numbers by which all limits of a mandate together may weigh lines and drivers."""
POSTINGS: Final = 200
"""Most tiers that one pool takes as collateral."""

AXES: Final = 2
POINTS: Final = 1_000
"""Most points of a sweep: the product of its axes."""

SCENARIOS: Final = 200
SAMPLES: Final = 10
OUTCOMES: Final = 10_000
"""Most rows of a return sample."""

MARGIN_CALLS: Final = 20_000
"""Most variation margins of one coverage limit: states times horizons times pools."""

STRESSED_SLEEVES: Final = 1_000
"""Most sleeves whose returns a uniform stress correlates: the work grows with their cube."""

SCANS: Final = 200
RULES: Final = 2
"""Rules that may be relaxed: boxes of lines, and the default cap on leverage."""

HORIZONS: Final = 50
"""Most points over time: of liquidity, of cash flows, of coverage, and of a shock of one driver or line."""

PERIODS: Final = 20_000
COLUMNS: Final = 1_000
"""Most periods and most series of a return history."""
WINDOWS: Final = 50
FUNDS: Final = 100
ESTIMATED: Final = 200
"""Most drivers, and most sleeves, of an estimated risk model."""
FLOORS: Final = 100

STATES: Final = 10
"""Most states that a list of resources can be asked for."""

MOST: Final[dict[tuple[type, str], int]] = {
    (model.AllocationProblem, "scenarios"): SCENARIOS,
    (model.AllocationProblem, "return_samples"): SAMPLES,
    (model.MarketModel, "drivers"): DRIVERS,
    (model.MarketModel, "driver_groups"): GROUPS,
    (model.DriverGroup, "driver_ids"): DRIVERS,
    (model.VolatilityCorrelation, "annual_volatilities"): DRIVERS,
    (model.FactorForm, "specific_volatilities"): DRIVERS,
    (model.UniformStress, "growth_driver_ids"): DRIVERS,
    (model.SymmetricMatrix, "axis_ids"): DRIVERS,
    (model.SymmetricMatrix, "lower_triangle"): DRIVERS * (DRIVERS + 1) // 2,
    (model.RectangularMatrix, "row_ids"): LINES,
    (model.RectangularMatrix, "column_ids"): DRIVERS,
    (model.RectangularMatrix, "values"): LINES * DRIVERS,
    (model.TotalPortfolio, "lines"): LINES,
    (model.TotalPortfolio, "margin_pools"): POOLS,
    (model.TotalPortfolio, "line_groups"): GROUPS,
    (model.TotalPortfolio, "counterparties"): COUNTERPARTIES,
    (model.TotalPortfolio, "cash_flows"): HORIZONS,
    (model.Line, "loadings"): DRIVERS,
    (model.Line, "liquidity"): HORIZONS,
    (model.ScanMargin, "scan_scenarios"): SCANS,
    (model.ScanScenario, "returns"): LINES,
    (model.ReserveTier, "collateral_terms"): POOLS,
    (model.LineGroup, "line_ids"): LINES,
    (model.Mandate, "reference_exposures"): DRIVERS,
    (model.Mandate, "limits"): LIMITS,
    (model.LineScope, "kinds"): len(model.LineKind),
    (model.LineScope, "line_group_ids"): GROUPS,
    (model.LineScope, "line_ids"): LINES,
    (model.LineScope, "excluded_line_ids"): LINES,
    (model.LineScope, "counterparty_ids"): COUNTERPARTIES,
    (model.DriverScope, "driver_group_ids"): GROUPS,
    (model.DriverScope, "driver_ids"): DRIVERS,
    (model.ScenarioScope, "scenario_ids"): SCENARIOS,
    (model.ReserveMeasure, "rates"): LINES,
    (model.CounterpartyMeasure, "counterparty_ids"): COUNTERPARTIES,
    (model.LiquidityCoverageMeasure, "horizon_trading_days"): HORIZONS,
    (model.PremiumUncertainty, "annual_errors"): DRIVERS,
    (model.MeetRiskBudget, "shares"): BUDGETED,
    (model.Scenario, "driver_shocks"): DRIVERS * HORIZONS,
    (model.Scenario, "line_shocks"): LINES * HORIZONS,
    (model.Scenario, "margin_multipliers"): LINES + POOLS,
    (model.Scenario, "gated_shares"): LINES,
    (model.Scenario, "haircut_add_ons"): LINES,
    (model.MeasureLiquidityRequest, "horizon_trading_days"): HORIZONS,
    (model.ExplainInfeasibilityRequest, "weights"): LIMITS + RULES,
    (model.TraceFrontierRequest, "axes"): AXES,
    (model.SweepAxis, "parameter_values"): POINTS,
    (model.ReturnHistory, "dates"): PERIODS,
    (model.ReturnHistory, "columns"): COLUMNS,
    (model.ReturnColumn, "returns"): PERIODS,
    (model.ReturnColumn, "missing_periods"): PERIODS,
    (model.AlphaQuestion, "sleeve_ids"): COLUMNS,
    (model.AlphaQuestion, "factor_ids"): COLUMNS,
    (model.AlphaQuestion, "stress_windows"): WINDOWS,
    (model.AlphaCaptureQuestion, "funds"): FUNDS,
    (model.AlphaCaptureQuestion, "factor_ids"): COLUMNS,
    (model.RiskModelQuestion, "drivers"): ESTIMATED,
    (model.RiskModelQuestion, "sleeve_ids"): ESTIMATED,
    (model.RiskModelQuestion, "driver_groups"): GROUPS,
    (model.RiskModelQuestion, "volatility_floors"): FLOORS,
    (model.StressPeriods, "windows"): WINDOWS,
    (model.VolatilityFloor, "column_ids"): 2 * ESTIMATED,
    (model.ListRebalanceJobsRequest, "states"): STATES,
    (model.ListRebalanceRunsRequest, "states"): STATES,
    (model.ListRebalanceProposalsRequest, "states"): STATES,
    (model.Marks, "line_marks"): LINES,
    (model.MonthlyCadence, "months"): 12,
    (model.RebalanceJob, "triggers"): 20,
}
"""By dataclass and field. A list that names things once each is as long as there can be things."""
