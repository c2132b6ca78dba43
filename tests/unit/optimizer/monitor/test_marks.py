"""Marks on a small portfolio: every number is worked out by hand."""

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from counterpoise import files
from counterpoise.model import (
    AllocationProblem,
    CollateralTerms,
    ContractTerms,
    CreditLine,
    Driver,
    DriverValue,
    EntityRef,
    ExpectedReturn,
    FundedBeta,
    Line,
    LineMark,
    Mandate,
    MarginPool,
    MarketModel,
    Marks,
    MaximizeNetReturn,
    Objective,
    OutrightMargin,
    Overlay,
    ReserveTier,
    RiskModel,
    SymmetricMatrix,
    TotalPortfolio,
    VolatilityCorrelation,
)
from counterpoise.validate import problem_violations
from optimizer.monitor import apply_marks, marks_violations

FRIDAY = datetime.date(2025, 11, 28)
MONDAY = datetime.date(2025, 12, 1)
TUESDAY = datetime.date(2025, 12, 2)
NAV = 100e6

FUTURE, BOND, SWAP, FUND, CASH, LOAN = range(6)


def overlay(**terms):
    defaults = {
        "margin_pool_id": "fcm", "initial_margin_rate": 0.05,
        "annual_financing_spread": 0.004, "annual_roll_cost": 0.0,
    }  # fmt: skip
    return Overlay(**defaults | terms)


def line(name, fraction, **kind):
    return Line(line_id=name, annual_residual_volatility=0.01, current_fraction=fraction, **kind)


EQUITY_CONTRACT = ContractTerms(point_value_amount=50.0, price=5_000.0)
"""250,000 a contract."""
BOND_CONTRACT = ContractTerms(point_value_amount=1_000.0, price=110.0, dv01_amount=65.0)
"""65 a basis point over 6.5 years: 100,000 a contract, whatever the price."""
LINES = (
    line("future", 0.25, overlay=overlay(contract=EQUITY_CONTRACT)),
    line("bond", -0.1, overlay=overlay(contract=BOND_CONTRACT, duration_years=6.5)),
    line("swap", 0.2, overlay=overlay(annual_short_financing_spread=0.001)),
    line("fund", 0.7, funded_beta=FundedBeta(annual_fee=0.0)),
    line(
        "cash",
        0.32,
        reserve_tier=ReserveTier(
            annual_cash_drag=0.0,
            cash_equivalent=True,
            variation_margin_eligible=True,
            collateral_terms=(CollateralTerms(margin_pool_id="fcm", haircut=0.0),),
        ),
    ),
    line("loan", 0.02, credit_line=CreditLine(committed_amount=5e6, annual_borrowing_spread=0.01)),
)


@pytest.fixture
def problem():
    return AllocationProblem(
        market=MarketModel(
            annual_risk_free_rate=0.04,
            drivers=(Driver(driver_id="equity", expected_return=ExpectedReturn(annual_excess=0.04)),),
            risk_model=RiskModel(
                volatility_correlation=VolatilityCorrelation(
                    annual_volatilities=(DriverValue(driver_id="equity", value=0.16),),
                    correlation=SymmetricMatrix(axis_ids=("equity",), lower_triangle=(1.0,)),
                )
            ),
        ),
        portfolio=TotalPortfolio(
            portfolio_id="fund",
            as_of_date=FRIDAY,
            base_currency_code="USD",
            nav_amount=NAV,
            lines=LINES,
            margin_pools=(MarginPool(margin_pool_id="fcm", outright=OutrightMargin()),),
        ),
        mandate=Mandate(mandate_id="policy", reference_exposures=(), limits=()),
        objective=Objective(maximize_net_return=MaximizeNetReturn()),
    )


def marks(*line_marks, day=MONDAY, nav=NAV, rate=None):
    return Marks(as_of_date=day, nav_amount=nav, line_marks=line_marks, annual_risk_free_rate=rate)


def fractions(problem):
    return [one.current_fraction for one in problem.portfolio.lines]


def test_without_marks_the_problem_is_the_same(problem):
    assert apply_marks(problem, ()) is problem


