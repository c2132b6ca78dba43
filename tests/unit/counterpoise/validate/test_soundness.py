"""Memory of what was sound: it saves work, and never changes what is found."""

import copy
import random
from dataclasses import fields, is_dataclass, replace

import pytest
from google.protobuf import json_format

from counterpoise import wire
from counterpoise.model import (
    AllocateRequest,
    ErrorReason,
    Limit,
    LineScope,
    MaximizeNetReturn,
    Objective,
    StressPortfolioRequest,
    TurnoverCount,
    TurnoverMeasure,
)
from counterpoise.recall import Recall
from counterpoise.sections import SectionReader
from counterpoise.v1 import market_pb2, problem_pb2
from counterpoise.validate import problem_violations, request_violations, soundness
from counterpoise.validate.soundness import is_sound
from tests.problems import random_problem
from tests.unit.counterpoise.validate.costed import budgeted_problem, costed_problem
from tests.unit.counterpoise.validate.plain import plain_problem
from tests.unit.counterpoise.validate.stressed import correlated_problem, stressed_problem

SECTIONS = ("market", "portfolio", "mandate", "objective", "scenarios", "return_samples")
VALUES = (None, "", "nobody", "no id at all", "café", 0.0, -0.5, 2.0, 1e9, 7, float("nan"), (), ("nobody",))


@pytest.fixture(scope="module")
def problems():
    """Valid problems, read as a server reads them."""
    reader = SectionReader(256, 1 << 26)
    made = [plain_problem(), costed_problem(), budgeted_problem(), stressed_problem(), correlated_problem()]
    made += [random_problem(seed) for seed in range(6)]
    return [reader.to_model(wire.to_message(problem, problem_pb2.AllocationProblem)) for problem in made]


@pytest.fixture
def afresh(monkeypatch):
    """Function: the violations of a request that are found without any memory."""

    def violations(request):
        with monkeypatch.context() as patch:
            patch.setattr("counterpoise.validate.is_sound", lambda *_: False)
            return request_violations(request)

    return violations


def forget(monkeypatch):
    """Replaces every memory by an empty one."""
    for name, value in list(vars(soundness).items()):
        if isinstance(value, Recall):
            monkeypatch.setattr(soundness, name, Recall(64))


def paths(instance, path=""):
    """Paths of all values below an instance."""
    for field in fields(instance):
        here, value = f"{path}{field.name}", getattr(instance, field.name)
        yield here
        if is_dataclass(value):
            yield from paths(value, f"{here}.")
        elif isinstance(value, tuple):
            for index, element in enumerate(value):
                yield f"{here}[{index}]"
                if is_dataclass(element):
                    yield from paths(element, f"{here}[{index}].")


def broken(draw, problems, problem, put):
    """The problem with a section of another, with other values in places, or both."""
    for _ in range(draw.randint(1, 3)):
        name = draw.choice(SECTIONS)
        section = getattr(problem, name)
        if draw.random() < 0.2:
            problem = replace(problem, **{name: getattr(draw.choice(problems), name)})
        elif draw.random() < 0.1 and name in {"scenarios", "return_samples"}:
            problem = replace(problem, **{name: section + section[:1]})
        elif is_dataclass(section):
            path = draw.choice(list(paths(section)))
            problem = replace(problem, **{name: put(section, path, draw.choice(VALUES))})
        elif section:
            path = draw.choice(list(paths(section[0])))
            problem = replace(problem, **{name: (put(section[0], path, draw.choice(VALUES)), *section[1:])})
    return problem


@pytest.mark.parametrize("seed", range(300))
def test_what_is_found_never_depends_on_what_came_before(problems, put, afresh, seed):
    draw = random.Random(seed)  # noqa: S311 - the same problems each time
    problem = draw.choice(problems)
    assert request_violations(AllocateRequest(problem=problem)) == ()
    wrong = broken(draw, problems, problem, put)
    kinds = [AllocateRequest, StressPortfolioRequest]
    draw.shuffle(kinds)
    for kind in kinds:
        request = kind(problem=wrong)
        expected = afresh(request)
        # Twice: the first time must not have made the second believe that all is well.
        assert [request_violations(request) for _ in range(2)] == [expected] * 2
        assert request_violations(kind(problem=copy.deepcopy(wrong))) == expected
    assert request_violations(AllocateRequest(problem=problem)) == ()


def test_breaking_breaks_most_problems_and_leaves_some_sound(problems, put, afresh):
    found = []
    for seed in range(300):
        draw = random.Random(seed)  # noqa: S311 - the same problems each time
        problem = broken(draw, problems, draw.choice(problems), put)
        found.append(bool(afresh(AllocateRequest(problem=problem))))
    assert 100 < sum(found) < 290


def test_sound_problems_are_told_without_a_second_look(problems):
    assert [is_sound(problem, AllocateRequest) for problem in problems] == [True] * len(problems)
    assert [problem_violations(problem) for problem in problems] == [()] * len(problems)


