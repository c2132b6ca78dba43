"""What must hold inside the portfolio: lines, their loadings, boxes and pools, and groups."""

from __future__ import annotations

from counterpoise.model import ErrorReason, Line, LineKind, Overlay, TotalPortfolio
from counterpoise.validate.boxes import check_box, check_capacity, check_commitment
from counterpoise.validate.contracts import check_contract
from counterpoise.validate.horizons import check_increasing, check_liquidity
from counterpoise.validate.names import Names, kind_of
from counterpoise.validate.pools import check_margin_rate, check_pools
from counterpoise.validate.rectangles import check_loadings
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.sleeves import check_past, check_sleeve
from counterpoise.validate.text import shown


def check_portfolio(portfolio: TotalPortfolio, names: Names, report: Report) -> None:
    """Every line for itself, the dense loadings, pools, and groups of known lines."""
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
        if line.counterparty_id:
            names.counterparties.check_one(line.counterparty_id, (*place, "counterparty_id"), report)
        if line.valuation_date is not None:
            at = (*place, "valuation_date")
            check_past(line.valuation_date, portfolio.as_of_date, at, report)
        if line.liquidity:
            _check_liquidity(line, place, report)
        if line.minimum_fraction is not None or line.maximum_fraction is not None:
            check_box(line, place, report)
        _check_kind(line, portfolio, names, place, report)
    check_pools(portfolio, names, report)
    check_increasing(portfolio.cash_flows, ("portfolio", "cash_flows"), report)
    for index, group in enumerate(portfolio.line_groups):
        names.lines.check(group.line_ids, ("portfolio", "line_groups", index, "line_ids"), report)


def _check_kind(line: Line, portfolio: TotalPortfolio, names: Names, place: Place, report: Report) -> None:
    """What the kind of a line refers to, and the amounts that bound it."""
    # Most lines have one kind: what is unset is passed over without a call.
    if line.overlay is not None and usable(line.overlay):
        _check_overlay(line.overlay, names, (*place, "overlay"), report)
    if line.alpha_sleeve is not None and usable(line.alpha_sleeve):
        check_sleeve(line.alpha_sleeve, portfolio.as_of_date, names, (*place, "alpha_sleeve"), report)
        check_capacity(line, line.alpha_sleeve, portfolio.nav_amount, place, report)
    if line.reserve_tier is not None and usable(line.reserve_tier) and line.reserve_tier.collateral_terms:
        ids = [terms.margin_pool_id for terms in line.reserve_tier.collateral_terms]
        names.margin_pools.check(ids, (*place, "reserve_tier", "collateral_terms"), report, "margin_pool_id")
    if line.credit_line is not None and usable(line.credit_line):
        check_commitment(line, line.credit_line, portfolio.nav_amount, place, report)


def _check_liquidity(line: Line, place: Place, report: Report) -> None:
    at = (*place, "liquidity")
    if line.margin_pool_id and kind_of(line) is not None:
        message = "the line is margined, so that no money is in it to wait for; leave liquidity out"
        report.add(at, ErrorReason.FIELDS_EXCLUSIVE, message)
    check_liquidity(line.liquidity, at, report)


def _check_overlay(overlay: Overlay, names: Names, place: Place, report: Report) -> None:
    check_margin_rate(overlay, names, place, report)
    check_contract(overlay, place, report)
    longs, shorts = overlay.annual_financing_spread, overlay.annual_short_financing_spread
    if shorts is not None and usable(shorts) and usable(longs) and shorts > longs:
        message = (
            f"shorts receive {shown(shorts)}, above annual_financing_spread {shown(longs)} that longs pay, "
            "so that both together would earn money; lower it or raise that"
        )
        report.add((*place, "annual_short_financing_spread"), ErrorReason.BOUNDS_CROSSED, message)
    physical, at = overlay.physical_line_id, (*place, "physical_line_id")
    if physical and names.lines.check_one(physical, at, report):
        kind = kind_of(names.lines.by_id[physical])
        if kind is not None and kind is not LineKind.FUNDED_BETA:
            message = f"{shown(physical)} is of kind {kind.name}; write the id of a funded_beta line"
            report.add(at, ErrorReason.ID_UNKNOWN, message)
