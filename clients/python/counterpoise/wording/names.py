"""Names of everything in a problem, and what its limits measure."""

from __future__ import annotations

from counterpoise.model import (
    AllocationProblem,
    CounterpartyExposure,
    CounterpartyMeasure,
    EntityRef,
    ExposureMeasure,
    FactorNeutralityMeasure,
    LeverageMeasure,
    Limit,
    LimitKey,
    Measure,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
    StructuralRule,
    TurnoverMeasure,
)
from counterpoise.wording.words import STRUCTURAL_RULES, say

_MEASURES: dict[type[Measure], str] = {
    PositionMeasure: "position",
    ExposureMeasure: "exposure",
    ReferenceBetaMeasure: "beta",
    LeverageMeasure: "leverage",
    RiskMeasure: "volatility",
    ReserveMeasure: "reserve",
    FactorNeutralityMeasure: "exposure",
    TurnoverMeasure: "turnover",
}
_AT_STAKE = {
    CounterpartyExposure.POSTED_MARGIN: "posted margin",
    CounterpartyExposure.GROSS_POSITION: "gross position",
}


class Names:
    """Display names of everything in a problem, ids where there are none."""

    def __init__(self, problem: AllocationProblem) -> None:
        portfolio = problem.portfolio
        self._lines = {line.line_id: line.display_name for line in portfolio.lines}
        self._drivers = {driver.driver_id: driver.display_name for driver in problem.market.drivers}
        self._counterparties = {item.counterparty_id: item.display_name for item in portfolio.counterparties}
        self._limits = {limit.limit_id: limit for limit in problem.mandate.limits}

    def line(self, line_id: str) -> str:
        """Name of a line."""
        return self._lines.get(line_id) or line_id

    def driver(self, driver_id: str) -> str:
        """Name of a driver."""
        return self._drivers.get(driver_id) or driver_id

    def counterparty(self, counterparty_id: str) -> str:
        """Name of a counterparty."""
        return self._counterparties.get(counterparty_id) or counterparty_id

    def member(self, member_id: str) -> str:
        """Name of whatever a limit has as a member: a line, a driver or a counterparty."""
        named = (self._lines, self._drivers, self._counterparties)
        return next((names[member_id] for names in named if names.get(member_id)), member_id)

    def of(self, subject: EntityRef) -> tuple[str, str] | None:
        """Id and name of a line, driver, limit or counterparty; None of what has no names."""
        limit = self._limits.get(subject.limit_id or "")
        named = (
            (subject.line_id, self._lines.get(subject.line_id or "")),
            (subject.driver_id, self._drivers.get(subject.driver_id or "")),
            (subject.counterparty_id, self._counterparties.get(subject.counterparty_id or "")),
            (subject.limit_id, limit.display_name if limit is not None else ""),
        )
        return next(((key, name) for key, name in named if key and name), None)

    def stated(self, key: LimitKey) -> Limit | None:
        """The limit of the mandate that a key speaks of; None for rules that nobody states."""
        return self._limits.get(key.limit_id or "")

    def limit(self, key: LimitKey) -> str:
        """Name of a constraint, with the member that it is about."""
        line = self.line(key.line_id)
        collateral = {
            StructuralRule.COLLATERAL_COVER: f"Collateral at {key.margin_pool_id}",
            StructuralRule.COLLATERAL_SUPPLY: f"{line} to post as margin",
            StructuralRule.COLLATERAL_SHARE: f"{line} in the collateral at {key.margin_pool_id}",
        }
        if key.structural_rule in collateral:
            return collateral[key.structural_rule]
        if key.limit_id is not None:
            limit = self.stated(key)
            origin = limit.display_name if limit is not None and limit.display_name else key.limit_id
        elif key.structural_rule is not None:
            origin = say(key.structural_rule, STRUCTURAL_RULES)
        else:
            origin = "a rule newer than this client"
        members = [
            self.line(key.line_id) if key.line_id else "",
            self.driver(key.driver_id) if key.driver_id else "",
            f"pool {key.margin_pool_id}" if key.margin_pool_id else "",
            self.counterparty(key.counterparty_id) if key.counterparty_id else "",
        ]
        about = ", ".join(member for member in members if member)
        return f"{origin}: {about}" if about else origin

    def measured(self, key: LimitKey) -> str:
        """What a limit of the mandate limits, in few words; empty for rules that nobody states."""
        limit = self.stated(key)
        if limit is None:
            return ""
        if isinstance(limit.measure, CounterpartyMeasure):
            return _AT_STAKE.get(limit.measure.exposure, "")
        return _MEASURES.get(type(limit.measure), "")
