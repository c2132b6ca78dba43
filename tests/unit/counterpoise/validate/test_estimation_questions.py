"""Questions for risk models: drivers apart from sleeves, estimators with their needs, enough history."""

import copy
import dataclasses
import datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterpoise import validate, wire
from counterpoise.model import (
    Driver,
    DriverGroup,
    DriverUnit,
    EstimateRiskModelRequest,
    EvidenceRule,
    ExpectedReturn,
    ExponentialCovariance,
    FactorCovariance,
    Frequency,
    LedoitWolfCovariance,
    MissingReturns,
    ReturnBasis,
    RiskModelQuestion,
    SampleCovariance,
    StressPeriods,
    StressRegime,
    StressWindow,
    TurbulentPeriods,
    UniformStress,
    VolatilityFloor,
)
from counterpoise.schema import schema_for
from counterpoise.v1 import analysis_service_pb2
from tests import sample_estimation, sample_evidence
from tests.unit.counterpoise.validate.test_junk import JUNK, places

QUESTION = sample_estimation.question()
COLUMNS = "question.history.columns"
EQUITY, BONDS, COMMODITIES, TREND, CREDIT, CASH = range(6)


def violations(question):
    return validate.request_violations(EstimateRiskModelRequest(question=question))


def asked(**changes):
    return dataclasses.replace(QUESTION, **changes)


def told(question):
    return [(violation.field, violation.reason.name) for violation in violations(question)]


def found(**changes):
    return told(asked(**changes))


def message(question):
    (violation,) = violations(question)
    return violation.message


def form(**covariance):
    """The question with another estimator."""
    return asked(**{"ledoit_wolf": None, **covariance})


def changed(index, **changes):
    return sample_evidence.with_column(QUESTION, index, **changes)


def returns_of(index):
    return QUESTION.history.columns[index].returns.copy()


def dated(dates, **changes):
    return asked(history=dataclasses.replace(QUESTION.history, dates=tuple(dates), **changes))


def alone(question):
    """Drivers without sleeves and their floors."""
    return dataclasses.replace(question, sleeve_ids=(), volatility_floors=())


def windows(*spans):
    return StressRegime(
        periods=StressPeriods(
            windows=tuple(
                StressWindow(window_id=name, first_date=first, last_date=last) for name, first, last in spans
            )
        )
    )


def floor(name, *ids):
    return VolatilityFloor(volatility_floor_id=name, column_ids=ids, annual_volatility=0.1)


def test_a_sound_question_has_no_violation():
    assert found() == []
    assert validate.question_violations(QUESTION) == ()


def test_only_required_fields_are_enough():
    question = RiskModelQuestion(
        history=QUESTION.history,
        annual_risk_free_rate=0.02,
        drivers=QUESTION.drivers,
        cash_id="cash",
        sample=SampleCovariance(),
    )
    assert told(question) == []


# Drivers and sleeves


def test_drivers_are_columns_and_none_comes_twice():
    equity, bonds, commodities = QUESTION.drivers
    assert found(drivers=(equity, bonds, commodities, bonds)) == [
        ("question.drivers[3].driver_id", "ID_DUPLICATE")
    ]
    unknown = dataclasses.replace(commodities, driver_id="commodity")
    assert ("question.drivers[2].driver_id", "ID_UNKNOWN") in found(drivers=(equity, bonds, unknown))
    assert ("question.drivers", "FIELD_MISSING") in found(drivers=())


def test_a_driver_in_basis_points_is_refused():
    _, *others = QUESTION.drivers
    rate = Driver(
        driver_id="equity",
        unit=DriverUnit.BASIS_POINT,
        expected_return=ExpectedReturn(annual_basis_points=10),
    )
    assert found(drivers=(rate, *others)) == [("question.drivers[0].unit", "VALUE_MALFORMED")]
    assert "a history holds decimal returns" in message(asked(drivers=(rate, *others)))
    without = dataclasses.replace(rate, unit=None)
    assert found(drivers=(without, *others)) == [
        ("question.drivers[0].expected_return.annual_basis_points", "FIELDS_EXCLUSIVE")
    ]
    declared = dataclasses.replace(rate, unit=DriverUnit.RETURN, expected_return=others[0].expected_return)
    assert found(drivers=(declared, *others)) == []


