"""A pension that carries equity and bond futures and alpha sleeves, and histories to walk it through."""

import datetime

import numpy as np

from counterpoise.backtest import WalkForwardPlan
from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    AlphaBasis,
    AlphaSleeve,
    CollateralTerms,
    CorrelationRepair,
    Driver,
    DriverScope,
    DriverShock,
    DriverValue,
    ExpectedAlpha,
    ExpectedReturn,
    ExposureMeasure,
    FactorEvidence,
    Frequency,
    FundedBeta,
    LedoitWolfCovariance,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    Line,
    LineKind,
    LineScope,
    LiquidityCoverageMeasure,
    Mandate,
    MarginMultiplier,
    MarginPool,
    MarketModel,
    MaximizeNetReturn,
    MissingShockRule,
    Objective,
    OutrightMargin,
    Overlay,
    PositionMeasure,
    ReserveMeasure,
    ReserveTier,
    ReturnBasis,
    ReturnColumn,
    ReturnHistory,
    RiskMeasure,
    RiskModel,
    RiskModelQuestion,
    RiskStatistic,
    Scenario,
    ScenarioScope,
    SoftLimit,
    SymmetricMatrix,
    TotalPortfolio,
    TradingCost,
    VolatilityCorrelation,
)

NAV = 1e9
PREMIA = {"equity": 0.045, "bonds": 0.01}
REFERENCE = {"equity": 0.6, "bonds": 0.4}
MARGIN_RATES = {"equity-future": 0.06, "bond-future": 0.015}
RESERVE_RATE = 0.08
"""Of overlay notional: below the 10 to 15 % of practice, which monthly data seldom exhaust."""
EVERYTHING = LineScope(all_lines=True)


def month_ends(count, year=2000):
    """Last days of so many months from January of a year on."""
    start = np.datetime64(f"{year}-01", "M") + np.arange(1, count + 1)
    return tuple((start.astype("datetime64[D]") - 1).tolist())


def column(name, returns, basis=ReturnBasis.EXCESS):
    """A column; what is not a number is missing."""
    known = ~np.isnan(returns)
    missing = tuple(np.flatnonzero(~known).tolist())
    return ReturnColumn(
        column_id=name, basis=basis, returns=np.where(known, returns, 0.0), missing_periods=missing
    )


def histories(excess, cash, dates):
    """A monthly history of returns over cash, and of cash."""
    columns = [column(name, np.asarray(returns, dtype=float)) for name, returns in excess.items()]
    return ReturnHistory(
        frequency=Frequency.MONTHLY,
        dates=dates,
        columns=(*columns, column("cash", np.asarray(cash, dtype=float), ReturnBasis.TOTAL)),
    )


def simulated(months=84, seed=3):
    """Seven years: equity, bonds, two sleeves of which `clone` is mostly equity, and cash."""
    draw = np.random.default_rng(seed)
    equity = draw.normal(0.004, 0.042, months)
    bonds = -0.1 * equity + draw.normal(0.001, 0.015, months)
    excess = {
        "equity": equity,
        "bonds": bonds,
        "skill": 0.1 * equity + draw.normal(0.004, 0.013, months),
        "clone": 0.7 * equity + draw.normal(0.0, 0.008, months),
    }
    return histories(excess, 0.002 + 0.0004 * np.sin(np.arange(months) / 7), month_ends(months))


def drivers():
    """Equity and bonds with stated premia."""
    return tuple(
        Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=premium))
        for name, premium in PREMIA.items()
    )


def funded(name, driver, **terms):
    """A fund that is its driver."""
    return Line(
        line_id=name,
        loadings=(DriverValue(driver_id=driver, value=1.0),),
        annual_residual_volatility=0.0,
        trading_cost=TradingCost(linear_rate=0.0005),
        funded_beta=FundedBeta(annual_fee=0.0006),
        **terms,
    )


def future(name, driver):
    """A future that is its driver, from none to 60 % of NAV."""
    return Line(
        line_id=name,
        loadings=(DriverValue(driver_id=driver, value=1.0),),
        annual_residual_volatility=0.0,
        minimum_fraction=0.0,
        maximum_fraction=0.6,
        trading_cost=TradingCost(linear_rate=0.0001),
        overlay=Overlay(
            margin_pool_id="clearing",
            initial_margin_rate=MARGIN_RATES[name],
            annual_financing_spread=0.003,
            annual_roll_cost=0.0005,
        ),
    )


def sleeve(name, most=0.12):
    """An alpha sleeve whose numbers every decision replaces."""
    return Line(
        line_id=name,
        annual_residual_volatility=0.05,
        maximum_fraction=most,
        trading_cost=TradingCost(linear_rate=0.001),
        alpha_sleeve=AlphaSleeve(
            expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=0.01)),
            evidence=FactorEvidence(r_squared=0.2, observation_count=60),
        ),
    )