def test_day_nav_and_rate_are_those_of_the_last_marks_that_say_them(problem):
    first = marks(LineMark(line_id="cash", market_value_amount=32e6), rate=0.045)
    last = marks(LineMark(line_id="cash", market_value_amount=32e6), day=TUESDAY, nav=101e6)
    after = apply_marks(problem, (first, last))
    assert (after.portfolio.as_of_date, after.portfolio.nav_amount) == (TUESDAY, 101e6)
    assert after.market.annual_risk_free_rate == 0.045
    assert replace(after.market, annual_risk_free_rate=0.04) == problem.market


def test_every_kind_of_holding_is_a_fraction_of_the_new_nav(problem):
    after = apply_marks(
        problem,
        [
            marks(
                LineMark(line_id="future", contract_count=120, price=5_500.0),
                LineMark(line_id="bond", contract_count=-200, price=111.0, dv01_amount=58.5),
                LineMark(line_id="swap", market_value_amount=22e6),
                LineMark(line_id="fund", unit_count=700_000.0, price=110.0),
                LineMark(line_id="cash", market_value_amount=30e6),
                LineMark(line_id="loan", market_value_amount=1e6),
                nav=110e6,
            )
        ],
    )
    # 120 * 5,500 * 50, -200 * 58.50 * 10,000 / 6.5, 22e6, 700,000 * 110, ...
    amounts = [33e6, -18e6, 22e6, 77e6, 30e6, 1e6]
    assert fractions(after) == pytest.approx([amount / 110e6 for amount in amounts], rel=1e-14)
    assert after.portfolio.lines[FUTURE].overlay.contract.price == 5_500.0
    assert after.portfolio.lines[BOND].overlay.contract.dv01_amount == 58.5
    assert problem_violations(after) == ()


def test_contracts_keep_their_count_when_the_price_moves(problem):
    after = apply_marks(problem, [marks(LineMark(line_id="future", price=5_100.0), nav=102e6)])
    # 100 contracts of 255,000.
    assert fractions(after)[FUTURE] == pytest.approx(100 * 255_000 / 102e6, rel=1e-14)


def test_contracts_that_match_dv01_are_worth_their_dv01(problem):
    price_alone = apply_marks(problem, [marks(LineMark(line_id="bond", price=90.0))])
    assert fractions(price_alone)[BOND] == pytest.approx(-0.1, rel=1e-14)
    # 100 contracts short, of 52 * 10,000 / 6.5 = 80,000 each.
    dv01 = apply_marks(problem, [marks(LineMark(line_id="bond", price=90.0, dv01_amount=52.0))])
    assert fractions(dv01)[BOND] == pytest.approx(-0.08, rel=1e-14)


def test_market_values_drift_with_the_price_over_the_one_before(problem):
    first = marks(LineMark(line_id="fund", market_value_amount=70e6, price=80.0))
    second = marks(LineMark(line_id="fund", price=84.0), day=TUESDAY)
    third = marks(LineMark(line_id="fund", price=100.0), day=TUESDAY)
    assert fractions(apply_marks(problem, [first, second]))[FUND] == pytest.approx(0.7 * 1.05, rel=1e-14)
    assert fractions(apply_marks(problem, [first, second, third]))[FUND] == pytest.approx(0.875, rel=1e-14)


def test_units_keep_their_number(problem):
    first = marks(LineMark(line_id="fund", unit_count=1_000_000.0, price=70.0))
    second = marks(LineMark(line_id="fund", price=63.0), day=TUESDAY, nav=90e6)
    assert fractions(apply_marks(problem, [first, second]))[FUND] == pytest.approx(0.7, rel=1e-14)


def test_a_count_of_zero_is_nothing_held(problem):
    after = apply_marks(
        problem,
        [
            marks(
                LineMark(line_id="future", contract_count=0, price=5_000.0),
                LineMark(line_id="fund", unit_count=0.0, price=1.0),
                LineMark(line_id="cash", market_value_amount=0.0),
            )
        ],
    )
    assert [fractions(after)[index] for index in (FUTURE, FUND, CASH)] == [0.0, 0.0, 0.0]


