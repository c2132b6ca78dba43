"""What is remembered of parts of problems is what they would give anew, whatever came before."""

from __future__ import annotations

import copy
import dataclasses
from enum import Enum
from itertools import chain

import numpy as np
import pytest

from counterpoise.model import (
    EvidenceRule,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LineKind,
    LineScope,
    ScenarioScope,
)
from optimizer.certificate import Multiplier
from optimizer.certificate.multipliers import objective_key
from optimizer.certificate.residuals import worst_residual
from optimizer.measures.book import open_book
from optimizer.measures.limits import constraints_of
from optimizer.usecases.question import Question
from tests.problems import SIZES, generate, random_problem
from tests.problems.everything import everything
from tests.problems.lexicographic import lexicographic
from tests.problems.stressed import stressed

PROBLEMS = {
    **{f"random {seed}": lambda seed=seed: random_problem(seed) for seed in range(6)},
    **{f"everything {seed}": lambda seed=seed: everything(seed) for seed in range(12)},
    **{f"stressed {seed}": lambda seed=seed: stressed(seed, scenarios=6) for seed in range(12)},
    **{f"lexicographic {seed}": lambda seed=seed: lexicographic(seed) for seed in range(6)},
}
SECTIONS = ("market", "portfolio", "mandate", "objective", "scenarios", "return_samples")


def shrunk(part):
    """The part with every number that is no count or name times 0.999: a valid one stays valid enough."""
    if isinstance(part, bool | int | str | Enum) or part is None:
        return part
    if isinstance(part, float):
        return 0.999 * part
    if isinstance(part, np.ndarray):
        return 0.999 * part
    if isinstance(part, tuple):
        return tuple(shrunk(item) for item in part)
    if dataclasses.is_dataclass(part):
        fields = (field.name for field in dataclasses.fields(part))
        return dataclasses.replace(part, **{name: shrunk(getattr(part, name)) for name in fields})
    return part


def mandates(mandate, random):
    """The mandate with one thing exchanged at a time; what is not stays the same object."""
    yield mandate
    yield shrunk(mandate)
    yield dataclasses.replace(mandate, reference_exposures=shrunk(mandate.reference_exposures))
    strict = EvidenceRule(charge_r_squared=0.01, reclassify_r_squared=0.02)
    yield dataclasses.replace(mandate, evidence_rule=strict)
    limits = list(mandate.limits)
    if limits:
        at = random.integers(len(limits))
        limits[at] = dataclasses.replace(
            limits[at], lower=shrunk(limits[at].lower), upper=shrunk(limits[at].upper)
        )
        yield dataclasses.replace(mandate, limits=tuple(limits))
        yield dataclasses.replace(mandate, limits=(shrunk(limits[at]), *mandate.limits[1:]))
        yield dataclasses.replace(mandate, limits=mandate.limits[::-1])
        swapped = dataclasses.replace(limits[0], limit_id=limits[-1].limit_id)
        yield dataclasses.replace(mandate, limits=(*limits[1:-1], swapped))
        yield dataclasses.replace(mandate, limits=())


def claims(case, random):
    """Any multipliers."""
    claimed = {}
    for constraint in case.constraints:
        norm = constraint.rows.norm
        components = None if norm is None else random.normal(size=len(norm.offset))
        for side in constraint.sides:
            weights = random.exponential(0.05, len(constraint.keys))
            claimed[constraint.name, side] = Multiplier(weights, components)
    for part in case.objective.parts:
        if part.rows.norm is not None:
            components = random.normal(size=len(part.rows.norm.offset))
            claimed[objective_key(part.kind)] = Multiplier(np.zeros(0), components)
    return claimed


