"""What was judged sound is remembered by the objects that it follows from, and is not judged again.

Only what is sound: where anything is wrong, or may change, the whole problem is validated afresh, so
that findings never depend on what came before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Final, TypeVar

from counterpoise.model import AllocationProblem, Limit, Mandate, MarketModel, Objective, TotalPortfolio
from counterpoise.recall import Recall
from counterpoise.schema import schema_for
from counterpoise.unchanging import is_unchanging
from counterpoise.validate.facts import Facts
from counterpoise.validate.limits import check_limit
from counterpoise.validate.mandate import check_mandate
from counterpoise.validate.market import check_market
from counterpoise.validate.measured import ProblemRequest, check_measured
from counterpoise.validate.names import Names, collect_names
from counterpoise.validate.objective import check_objective
from counterpoise.validate.obvious import Test, list_test_of, test_of
from counterpoise.validate.portfolio import check_portfolio
from counterpoise.validate.report import Place, Report, ReportFullError
from counterpoise.validate.samples import check_samples
from counterpoise.validate.scenarios import check_scenarios
from counterpoise.validate.structure import plan_of
from counterpoise.validate.trading import check_trading

V = TypeVar("V")

_SETS: Final = 16
"""How many sections, or sets of sections, are remembered of each kind."""
_RIGHT: Final = Recall[None](6 * _SETS)
_NAMES: Final = Recall[Names](_SETS)
_MARKETS: Final = Recall[None](_SETS)
_PORTFOLIOS: Final = Recall[None](_SETS)
_LIMITS: Final = Recall[Facts](128 * _SETS)
_TRADES: Final = Recall[None](_SETS)
_OBJECTIVES: Final = Recall[None](_SETS)

_TYPES: Final = {
    "market": MarketModel,
    "portfolio": TotalPortfolio,
    "mandate": Mandate,
    "objective": Objective,
    "scenarios": tuple,
    "return_samples": tuple,
}
"""Of the sections of a problem."""


class _DoubtError(Exception):
    """Something may be wrong; that is not remembered."""


def is_sound(problem: AllocationProblem, kind: type[ProblemRequest]) -> bool:
    """Whether a problem that comes in such a request is sound beyond doubt; where not, one has to look."""
    try:
        for name, wanted in _TYPES.items():
            section = getattr(problem, name)
            if type(section) is not wanted:
                return False
            _RIGHT.get((section,), partial(_require, _tests()[name], section))
        _judge(problem, kind)
    except (_DoubtError, AttributeError):  # what was put together by hand may lack fields
        return False
    return True


@cache
def _tests() -> dict[str, Test]:
    """Tests of the structure of each section; that of the mandate leaves out what a limit holds."""
    problem, mandate = plan_of(schema_for(AllocationProblem)), schema_for(Mandate)
    tests = {name: test_of(plan) for name, _, _, plan in problem.messages}
    tests |= {field.name: list_test_of(field) for field in problem.lists}
    rest = test_of(plan_of(mandate, leave_out=frozenset({"limits"})))
    limits = next(field for field in plan_of(mandate).lists if field.name == "limits")
    least, most = int(limits.required), limits.most
    tests["mandate"] = lambda value: (
        rest(value) and type(value.limits) is tuple and least <= len(value.limits) <= most
    )
    return tests


@cache
def _limit_test() -> Test:
    return test_of(plan_of(schema_for(Limit)))


def _require(test: Test, section: object) -> None:
    # Structure first: what is right has values of its types, and then only lists and arrays can change.
    if not (test(section) and is_unchanging(section)):
        raise _DoubtError


def _judge(problem: AllocationProblem, kind: type[ProblemRequest]) -> None:
    """What the fields of right sections say of each other; raises where there may be a finding."""
    market, portfolio, objective = problem.market, problem.portfolio, problem.objective
    named = (market, portfolio, problem.scenarios, problem.return_samples)
    names = _NAMES.get(named, lambda: _clean(partial(_named, problem)))
    _MARKETS.get(
        (market, portfolio) if _reads_lines(market) else (market,),
        lambda: _clean(partial(check_market, market, names)),
    )
    _PORTFOLIOS.get((market, portfolio), lambda: _clean(partial(check_portfolio, portfolio, names)))
    facts = _clean(partial(check_mandate, problem, names, facts_of=_facts))
    trading = [limit for limit, fact in zip(problem.mandate.limits, facts, strict=True) if fact.trades]
    _TRADES.get((names, objective, *trading), lambda: _clean(partial(check_trading, problem, facts, names)))
    _OBJECTIVES.get((names, objective), lambda: _clean(partial(check_objective, problem, names)))
    _clean(partial(check_measured, problem, kind))


def _named(problem: AllocationProblem, report: Report) -> Names:
    """The names, and what is judged by the sections that have them."""
    names = collect_names(problem, report)
    check_scenarios(problem, names, report)
    check_samples(problem, names, report)
    return names


def _reads_lines(market: MarketModel) -> bool:
    """Whether what must hold inside the market depends on lines."""
    model = market.risk_model
    stressed = model.stressed_correlation
    return model.sleeve_residual_correlation is not None or (
        stressed is not None and stressed.uniform is not None
    )


def _facts(limit: Limit, names: Names, _place: Place, _report: Report) -> Facts:
    """As `check_limit`, for a limit whose structure is looked at here, too."""

    def judged() -> Facts:
        # That the limit stays as it is was seen with the mandate.
        if not _limit_test()(limit):
            raise _DoubtError
        return _clean(partial(check_limit, limit, names, ()))

    # One set of names is one set of sections.
    return _LIMITS.get((limit, names), judged)


def _clean(check: Callable[..., V]) -> V:
    """What a check returns when it reports nothing."""
    report = Report()
    try:
        value = check(report=report)
    except ReportFullError:
        raise _DoubtError from None
    if report.findings:
        raise _DoubtError
    return value
