"""Alpha sleeves: their account, the fees that their alpha is before or after, and their evidence."""

from __future__ import annotations

import datetime

from counterpoise.model import AlphaSleeve, ErrorReason, ExpectedAlpha, FeeTerms
from counterpoise.validate.names import Names
from counterpoise.validate.pools import check_margin_rate
from counterpoise.validate.report import Place, Report, usable


def check_sleeve(
    sleeve: AlphaSleeve, as_of_date: datetime.date, names: Names, place: Place, report: Report
) -> None:
    """What a sleeve refers to, and what its alpha asks for."""
    account = sleeve.unfunded_account
    if usable(account):
        check_margin_rate(account, names, (*place, "unfunded_account"), report)
    if sleeve.fees is not None or sleeve.expected_alpha.gross_of_fees is not None:
        _check_fees(sleeve.fees, sleeve.expected_alpha, (*place, "fees"), report)
    last = sleeve.evidence.last_observation_date
    if last is not None:
        check_past(last, as_of_date, (*place, "evidence", "last_observation_date"), report)


def _check_fees(fees: FeeTerms | None, alpha: ExpectedAlpha, place: Place, report: Report) -> None:
    """Fees where alpha is before them, and nowhere else; and what a performance fee counts over."""
    if fees is None:
        if usable(alpha.gross_of_fees) and alpha.net_of_fees is None:
            message = "unset, but alpha is gross of fees; write what is charged, or declare net_of_fees"
            report.add(place, ErrorReason.FIELD_MISSING, message)
        return
    if usable(fees) and usable(alpha.net_of_fees) and alpha.gross_of_fees is None:
        message = "alpha is net of fees, which are charged already; leave them out, or declare gross_of_fees"
        report.add(place, ErrorReason.FIELDS_EXCLUSIVE, message)
    check_hurdle(fees, place, report)


def check_hurdle(fees: FeeTerms, place: Place, report: Report) -> None:
    """A performance fee says what gains are counted over."""
    if usable(fees.performance_fee_rate) and fees.performance_fee_rate > 0 and fees.hurdle is None:
        message = (
            "unset, but there is a performance fee; write ZERO where the manager shares every gain, "
            "CASH where gains count over the risk-free rate"
        )
        report.add((*place, "hurdle"), ErrorReason.ENUM_VALUE_INVALID, message)


def check_past(day: datetime.date, as_of_date: datetime.date, place: Place, report: Report) -> None:
    """A day on which something was known is not after the day of the marks."""
    if usable(day) and usable(as_of_date) and day > as_of_date:
        message = f"{day} is after as_of_date {as_of_date}; write that day or an earlier one"
        report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, message)
