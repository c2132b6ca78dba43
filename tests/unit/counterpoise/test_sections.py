"""Problems out of messages: equal sections are one object, unequal ones are not, and memory is bounded."""

import itertools
import threading

import pytest

from counterpoise import wire
from counterpoise.model import AllocateRequest, SolveParameters, StressPortfolioRequest
from counterpoise.sections import SectionReader
from counterpoise.v1 import allocation_service_pb2, analysis_service_pb2, problem_pb2
from tests.golden_problems import pension
from tests.problems import random_problem
from tests.unit.counterpoise.validate.stressed import stressed_problem

SECTIONS = ("market", "portfolio", "mandate", "objective", "scenarios", "return_samples")


def message_of(problem):
    """A message of its own, as each call brings."""
    return wire.to_message(problem, problem_pb2.AllocationProblem)


def same(first, second):
    """Names of the sections that are one object."""
    return [name for name in SECTIONS if getattr(first, name) is getattr(second, name)]


@pytest.mark.parametrize("seed", range(10))
def test_a_problem_is_that_of_the_plain_road_however_often_it_is_read(seed):
    reader, problem = SectionReader(8, 1 << 20), random_problem(seed)
    for _ in range(2):
        assert reader.to_model(message_of(problem)) == problem


def test_equal_sections_come_back_as_the_same_object():
    reader, problem = SectionReader(8, 1 << 20), stressed_problem()
    first, again = (reader.to_model(message_of(problem)) for _ in range(2))
    assert first.scenarios
    assert first.return_samples
    assert same(first, again) == list(SECTIONS)


def test_what_differs_in_one_bound_shares_everything_else():
    reader, message = SectionReader(8, 1 << 20), message_of(stressed_problem())
    first = reader.to_model(message)
    message.mandate.limits[0].upper += 0.5
    other = reader.to_model(message)
    assert same(first, other) == [name for name in SECTIONS if name != "mandate"]
    assert other.mandate.limits[0] != first.mandate.limits[0]
    pairs = zip(first.mandate.limits[1:], other.mandate.limits[1:], strict=True)
    assert all(one is another for one, another in pairs)


def test_what_differs_in_net_asset_value_shares_its_lines():
    reader, message = SectionReader(8, 1 << 20), message_of(stressed_problem())
    first = reader.to_model(message)
    message.portfolio.nav_amount *= 2
    other = reader.to_model(message)
    assert other.portfolio.nav_amount == 2 * first.portfolio.nav_amount
    assert all(map(lambda one, two: one is two, first.portfolio.lines, other.portfolio.lines))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("market", lambda message: message.market.drivers[0].ClearField("display_name")),
        ("objective", lambda message: setattr(message.objective, "holding_period_years", 4.5)),
        ("scenarios", lambda message: setattr(message.scenarios[0], "display_name", "Another")),
        ("scenarios", lambda message: message.scenarios.add(scenario_id="another")),
        ("return_samples", lambda message: message.return_samples.add(return_sample_id="another")),
    ],
    ids=["market", "objective", "scenario", "one more scenario", "one more sample"],
)
def test_what_differs_in_one_section_shares_the_others(name, change):
    reader, message = SectionReader(16, 1 << 20), message_of(stressed_problem())
    message.market.drivers[0].display_name = "A name"
    first = reader.to_model(message)
    change(message)
    other = reader.to_model(message)
    assert other == wire.to_model(message)
    assert same(first, other) == [section for section in SECTIONS if section != name]


def test_sections_of_the_same_bytes_are_of_their_own_classes():
    reader, message = SectionReader(8, 1 << 20), problem_pb2.AllocationProblem()
    for name in ("market", "portfolio", "mandate", "objective"):
        getattr(message, name).SetInParent()
    assert reader.to_model(message) == wire.to_model(message)
    message.scenarios.add()
    message.return_samples.add()
    assert reader.to_model(message) == wire.to_model(message)


