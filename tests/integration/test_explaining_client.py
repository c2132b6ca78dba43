"""The calls that explain, and those that answer many times, by both clients against the real server."""

import asyncio
import dataclasses

import pytest

from counterpoise import AsyncClient, Client
from counterpoise.errors import InfeasibleMandate, InvalidProblem
from counterpoise.model import (
    BatchHeader,
    BatchItem,
    InfeasibilityVerdict,
    LimitBoundParameter,
    Side,
    SweepAxis,
    TerminationReason,
)
from tests.golden_problems import gross_limit, sixty_forty_with_overlay

LIMIT_ID = gross_limit(1.0).limit_id


def capped(cap):
    problem = sixty_forty_with_overlay()
    mandate = dataclasses.replace(problem.mandate, limits=(gross_limit(cap),))
    return dataclasses.replace(problem, mandate=mandate)


def axis(*caps, limit_id=LIMIT_ID):
    parameter = LimitBoundParameter(limit_id=limit_id, side=Side.UPPER)
    return SweepAxis(limit_bound=parameter, parameter_values=caps)


@pytest.fixture(scope="module")
def client(server):
    with Client(server.address) as connected:
        yield connected


def test_an_impossible_cap_is_explained_and_mended(client):
    explanation = client.explain(capped(0.5))
    assert explanation.verdict is InfeasibilityVerdict.INFEASIBLE
    assert LIMIT_ID in [member.key.limit_id for member in explanation.conflict_members]
    (relaxation,) = explanation.relaxations
    assert (relaxation.key.limit_id, relaxation.side) == (LIMIT_ID, Side.UPPER)
    assert client.allocate(capped(relaxation.relaxed_bound + 1e-6)).positions
    with pytest.raises(InfeasibleMandate):
        client.allocate(capped(relaxation.relaxed_bound - 1e-3))


def test_a_possible_mandate_is_said_to_be_one(client):
    explanation = client.explain(capped(1.5))
    assert explanation.verdict is InfeasibilityVerdict.FEASIBLE
    assert explanation.relaxations == explanation.conflict_members == ()


def test_sensitivities_come_with_the_answer_that_they_are_of(client):
    problem = capped(1.5)
    measured = client.measure_sensitivity(problem, maximum_input_count=3, request_id="mine")
    assert measured.allocation.positions == client.allocate(problem).positions
    assert 1 <= len(measured.inputs) <= 3
    assert measured.request_id == "mine"


def test_points_come_once_each_and_those_that_cannot_be_have_no_positions(client):
    points = list(client.frontier(capped(1.5), axes=[axis(0.5, 1.4, 1.5)]))
    assert sorted(point.point_index for point in points) == [0, 1, 2]
    assert [point.completed_count for point in points] == [1, 2, 3]
    reasons = {point.coordinates[0]: point.allocation.termination.reason for point in points}
    assert reasons[0.5] is TerminationReason.INFEASIBLE
    assert reasons[1.4] is reasons[1.5] is TerminationReason.OPTIMAL


def test_an_axis_of_a_limit_that_is_not_there_is_a_violation(client):
    with pytest.raises(InvalidProblem) as caught:
        list(client.frontier(capped(1.5), axes=[axis(1.2, limit_id="nobody")]))
    assert "axes[0]" in caught.value.violations[0].field


def test_items_of_a_batch_are_taken_as_needed_and_each_is_answered(client):
    problem = capped(1.5)
    header = BatchHeader(market=problem.market, mandate=problem.mandate, objective=problem.objective)
    items = (BatchItem(request_id=f"item-{number}", portfolio=problem.portfolio) for number in range(20))
    answers = {answer.request_id: answer.allocation for answer in client.allocate_batch(items, header=header)}
    assert set(answers) == {f"item-{number}" for number in range(20)}
    wanted = client.allocate(problem).positions
    assert all(allocation.positions == wanted for allocation in answers.values())


def test_the_client_for_asyncio_answers_the_same(server, client):
    problem = capped(1.5)

    async def ask():
        async with AsyncClient(server.address) as connected:
            explanation = await connected.explain(capped(0.5))
            points = [point async for point in connected.frontier(problem, axes=[axis(1.2, 1.5)])]
            item = BatchItem(
                request_id="one",
                portfolio=problem.portfolio,
                market=problem.market,
                mandate=problem.mandate,
                objective=problem.objective,
            )
            answers = [answer async for answer in connected.allocate_batch([item])]
        return explanation, points, answers

    explanation, points, (answer,) = asyncio.run(ask())
    assert explanation == client.explain(capped(0.5))
    assert {point.coordinates for point in points} == {(1.2,), (1.5,)}
    assert answer.allocation.positions == client.allocate(problem).positions
