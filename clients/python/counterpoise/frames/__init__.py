"""Between pandas and the vocabulary: answers as frames, inputs from frames, money at the edge."""

from counterpoise.frames.answers import (
    exposures_frame,
    limits_frame,
    positions_frame,
    return_frame,
    risk_frame,
)
from counterpoise.frames.inputs import driver_values, line_values, loading_matrix, symmetric_matrix
from counterpoise.frames.units import (
    contract_count,
    fraction_of_nav,
    notional_amount,
    ten_year_equivalent_weight,
)

__all__ = [
    "contract_count",
    "driver_values",
    "exposures_frame",
    "fraction_of_nav",
    "limits_frame",
    "line_values",
    "loading_matrix",
    "notional_amount",
    "positions_frame",
    "return_frame",
    "risk_frame",
    "symmetric_matrix",
    "ten_year_equivalent_weight",
]
