"""Names of everything in a problem, and what its limits measure."""

from __future__ import annotations

import re

from counterpoise.model import AllocationProblem, EntityRef, Limit, LimitKey, StructuralRule, Unit
from counterpoise.wording.figures import in_unit, percent
from counterpoise.wording.measures import covered, money_less_need, under_scenarios, words_of
from counterpoise.wording.words import STRUCTURAL_RULES, say

_HORIZON = re.compile(r"(\d+)d")
_SAME_DAY = "same day"
_NO_SCENARIO = "no scenario"


class Names:
    """Display names of everything in a problem, ids where there are none."""

    def __init__(self, problem: AllocationProblem) -> None:
        portfolio = problem.portfolio
        self._lines = {line.line_id: line.display_name for line in portfolio.lines}
        self._drivers = {driver.driver_id: driver.display_name for driver in problem.market.drivers}
        self._counterparties = {item.counterparty_id: item.display_name for item in portfolio.counterparties}
        self._limits = {limit.limit_id: limit for limit in problem.mandate.limits}
        self._scenarios = {item.scenario_id: item.display_name for item in problem.scenarios}

    def line(self, line_id: str) -> str:
        """Name of a line."""
        return self._lines.get(line_id) or line_id

    def driver(self, driver_id: str) -> str:
        """Name of a driver."""
        return self._drivers.get(driver_id) or driver_id

    def counterparty(self, counterparty_id: str) -> str:
        """Name of a counterparty."""
        return self._counterparties.get(counterparty_id) or counterparty_id

    def scenario(self, scenario_id: str) -> str:
        """Name of a scenario; of none, that there is none."""
        return self._scenarios.get(scenario_id) or scenario_id or _NO_SCENARIO

    def member(self, member_id: str) -> str:
        """Name of what a limit has as a member, as its key is written: a line, a scenario, `5d`."""
        named = (self._lines, self._drivers, self._counterparties, self._scenarios)
        if any(member_id in names for names in named):
            return next((names[member_id] for names in named if names.get(member_id)), member_id)
        horizon = _HORIZON.fullmatch(member_id)
        if horizon is not None:
            return within(int(horizon[1]))
        return within(0) if member_id == _SAME_DAY else member_id

    def of(self, subject: EntityRef) -> tuple[str, str] | None:
        """Id and name of a line, driver, limit, counterparty or scenario; None of what has no names.

        Columns of histories have no other names: their ids are shown.
        """
        limit = self._limits.get(subject.limit_id or "")
        named = (
            (subject.line_id, self._lines.get(subject.line_id or "")),
            (subject.driver_id, self._drivers.get(subject.driver_id or "")),
            (subject.counterparty_id, self._counterparties.get(subject.counterparty_id or "")),
            (subject.limit_id, limit.display_name if limit is not None else ""),
            (subject.scenario_id, self._scenarios.get(subject.scenario_id or "")),
            (subject.column_id, subject.column_id),
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
            self.scenario(key.scenario_id) if key.scenario_id or under_scenarios(self.stated(key)) else "",
            within(key.horizon_trading_days) if key.horizon_trading_days is not None else "",
        ]
        about = ", ".join(member for member in members if member)
        return f"{origin}: {about}" if about else origin

    def measured(self, key: LimitKey) -> str:
        """What a limit of the mandate limits, in few words; empty for rules that nobody states."""
        limit = self.stated(key)
        return words_of(limit.measure, key) if limit is not None else ""

    def demanded(self, key: LimitKey, words: str, value: float, unit: Unit) -> str:
        """What a bound of a limit demands: `leverage at most 1.300x`, `money at least 1.2 times the need`."""
        limit = self.stated(key)
        coverage = limit.liquidity_coverage if limit is not None else None
        if coverage is not None and value == 0.0:
            return f" {words} ".join(covered(coverage, key))
        return f"{self.measured(key)} {words} {self.number(key, value, unit)}".strip()

    def money_less_need(self, key: LimitKey) -> str:
        """What a coverage limit has its numbers of: `money less 1.5 x need`; empty for other constraints."""
        limit = self.stated(key)
        coverage = limit.liquidity_coverage if limit is not None else None
        return money_less_need(coverage, key) if coverage is not None else ""

    def number(self, key: LimitKey, value: float, unit: Unit) -> str:
        """A number of a constraint with its unit: a share in percent, although it is a ratio."""
        return f"{percent(value)} %" if self.is_share(key) else in_unit(value, unit)

    def is_share(self, key: LimitKey) -> bool:
        """Whether a constraint is on a share of stressed NAV, a ratio that people read in percent."""
        limit = self.stated(key)
        return limit is not None and limit.illiquid_share is not None


def cut(name: str, longest: int) -> str:
    """A name of at most so many letters: ids have no spaces at which to break."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def within(trading_days: int) -> str:
    """A horizon of a limit: `within 5 days`; 0 is cash against the first day's variation margin."""
    if trading_days == 0:
        return "the same day, cash alone"
    return f"within {trading_days} day{'s' if trading_days != 1 else ''}"