def test_only_the_limit_that_differs_is_judged_again(monkeypatch, problems, put):
    forget(monkeypatch)
    problem, judged, check = problems[3], [], soundness.check_limit
    assert is_sound(problem, AllocateRequest)
    monkeypatch.setattr(
        soundness,
        "check_limit",
        lambda limit, *rest, report: judged.append(limit) or check(limit, *rest, report),
    )
    for name in ("check_market", "check_portfolio", "check_objective", "check_scenarios", "check_samples"):
        monkeypatch.setattr(soundness, name, None)
    index = next(i for i, limit in enumerate(problem.mandate.limits) if limit.upper is not None)
    other = put(problem, f"mandate.limits[{index}].upper", problem.mandate.limits[index].upper + 1e-3)
    assert is_sound(other, AllocateRequest)
    assert judged == [other.mandate.limits[index]]


def test_failures_are_not_remembered(monkeypatch, problems, put):
    forget(monkeypatch)
    wrong = put(problems[0], "market.annual_risk_free_rate", 7.0)
    assert not is_sound(wrong, AllocateRequest)
    looks = []
    monkeypatch.setattr(soundness, "is_unchanging", lambda section: looks.append(section) or True)
    assert not is_sound(wrong, AllocateRequest)
    assert is_sound(problems[0], AllocateRequest)
    assert problems[0].market in looks


def test_what_a_caller_can_change_is_judged_each_time(problems):
    problem = problems[0]
    lines = list(problem.portfolio.lines)
    open_ended = replace(problem, portfolio=replace(problem.portfolio, lines=lines))
    assert problem_violations(open_ended) == ()
    lines.append(lines[0])
    assert [violation.field for violation in problem_violations(open_ended)] == [
        f"portfolio.lines[{len(lines) - 1}].line_id"
    ]
    lines.pop()
    assert problem_violations(open_ended) == ()


def test_a_number_of_another_type_is_taken_as_before(problems, put):
    problem = put(problems[0], "portfolio.nav_amount", 1_000_000_000)
    assert problem_violations(problem) == ()
    assert is_sound(problem, AllocateRequest)


def test_text_in_other_alphabets_is_beyond_doubt_after_a_close_look(problems, put):
    assert is_sound(put(problems[0], "portfolio.lines[0].display_name", "Café"), AllocateRequest)
    assert not is_sound(put(problems[0], "portfolio.lines[0].display_name", "a\x00b"), AllocateRequest)


def test_a_portfolio_is_judged_again_in_another_sound_market(problems, afresh):
    problem = problems[0]
    # Nothing but lines may name the driver, so that nothing else tells.
    limits = tuple(limit for limit in problem.mandate.limits if limit.leverage is not None)
    mandate = replace(problem.mandate, limits=limits, reference_exposures=())
    problem = replace(problem, mandate=mandate, objective=Objective(maximize_net_return=MaximizeNetReturn()))
    assert is_sound(problem, AllocateRequest)
    name = problem.portfolio.lines[0].loadings[0].driver_id
    message = wire.to_message(problem.market, market_pb2.MarketModel)
    renamed = json_format.MessageToJson(message).replace(f'"{name}"', '"renamed"')
    market = wire.to_model(json_format.Parse(renamed, market_pb2.MarketModel()))
    request = AllocateRequest(problem=replace(problem, market=market))
    found = request_violations(request)
    assert {violation.field.partition(".")[0] for violation in found} == {"portfolio"}
    assert found == afresh(request)


def test_a_market_that_names_sleeves_is_judged_again_with_other_lines(problems, put):
    problem = next(one for one in problems if one.market.risk_model.sleeve_residual_correlation is not None)
    named = problem.market.risk_model.sleeve_residual_correlation.axis_ids[:2]
    lines = [index for index, line in enumerate(problem.portfolio.lines) if line.line_id in named]
    assert problem_violations(problem) == ()
    for index in lines:
        problem = put(problem, f"portfolio.lines[{index}].underlying_id", "shared")
    assert "market.risk_model.sleeve_residual_correlation.axis_ids[1]" in [
        violation.field for violation in problem_violations(problem)
    ]


def test_trades_are_judged_again_when_another_limit_counts_them(problems, put):
    problem = next(
        one
        for one in problems
        if any(line.current_fraction is None for line in one.portfolio.lines)
        and not any(limit.turnover for limit in one.mandate.limits)
    )
    assert problem_violations(problem) == ()
    turnover = TurnoverMeasure(lines=LineScope(all_lines=True), count=TurnoverCount.ONE_WAY)
    limits = (*problem.mandate.limits, Limit(limit_id="trades", upper=1.0, turnover=turnover))
    found = problem_violations(put(problem, "mandate.limits", limits))
    assert {violation.reason for violation in found} == {ErrorReason.CURRENT_POSITION_MISSING}