def test_a_line_without_a_mark_keeps_its_amount_and_its_day(problem):
    after = apply_marks(problem, [marks(LineMark(line_id="cash", market_value_amount=57e6), nav=125e6)])
    # 70e6 over 125e6, and so on.
    expected = [0.25 / 1.25, -0.1 / 1.25, 0.2 / 1.25, 0.7 / 1.25, 57 / 125, 0.02 / 1.25]
    assert fractions(after) == pytest.approx(expected, rel=1e-14)
    days = [one.valuation_date for one in after.portfolio.lines]
    assert days == [FRIDAY, FRIDAY, FRIDAY, FRIDAY, MONDAY, FRIDAY]


def test_the_day_of_a_price_may_be_before_the_marks(problem):
    after = apply_marks(
        problem, [marks(LineMark(line_id="fund", market_value_amount=1.0, valuation_date=FRIDAY))]
    )
    assert after.portfolio.lines[FUND].valuation_date == FRIDAY


def test_the_latest_mark_of_a_line_wins_and_others_stay(problem):
    first = marks(
        LineMark(line_id="cash", market_value_amount=10e6), LineMark(line_id="fund", market_value_amount=50e6)
    )
    second = marks(LineMark(line_id="cash", market_value_amount=20e6), day=TUESDAY, nav=80e6)
    after = apply_marks(problem, [first, second])
    assert fractions(after)[CASH] == pytest.approx(20 / 80)
    assert fractions(after)[FUND] == pytest.approx(50 / 80)
    assert after.portfolio.lines[FUND].valuation_date == MONDAY
    assert after.portfolio.lines[CASH].valuation_date == TUESDAY


@pytest.mark.parametrize("index", [FUTURE, BOND])
def test_so_many_contracts_need_so_many_times_their_margin(problem, index):
    name = LINES[index].line_id
    price = LINES[index].overlay.contract.price
    mark = LineMark(line_id=name, contract_count=-37, price=price, initial_margin_amount=2_145.0)
    after = apply_marks(problem, [marks(mark)])
    marked_line = after.portfolio.lines[index]
    margin = marked_line.overlay.initial_margin_rate * abs(marked_line.current_fraction) * NAV
    assert margin == pytest.approx(37 * 2_145.0, rel=1e-14)


def test_margin_and_basis_stay_where_nothing_new_is_said(problem):
    first = marks(
        LineMark(
            line_id="future", price=5_000.0, initial_margin_amount=20_000.0, annual_financing_spread=0.006
        )
    )
    second = marks(LineMark(line_id="future", price=4_000.0), day=TUESDAY)
    after = apply_marks(problem, [first, second]).portfolio.lines[FUTURE].overlay
    assert after.initial_margin_rate == pytest.approx(0.08, rel=1e-14)
    assert after.annual_financing_spread == 0.006


def test_marks_of_lines_that_are_gone_are_passed_over(problem):
    after = apply_marks(problem, [marks(LineMark(line_id="sold", market_value_amount=1e6))])
    assert fractions(after) == fractions(problem)


# Whether marks fit


def found(problem, *line_marks, day=MONDAY, today=MONDAY, before=()):
    violations = marks_violations(marks(*line_marks, day=day), problem, today, before)
    assert all(violation.message for violation in violations)
    return [(violation.field, violation.reason.name) for violation in violations]


GOOD = (
    LineMark(
        line_id="future",
        contract_count=3,
        price=5_000.0,
        initial_margin_amount=250_000.0,
        annual_financing_spread=-0.01,
    ),
    LineMark(line_id="bond", price=110.0, dv01_amount=64.0),
    LineMark(line_id="swap", market_value_amount=-3e6, annual_financing_spread=0.001),
    LineMark(line_id="fund", unit_count=3.0, price=1.0),
)


def test_marks_that_fit_have_no_violation(problem):
    assert found(problem, *GOOD) == []
    assert problem_violations(apply_marks(problem, [marks(*GOOD)])) == ()


def test_marks_of_tomorrow_are_refused(problem):
    assert found(problem, day=TUESDAY) == [("marks.as_of_date", "NUMBER_OUT_OF_RANGE")]
    assert found(problem, day=TUESDAY, today=TUESDAY) == []


def test_a_line_that_the_problem_lacks_is_unknown(problem):
    violations = marks_violations(marks(*GOOD, LineMark(line_id="x", price=1.0)), problem, MONDAY)
    assert [(one.field, one.reason.name) for one in violations] == [
        ("marks.line_marks[4].line_id", "ID_UNKNOWN")
    ]
    assert violations[0].subjects == (EntityRef(line_id="x"),)