def bits(value):
    """What makes two values the same to the last bit."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, list | tuple):
        return tuple(bits(item) for item in value)
    return value.hex() if isinstance(value, float) else repr(value)


def everything_known(problem):
    """Every number that answers, reports and certificates read of the measures, to the bit."""
    question = Question(problem)
    book, box, case = question.book, question.box, question.case
    random = np.random.default_rng(5)
    found = [
        *(book.kind, book.capital, book.loadings, book.premia, book.covariance, book.factor, book.current),
        *(book.pool, book.margin_rate, book.alpha, book.fees, book.committed, book.same_day, book.sleeves),
        *(book.reference, book.residuals.size, book.residuals.group, book.available_shares(5)),
        *dataclasses.astuple(book.postings),
        *dataclasses.astuple(box),
        *chain.from_iterable((shock.scenario_id, shock.final, shock.returns(5)) for shock in book.shocks),
    ]
    for item in case.constraints:
        found += [item.keys, item.unit, item.sign, item.lower, item.upper, item.priority]
        found += [item.violation_weight]
    for multiple in (1.0, 0.01):
        variables = multiple * random.uniform(box.lower, box.upper)
        found += [item.values(variables) for item in case.constraints]
        found += list(case.objective.terms(variables).items())
        found += list(dataclasses.astuple(worst_residual(book, box, case.hard, variables)))
        lagrangian, _ = case.lagrangian(claims(case, random), variables)
        found += [lagrangian.minimum(box), lagrangian.rounding(box), *lagrangian.box_prices(box)]
    return bits(found)


@pytest.mark.parametrize("name", PROBLEMS)
def test_whatever_is_exchanged_the_remembered_and_the_fresh_are_the_same_bits(name):
    problem = PROBLEMS[name]()
    random = np.random.default_rng(list(name.encode()))
    choices = {section: [own := getattr(problem, section), shrunk(own)] for section in SECTIONS}
    choices["mandate"] = list(mandates(problem.mandate, random))
    seen = set()
    for section in chain.from_iterable(random.permutation(SECTIONS) for _ in range(3)):
        others = [choice for choice in choices[section] if choice is not getattr(problem, section)]
        chosen = others[random.integers(len(others))] if others else getattr(problem, section)
        problem = dataclasses.replace(problem, **{section: chosen})
        remembered = everything_known(problem)
        assert remembered == everything_known(copy.deepcopy(problem)), section
        seen.add(remembered)
    assert len(seen) > 2


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_same_problem_twice_and_a_copy_of_it_give_the_same_bits(name):
    problem = PROBLEMS[name]()
    once = everything_known(problem)
    assert everything_known(problem) == once
    assert everything_known(PROBLEMS[name]()) == once


def another_bound(problem, at):
    """The problem read again with another bound of one limit: that limit is another object throughout."""
    limits = list(problem.mandate.limits)
    limits[at] = dataclasses.replace(copy.deepcopy(limits[at]), upper=0.9 * (limits[at].upper or 1.0))
    references = tuple(copy.deepcopy(item) for item in problem.mandate.reference_exposures)
    mandate = dataclasses.replace(
        problem.mandate, limits=tuple(limits), reference_exposures=references, mandate_id="again"
    )
    return dataclasses.replace(problem, mandate=mandate)


def test_another_bound_measures_nothing_again():
    problem = generate(SIZES[20], seed=3)
    rows = [constraint.rows for constraint in constraints_of(open_book(problem))]
    for at in range(len(problem.mandate.limits)):
        book = open_book(another_bound(problem, at))
        assert all(one is other.rows for one, other in zip(rows, constraints_of(book), strict=True))


def test_another_bound_is_another_bound():
    problem = generate(SIZES[20], seed=3)
    before = {item.name: item for item in constraints_of(open_book(problem))}
    for at, limit in enumerate(problem.mandate.limits):
        after = {item.name: item for item in constraints_of(open_book(another_bound(problem, at)))}
        assert after[f"limit/{limit.limit_id}"].upper != before[f"limit/{limit.limit_id}"].upper


@pytest.mark.parametrize("seed", range(4))
def test_nav_is_kept_above_zero_after_the_scenarios_that_are_named_now(seed):
    problem = stressed(seed, scenarios=3)
    ids = [scenario.scenario_id for scenario in problem.scenarios]
    for named in (ids[:1], ids[:2], ids[1:], ids, ids[:1]):
        measure = LeverageMeasure(
            definition=LeverageDefinition.NET, scenarios=ScenarioScope(scenario_ids=tuple(named))
        )
        limits = (Limit(limit_id="net", upper=2.0, leverage=measure),)
        asked = dataclasses.replace(problem, mandate=dataclasses.replace(problem.mandate, limits=limits))
        constraints = {item.name: item for item in constraints_of(open_book(asked))}
        assert [key.scenario_id for key in constraints["rule/STRESSED_NAV"].keys] == named


@pytest.mark.parametrize("seed", range(6))
def test_another_evidence_rule_is_applied_where_another_was_before(seed):
    problem = everything(seed)
    rules = (None, EvidenceRule(charge_r_squared=0.01, reclassify_r_squared=0.02), EvidenceRule())
    for rule in (*rules, *rules):
        mandate = dataclasses.replace(problem.mandate, evidence_rule=rule)
        asked = dataclasses.replace(problem, mandate=mandate)
        assert everything_known(asked) == everything_known(copy.deepcopy(asked))


@pytest.mark.parametrize(
    "name", ["kind", "capital", "loadings", "premia", "covariance", "factor", "reference", "current", "pool"]
)
def test_nobody_can_change_what_others_will_find(name):
    array = getattr(open_book(generate(SIZES[20], seed=1)), name)
    with pytest.raises(ValueError, match="read-only"):
        array[...] = 0


def test_rows_that_are_remembered_cannot_be_changed():
    for constraint in constraints_of(open_book(generate(SIZES[20], seed=1))):
        for rows in (constraint.rows.linear, constraint.rows.absolute):
            if rows is not None:
                with pytest.raises(ValueError, match="read-only"):
                    rows.coefficient[...] = 0.0


@pytest.mark.parametrize("seed", range(20))
def test_the_lines_of_a_scope_are_those_that_it_selects(seed):
    random = np.random.default_rng(seed)
    problem = everything(seed)
    universe, line_ids = open_book(problem).universe, problem.portfolio.line_ids
    for _ in range(20):
        kinds = tuple(kind for kind in LineKind if random.random() < 0.4)
        named = tuple(line_id for line_id in line_ids if random.random() < 0.2)
        scope = LineScope(
            all_lines=bool(random.random() < 0.3),
            kinds=kinds,
            line_ids=named if random.random() < 0.3 else (),
            excluded_line_ids=named if random.random() < 0.3 else (),
        )
        assert tuple(universe.lines_in(scope).tolist()) == scope.select(problem.portfolio)
