"""The state of a total portfolio: lines of all kinds, margin pools, groups.

Numbers are fractions of net asset value (NAV) unless the name ends in `_amount` (base currency);
rates, fees, spreads and volatilities are annual decimals.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import IntEnum

from counterpoise.model.common import DriverValue, LineKind, RectangularMatrix
from counterpoise.model.pools import MarginPool

_BASIS_POINTS = 10_000.0


class FeeHurdle(IntEnum):
    """What a performance fee counts gains over."""

    ZERO = 1
    CASH = 2


@dataclass(frozen=True, kw_only=True)
class TradingCost:
    """Cost of changing a position by t, once: linear_rate |t| + impact_coefficient |t|^1.5."""

    linear_rate: float
    impact_coefficient: float | None = None


@dataclass(frozen=True, kw_only=True)
class FundedBeta:
    """Physical passive exposure; capital 1 per unit."""

    annual_fee: float


class RollAnchor(IntEnum):
    """The day of a contract month that its roll counts back from."""

    FIRST_OF_MONTH = 1
    THIRD_FRIDAY = 2


@dataclass(frozen=True, kw_only=True)
class RollTerms:
    """The quarterly contract that is held, and its roll into the next of H, M, U and Z."""

    contract_year: int
    contract_month: int
    anchor: RollAnchor
    weekdays_before: int
    next_price: float | None = None
    next_dv01_amount: float | None = None


@dataclass(frozen=True, kw_only=True)
class ContractTerms:
    """What one contract is; amounts are base currency, prices points."""

    point_value_amount: float
    price: float
    dv01_amount: float | None = None
    symbol: str = ""
    roll: RollTerms | None = None


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """Futures, swap or forward; capital 0 per unit, margin from the reserve; may be short."""

    margin_pool_id: str
    initial_margin_rate: float | None = None
    annual_financing_spread: float
    annual_roll_cost: float
    leverage_weight: float | None = None
    physical_line_id: str = ""
    annual_short_financing_spread: float | None = None
    contract: ContractTerms | None = None
    duration_years: float | None = None

    @property
    def contract_amount(self) -> float | None:
        """Notional that one contract stands for, base currency: by DV01 where it is matched, else by price.

        dv01_amount * 10,000 / duration_years, or price * point_value_amount; None without contract terms.
        """
        if self.contract is None:
            return None
        if self.contract.dv01_amount is not None and self.duration_years is not None:
            return self.contract.dv01_amount * _BASIS_POINTS / self.duration_years
        return self.contract.price * self.contract.point_value_amount


@dataclass(frozen=True, kw_only=True)
class AlphaBasis:
    """An annual alpha; the field that is set declares what it is over. Exactly one is set."""

    annual_total: float | None = None
    annual_over_cash: float | None = None
    annual_over_beta: float | None = None

    def over_beta(self, annual_risk_free_rate: float, annual_beta_return: float) -> float:
        """The intercept: over cash and over the return of the loadings, mu'B, annual decimal."""
        if self.annual_over_beta is not None:
            return self.annual_over_beta
        if self.annual_over_cash is not None:
            return self.annual_over_cash - annual_beta_return
        if self.annual_total is None:
            raise ValueError("alpha: set annual_total, annual_over_cash or annual_over_beta")
        return self.annual_total - annual_risk_free_rate - annual_beta_return


@dataclass(frozen=True, kw_only=True)
class ExpectedAlpha:
    """Expected alpha, with its fee basis declared by the field that is set. Exactly one is set."""

    net_of_fees: AlphaBasis | None = None
    gross_of_fees: AlphaBasis | None = None

    @property
    def basis(self) -> AlphaBasis:
        """The alpha that is declared, whichever its fee basis."""
        basis = self.net_of_fees if self.net_of_fees is not None else self.gross_of_fees
        if basis is None:
            raise ValueError("alpha: set net_of_fees or gross_of_fees")
        return basis


@dataclass(frozen=True, kw_only=True)
class FeeTerms:
    """What the manager of a sleeve charges; the performance fee is the expected one."""

    annual_management_fee: float
    performance_fee_rate: float
    hurdle: FeeHurdle | None = None


@dataclass(frozen=True, kw_only=True)
class FactorEvidence:
    """The factor regression behind an alpha, on desmoothed returns; observations are months."""

    r_squared: float
    observation_count: int
    last_observation_date: datetime.date | None = None


@dataclass(frozen=True, kw_only=True)
class UnfundedAccount:
    """Makes a sleeve unfunded: no capital, margin instead."""

    margin_pool_id: str
    initial_margin_rate: float | None = None


@dataclass(frozen=True, kw_only=True)
class AlphaSleeve:
    """A strategy paid for returns beyond its betas; its loadings always count."""

    expected_alpha: ExpectedAlpha
    evidence: FactorEvidence
    unfunded_account: UnfundedAccount | None = None
    look_through_leverage: float | None = None
    capacity_amount: float | None = None
    fees: FeeTerms | None = None
    annual_alpha_error: float | None = None
    redeemable_fraction: float | None = None


@dataclass(frozen=True, kw_only=True)
class CollateralTerms:
    """How one pool takes one reserve tier as initial margin."""

    margin_pool_id: str
    haircut: float
    maximum_margin_share: float | None = None


