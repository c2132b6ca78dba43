"""What a portable structure costs, and what it makes of an alpha."""

from __future__ import annotations

from counterpoise.model import PortableStructure, StructureBenefit, StructureReport


def report_structure(structure: PortableStructure) -> StructureReport:
    """Costs and free capital per unit of notional, annual decimals.

    Synthetic cost is financing, roll, the drag on capital held back, and what posted margin earns below that.
    The physical beta ties up all capital, so that the structure breaks even where
    alpha share * net alpha = synthetic - physical cost.
    """
    credit = structure.annual_margin_credit_spread or 0.0
    synthetic = (
        structure.annual_financing_spread
        + structure.annual_roll_cost
        + structure.held_back * structure.annual_cash_drag
        + structure.initial_margin_rate * credit
    )
    physical, share = structure.annual_physical_cost, 1.0 - structure.held_back
    return StructureReport(
        annual_synthetic_cost=synthetic,
        annual_physical_cost=physical,
        alpha_share=share,
        annual_break_even_alpha=(synthetic - physical) / share,
    )


def report_benefit(structure: StructureReport, annual_net_alpha: float) -> StructureBenefit:
    """What the structure makes of an alpha after fees, per unit of notional, over the physical beta."""
    extra = structure.annual_synthetic_cost - structure.annual_physical_cost
    return StructureBenefit(
        annual_benefit=structure.alpha_share * annual_net_alpha - extra,
        annual_alpha_over_break_even=annual_net_alpha - structure.annual_break_even_alpha,
    )
