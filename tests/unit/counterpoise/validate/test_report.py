"""What violations say: their order, subjects and messages, and how many there are at most."""

import math

from counterpoise import validate
from counterpoise.model import (
    Driver,
    DriverValue,
    EntityRef,
    ErrorReason,
    FundedBeta,
    Line,
)

FEE = "portfolio.lines[0].funded_beta.annual_fee"


def test_violations_come_in_the_order_of_the_fields(broken):
    found = broken(
        "objective.maximize_utility.active_risk_aversion",
        0,
        "mandate.limits[3].upper",
        None,
        "portfolio.lines[1].overlay.margin_pool_id",
        "nobody",
        "portfolio.lines[0].minimum_fraction",
        2.0,
        "portfolio.nav_amount",
        -1,
        "market.driver_groups[0].driver_ids",
        ("equity", "nothing"),
        "market.annual_risk_free_rate",
        4,
    )
    assert [field for field, _ in found] == [
        "market.annual_risk_free_rate",
        "market.driver_groups[0].driver_ids[1]",
        "portfolio.nav_amount",
        "portfolio.lines[0].maximum_fraction",
        "portfolio.lines[1].overlay.margin_pool_id",
        "mandate.limits[3].upper",
        "objective.maximize_utility.active_risk_aversion",
    ]


def test_subjects_are_the_ids_on_the_way(problem, put):
    def subjects(path, value):
        (violation,) = validate.problem_violations(put(problem, path, value))
        return violation.subjects

    assert subjects(FEE, -1) == (EntityRef(line_id="fund"),)
    assert subjects("portfolio.lines[0].loadings[0].value", math.nan) == (
        EntityRef(line_id="fund"),
        EntityRef(driver_id="equity"),
    )
    assert subjects("portfolio.lines[4].reserve_tier.collateral_terms[0].haircut", -1) == (
        EntityRef(line_id="bills"),
        EntityRef(margin_pool_id="fcm"),
    )
    assert subjects("mandate.limits[3].lower", 0.0) == (EntityRef(limit_id="leverage"),)
    assert subjects("portfolio.line_groups[0].line_ids", ("neutral", "none")) == (
        EntityRef(line_group_id="alphas"),
    )
    assert subjects("market.driver_groups[0].driver_ids", ("none",)) == (EntityRef(driver_group_id="growth"),)
    assert subjects("portfolio.nav_amount", -1) == ()


def test_every_message_says_what_to_write(broken, problem, put):
    for path, value in [
        (FEE, None),
        (FEE, "x"),
        (FEE, 2),
        ("portfolio.lines", ()),
        ("portfolio.as_of_date", 3),
    ]:
        for violation in validate.problem_violations(put(problem, path, value)):
            assert "; " in violation.message


def test_more_violations_than_anyone_reads_end_with_saying_so(problem, put):
    line = Line(line_id="x y", annual_residual_volatility=-1.0, funded_beta=FundedBeta(annual_fee=-1.0))
    violations = validate.problem_violations(put(problem, "portfolio.lines", (line,) * 10_000))
    assert len(violations) == 10_001
    assert (violations[-1].field, violations[-1].reason) == ("", ErrorReason.TOO_MANY)


def test_long_values_are_cut_short_in_messages(problem, put):
    for path in (FEE, "portfolio.portfolio_id", "portfolio.lines[0].display_name"):
        value = "é" * 100_000 if path != "portfolio.lines[0].display_name" else ["x"] * 100_000
        (violation,) = validate.problem_violations(put(problem, path, value))
        assert len(violation.message) < 300


def test_driver_that_is_unusable_hides_no_other_fault(broken):
    found = broken(
        "market.drivers[2]",
        Driver(driver_id=None, expected_return=None),
        "portfolio.lines[0].loadings",
        (DriverValue(driver_id="nothing", value=1.0),),
    )
    assert ("market.drivers[2].driver_id", "FIELD_MISSING") in found
    assert ("market.drivers[2].expected_return", "FIELD_MISSING") in found
    assert ("portfolio.lines[0].loadings[0].driver_id", "ID_UNKNOWN") in found


def test_nothing_is_unknown_where_not_everything_could_be_read(broken):
    assert broken("market.drivers[2]", 3) == [("market.drivers[2]", "VALUE_MALFORMED")]
    assert broken("market.drivers", 3) == [("market.drivers", "VALUE_MALFORMED")]
    assert broken("portfolio.lines", None) == [("portfolio.lines", "FIELD_MISSING")]


def test_malformed_id_is_no_subject(problem, put):
    changed = put(
        put(problem, "portfolio.lines[2].line_id", "a b"), "portfolio.lines[2].current_fraction", math.nan
    )
    found = {violation.field: violation.subjects for violation in validate.problem_violations(changed)}
    assert found["portfolio.lines[2].current_fraction"] == ()
