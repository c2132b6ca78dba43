"""What warnings are about: lines by name, largest positions first, with what they are of NAV."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    LimitReport,
    Line,
    SleeveVerdict,
    StressReport,
    Warning,
)
from counterpoise.wording.figures import percent
from counterpoise.wording.names import Names

_NAMED = 4


@dataclass(frozen=True, kw_only=True)
class Subjects:
    """The problem that warnings are about, and what its answer says, where there is one."""

    problem: AllocationProblem
    names: Names
    allocation: Allocation | None
    stresses: tuple[StressReport, ...] = ()
    limits_today: tuple[LimitReport, ...] = ()
    """Limits under today's holdings, where the answer measures them."""

    @cached_property
    def lines(self) -> dict[str, Line]:
        """Lines by id."""
        return {line.line_id: line for line in self.problem.portfolio.lines}

    @cached_property
    def held(self) -> dict[str, float]:
        """Position of each line, fraction of NAV: of the answer, else of today."""
        answer = self.allocation.positions if self.allocation is not None else ()
        if answer:
            return {position.line_id: position.fraction for position in answer}
        return {line_id: line.current_fraction or 0.0 for line_id, line in self.lines.items()}

    @cached_property
    def verdicts(self) -> dict[str, SleeveVerdict]:
        """Verdicts on sleeves by line id."""
        given = self.allocation.sleeve_verdicts if self.allocation is not None else ()
        return {verdict.line_id: verdict for verdict in given}

    @cached_property
    def by_scenario(self) -> dict[str, StressReport]:
        """What scenarios do, by scenario id."""
        return {report.scenario_id: report for report in self.stresses}

    def scenario_of(self, warning: Warning) -> StressReport | None:
        """The scenario that a warning is about, where the answer says what it does."""
        about = [subject.scenario_id for subject in warning.subjects if subject.scenario_id]
        return self.by_scenario.get(about[0] or "") if len(about) == 1 else None

    def line_of(self, warning: Warning) -> Line | None:
        """The line that a warning is about; None where it is about anything else."""
        about = [subject.line_id for subject in warning.subjects]
        return self.lines.get(about[0] or "") if len(about) == 1 else None

    def message_of(self, warning: Warning) -> str:
        """The server's words with names in place of the ids that the warning is about.

        An id that is also a word of the message stays: which of the two it is cannot be told.
        """
        message = warning.message
        for subject in warning.subjects:
            subject_id, name = self.names.of(subject) or ("", "")
            whole = re.compile(rf"(?<![\w.-]){re.escape(subject_id)}(?:\[([^\]]*)\])?(?![\w-])")
            found = list(whole.finditer(message)) if subject_id else []
            if len(found) == 1:
                members = [self.names.member(item) for item in (found[0][1] or "").split(", ") if item]
                told = f"{name}: {', '.join(members)}" if members else name
                message = f"{message[: found[0].start()]}{told}{message[found[0].end() :]}"
        return message

    def by_size(self, line_ids: Sequence[str]) -> list[str]:
        """Lines with the largest position first."""
        return sorted(line_ids, key=lambda line_id: -abs(self.held.get(line_id, 0.0)))

    def one_or_many(self, line_ids: Sequence[str], noun: str) -> str:
        """`Private equity, 14.00 % of NAV: its` or `10 sleeves, 15.26 % of NAV together: their`."""
        share = percent(sum(abs(self.held.get(line_id, 0.0)) for line_id in line_ids))
        if len(line_ids) == 1:
            return f"{self.names.line(line_ids[0])}, {share} % of NAV: its"
        return f"{len(line_ids)} {noun}s, {share} % of NAV together: their"

    def named(self, line_ids: Sequence[str]) -> str:
        """`: Event driven 4.00 %, Macro 2.00 % and 8 more`; nothing for one, who was named before."""
        if len(line_ids) < 2:
            return ""
        first = self.by_size(line_ids)
        told = [f"{self.names.line(item)} {percent(self.held.get(item, 0.0))} %" for item in first[:_NAMED]]
        more = f" and {len(first) - _NAMED} more" if len(first) > _NAMED else ""
        return f": {', '.join(told)}{more}"
