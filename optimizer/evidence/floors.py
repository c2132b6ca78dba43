"""Least volatilities of drivers and sleeves."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray, RiskModelQuestion


def floors_of(question: RiskModelQuestion) -> dict[str, float]:
    """Least annual volatility by column, of columns that have one."""
    return {
        name: floor.annual_volatility for floor in question.volatility_floors for name in floor.column_ids
    }


def raise_drivers(ids: tuple[str, ...], volatilities: FloatArray, floors: dict[str, float]) -> FloatArray:
    """Annual volatilities of drivers, none below its floor, shape (D,)."""
    return np.maximum(volatilities, [floors.get(name, 0.0) for name in ids])


def raise_residual(annual_residual_volatility: float, explained_variance: float, floor: float) -> float:
    """The residual volatility with which a sleeve reaches its floor: sqrt(max(s^2, floor^2 - b'Sb)).

    `explained_variance` is b'Sb, annual. A sleeve that is above its floor keeps what it has.
    """
    missing = floor**2 - explained_variance
    if missing <= annual_residual_volatility**2:
        return annual_residual_volatility
    return float(np.sqrt(missing))
