"""The evidence rule, of a mandate or of a question: its thresholds in order."""

from __future__ import annotations

from counterpoise.model import (
    DEFAULT_CHARGE_R_SQUARED,
    DEFAULT_RECLASSIFY_R_SQUARED,
    ErrorReason,
    EvidenceRule,
)
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import shown


def check_rule(rule: EvidenceRule, place: Place, report: Report) -> None:
    """Alpha is charged from a lower R-squared on than the one from which it is beta."""
    charge, reclassify = rule.charge_r_squared, rule.reclassify_r_squared
    low = DEFAULT_CHARGE_R_SQUARED if charge is None else charge
    high = DEFAULT_RECLASSIFY_R_SQUARED if reclassify is None else reclassify
    if usable(low) and usable(high) and low > high:
        name = "charge_r_squared" if reclassify is None else "reclassify_r_squared"
        message = (
            f"charge_r_squared {shown(low)} is above reclassify_r_squared {shown(high)} "
            f"(unset reads as {DEFAULT_CHARGE_R_SQUARED} and {DEFAULT_RECLASSIFY_R_SQUARED}); "
            "write charge_r_squared <= reclassify_r_squared"
        )
        report.add((*place, name), ErrorReason.BOUNDS_CROSSED, message)
