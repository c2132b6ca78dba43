"""What must hold inside the portfolio: lines, their loadings, boxes and pools, and groups."""

from __future__ import annotations

from collections import Counter

from counterpoise.model import (
    ErrorReason,
    Line,
    LineKind,
    Overlay,
    TotalPortfolio,
)
from counterpoise.validate.counts import POSTINGS
from counterpoise.validate.matrices import check_loadings
from counterpoise.validate.names import Names, kind_of
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import shown

_ROUNDING = 1e-12
_LARGEST_COMMITMENT = 100
"""Times NAV."""


def check_portfolio(portfolio: TotalPortfolio, names: Names, report: Report) -> None:
    """Every line for itself, the dense loadings, and groups of known lines."""
    in_matrix: frozenset[str] = frozenset()
    if usable(portfolio.loading_matrix):
        in_matrix = frozenset(portfolio.loading_matrix.row_ids)
        check_loadings(portfolio.loading_matrix, names, ("portfolio", "loading_matrix"), report)
    for index, line in enumerate(portfolio.lines):
        place = ("portfolio", "lines", index)
        if line.loadings:
            ids = [item.driver_id for item in line.loadings]
            names.drivers.check(ids, (*place, "loadings"), report, "driver_id")
            if line.line_id in in_matrix:
                message = "the line is a row of portfolio.loading_matrix, too; keep one of the two"
                report.add((*place, "loadings"), ErrorReason.FIELDS_EXCLUSIVE, message)
        _check_box(line, place, report)
        _check_kind(line, portfolio.nav_amount, names, place, report)
    _check_postings(portfolio, report)
    for index, group in enumerate(portfolio.line_groups):
        names.lines.check(group.line_ids, ("portfolio", "line_groups", index, "line_ids"), report)


def _check_postings(portfolio: TotalPortfolio, report: Report) -> None:
    """Shares of posted value couple every tier of a pool with every other."""
    tiers = [line.reserve_tier for line in portfolio.lines if usable(line.reserve_tier)]
    taken = Counter(terms.margin_pool_id for tier in tiers for terms in tier.collateral_terms)
    for index, pool in enumerate(portfolio.margin_pools):
        if taken[pool.margin_pool_id] > POSTINGS:
            message = f"taken by {taken[pool.margin_pool_id]} tiers; name it in at most {POSTINGS}"
            report.add(("portfolio", "margin_pools", index), ErrorReason.TOO_MANY, message)


def _check_kind(line: Line, nav: float, names: Names, place: Place, report: Report) -> None:
    """What the kind of a line refers to, and the amounts that bound it."""
    if usable(line.overlay):
        _check_overlay(line.overlay, names, (*place, "overlay"), report)
    if usable(line.alpha_sleeve):
        account = line.alpha_sleeve.unfunded_account
        if usable(account):
            at = (*place, "alpha_sleeve", "unfunded_account", "margin_pool_id")
            names.margin_pools.check_one(account.margin_pool_id, at, report)
        _check_most(line, line.alpha_sleeve.capacity_amount, nav, place, report)
    if usable(line.reserve_tier) and line.reserve_tier.collateral_terms:
        ids = [terms.margin_pool_id for terms in line.reserve_tier.collateral_terms]
        names.margin_pools.check(ids, (*place, "reserve_tier", "collateral_terms"), report, "margin_pool_id")
    if usable(line.credit_line):
        committed = line.credit_line.committed_amount
        _check_most(line, committed, nav, place, report)
        if usable(committed) and usable(nav) and 0 < nav < committed / _LARGEST_COMMITMENT:
            message = (
                f"{shown(committed)} is more than {_LARGEST_COMMITMENT} times NAV; write what can be drawn"
            )
            at = (*place, "credit_line", "committed_amount")
            report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message)


def _check_box(line: Line, place: Place, report: Report) -> None:
    """Bounds in order; only overlays go below zero."""
    minimum, maximum = line.minimum_fraction, line.maximum_fraction
    if usable(minimum) and minimum < 0 and _is_long_only(line):
        message = f"{shown(minimum)} is below zero, where only overlays can be; write 0 or more"
        report.add((*place, "minimum_fraction"), ErrorReason.NUMBER_OUT_OF_RANGE, message)
    if not usable(maximum):
        return
    if usable(minimum) and minimum > maximum:
        message = f"{shown(maximum)} is below minimum_fraction {shown(minimum)}; raise it or lower that"
        report.add((*place, "maximum_fraction"), ErrorReason.BOUNDS_CROSSED, message)
    elif minimum is None and maximum < 0 and _is_long_only(line):
        message = f"{shown(maximum)} is below the minimum, which is 0 where it is unset; write 0 or more"
        report.add((*place, "maximum_fraction"), ErrorReason.BOUNDS_CROSSED, message)


def _is_long_only(line: Line) -> bool:
    return kind_of(line) not in {None, LineKind.OVERLAY}


def _check_overlay(overlay: Overlay, names: Names, place: Place, report: Report) -> None:
    pools = names.margin_pools
    at = (*place, "margin_pool_id")
    known = pools.check_one(overlay.margin_pool_id, at, report)
    if (
        known
        and overlay.initial_margin_rate is None
        and pools.by_id[overlay.margin_pool_id].outright is not None
    ):
        message = (
            f"unset, but pool {overlay.margin_pool_id} is outright and margins by rate; "
            "write the initial margin as a fraction of notional in (0, 1]"
        )
        report.add((*place, "initial_margin_rate"), ErrorReason.MARGIN_TERMS_MISSING, message)
    physical, at = overlay.physical_line_id, (*place, "physical_line_id")
    if physical and names.lines.check_one(physical, at, report):
        kind = kind_of(names.lines.by_id[physical])
        if kind is not None and kind is not LineKind.FUNDED_BETA:
            message = f"{shown(physical)} is of kind {kind.name}; write the id of a funded_beta line"
            report.add(at, ErrorReason.ID_UNKNOWN, message)


def _check_most(line: Line, most: float | None, nav: float, place: Place, report: Report) -> None:
    """The least position must not be above what an amount allows."""
    minimum = line.minimum_fraction
    if usable(minimum) and usable(most) and usable(nav) and minimum * nav > most * (1 + _ROUNDING):
        message = (
            f"{shown(minimum)} of NAV is {shown(minimum * nav)}, above the most of {shown(most)}; "
            "lower it or raise the amount"
        )
        report.add((*place, "minimum_fraction"), ErrorReason.BOUNDS_CROSSED, message)
