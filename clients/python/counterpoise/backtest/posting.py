"""Which tiers are posted where: what covers initial margin, and what is left free."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model import Line, TotalPortfolio


@dataclass(frozen=True)
class Posted:
    """What covers the pools' initial margin. Money."""

    posted: dict[tuple[str, str], float]
    """Value of each tier at each pool, by (line_id, margin_pool_id)."""
    uncovered: dict[str, float]
    """Initial margin by pool that nothing covers, of pools where some is left."""
    free: float
    """Value of tiers that is not posted."""


def is_cash(line: Line) -> bool:
    """Whether a tier may pay variation margin."""
    return line.reserve_tier is not None and line.reserve_tier.variation_margin_eligible


def reserve_tiers(portfolio: TotalPortfolio) -> list[Line]:
    """Reserve tiers, those first that may pay variation margin."""
    tiers = [line for line in portfolio.lines if line.reserve_tier is not None]
    return sorted(tiers, key=lambda line: not is_cash(line))


def haircut_at(tier: Line, pool_id: str) -> float | None:
    """Haircut of a tier at a pool; None where the pool does not take it."""
    terms = tier.reserve_tier.collateral_terms if tier.reserve_tier is not None else ()
    return next((item.haircut for item in terms if item.margin_pool_id == pool_id), None)


def post(portfolio: TotalPortfolio, holdings: dict[str, float], margins: dict[str, float]) -> Posted:
    """Covers margin with tiers: what pays no variation margin first, then what fewest pools take.

    Pools that fewest tiers serve come first. The greedy order may leave margin open that another order would
    cover where several pools share several tiers: it errs towards a reserve that is short. Shares of tiers
    are not looked at.
    """
    tiers = sorted(
        reserve_tiers(portfolio), key=lambda tier: (is_cash(tier), len(_pools(tier)), _least_haircut(tier))
    )
    left = {tier.line_id: max(holdings[tier.line_id], 0.0) for tier in tiers}
    posted: dict[tuple[str, str], float] = {}
    uncovered: dict[str, float] = {}
    for pool_id in sorted(margins, key=lambda name: sum(name in _pools(tier) for tier in tiers)):
        due = margins[pool_id]
        for tier in tiers:
            haircut = haircut_at(tier, pool_id)
            if haircut is None or due <= 0.0:
                continue
            value = min(left[tier.line_id], due / (1.0 - haircut))
            if value > 0.0:
                posted[tier.line_id, pool_id] = value
                left[tier.line_id] -= value
                due -= value * (1.0 - haircut)
        if due > 0.0:
            uncovered[pool_id] = due
    return Posted(posted, uncovered, sum(left.values()))


def _pools(tier: Line) -> set[str]:
    terms = tier.reserve_tier.collateral_terms if tier.reserve_tier is not None else ()
    return {item.margin_pool_id for item in terms}


def _least_haircut(tier: Line) -> float:
    terms = tier.reserve_tier.collateral_terms if tier.reserve_tier is not None else ()
    return min((item.haircut for item in terms), default=1.0)