@dataclass(frozen=True, kw_only=True)
class ReserveTier:
    """Cash, bills or notes; capital 1 per unit; may be posted as margin."""

    annual_cash_drag: float
    cash_equivalent: bool
    variation_margin_eligible: bool
    collateral_terms: tuple[CollateralTerms, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CreditLine:
    """Committed borrowing; capital -1 per unit drawn."""

    committed_amount: float
    annual_borrowing_spread: float


@dataclass(frozen=True, kw_only=True)
class LiquidityPoint:
    """What share of a position is money within a horizon."""

    horizon_trading_days: int
    available_share: float


@dataclass(frozen=True, kw_only=True)
class Line:
    """One decision: a position as a fraction of NAV. Exactly one of the last five fields is set."""

    line_id: str
    display_name: str = ""
    loadings: tuple[DriverValue, ...] = ()
    annual_residual_volatility: float
    current_fraction: float | None = None
    minimum_fraction: float | None = None
    maximum_fraction: float | None = None
    underlying_id: str = ""
    trading_cost: TradingCost | None = None
    counterparty_id: str = ""
    valuation_date: datetime.date | None = None
    liquidity: tuple[LiquidityPoint, ...] = ()
    funded_beta: FundedBeta | None = None
    overlay: Overlay | None = None
    alpha_sleeve: AlphaSleeve | None = None
    reserve_tier: ReserveTier | None = None
    credit_line: CreditLine | None = None

    @property
    def kind(self) -> LineKind:
        """What the line is, from the field that is set."""
        if self.funded_beta is not None:
            return LineKind.FUNDED_BETA
        if self.overlay is not None:
            return LineKind.OVERLAY
        if self.alpha_sleeve is not None:
            return LineKind.ALPHA_SLEEVE
        if self.reserve_tier is not None:
            return LineKind.RESERVE_TIER
        if self.credit_line is not None:
            return LineKind.CREDIT_LINE
        raise ValueError(
            f"line {self.line_id}: set one of funded_beta, overlay, alpha_sleeve, reserve_tier, credit_line"
        )

    @property
    def unfunded(self) -> UnfundedAccount | None:
        """The account of an unfunded sleeve, else None."""
        return self.alpha_sleeve.unfunded_account if self.alpha_sleeve is not None else None

    @property
    def margin_pool_id(self) -> str:
        """The pool that margins the line; empty for lines without margin."""
        if self.overlay is not None:
            return self.overlay.margin_pool_id
        return self.unfunded.margin_pool_id if self.unfunded is not None else ""

    @property
    def initial_margin_rate(self) -> float | None:
        """Initial margin as a fraction of absolute notional; None where there is none or no rate."""
        if self.overlay is not None:
            return self.overlay.initial_margin_rate
        return self.unfunded.initial_margin_rate if self.unfunded is not None else None

    def available_share(self, trading_days: int) -> float:
        """What of the position is money within a horizon; of a credit line, what of the undrawn part."""
        if self.margin_pool_id:
            return 0.0
        if not self.liquidity:
            return 1.0 if self.reserve_tier is not None and trading_days >= 1 else 0.0
        reached = (item for item in self.liquidity if item.horizon_trading_days <= trading_days)
        return max((item.available_share for item in reached), default=0.0)

    @property
    def first_money_trading_days(self) -> int | None:
        """From when on some of the position is money; None where nothing is."""
        if not self.liquidity and self.reserve_tier is not None:
            return 1
        return next(
            (item.horizon_trading_days for item in self.liquidity if item.available_share > 0.0), None
        )

    @property
    def capital_per_unit(self) -> float:
        """Capital that one unit of position uses: 1, 0 for overlays and accounts, -1 for credit."""
        if self.credit_line is not None:
            return -1.0
        return 0.0 if self.margin_pool_id else 1.0


@dataclass(frozen=True, kw_only=True)
class Counterparty:
    """A legal entity that the portfolio faces."""

    counterparty_id: str
    display_name: str = ""


@dataclass(frozen=True, kw_only=True)
class CashFlow:
    """A known need: base-currency outflow from the as-of date until a horizon; negative is an inflow."""

    horizon_trading_days: int
    outflow_amount: float


@dataclass(frozen=True, kw_only=True)
class LineGroup:
    """A named set of lines."""

    line_group_id: str
    line_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TotalPortfolio:
    """The state of a total portfolio."""

    portfolio_id: str
    as_of_date: datetime.date
    base_currency_code: str
    nav_amount: float
    lines: tuple[Line, ...]
    loading_matrix: RectangularMatrix | None = None
    margin_pools: tuple[MarginPool, ...] = ()
    line_groups: tuple[LineGroup, ...] = ()
    counterparties: tuple[Counterparty, ...] = ()
    cash_flows: tuple[CashFlow, ...] = ()

    @property
    def line_ids(self) -> tuple[str, ...]:
        """Ids of the lines, in order."""
        return tuple(line.line_id for line in self.lines)

    def counterparty_ids_of_lines(self) -> tuple[str, ...]:
        """Whom each line faces: its own counterparty, else that of its margin pool, else empty."""
        of_pool = {pool.margin_pool_id: pool.counterparty_id for pool in self.margin_pools}
        return tuple(line.counterparty_id or of_pool.get(line.margin_pool_id, "") for line in self.lines)

    def outflow_fraction(self, trading_days: int) -> float:
        """Known outflows from the as-of date until a horizon, NAV fraction; negative is an inflow."""
        amount = 0.0
        for flow in self.cash_flows:
            if flow.horizon_trading_days <= trading_days:
                amount = flow.outflow_amount
        return amount / self.nav_amount
