"""Pages of measured portfolios: today's holdings under stress, and their liquidity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from counterpoise.command import risks, room, stresses, warnings
from counterpoise.command.breaches import MEMBERS_SHOWN
from counterpoise.command.glossary import explained
from counterpoise.command.layout import Section
from counterpoise.command.reserve import reserve
from counterpoise.model import (
    AllocationProblem,
    LimitReport,
    LineKind,
    MeasureLiquidityResponse,
    Provenance,
    StressPortfolioResponse,
)
from counterpoise.wording.bounds import broken_bound
from counterpoise.wording.figures import WORTH_A_SENTENCE, Money, money_of, percent
from counterpoise.wording.names import Names
from counterpoise.wording.soft import comparable, is_missed
from counterpoise.wording.stressed import stressed

_SHOWN = 20
_SEEN_WITH_ONE_DIGIT = 5e-4
_MEASURED = "Today's holdings as they are: nothing was optimized, and nothing is certified."


def stress_page(response: StressPortfolioResponse, problem: AllocationProblem) -> list[Section | None]:
    """What scenarios do to today's holdings, and which limits these keep."""
    names, money, after = Names(problem), money_of(problem), stressed(response)
    short = stresses.in_short(after, names, money)
    return explained(
        [
            _headline("Stress", problem, money, [_kept(response.limits), *short]),
            warnings.of_measurement(response.warnings, problem, names, after.stresses, response.limits),
            _broken(response.limits, names),
            *stresses.under_stress(after, problem, response.limits, names, money),
            risks.measured(response.risk, problem, names),
            room.roomy([limit for limit in response.limits if not is_missed(limit)], names),
            _origin(response.provenance),
        ]
    )


def liquidity_page(response: MeasureLiquidityResponse, problem: AllocationProblem) -> list[Section | None]:
    """What money there is by when, against what may be asked for, with today's holdings."""
    names, money, after = Names(problem), money_of(problem), stressed(response)
    overlays = sum(
        abs(line.current_fraction or 0.0)
        for line in problem.portfolio.lines
        if line.kind is LineKind.OVERLAY or line.unfunded is not None
    )
    return explained(
        [
            _headline("Liquidity", problem, money, stresses.in_short(after, names, money)),
            warnings.of_measurement(response.warnings, problem, names, after.stresses),
            reserve(response.reserve, response.pool_margins, overlays, names, money),
            *stresses.money_by_when(after, problem, names, money),
            _origin(response.provenance),
        ]
    )


def _headline(title: str, problem: AllocationProblem, money: Money, told: Sequence[str]) -> Section:
    portfolio = problem.portfolio
    sentences = (
        f"{portfolio.portfolio_id} under {problem.mandate.mandate_id}: NAV {money.words(money.nav_amount)}, "
        f"marks of {portfolio.as_of_date}.",
        f"{_MEASURED}{_of_capital(problem)}",
        *told,
    )
    return Section(title=title, sentences=sentences)


def _of_capital(problem: AllocationProblem) -> str:
    """What all figures are of, where the holdings are not all of capital."""
    capital = sum(line.capital_per_unit * (line.current_fraction or 0.0) for line in problem.portfolio.lines)
    if abs(capital - 1.0) < WORTH_A_SENTENCE:
        return ""
    digits = 1 if abs(capital - 1.0) >= _SEEN_WITH_ONE_DIGIT else 2
    return f" These figures are of {percent(capital, digits)} % of capital."


def _kept(limits: Sequence[LimitReport]) -> str:
    """How many limits of the mandate today's holdings break."""
    stated = {limit.key.limit_id for limit in limits if limit.key.limit_id is not None}
    broken = {limit.key.limit_id for limit in limits if is_missed(limit)} & stated
    if not stated:
        return "The mandate has no limits."
    if not broken:
        return f"They keep every limit of the mandate: {len(stated)}."
    return f"They break {len(broken)} of the mandate's {len(stated)} limits."


def _broken(limits: Sequence[LimitReport], names: Names) -> Section | None:
    """What today's holdings break, hard limits first, the largest miss first."""
    broken = [limit for limit in limits if is_missed(limit)]
    if not broken:
        return None
    broken.sort(key=lambda limit: (limit.priority, -comparable(limit.violation, limit.unit)))
    counts = Counter(limit.key.limit_id for limit in broken)
    seen: Counter[str | None] = Counter()
    rows: list[tuple[str, ...]] = []
    for limit in broken:
        limit_id = limit.key.limit_id
        seen[limit_id] += 1
        if seen[limit_id] > MEMBERS_SHOWN:
            continue
        rows.append(
            (
                names.limit(limit.key),
                f"soft, {limit.priority}" if limit.priority else "hard",
                broken_bound(limit, names),
                names.number(limit.key, limit.value, limit.unit),
                names.number(limit.key, limit.violation, limit.unit),
            )
        )
        more = counts[limit_id] - MEMBERS_SHOWN
        if seen[limit_id] == MEMBERS_SHOWN and more > 0:
            rows.append((f"  and {more} more", "", "", "", ""))
    hidden = len(rows) - _SHOWN
    return Section(
        title="Limits that today's holdings break",
        columns=("Limit", "", "wanted", "comes to", "missed by"),
        rows=rows[:_SHOWN],
        left=(0, 1, 2),
        footnotes=(f"{hidden} more are missed by less.",) if hidden > 0 else (),
    )


def _origin(provenance: Provenance) -> Section:
    return Section(
        sentences=(f"Server {provenance.server_version}.", f"Problem {provenance.problem_sha256}"),
    )