def bills():
    """Treasury bills: the whole reserve."""
    return Line(
        line_id="bills",
        annual_residual_volatility=0.0,
        reserve_tier=ReserveTier(
            annual_cash_drag=0.0,
            cash_equivalent=True,
            variation_margin_eligible=True,
            collateral_terms=(CollateralTerms(margin_pool_id="clearing", haircut=0.005),),
        ),
    )


def shocked(name, equity, bonds):
    """Both drivers move at once and margins double."""
    return Scenario(
        scenario_id=name,
        driver_shocks=(
            DriverShock(driver_id="equity", shock=equity),
            DriverShock(driver_id="bonds", shock=bonds),
        ),
        margin_multipliers=(MarginMultiplier(margin_pool_id="clearing", multiplier=2.0),),
        missing_shock_rule=MissingShockRule.UNCHANGED,
    )


def bad_times():
    """A crash of equity, and one of bonds: round numbers, worse than any month or quarter of the tests."""
    return (shocked("crash", -0.35, 0.0), shocked("rates", -0.1, -0.12))


def limits(coverage=True):
    """Gross leverage, exposures, risk of the sleeves, and cash for the worst day."""
    exposure = ExposureMeasure(
        drivers=DriverScope(all_drivers=True),
        aggregation=Aggregation.EACH,
        lines=EVERYTHING,
        relative_to_reference=True,
    )
    sleeves = LineScope(kinds=(LineKind.ALPHA_SLEEVE,))
    stated = [
        Limit(
            limit_id="gross-cap",
            upper=1.5,
            leverage=LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL),
        ),
        Limit(
            limit_id="reserve",
            lower=0.0,
            reserve=ReserveMeasure(default_rate=RESERVE_RATE, posted_margin_counts=True),
        ),
        Limit(limit_id="beta", lower=-0.02, upper=0.02, exposure=exposure),
        Limit(
            limit_id="sleeves",
            upper=0.4,
            soft=SoftLimit(priority=2),
            position=PositionMeasure(lines=sleeves, aggregation=Aggregation.SUM),
        ),
        Limit(
            limit_id="active-risk",
            upper=0.05,
            soft=SoftLimit(priority=2),
            risk=RiskMeasure(statistic=RiskStatistic.ACTIVE_VOLATILITY),
        ),
    ]
    measure = LiquidityCoverageMeasure(
        scenarios=ScenarioScope(base=True, all_scenarios=True), horizon_trading_days=(1, 20)
    )
    if coverage:
        stated.append(Limit(limit_id="coverage", lower=0.0, liquidity_coverage=measure))
    return tuple(stated)


def problem(sleeve_ids=("skill", "clone"), *, coverage=True, sleeve_cap=0.12):
    """The mandate: reference exposures, and as much net return as the limits leave."""
    correlation = SymmetricMatrix(axis_ids=tuple(PREMIA), lower_triangle=np.array([1.0, -0.1, 1.0]))
    volatilities = tuple(DriverValue(driver_id=name, value=0.1) for name in PREMIA)
    return AllocationProblem(
        market=MarketModel(
            annual_risk_free_rate=0.02,
            drivers=drivers(),
            risk_model=RiskModel(
                repair=CorrelationRepair.REFUSE,
                volatility_correlation=VolatilityCorrelation(
                    annual_volatilities=volatilities, correlation=correlation
                ),
            ),
        ),
        portfolio=TotalPortfolio(
            portfolio_id="pension",
            as_of_date=datetime.date(2000, 1, 31),
            base_currency_code="USD",
            nav_amount=NAV,
            lines=(
                funded("equity-fund", "equity"),
                funded("bond-fund", "bonds"),
                future("equity-future", "equity"),
                future("bond-future", "bonds"),
                *(sleeve(name, sleeve_cap) for name in sleeve_ids),
                bills(),
            ),
            margin_pools=(MarginPool(margin_pool_id="clearing", outright=OutrightMargin()),),
        ),
        mandate=Mandate(
            mandate_id="walked",
            reference_exposures=tuple(
                DriverValue(driver_id=name, value=share) for name, share in REFERENCE.items()
            ),
            limits=limits(coverage),
        ),
        objective=Objective(maximize_net_return=MaximizeNetReturn(), holding_period_years=1.0),
        scenarios=bad_times(),
    )


def estimation(history, sleeve_ids=("skill", "clone"), **terms):
    """The question for the risk model over a whole history."""
    return RiskModelQuestion(
        history=history,
        annual_risk_free_rate=0.02,
        drivers=drivers(),
        sleeve_ids=sleeve_ids,
        cash_id="cash",
        **(terms or {"ledoit_wolf": LedoitWolfCovariance()}),
    )


def plan(history=None, sleeve_ids=("skill", "clone"), *, coverage=True, **terms):
    """A walk through the simulated history, or another one."""
    history = history or simulated()
    terms = {"window_period_count": 60, **terms}
    return WalkForwardPlan(
        problem=problem(sleeve_ids, coverage=coverage), estimation=estimation(history, sleeve_ids), **terms
    )
