"""Margin pools: whom they face, what they take, and the terms that their method needs."""

from __future__ import annotations

from counterpoise.model import ErrorReason, MarginPool, Overlay, TotalPortfolio, UnfundedAccount
from counterpoise.validate.counts import POSTINGS
from counterpoise.validate.names import Names, kind_of
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.scans import check_scans
from counterpoise.validate.text import listed

_NONE: frozenset[str] = frozenset()


def check_pools(portfolio: TotalPortfolio, names: Names, report: Report) -> None:
    """Known counterparties, collateral for what is margined, and scans of every line."""
    for index, pool in enumerate(portfolio.margin_pools):
        place = ("portfolio", "margin_pools", index)
        if pool.counterparty_id:
            names.counterparties.check_one(pool.counterparty_id, (*place, "counterparty_id"), report)
        taken = names.postings[pool.margin_pool_id]
        if taken > POSTINGS:
            # Shares of posted value couple every tier of a pool with every other.
            message = f"takes {taken} tiers; name it in at most {POSTINGS}"
            report.add(place, ErrorReason.TOO_MANY, message)
        lines = names.lines_of_pools.get(pool.margin_pool_id, _NONE)
        if lines and not taken and _is_all_collateral_known(names):
            message = (
                f"margins {listed(sorted(lines))}, but no reserve tier may be posted to it; "
                "name it in the collateral_terms of a reserve tier"
            )
            subjects = (
                *names.margin_pools.refs((pool.margin_pool_id,)),
                *names.lines.refs(sorted(lines)[:10]),
            )
            report.add(place, ErrorReason.MARGIN_TERMS_MISSING, message, subjects=subjects)
        if usable(pool.scan):
            check_scans(pool, pool.scan, names, (*place, "scan", "scan_scenarios"), report)


def _is_all_collateral_known(names: Names) -> bool:
    """Whether no line could take a pool that is not among the postings."""
    if not names.lines.all_known or not names.postings.keys() <= names.margin_pools.by_id.keys():
        return False
    return all(
        kind_of(line) is not None
        and (line.reserve_tier is None or usable(line.reserve_tier.collateral_terms))
        for line in names.lines.by_id.values()
    )


def check_margin_rate(
    margined: Overlay | UnfundedAccount, names: Names, place: Place, report: Report
) -> None:
    """A known pool; a rate where it margins by rate, and nowhere else."""
    pools, pool_id, rate = names.margin_pools, margined.margin_pool_id, margined.initial_margin_rate
    if not pools.check_one(pool_id, (*place, "margin_pool_id"), report):
        return
    pool, at = pools.by_id[pool_id], (*place, "initial_margin_rate")
    if rate is None and pool.outright is not None:
        message = (
            f"unset, but pool {pool_id} is outright and margins by rate; "
            "write the initial margin as a fraction of notional in (0, 1]"
        )
        report.add(at, ErrorReason.MARGIN_TERMS_MISSING, message)
    method = method_of(pool)
    if usable(rate) and method:
        message = f"pool {pool_id} margins by {method}, not by rate; leave it out, or make the pool outright"
        report.add(at, ErrorReason.FIELDS_EXCLUSIVE, message)


def method_of(pool: MarginPool) -> str:
    """What a pool that is not outright margins by; empty where it is, or where nothing says so."""
    if pool.outright is not None:
        return ""
    return "scan" if usable(pool.scan) else "risk" if usable(pool.risk) else ""
