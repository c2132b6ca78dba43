"""Pages of measured portfolios: today's holdings under stress, and their liquidity."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command import risks, room, stresses, warnings
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
from counterpoise.wording.figures import Money, money_of
from counterpoise.wording.names import Names
from counterpoise.wording.soft import comparable, is_missed
from counterpoise.wording.stressed import stressed

_SHOWN = 20
_MEASURED = "Today's holdings as they are: nothing was optimized, and nothing is certified."


def stress_page(response: StressPortfolioResponse, problem: AllocationProblem) -> list[Section | None]:
    """What scenarios do to today's holdings, and which limits these keep."""
    names, money, after = Names(problem), money_of(problem), stressed(response)
    short = stresses.in_short(after, names, money)
    return explained(
        [
            _headline("Stress", problem, money, [_kept(response.limits), *short]),
            warnings.told(response.warnings, problem, names, stresses=after.stresses),
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
            warnings.told(response.warnings, problem, names, stresses=after.stresses),
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
        _MEASURED,
        *told,
    )
    return Section(title=title, sentences=sentences)


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
    hidden = len(broken) - _SHOWN
    return Section(
        title="Limits that today's holdings break",
        columns=("Limit", "", "wanted", "comes to", "missed by"),
        rows=[
            (
                names.limit(limit.key),
                f"soft, {limit.priority}" if limit.priority else "hard",
                broken_bound(limit, names),
                names.number(limit.key, limit.value, limit.unit),
                names.number(limit.key, limit.violation, limit.unit),
            )
            for limit in broken[:_SHOWN]
        ],
        left=(0, 1, 2),
        footnotes=(f"{hidden} more are missed by less.",) if hidden > 0 else (),
    )


def _origin(provenance: Provenance) -> Section:
    return Section(
        sentences=(f"Server {provenance.server_version}.", f"Problem {provenance.problem_sha256}"),
    )
