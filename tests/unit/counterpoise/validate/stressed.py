"""Valid problems in which things go wrong: scenarios, samples, a stressed regime, and money by when."""

import dataclasses
import datetime

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    AlphaBasis,
    AlphaSleeve,
    CashFlow,
    CollateralTerms,
    ConditionalValueAtRiskMeasure,
    CorrelationRegime,
    CorrelationRepair,
    CreditLine,
    Driver,
    DriverShock,
    DriverUnit,
    DriverValue,
    ExpectedAlpha,
    ExpectedReturn,
    FactorEvidence,
    FundedBeta,
    IlliquidShareMeasure,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    Line,
    LineShock,
    LineValue,
    LiquidityCoverageMeasure,
    LiquidityPoint,
    Mandate,
    MarginMultiplier,
    MarginPool,
    MarketModel,
    MaximizeNetReturn,
    MissingShockRule,
    Objective,
    OutrightMargin,
    Overlay,
    RectangularMatrix,
    ReserveTier,
    ReturnSample,
    RiskMargin,
    RiskMeasure,
    RiskModel,
    RiskStatistic,
    ScanMargin,
    ScanScenario,
    Scenario,
    ScenarioLossMeasure,
    ScenarioScope,
    ScenarioSource,
    StressedCorrelation,
    SymmetricMatrix,
    TotalPortfolio,
    UnfundedAccount,
    UniformStress,
    VolatilityCorrelation,
)

DRIVERS = ("equity", "rate", "credit")


def of_lines(**values):
    """Values by line."""
    return tuple(LineValue(line_id=name, value=value) for name, value in values.items())


def of_drivers(**values):
    """Values by driver."""
    return tuple(DriverValue(driver_id=name, value=value) for name, value in values.items())


def points(**shares):
    """Liquidity by horizon: `points(d5=0.5)`."""
    return tuple(
        LiquidityPoint(horizon_trading_days=int(days[1:]), available_share=share)
        for days, share in shares.items()
    )


def matrix(*lower_triangle, axis_ids=DRIVERS):
    """A symmetric matrix over the drivers."""
    return SymmetricMatrix(axis_ids=axis_ids, lower_triangle=np.array(lower_triangle, dtype=float))


def _market():
    return MarketModel(
        annual_risk_free_rate=0.03,
        drivers=(
            Driver(driver_id="equity", expected_return=ExpectedReturn(annual_excess=0.04)),
            Driver(
                driver_id="rate",
                expected_return=ExpectedReturn(annual_basis_points=0.0),
                unit=DriverUnit.BASIS_POINT,
            ),
            Driver(driver_id="credit", expected_return=ExpectedReturn(annual_excess=0.01)),
        ),
        risk_model=RiskModel(
            repair=CorrelationRepair.REFUSE,
            stressed_correlation=StressedCorrelation(
                uniform=UniformStress(correlation=0.8, growth_driver_ids=("equity", "credit"))
            ),
            volatility_correlation=VolatilityCorrelation(
                annual_volatilities=of_drivers(equity=0.16, rate=90.0, credit=0.05),
                correlation=matrix(1, 0.2, 1, 0.5, 0.1, 1),
            ),
        ),
    )


def _overlay(line_id, pool, loadings, rate=None):
    return Line(
        line_id=line_id,
        loadings=loadings,
        annual_residual_volatility=0.0,
        current_fraction=0.1,
        overlay=Overlay(
            margin_pool_id=pool,
            initial_margin_rate=rate,
            annual_financing_spread=0.003,
            annual_roll_cost=0.0,
        ),
    )


def _sleeve(line_id, liquidity=(), account=None):
    return Line(
        line_id=line_id,
        annual_residual_volatility=0.06,
        current_fraction=0.1,
        liquidity=liquidity,
        alpha_sleeve=AlphaSleeve(
            expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=0.02)),
            evidence=FactorEvidence(r_squared=0.1, observation_count=60),
            unfunded_account=account,
        ),
    )


def _lines():
    """Numbers in the tests are indexes of these."""
    collateral = tuple(CollateralTerms(margin_pool_id=name, haircut=0.0) for name in ("fcm", "ccp", "dealer"))
    return (
        Line(  # 0
            line_id="fund",
            loadings=of_drivers(equity=1.0),
            annual_residual_volatility=0.0,
            current_fraction=0.6,
            liquidity=points(d2=0.5, d5=1.0),
            funded_beta=FundedBeta(annual_fee=0.001),
        ),
        _overlay("future", "fcm", of_drivers(equity=1.0), rate=0.05),  # 1
        _overlay("swap", "ccp", of_drivers(rate=-0.0008)),  # 2
        _overlay("forward", "dealer", of_drivers(rate=-0.0004)),  # 3
        _sleeve("macro", liquidity=points(d63=0.25, d95=1.0)),  # 4
        _sleeve("account", account=UnfundedAccount(margin_pool_id="ccp")),  # 5
        Line(  # 6
            line_id="cash",
            annual_residual_volatility=0.0,
            current_fraction=0.3,
            reserve_tier=ReserveTier(
                annual_cash_drag=0.0,
                cash_equivalent=True,
                variation_margin_eligible=True,
                collateral_terms=collateral,
            ),
        ),
        Line(  # 7
            line_id="revolver",
            annual_residual_volatility=0.0,
            current_fraction=0.0,
            liquidity=points(d5=1.0),
            credit_line=CreditLine(committed_amount=10e6, annual_borrowing_spread=0.01),
        ),
    )


