"""What must hold of the contracts that overlays trade in."""

from __future__ import annotations

from counterpoise.model import ErrorReason, Overlay
from counterpoise.validate.report import Place, Report, usable

_QUARTER_MONTHS = 3


def check_contract(overlay: Overlay, place: Place, report: Report) -> None:
    """A duration where DV01 is matched, DV01 of the next contract only there, and a quarterly contract."""
    contract = overlay.contract
    if not usable(contract):
        return
    at = (*place, "contract")
    if contract.dv01_amount is not None and overlay.duration_years is None:
        message = (
            "unset, but contract.dv01_amount is set, and only a duration turns DV01 into notional; "
            "write the years, or leave dv01_amount out to match notional"
        )
        report.add((*place, "duration_years"), ErrorReason.FIELD_MISSING, message)
    roll = contract.roll
    if not usable(roll):
        return
    if roll.next_dv01_amount is not None and contract.dv01_amount is None:
        message = (
            "the contract that is held has no dv01_amount, so that rolls match notional; leave it out, or "
            "write contract.dv01_amount, too"
        )
        report.add((*at, "roll", "next_dv01_amount"), ErrorReason.FIELDS_EXCLUSIVE, message)
    check_quarter(roll.contract_month, (*at, "roll", "contract_month"), report)


def check_quarter(month: int | None, place: Place, report: Report) -> None:
    """A month in which a quarterly contract ends."""
    if month is not None and usable(month) and report.sound(place) and month % _QUARTER_MONTHS:
        message = f"{month} is no month of a quarterly contract; write 3, 6, 9 or 12"
        report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, message)
