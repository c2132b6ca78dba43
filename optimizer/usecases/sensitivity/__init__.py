"""MeasureSensitivity: which inputs move the answer most, and what it does when they move."""

from optimizer.usecases.sensitivity.measure import measure_sensitivity, out_of_time_to_measure

__all__ = ["measure_sensitivity", "out_of_time_to_measure"]