def test_sleeves_are_columns_and_no_drivers():
    assert found(sleeve_ids=("trend", "trend"), volatility_floors=()) == [
        ("question.sleeve_ids[1]", "ID_DUPLICATE")
    ]
    assert found(sleeve_ids=("trend", "bond"), volatility_floors=()) == [
        ("question.sleeve_ids[1]", "ID_UNKNOWN")
    ]
    assert ("question.sleeve_ids[1]", "ID_DUPLICATE") in found(
        sleeve_ids=("trend", "bonds"), volatility_floors=()
    )


def test_cash_is_required_where_it_has_to_come_off():
    assert found(cash_id="") == [("question.cash_id", "FIELD_MISSING")]
    assert "cash is in the returns of bonds, trend, credit" in message(asked(cash_id=""))
    assert ("question.cash_id", "ID_DUPLICATE") in found(cash_id="bonds")
    over_cash = alone(asked(drivers=QUESTION.drivers[::2], driver_groups=(), cash_id=""))
    assert told(over_cash) == []


def test_groups_name_drivers():
    unknown = DriverGroup(driver_group_id="g", driver_ids=("equity", "trend"))
    assert found(driver_groups=(unknown,)) == [("question.driver_groups[0].driver_ids[1]", "ID_UNKNOWN")]
    twice = DriverGroup(driver_group_id="g", driver_ids=("equity", "equity"))
    assert found(driver_groups=(twice,)) == [("question.driver_groups[0].driver_ids[1]", "ID_DUPLICATE")]
    group = DriverGroup(driver_group_id="g", driver_ids=("equity",))
    assert found(driver_groups=(group, group)) == [
        ("question.driver_groups[1].driver_group_id", "ID_DUPLICATE")
    ]


# Estimators


def test_exactly_one_estimator_is_asked_for():
    assert told(form()) == [("question", "CHOICE_MISSING")]
    assert [
        reason for _, reason in told(form(sample=SampleCovariance(), ledoit_wolf=LedoitWolfCovariance()))
    ] == ["FIELDS_EXCLUSIVE"]


@pytest.mark.parametrize(("half_life", "good"), [(2, True), (10_000, True), (1.9, False), (10_001, False)])
def test_a_half_life_has_a_range(half_life, good):
    expected = [] if good else [("question.exponential.half_life_periods", "NUMBER_OUT_OF_RANGE")]
    assert told(form(exponential=ExponentialCovariance(half_life_periods=half_life))) == expected


@pytest.mark.parametrize(("count", "good"), [(1, True), (2, True), (3, False), (0, False), (51, False)])
def test_factors_are_fewer_than_drivers(count, good):
    expected = [] if good else [("question.factor.factor_count", "NUMBER_OUT_OF_RANGE")]
    assert told(form(factor=FactorCovariance(factor_count=count))) == expected


def test_pairs_are_for_the_sample_alone():
    pairwise = MissingReturns.PAIRWISE
    assert told(form(sample=SampleCovariance(), missing_returns=pairwise)) == []
    for other in (
        {"ledoit_wolf": LedoitWolfCovariance()},
        {"exponential": ExponentialCovariance(half_life_periods=12)},
        {"factor": FactorCovariance(factor_count=1)},
    ):
        assert told(form(missing_returns=pairwise, **other)) == [
            ("question.missing_returns", "FIELDS_EXCLUSIVE")
        ]


def test_settings_of_regressions_have_ranges_and_order():
    assert found(factor_lag_count=4) == [("question.factor_lag_count", "NUMBER_OUT_OF_RANGE")]
    assert found(annual_risk_free_rate=2.5) == [("question.annual_risk_free_rate", "NUMBER_OUT_OF_RANGE")]
    assert found(evidence_rule=EvidenceRule(charge_r_squared=0.9)) == [
        ("question.evidence_rule.charge_r_squared", "BOUNDS_CROSSED")
    ]


# Bad times


def test_windows_are_distinct_and_end_after_they_begin():
    first, last = datetime.date(2015, 1, 1), datetime.date(2017, 12, 31)
    assert found(stress_regime=windows(("a", first, last))) == []
    assert found(stress_regime=windows(("a", first, last), ("a", first, last))) == [
        ("question.stress_regime.periods.windows[1].window_id", "ID_DUPLICATE")
    ]
    assert found(stress_regime=windows(("a", last, first))) == [
        ("question.stress_regime.periods.windows[0].last_date", "BOUNDS_CROSSED")
    ]
    assert found(stress_regime=windows(("a", None, last))) == [
        ("question.stress_regime.periods.windows[0].first_date", "FIELD_MISSING")
    ]


