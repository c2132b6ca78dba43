"""Between pandas and the vocabulary: answers as frames, inputs from frames, money at the edge."""

from counterpoise.frames.answers import exposures_frame, leverage_frame, reserve_frame, return_frame
from counterpoise.frames.capture import active_return_frame, captures_frame, fees_frame, structure_frame
from counterpoise.frames.estimation import (
    correlations_frame,
    covariance_frame,
    eigenvalues_frame,
    line_loadings_frame,
    lines_frame,
    regimes_frame,
)
from counterpoise.frames.evidence import evidence_frame, loadings_frame, rolling_frame
from counterpoise.frames.explanation import conflict_frame, relaxations_frame, sensitivity_frame
from counterpoise.frames.frontier import frontier_frame
from counterpoise.frames.holdings import counterparties_frame, positions_frame, sleeves_frame, trades_frame
from counterpoise.frames.inputs import driver_values, line_values, loading_matrix, symmetric_matrix
from counterpoise.frames.limits import limits_frame, soft_stages_frame
from counterpoise.frames.proposals import (
    before_after_frame,
    proposal_trades_frame,
    rolls_frame,
    steps_frame,
)
from counterpoise.frames.risks import risk_budget_frame, risk_frame, volatilities_frame
from counterpoise.frames.stresses import (
    coverage_frame,
    notices_frame,
    payments_frame,
    pool_margins_frame,
    stresses_frame,
)
from counterpoise.frames.units import (
    contract_count,
    fraction_of_nav,
    notional_amount,
    ten_year_equivalent_weight,
)

__all__ = [
    "active_return_frame",
    "before_after_frame",
    "captures_frame",
    "conflict_frame",
    "contract_count",
    "correlations_frame",
    "counterparties_frame",
    "covariance_frame",
    "coverage_frame",
    "driver_values",
    "eigenvalues_frame",
    "evidence_frame",
    "exposures_frame",
    "fees_frame",
    "fraction_of_nav",
    "frontier_frame",
    "leverage_frame",
    "limits_frame",
    "line_loadings_frame",
    "line_values",
    "lines_frame",
    "loading_matrix",
    "loadings_frame",
    "notices_frame",
    "notional_amount",
    "payments_frame",
    "pool_margins_frame",
    "positions_frame",
    "proposal_trades_frame",
    "regimes_frame",
    "relaxations_frame",
    "reserve_frame",
    "return_frame",
    "risk_budget_frame",
    "risk_frame",
    "rolling_frame",
    "rolls_frame",
    "sensitivity_frame",
    "sleeves_frame",
    "soft_stages_frame",
    "steps_frame",
    "stresses_frame",
    "structure_frame",
    "symmetric_matrix",
    "ten_year_equivalent_weight",
    "trades_frame",
    "volatilities_frame",
]