def _scan(scan_id, **returns):
    return ScanScenario(scan_scenario_id=scan_id, returns=of_lines(**returns))


def _pools():
    scans = (_scan("up", swap=0.02, account=0.1), _scan("down", swap=-0.02, account=-0.1))
    return (
        MarginPool(margin_pool_id="fcm", outright=OutrightMargin()),
        MarginPool(margin_pool_id="ccp", scan=ScanMargin(scan_scenarios=scans)),
        MarginPool(
            margin_pool_id="dealer", risk=RiskMargin(volatility_multiple=2.5, margin_period_trading_days=10)
        ),
    )


def _scenarios():
    return (
        Scenario(
            scenario_id="crash",
            source=ScenarioSource(library_id="history", library_version="1", entry_id="crash"),
            missing_shock_rule=MissingShockRule.REFUSE,
            driver_shocks=(
                DriverShock(driver_id="equity", shock=-0.3, horizon_trading_days=20),
                DriverShock(driver_id="equity", shock=-0.4, horizon_trading_days=63),
                DriverShock(driver_id="rate", shock=-150.0),
            ),
            line_shocks=(LineShock(line_id="macro", shock=-0.1),),
            margin_multipliers=(
                MarginMultiplier(margin_pool_id="ccp", multiplier=2.0),
                MarginMultiplier(line_id="future", multiplier=1.5),
            ),
            gated_shares=of_lines(macro=0.75, revolver=0.5),
            haircut_add_ons=of_lines(fund=0.01),
        ),
        Scenario(
            scenario_id="squeeze",
            missing_shock_rule=MissingShockRule.REGRESS,
            driver_shocks=(DriverShock(driver_id="rate", shock=200.0),),
        ),
        Scenario(scenario_id="calls", missing_shock_rule=MissingShockRule.UNCHANGED),
    )


def _limits():
    every = ScenarioScope(all_scenarios=True)
    stressed = CorrelationRegime.STRESSED
    relative = RiskStatistic.RELATIVE_VALUE_AT_RISK
    gaussian = RiskStatistic.GAUSSIAN_VALUE_AT_RISK
    return (
        Limit(
            limit_id="leverage",
            upper=1.5,
            leverage=LeverageMeasure(
                definition=LeverageDefinition.GROSS_NOTIONAL,
                scenarios=ScenarioScope(base=True, all_scenarios=True),
            ),
        ),
        Limit(
            limit_id="loss",
            lower=-0.5,
            upper=0.35,
            scenario_loss=ScenarioLossMeasure(scenarios=ScenarioScope(scenario_ids=("crash",))),
        ),
        Limit(
            limit_id="tail",
            upper=0.3,
            conditional_value_at_risk=ConditionalValueAtRiskMeasure(return_sample_id="years", confidence=0.9),
        ),
        Limit(
            limit_id="coverage",
            lower=0.0,
            liquidity_coverage=LiquidityCoverageMeasure(
                scenarios=every, horizon_trading_days=(1, 20, 63), need_multiple=1.2
            ),
        ),
        Limit(
            limit_id="illiquid",
            upper=0.4,
            illiquid_share=IlliquidShareMeasure(
                horizon_trading_days=63, scenarios=ScenarioScope(base=True, scenario_ids=("crash",))
            ),
        ),
        Limit(limit_id="relative", upper=1.6, risk=RiskMeasure(statistic=relative, regime=stressed)),
        Limit(
            limit_id="money",
            upper=0.2,
            risk=RiskMeasure(statistic=gaussian, confidence=0.99, horizon_trading_days=20),
        ),
    )


def stressed_problem():
    """Scenarios of every rule, pools of every method, and limits under them."""
    outcomes = np.array([[0.1, -20.0, 0.02], [-0.2, 50.0, -0.05], [0.05, 0.0, 0.01], [-1.0, 3e3, -0.3]])
    return AllocationProblem(
        market=_market(),
        portfolio=TotalPortfolio(
            portfolio_id="pension",
            as_of_date=datetime.date(2025, 11, 28),
            base_currency_code="USD",
            nav_amount=300e6,
            lines=_lines(),
            margin_pools=_pools(),
            cash_flows=(
                CashFlow(horizon_trading_days=20, outflow_amount=1e6),
                CashFlow(horizon_trading_days=63, outflow_amount=-2e6),
            ),
        ),
        mandate=Mandate(
            mandate_id="policy", reference_exposures=of_drivers(equity=0.6, rate=-0.0003), limits=_limits()
        ),
        objective=Objective(maximize_net_return=MaximizeNetReturn()),
        scenarios=_scenarios(),
        return_samples=(
            ReturnSample(
                return_sample_id="years",
                outcomes=RectangularMatrix(
                    row_ids=("2005", "2006", "2007", "2008"), column_ids=DRIVERS, values=outcomes.ravel()
                ),
            ),
        ),
    )


def correlated_problem():
    """The same with a correlation of its own for the stressed regime, which has to be repaired."""
    problem = stressed_problem()
    risk_model = dataclasses.replace(
        problem.market.risk_model,
        repair=CorrelationRepair.CLIP_EIGENVALUES,
        stressed_correlation=StressedCorrelation(correlation=matrix(1, -0.9, 1, 0.9, 0.9, 1)),
    )
    return dataclasses.replace(problem, market=dataclasses.replace(problem.market, risk_model=risk_model))