@pytest.mark.parametrize(("months", "good"), [(12, True), (11, False), (108, True), (109, False)])
def test_windows_hold_and_leave_at_least_twelve_periods(months, good):
    first = datetime.date(2014, 1, 1)
    last = sample_evidence.month_ends(months, 2014)[-1]
    expected = [] if good else [("question.stress_regime.periods.windows", "HISTORY_TOO_SHORT")]
    assert found(stress_regime=windows(("a", first, last))) == expected


def test_a_window_counts_periods_with_a_return_of_every_driver():
    first, last = datetime.date(2014, 1, 1), datetime.date(2014, 12, 31)
    question = dataclasses.replace(
        changed(EQUITY, missing_periods=(3,)), stress_regime=windows(("a", first, last))
    )
    assert told(question) == [("question.stress_regime.periods.windows", "HISTORY_TOO_SHORT")]
    assert "11 stressed periods of 119 with a return of every driver" in message(question)


@pytest.mark.parametrize(("share", "good"), [(0.1, True), (11.01 / 120, True), (11 / 120, False)])
def test_a_share_of_turbulent_periods_is_at_least_twelve_of_them(share, good):
    regime = StressRegime(turbulent=TurbulentPeriods(share=share))
    expected = [] if good else [("question.stress_regime.turbulent.share", "HISTORY_TOO_SHORT")]
    assert found(stress_regime=regime) == expected


@pytest.mark.parametrize("share", [0.04, 0.51, 25])
def test_a_share_has_a_range(share):
    regime = StressRegime(turbulent=TurbulentPeriods(share=share))
    assert found(stress_regime=regime) == [("question.stress_regime.turbulent.share", "NUMBER_OUT_OF_RANGE")]


def test_more_drivers_want_more_stressed_periods():
    draw = np.random.default_rng(3)
    more = [
        sample_evidence.column(f"d{index}", draw.normal(0, 0.02, 120), ReturnBasis.EXCESS)
        for index in range(8)
    ]
    question = alone(
        asked(
            history=dataclasses.replace(QUESTION.history, columns=(*QUESTION.history.columns, *more)),
            drivers=(
                *QUESTION.drivers,
                *(
                    Driver(driver_id=column.column_id, expected_return=ExpectedReturn(annual_excess=0.02))
                    for column in more
                ),
            ),
            stress_regime=StressRegime(turbulent=TurbulentPeriods(share=0.1)),
        )
    )
    assert told(question) == [("question.stress_regime.turbulent.share", "HISTORY_TOO_SHORT")]
    assert (
        "12 stressed periods of 120 with a return of every driver, and 11 drivers want at least 13"
        in message(question)
    )


def test_growth_is_known_drivers():
    uniform = UniformStress(correlation=0.8, growth_driver_ids=("equity", "trend"))
    assert found(stress_regime=StressRegime(uniform=uniform)) == [
        ("question.stress_regime.uniform.growth_driver_ids[1]", "ID_UNKNOWN")
    ]
    known = dataclasses.replace(uniform, growth_driver_ids=("equity",))
    assert found(stress_regime=StressRegime(uniform=known)) == []
    assert found(stress_regime=StressRegime(uniform=dataclasses.replace(known, correlation=1.0))) == [
        ("question.stress_regime.uniform.correlation", "NUMBER_OUT_OF_RANGE")
    ]


def test_a_regime_is_exactly_one():
    assert [reason for _, reason in found(stress_regime=StressRegime())] == ["CHOICE_MISSING"]
    both = StressRegime(turbulent=TurbulentPeriods(share=0.2), uniform=UniformStress(correlation=0.5))
    assert [reason for _, reason in found(stress_regime=both)] == ["FIELDS_EXCLUSIVE"]


# Floors


def test_floors_name_drivers_and_sleeves_each_in_one_of_them():
    assert found(volatility_floors=(floor("a", "equity", "trend"),)) == []
    assert found(volatility_floors=(floor("a", "cash"),)) == [
        ("question.volatility_floors[0].column_ids[0]", "ID_UNKNOWN")
    ]
    assert "is no driver or sleeve of the question" in message(asked(volatility_floors=(floor("a", "cash"),)))
    assert found(volatility_floors=(floor("a", "equity", "equity"),)) == [
        ("question.volatility_floors[0].column_ids[1]", "ID_DUPLICATE")
    ]
    assert found(volatility_floors=(floor("a", "equity"), floor("b", "trend", "equity"))) == [
        ("question.volatility_floors[1].column_ids[1]", "ID_DUPLICATE")
    ]
    assert found(volatility_floors=(floor("a", "equity"), floor("a", "trend"))) == [
        ("question.volatility_floors[1].volatility_floor_id", "ID_DUPLICATE")
    ]