def test_equal_lines_of_one_portfolio_are_one_object():
    reader, message = SectionReader(8, 1 << 20), message_of(pension())
    message.portfolio.lines.append(message.portfolio.lines[0])
    lines = reader.to_model(message).portfolio.lines
    assert lines[0] is lines[-1]
    assert lines[0] is not lines[1]


def test_zeros_of_both_signs_and_unset_are_not_equal():
    reader, message, seen = SectionReader(8, 1 << 20), message_of(pension()), []
    for value in (0.0, -0.0, None):
        message.portfolio.lines[0].ClearField("current_fraction")
        if value is not None:
            message.portfolio.lines[0].current_fraction = value
        seen.append(reader.to_model(message).portfolio)
    assert [repr(portfolio.lines[0].current_fraction) for portfolio in seen] == ["0.0", "-0.0", "None"]


@pytest.mark.parametrize(
    ("request_of", "message_type"),
    [
        (
            lambda problem: AllocateRequest(
                problem=problem, parameters=SolveParameters(maximum_relative_gap=1e-6), request_id="monday"
            ),
            allocation_service_pb2.AllocateRequest,
        ),
        (StressPortfolioRequest, analysis_service_pb2.StressPortfolioRequest),
    ],
)
def test_requests_share_sections_with_each_other_and_with_bare_problems(request_of, message_type):
    reader, problem = SectionReader(8, 1 << 20), stressed_problem()
    bare = reader.to_model(message_of(problem))
    request = request_of(problem=problem)
    read = reader.to_model(wire.to_message(request, message_type))
    assert read == request
    assert same(read.problem, bare) == list(SECTIONS)


def test_a_message_without_a_problem_is_read_as_ever():
    reader = SectionReader(8, 1 << 20)
    assert reader.to_model(problem_pb2.AllocationProblem().market) == wire.to_model(
        problem_pb2.AllocationProblem().market
    )
    empty = reader.to_model(allocation_service_pb2.AllocateRequest(request_id="monday"))
    assert (empty.problem, empty.request_id) == (None, "monday")


def test_the_sections_used_least_recently_are_let_go():
    reader, message = SectionReader(4, 1 << 20), message_of(pension())
    first, market = reader.to_model(message), message.market.annual_risk_free_rate
    for number in (1, 2, 3):
        message.market.annual_risk_free_rate = market + number / 1000
        reader.to_model(message)
    message.market.annual_risk_free_rate = market
    again = reader.to_model(message)
    assert same(first, again) == ["portfolio", "mandate", "objective", "scenarios", "return_samples"]
    assert again.market == first.market


def test_sections_beyond_the_bytes_are_not_kept_and_do_not_push_out_others():
    message = message_of(pension())
    size = message.portfolio.ByteSize()
    rest = message.market.ByteSize() + message.mandate.ByteSize() + message.objective.ByteSize()
    assert size > rest
    small = SectionReader(8, rest)
    first, again = small.to_model(message), small.to_model(message)
    assert same(first, again) == ["market", "mandate", "objective", "scenarios", "return_samples"]
    large = SectionReader(8, rest + size)
    assert large.to_model(message).portfolio is large.to_model(message).portfolio


def test_memory_is_bounded_by_bytes_of_what_is_kept():
    message = message_of(pension())
    reader = SectionReader(1_000, message.ByteSize())
    first, nav = reader.to_model(message), message.portfolio.nav_amount
    message.portfolio.nav_amount = nav + 1
    reader.to_model(message)
    message.portfolio.nav_amount = nav
    assert reader.to_model(message).portfolio is not first.portfolio


def test_threads_that_read_at_once_agree_on_one_object():
    reader, problem = SectionReader(64, 1 << 22), stressed_problem()
    start, read, counter = threading.Barrier(4), [], itertools.count()

    def work():
        start.wait()
        for _ in range(20):
            message = message_of(problem)
            message.portfolio.nav_amount += next(counter) % 3
            read.append(reader.to_model(message))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read) == 80
    assert len({id(one.market) for one in read}) == 1
    assert len({id(one.portfolio) for one in read}) == 3
