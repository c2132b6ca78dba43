"""The sample total portfolio under three scenarios: the problem, and answers of all three calls."""

from __future__ import annotations

from dataclasses import replace

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    CashFlow,
    ConditionalValueAtRiskMeasure,
    CorrelationRegime,
    DriverShock,
    EntityRef,
    IlliquidShareMeasure,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LimitKey,
    LimitReport,
    Line,
    LineShock,
    LineValue,
    LiquidityCoverageMeasure,
    LiquidityPoint,
    MarginMultiplier,
    MeasureLiquidityResponse,
    MissingShockRule,
    RectangularMatrix,
    ReserveReport,
    ReturnSample,
    RiskFigure,
    RiskMeasure,
    RiskReport,
    RiskStatistic,
    Scenario,
    ScenarioLossMeasure,
    ScenarioScope,
    ScenarioSource,
    StressedCorrelation,
    StressPortfolioResponse,
    UniformStress,
    Unit,
    Warning,
    WarningCode,
)
from tests import sample_total, sample_total_problem
from tests.sample_answers import PROVENANCE
from tests.sample_stress_measures import Book
from tests.sample_total_problem import NAV

HORIZONS = (1, 5, 20, 63)
POSTED = {("cash", "clearing-a"): 0.005, ("cash", "clearing-b"): 0.0085}
NEED_MULTIPLE = 1.2
_LIQUIDITY = {
    "equity-fund": ((5, 0.05), (20, 0.5), (63, 1.0)),
    "bond-fund": ((5, 0.05), (20, 1.0)),
    "multi-strategy": ((63, 0.25), (95, 1.0)),
    "macro": ((20, 1.0),),
    "neutral": ((20, 0.5), (63, 1.0)),
}

SCENARIOS = (
    Scenario(
        scenario_id="rates-up",
        display_name="Rates up 200 bp",
        driver_shocks=(DriverShock(driver_id="rate_10y", shock=200.0, horizon_trading_days=63),),
        missing_shock_rule=MissingShockRule.REGRESS,
        margin_multipliers=(MarginMultiplier(line_id="bond-futures", multiplier=1.5),),
    ),
    Scenario(
        scenario_id="crash",
        display_name="Equity crash",
        source=ScenarioSource(library_id="history", library_version="2025.1", entry_id="gfc-2008"),
        driver_shocks=(
            DriverShock(driver_id="equity", shock=-0.3),
            DriverShock(driver_id="rate_10y", shock=-50.0),
            DriverShock(driver_id="ig_spread", shock=200.0),
        ),
        line_shocks=(LineShock(line_id="multi-strategy", shock=-0.05),),
        missing_shock_rule=MissingShockRule.REFUSE,
        margin_multipliers=(MarginMultiplier(margin_pool_id="clearing-a", multiplier=1.8),),
        gated_shares=(LineValue(line_id="multi-strategy", value=0.5),),
        haircut_add_ons=(LineValue(line_id="bond-fund", value=0.03),),
    ),
    Scenario(
        scenario_id="rally",
        driver_shocks=(DriverShock(driver_id="equity", shock=0.1, horizon_trading_days=20),),
        missing_shock_rule=MissingShockRule.UNCHANGED,
    ),
)


def problem() -> AllocationProblem:
    """The sample total portfolio with scenarios, liquidity of lines, outflows and limits under stress."""
    given = sample_total_problem.problem()
    uniform = UniformStress(correlation=0.8, growth_driver_ids=("equity",))
    risk_model = replace(given.market.risk_model, stressed_correlation=StressedCorrelation(uniform=uniform))
    portfolio = replace(
        given.portfolio,
        lines=tuple(_liquid(line) for line in given.portfolio.lines),
        cash_flows=(CashFlow(horizon_trading_days=20, outflow_amount=0.01 * NAV),),
    )
    sample = RectangularMatrix(
        row_ids=("1", "2"), column_ids=("equity", "rate_10y", "ig_spread"), values=(-0.1, 5, 20, 0.1, 0, -5)
    )
    return replace(
        given,
        market=replace(given.market, risk_model=risk_model),
        portfolio=portfolio,
        mandate=replace(given.mandate, limits=(*given.mandate.limits, *_stress_limits())),
        scenarios=SCENARIOS,
        return_samples=(ReturnSample(return_sample_id="history", outcomes=sample),),
    )