@pytest.mark.parametrize("volatility", [0.0, 3.5, 15])
def test_a_floor_has_a_range(volatility):
    odd = dataclasses.replace(floor("a", "equity"), annual_volatility=volatility)
    assert found(volatility_floors=(odd,)) == [
        ("question.volatility_floors[0].annual_volatility", "NUMBER_OUT_OF_RANGE")
    ]


# Histories


@pytest.mark.parametrize("months", [2, 23])
def test_few_months_are_too_short(months):
    question = sample_estimation.question(months)
    assert told(question) == [("question.history.dates", "HISTORY_TOO_SHORT")]
    assert f"{months} periods; 3 drivers want at least 24" in message(question)


def test_two_years_are_enough():
    assert told(dataclasses.replace(sample_estimation.question(24), stress_regime=None)) == []


def test_many_drivers_want_two_periods_more_than_they_are():
    draw = np.random.default_rng(3)
    names = tuple(f"d{index}" for index in range(30))
    more = [sample_evidence.column(name, draw.normal(0, 0.02, 32), ReturnBasis.EXCESS) for name in names]
    history = sample_estimation.history(32)

    def of(months):
        cut = [dataclasses.replace(column, returns=column.returns[:months]) for column in more]
        return RiskModelQuestion(
            history=dataclasses.replace(history, dates=history.dates[:months], columns=tuple(cut)),
            annual_risk_free_rate=0.02,
            drivers=tuple(
                Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=0.02)) for name in names
            ),
            ledoit_wolf=LedoitWolfCovariance(),
        )

    assert told(of(32)) == []
    assert told(of(31)) == [("question.history.dates", "HISTORY_TOO_SHORT")]


def test_common_periods_of_drivers_are_enough_or_pairs_may_count():
    early, late = tuple(range(60)), tuple(range(83, 120))
    question = alone(changed(EQUITY, missing_periods=early))
    question = sample_evidence.with_column(question, BONDS, missing_periods=late)
    assert told(question) == [(f"{COLUMNS}[0].returns", "HISTORY_TOO_SHORT")]
    assert "23 periods have a return of every driver over cash, and 3 drivers want at least 24" in message(
        question
    )
    assert "fewest returns has equity, 60" in message(question)
    pairwise = dataclasses.replace(
        question,
        missing_returns=MissingReturns.PAIRWISE,
        ledoit_wolf=None,
        sample=SampleCovariance(),
        stress_regime=None,
    )
    assert told(pairwise) == [(f"{COLUMNS}[0].returns", "HISTORY_TOO_SHORT")]
    assert "'equity' and 'bonds' have 23 periods in common" in message(pairwise)
    assert told(sample_evidence.with_column(pairwise, BONDS, missing_periods=late[1:])) == []


def test_pairs_without_enough_common_periods_have_no_regimes():
    question = form(sample=SampleCovariance(), missing_returns=MissingReturns.PAIRWISE)
    question = alone(
        dataclasses.replace(question, history=changed(EQUITY, missing_periods=tuple(range(90))).history)
    )
    assert told(question) == [("question.stress_regime.turbulent.share", "HISTORY_TOO_SHORT")]
    assert told(dataclasses.replace(question, stress_regime=None)) == []


def test_cash_that_is_missing_takes_periods_of_total_returns_away():
    question = alone(changed(CASH, missing_periods=tuple(range(97))))
    assert told(question) == [(f"{COLUMNS}[1].returns", "HISTORY_TOO_SHORT")]


def test_blocks_of_missing_returns_are_no_violation_while_enough_are_left():
    assert told(changed(COMMODITIES, missing_periods=tuple(range(20, 60)))) == []


@pytest.mark.parametrize("index", [EQUITY, BONDS])
def test_a_constant_driver_is_refused(index):
    assert told(changed(index, returns=np.full(120, 0.004))) == [
        (f"{COLUMNS}[{index}].returns", "SERIES_CONSTANT")
    ]


