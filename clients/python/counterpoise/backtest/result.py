"""What a walk was, as frames. Fractions are of NAV at that time, returns are decimals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.backtest.records import Period
from counterpoise.model import FloatArray


@dataclass(frozen=True)
class WalkForward:
    """A plan, and the periods that were walked, the first of which is the first decision alone."""

    plan: WalkForwardPlan
    periods: tuple[Period, ...]

    @cached_property
    def per_year(self) -> int:
        """Periods of a year."""
        return self.plan.history.frequency.periods_per_year

    def path_frame(self) -> pd.DataFrame:
        """By date: NAV, returns, the reference, the reserve before trades, calls, and leverage decided."""
        rows, before = [], None
        for item in self.periods:
            start = before.nav if before is not None else self.plan.problem.portfolio.nav_amount
            reference = before.reference_nav if before is not None else item.reference_nav
            rows.append(
                {
                    "nav": item.nav,
                    "net_return": item.nav / start - 1.0,
                    "reference_nav": item.reference_nav,
                    "reference_return": item.reference_nav / reference - 1.0,
                    "reserve_fraction": item.reserve.value / item.nav,
                    "margin_fraction": item.reserve.margin / item.nav,
                    "free_fraction": item.reserve.free / item.nav,
                    "call_fraction": sum(call.total for call in item.calls) / item.nav,
                    "exhausted": item.reserve.exhausted,
                    "forced_sale_fraction": sum(item.forced_sales.values()) / item.nav,
                    "redeemed_fraction": sum(item.redeemed.values()) / item.nav,
                    "gross_leverage": _number(item.decision.gross_leverage if item.decision else None),
                }
            )
            before = item
        return pd.DataFrame(rows, index=self._dates())

    def holdings_frame(self) -> pd.DataFrame:
        """By date and line: positions after trades, fractions of NAV."""
        rows = [{name: money / item.nav for name, money in item.holdings.items()} for item in self.periods]
        return pd.DataFrame(rows, index=self._dates())

    def earnings_frame(self) -> pd.DataFrame:
        """By date and source: money over NAV of the period before; rows sum to the net return."""
        starts = [self.plan.problem.portfolio.nav_amount, *(item.nav for item in self.periods[:-1])]
        rows = [
            {source: money / start for source, money in item.earnings.items()}
            for item, start in zip(self.periods, starts, strict=True)
        ]
        return pd.DataFrame(rows, index=self._dates(), dtype=float).fillna(0.0)

    def calls_frame(self) -> pd.DataFrame:
        """Calls by date and pool: variation margin, rise of initial margin, who paid; NAV fractions."""
        rows = [
            {
                "date": pd.Timestamp(item.date),
                "margin_pool_id": call.margin_pool_id,
                "variation_margin_fraction": call.variation_margin / item.nav,
                "margin_increase_fraction": call.margin_increase / item.nav,
                "paid_by": ", ".join(call.payments),
                "free_after_fraction": item.reserve.free / item.nav,
                "exhausted": item.reserve.exhausted,
            }
            for item in self.periods
            for call in item.calls
        ]
        columns = [
            "date",
            "margin_pool_id",
            "variation_margin_fraction",
            "margin_increase_fraction",
            "paid_by",
            "free_after_fraction",
            "exhausted",
        ]
        return pd.DataFrame(rows, columns=columns).set_index(["date", "margin_pool_id"])

    def decisions_frame(self) -> pd.DataFrame:
        """By date: how a decision ended, one-way turnover, cost, limits missed, notices; NAV fractions."""
        decided = [(item, item.decision) for item in self.periods if item.decision is not None]
        rows = [
            {
                "outcome": str(decision.outcome),
                "reason": decision.reason,
                "turnover_fraction": decision.turnover_fraction,
                "trading_cost_fraction": decision.trading_cost / item.nav,
                "expected_net_return": _number(decision.annual_net_return),
                "missed_limits": ", ".join(decision.violations),
                "notice_fraction": sum(decision.notices.values()) / item.nav,
            }
            for item, decision in decided
        ]
        index = pd.DatetimeIndex([item.date for item, _ in decided], name="date")
        return pd.DataFrame(rows, index=index)

    def estimates_frame(self) -> pd.DataFrame:
        """By date of a decision and sleeve: what it was believed to be; annual decimals."""
        rows = [
            {
                "date": pd.Timestamp(item.date),
                "line_id": name,
                "shrunk_alpha": sleeve.annual_alpha,
                "shrunk_alpha_error": sleeve.annual_alpha_error,
                "r_squared": sleeve.r_squared,
                "volatility": sleeve.annual_volatility,
                "sleeve_class": sleeve.sleeve_class,
            }
            for item in self.periods
            if item.decision is not None
            for name, sleeve in item.decision.sleeves.items()
        ]
        columns = ["date", "line_id", "shrunk_alpha", "shrunk_alpha_error", "r_squared", "volatility"]
        return pd.DataFrame(rows, columns=[*columns, "sleeve_class"]).set_index(["date", "line_id"])

    def summary(self) -> dict[str, float]:
        """Return, risk and what happened to the reserve, of the walk and of its reference.

        Returns are over the years of the walk, the costs of the first decision included; a ruined walk loses
        everything. Free reserve, calls and shortfalls are those after the first decision. The active error is
        the standard error of the mean active return.
        """
        whole = self.path_frame()
        path, outcomes = whole.iloc[1:], self.decisions_frame()["outcome"]
        net, reference = path["net_return"].to_numpy(), path["reference_return"].to_numpy()
        start, years = self.plan.problem.portfolio.nav_amount, len(path) / self.per_year
        return {
            "annual_return": _annual(self.periods[-1].nav / start, years),
            "annual_reference_return": _annual(self.periods[-1].reference_nav / start, years),
            "annual_volatility": _volatility(net, self.per_year),
            "annual_reference_volatility": _volatility(reference, self.per_year),
            "annual_active_risk": _volatility(net - reference, self.per_year),
            "annual_active_error": _volatility(net - reference, self.per_year) / max(years, 1e-9) ** 0.5,
            "reference_beta": _slope(net, reference),
            "maximum_drawdown": _drawdown([start, *whole["nav"]]),
            "maximum_reference_drawdown": _drawdown([start, *whole["reference_nav"]]),
            "largest_call_fraction": _largest(path["call_fraction"]),
            "least_free_fraction": -_largest(-path["free_fraction"]),
            "largest_forced_sale_fraction": _largest(path["forced_sale_fraction"]),
            "exhausted_count": float(path["exhausted"].sum()),
            "decision_count": float(len(outcomes)),
            "relaxed_count": float((outcomes == "relaxed").sum()),
            "held_count": float((outcomes == "held").sum()),
            "ruined": float(self.periods[-1].ruined),
        }

    def _dates(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex([item.date for item in self.periods], name="date")


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _largest(numbers: pd.Series[float]) -> float:
    return float(numbers.max()) if len(numbers) else 0.0


def _annual(growth: float, years: float) -> float:
    if growth <= 0.0:
        return -1.0
    return float(growth ** (1.0 / years) - 1.0) if years > 0.0 else 0.0


def _volatility(returns: FloatArray, per_year: int) -> float:
    return float(np.sqrt(per_year) * returns.std(ddof=1)) if len(returns) > 1 else 0.0


def _slope(net: FloatArray, reference: FloatArray) -> float:
    """Least-squares slope of the walk's returns on the reference's; 1 where these do not move."""
    away = reference - reference.mean() if len(reference) else reference
    moved = float(away @ away)
    return float(away @ net) / moved if moved > 0.0 else 1.0


def _drawdown(wealth: list[float]) -> float:
    return float(np.max(1.0 - np.array(wealth) / np.maximum.accumulate(wealth)))
