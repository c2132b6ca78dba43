"""What a sleeve counts as: alpha, alpha beside beta, or beta in disguise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from counterpoise.model.mandate import DEFAULT_CHARGE_R_SQUARED, DEFAULT_RECLASSIFY_R_SQUARED, EvidenceRule


class SleeveClass(IntEnum):
    """What a sleeve counts as."""

    ALPHA = 1
    ALPHA_AND_BETA = 2
    BETA = 3


def sleeve_class_of(r_squared: float, rule: EvidenceRule | None) -> SleeveClass:
    """What a sleeve counts as: beta above the reclassification threshold, alpha below that of the charge."""
    rule = rule or EvidenceRule()
    charge, reclassify = rule.charge_r_squared, rule.reclassify_r_squared
    if r_squared > (DEFAULT_RECLASSIFY_R_SQUARED if reclassify is None else reclassify):
        return SleeveClass.BETA
    charged = r_squared >= (DEFAULT_CHARGE_R_SQUARED if charge is None else charge)
    return SleeveClass.ALPHA_AND_BETA if charged else SleeveClass.ALPHA


@dataclass(frozen=True, kw_only=True)
class SleeveVerdict:
    """What the evidence rule did to one sleeve; alphas are over cash and betas, after fees."""

    line_id: str = ""
    sleeve_class: SleeveClass
    annual_declared_alpha: float = 0.0
    annual_alpha: float = 0.0
    annual_management_fee: float = 0.0
    annual_performance_fee: float = 0.0