def test_a_driver_that_is_cash_never_moves_over_cash():
    question = changed(BONDS, returns=returns_of(CASH) + 0.001)
    assert told(question) == [(f"{COLUMNS}[1].returns", "SERIES_CONSTANT")]
    assert "over cash in 120 common periods" in message(question)


def test_a_constant_sleeve_is_refused():
    assert told(changed(TREND, returns=np.full(120, 0.004))) == [(f"{COLUMNS}[3].returns", "SERIES_CONSTANT")]


def test_drivers_that_others_make_up_are_refused_where_sleeves_are_regressed_on_them():
    question = changed(COMMODITIES, returns=2 * returns_of(EQUITY) + 0.001)
    assert told(question) == [(f"{COLUMNS}[2].returns", "SERIES_COLLINEAR")]
    assert told(alone(question)) == []


def test_a_young_sleeve_is_refused_and_named():
    question = changed(TREND, missing_periods=tuple(range(109)))
    assert told(question) == [(f"{COLUMNS}[3].returns", "HISTORY_TOO_SHORT")]
    assert "'trend' has 11 periods with all that its regression needs" in message(question)


def test_dates_are_in_order_and_of_the_frequency():
    dates = list(QUESTION.history.dates)
    assert told(dated(dates, frequency=Frequency.DAILY)) == [("question.history.dates", "DATES_UNORDERED")]
    dates[7] = dates[6]
    assert told(dated(dates)) == [("question.history.dates[7]", "DATES_UNORDERED")]


@pytest.mark.parametrize("index", [EQUITY, BONDS, TREND])
def test_percent_and_prices_are_refused(index):
    assert told(changed(index, returns=100 * returns_of(index))) == [
        (f"{COLUMNS}[{index}].returns", "NUMBER_OUT_OF_RANGE")
    ]
    prices = 100 * np.cumprod(1 + returns_of(index))
    assert told(changed(index, returns=prices)) == [(f"{COLUMNS}[{index}].returns", "NUMBER_OUT_OF_RANGE")]


def test_not_a_number_is_refused():
    returns = returns_of(BONDS)
    returns[3] = np.nan
    assert told(changed(BONDS, returns=returns)) == [(f"{COLUMNS}[1].returns[3]", "NUMBER_NOT_FINITE")]


# Junk, and the wire


SMALL = dataclasses.replace(
    sample_estimation.question(24),
    stress_regime=windows(("a", datetime.date(2014, 1, 1), datetime.date(2014, 12, 31))),
)


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_question_with_junk_in_it_is_judged(data):
    question = copy.deepcopy(SMALL)
    spots = places(question)
    for index in data.draw(st.lists(st.integers(0, len(spots) - 1), min_size=1, max_size=4)):
        holder, key = spots[index]
        holder[key] = data.draw(JUNK)
    request = EstimateRiskModelRequest(question=question)
    reported = validate.request_violations(request)
    for violation in reported:
        wire.to_message(violation, schema_for(type(violation)).message)
        assert violation.message
    if not reported:
        wire.to_message(request, analysis_service_pb2.EstimateRiskModelRequest)


def test_a_question_and_an_answer_survive_the_wire():
    request = EstimateRiskModelRequest(question=QUESTION, request_id="monday")
    sent = wire.to_message(request, analysis_service_pb2.EstimateRiskModelRequest).SerializeToString()
    assert wire.to_model(analysis_service_pb2.EstimateRiskModelRequest.FromString(sent)) == request
    answer = sample_estimation.response()
    sent = wire.to_message(answer, analysis_service_pb2.EstimateRiskModelResponse).SerializeToString()
    assert wire.to_model(analysis_service_pb2.EstimateRiskModelResponse.FromString(sent)) == answer


def test_every_window_holds_a_period_of_the_history():
    inside = ("a", datetime.date(2015, 1, 1), datetime.date(2017, 12, 31))
    outside = ("b", datetime.date(2007, 7, 1), datetime.date(2009, 3, 31))
    question = asked(stress_regime=windows(inside, outside))
    assert told(question) == [("question.stress_regime.periods.windows[1]", "NUMBER_OUT_OF_RANGE")]
    assert "the history goes from 2014-01-31 to 2023-12-31" in message(question)
    assert told(asked(stress_regime=windows(outside))) == [
        ("question.stress_regime.periods.windows[0]", "NUMBER_OUT_OF_RANGE")
    ]