def book() -> Book:
    """The positions of the sample answer."""
    return Book(problem(), {item.line_id: item.fraction for item in sample_total.answer().positions}, POSTED)


def answer() -> Allocation:
    """The sample answer with every part about scenarios."""
    given, held = sample_total.answer(), book()
    reserve = given.reserve or ReserveReport()
    return replace(
        given,
        leverage_figures=tuple(figure for item in (None, *SCENARIOS) for figure in held.leverage(item)),
        pool_margins=tuple(margin for item in (None, *SCENARIOS) for margin in held.pool_margins(item)),
        reserve=replace(reserve, coverage_figures=_coverage(held)),
        stresses=tuple(held.stress(item, HORIZONS) for item in SCENARIOS),
        risk=replace(given.risk or RiskReport(), figures=_figures()),
        limits=given.limits + _reports(held),
        warnings=given.warnings + _warnings(),
    )


def stress_response() -> StressPortfolioResponse:
    """The measured stress of the same positions, as if they were held today; limits without prices."""
    given = answer()
    limits = tuple(
        replace(limit, lower_shadow_price=None, upper_shadow_price=None)
        for limit in given.limits
        if limit.key.limit_id is not None
    )
    return StressPortfolioResponse(
        stresses=given.stresses,
        leverage_figures=given.leverage_figures,
        pool_margins=given.pool_margins,
        risk=given.risk,
        limits=limits,
        warnings=_warnings(),
        provenance=PROVENANCE,
    )


def liquidity_response() -> MeasureLiquidityResponse:
    """The measured liquidity of the same positions."""
    given = answer()
    return MeasureLiquidityResponse(
        reserve=given.reserve,
        stresses=given.stresses,
        pool_margins=given.pool_margins,
        warnings=_warnings(),
        provenance=PROVENANCE,
    )


def _liquid(line: Line) -> Line:
    points = tuple(
        LiquidityPoint(horizon_trading_days=day, available_share=share)
        for day, share in _LIQUIDITY.get(line.line_id, ())
    )
    return replace(line, liquidity=points)


def _stress_limits() -> tuple[Limit, ...]:
    everywhere = ScenarioScope(all_scenarios=True)
    gross = LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL, scenarios=everywhere)
    return (
        Limit(limit_id="gross-after", display_name="Gross leverage after stress", upper=1.3, leverage=gross),
        Limit(
            limit_id="coverage",
            display_name="Liquidity coverage",
            lower=0.0,
            liquidity_coverage=LiquidityCoverageMeasure(
                scenarios=ScenarioScope(base=True, all_scenarios=True),
                horizon_trading_days=HORIZONS,
                need_multiple=NEED_MULTIPLE,
            ),
        ),
        Limit(
            limit_id="loss",
            display_name="Loss limit",
            upper=0.25,
            scenario_loss=ScenarioLossMeasure(scenarios=ScenarioScope(scenario_ids=("crash",))),
        ),
        Limit(
            limit_id="tail",
            upper=0.1,
            conditional_value_at_risk=ConditionalValueAtRiskMeasure(
                return_sample_id="history", confidence=0.95
            ),
        ),
        Limit(
            limit_id="illiquid",
            display_name="Illiquid share",
            upper=0.6,
            illiquid_share=IlliquidShareMeasure(horizon_trading_days=20, scenarios=everywhere),
        ),
        Limit(
            limit_id="relative",
            display_name="Relative value-at-risk",
            upper=2.0,
            risk=RiskMeasure(statistic=RiskStatistic.RELATIVE_VALUE_AT_RISK),
        ),
        Limit(
            limit_id="stressed-risk",
            display_name="Risk in bad times",
            upper=0.15,
            risk=RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY, regime=CorrelationRegime.STRESSED),
        ),
    )