@pytest.mark.parametrize(
    ("mark", "field", "reason"),
    [
        (LineMark(line_id="future", price=1.0, unit_count=3.0), "unit_count", "FIELDS_EXCLUSIVE"),
        (LineMark(line_id="bond", market_value_amount=3.0), "market_value_amount", "FIELDS_EXCLUSIVE"),
        (LineMark(line_id="swap", price=1.0, contract_count=3), "contract_count", "FIELDS_EXCLUSIVE"),
        (LineMark(line_id="fund", price=1.0, contract_count=3), "contract_count", "FIELDS_EXCLUSIVE"),
        (LineMark(line_id="future", price=1.0, dv01_amount=3.0), "dv01_amount", "FIELDS_EXCLUSIVE"),
        (
            LineMark(line_id="cash", market_value_amount=1.0, dv01_amount=3.0),
            "dv01_amount",
            "FIELDS_EXCLUSIVE",
        ),
        (
            LineMark(line_id="swap", market_value_amount=1.0, initial_margin_amount=3.0),
            "initial_margin_amount",
            "FIELDS_EXCLUSIVE",
        ),
        (
            LineMark(line_id="loan", market_value_amount=1.0, annual_financing_spread=0.0),
            "annual_financing_spread",
            "FIELDS_EXCLUSIVE",
        ),
        (
            LineMark(line_id="future", price=5_000.0, initial_margin_amount=250_001.0),
            "initial_margin_amount",
            "NUMBER_OUT_OF_RANGE",
        ),
        (
            LineMark(line_id="swap", market_value_amount=1.0, annual_financing_spread=0.0009),
            "annual_financing_spread",
            "BOUNDS_CROSSED",
        ),
        (LineMark(line_id="fund", price=1.0), "market_value_amount", "FIELD_MISSING"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.line_id,
)
def test_what_means_nothing_for_a_line_is_refused(problem, mark, field, reason):
    assert found(problem, mark) == [(f"marks.line_marks[0].{field}", reason)]


def test_margin_of_a_pool_that_scans_is_refused(problem):
    scanned = replace(LINES[FUTURE], overlay=replace(LINES[FUTURE].overlay, initial_margin_rate=None))
    portfolio = replace(problem.portfolio, lines=(scanned, *LINES[1:]))
    mark = LineMark(line_id="future", price=5_000.0, initial_margin_amount=20_000.0)
    assert found(replace(problem, portfolio=portfolio), mark) == [
        ("marks.line_marks[0].initial_margin_amount", "FIELDS_EXCLUSIVE")
    ]
    after = apply_marks(replace(problem, portfolio=portfolio), [marks(mark)])
    assert after.portfolio.lines[FUTURE].overlay.initial_margin_rate is None


def test_a_drift_needs_the_price_that_came_with_the_holding(problem):
    drift = LineMark(line_id="fund", price=84.0)
    missing = [("marks.line_marks[0].market_value_amount", "FIELD_MISSING")]
    priced = marks(LineMark(line_id="fund", market_value_amount=70e6, price=80.0))
    unpriced = marks(LineMark(line_id="fund", market_value_amount=71e6))
    nothing = marks(LineMark(line_id="fund", market_value_amount=0.0))
    assert found(problem, drift, before=[priced]) == []
    assert found(problem, drift, before=[priced, unpriced]) == missing
    assert found(problem, drift, before=[unpriced, priced]) == []
    # Nothing held stays nothing.
    assert found(problem, drift, before=[nothing]) == []


def test_the_example_file_of_marks_fits_its_portfolio_and_sums_to_its_nav():
    examples = Path(__file__).parents[4] / "clients" / "python" / "examples"
    problem = AllocationProblem.from_yaml(examples / "total_portfolio.yaml")
    recorded = files.read_marks(examples / "marks.yaml")
    assert marks_violations(recorded, problem, recorded.as_of_date) == ()
    marked = apply_marks(problem, [recorded]).portfolio
    total = sum(line.capital_per_unit * line.current_fraction for line in marked.lines)
    assert total == pytest.approx(1.0, abs=1e-9)