def _coverage(held: Book) -> tuple:
    return tuple(held.coverage(item, day) for item in (None, *SCENARIOS) for day in HORIZONS)


def _figures() -> tuple[RiskFigure, ...]:
    total, active = RiskStatistic.TOTAL_VOLATILITY, RiskStatistic.ACTIVE_VOLATILITY
    stressed = CorrelationRegime.STRESSED
    return (
        RiskFigure(statistic=total, annual_volatility=0.101),
        RiskFigure(statistic=active, annual_volatility=0.0135),
        RiskFigure(statistic=total, annual_volatility=0.123, regime=stressed),
        RiskFigure(statistic=active, annual_volatility=0.031, regime=stressed),
    )


def _reports(held: Book) -> tuple[LimitReport, ...]:
    """Every member of the limits under stress; the crash binds coverage at one day, at a price."""
    reports = []
    for figure in (figure for item in SCENARIOS for figure in held.leverage(item)[:1]):
        key = LimitKey(limit_id="gross-after", scenario_id=figure.scenario_id)
        reports.append(_capped(key, figure.value, 1.3, Unit.RATIO))
    for figure in _coverage(held):
        day, value = (
            figure.horizon_trading_days,
            figure.source_fraction - NEED_MULTIPLE * figure.need_fraction,
        )
        reports.append(_floored(figure.scenario_id, day, value))
        if day == 1:
            # The sample is drawn so that cash just pays the day once; a need multiple is for the horizons.
            value = figure.same_day_cash_fraction - figure.variation_margin_fraction
            reports.append(_floored(figure.scenario_id, 0, value))
    (loss,) = (held.stress(item, HORIZONS).loss_fraction for item in SCENARIOS if item.scenario_id == "crash")
    reports += [
        _capped(LimitKey(limit_id="loss", scenario_id="crash"), loss, 0.25),
        _capped(LimitKey(limit_id="tail"), 0.062, 0.1),
        _capped(
            LimitKey(limit_id="illiquid", scenario_id="crash", horizon_trading_days=20),
            0.401,
            0.6,
            Unit.RATIO,
        ),
        _capped(LimitKey(limit_id="relative"), 1.04, 2.0, Unit.RATIO),
        _capped(LimitKey(limit_id="stressed-risk"), 0.123, 0.15, Unit.ANNUAL_RATE),
    ]
    return tuple(reports)


def _capped(key: LimitKey, value: float, upper: float, unit: Unit = Unit.NAV_FRACTION) -> LimitReport:
    return LimitReport(
        key=key, value=value, unit=unit, upper=upper, upper_slack=upper - value, upper_shadow_price=0.0
    )


def _floored(scenario_id: str, day: int, value: float) -> LimitReport:
    """Coverage at a horizon; where money is short, as if the limit were soft."""
    return LimitReport(
        key=LimitKey(limit_id="coverage", scenario_id=scenario_id, horizon_trading_days=day),
        value=value,
        unit=Unit.NAV_FRACTION,
        lower=0.0,
        lower_slack=value,
        lower_shadow_price=0.0,
        violation=max(-value, 0.0),
        priority=1 if value < 0 else 0,
    )


def _warnings() -> tuple[Warning, ...]:
    return (
        Warning(
            code=WarningCode.COVERAGE_SHORT,
            message="under crash more money is asked for than there is within 1 trading days",
            subjects=(EntityRef(scenario_id="crash"),),
        ),
        Warning(
            code=WarningCode.SHOCK_REGRESSED,
            message="rates-up has no shock for 2 drivers: their moves are regressed on those that it has",
            subjects=(
                EntityRef(scenario_id="rates-up"),
                EntityRef(driver_id="equity"),
                EntityRef(driver_id="ig_spread"),
            ),
        ),
    )
