"""Today's holdings through client, server and command: the numbers that plain Python has for them."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from counterpoise import Client, files, pictures
from tests import sample_stress

HELD = {item.line_id: item.fraction for item in sample_stress.answer().positions}
EXPECTED = sample_stress.answer()
# What is posted is the service's own choice, and with it the cash that is free.
POSTED = {"payments", "unpaid_fraction", "same_day_cash_fraction", "posted_fractions", "notice_deadlines"}


def holding():
    """The sample with the positions of its answer as holdings of today."""
    problem = sample_stress.problem()
    lines = tuple(
        dataclasses.replace(line, current_fraction=HELD[line.line_id]) for line in problem.portfolio.lines
    )
    return dataclasses.replace(problem, portfolio=dataclasses.replace(problem.portfolio, lines=lines))


@pytest.fixture(scope="module")
def answers(server):
    with Client(server.address) as client:
        return client.stress(holding(), request_id="s"), client.measure_liquidity(holding(), request_id="l")


def agree(measured, expected):
    """Fields of two reports that do not depend on what is posted."""
    for name, value in vars(expected).items():
        if name not in POSTED:
            assert getattr(measured, name) == pytest.approx(value, abs=1e-12), (measured, name)


def test_scenarios_do_what_plain_python_says(answers):
    stress, liquidity = answers
    assert (stress.request_id, liquidity.request_id) == ("s", "l")
    for response in answers:
        assert len(response.stresses) == len(EXPECTED.stresses)
        for measured, expected in zip(response.stresses, EXPECTED.stresses, strict=True):
            regressed = {item.driver_id: item.value for item in measured.regressed_shocks}
            assert regressed == pytest.approx(
                {item.driver_id: item.value for item in expected.regressed_shocks}
            )
            blank = {"regressed_shocks": ()}
            agree(dataclasses.replace(measured, **blank), dataclasses.replace(expected, **blank))
            assert set(measured.notice_deadlines) == set(expected.notice_deadlines)
        for measured, expected in zip(response.pool_margins, EXPECTED.pool_margins, strict=True):
            agree(measured, expected)


def test_leverage_after_scenarios_is_what_plain_python_says(answers):
    wanted = {(item.definition, item.scenario_id): item.value for item in EXPECTED.leverage_figures}
    found = {(item.definition, item.scenario_id): item.value for item in answers[0].leverage_figures}
    assert found == pytest.approx(wanted)


def test_money_and_need_are_what_plain_python_says(answers):
    figures, expected = answers[1].reserve.coverage_figures, EXPECTED.reserve.coverage_figures
    assert len(figures) == len(expected)
    for measured, wanted in zip(figures, expected, strict=True):
        agree(measured, wanted)
        # Least is posted where haircuts are least, so at least as much cash is free.
        assert measured.same_day_cash_fraction >= wanted.same_day_cash_fraction - 1e-12


def test_horizons_are_those_that_were_asked_for(server):
    with Client(server.address) as client:
        reserve = client.measure_liquidity(holding(), horizons=(10, 2)).reserve
    assert sorted({item.horizon_trading_days for item in reserve.coverage_figures}) == [2, 10]


def test_frames_and_pictures_read_what_the_server_sends(answers):
    stress, liquidity = answers
    assert stress.stresses_frame().loc["crash", "loss"] == pytest.approx(0.194325)
    assert liquidity.coverage_frame().loc[("crash", 1), "ratio"] == pytest.approx(0.04 / 0.04104)
    assert pictures.draw_leverage(stress, holding()).axes
    assert pictures.draw_liquidity(liquidity, holding()).axes
    assert pictures.draw_reserve_path(liquidity, holding()).axes


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("stress",), "WHAT EACH SCENARIO DOES"),
        (("liquidity", "--horizons", "1,5"), "MONEY AGAINST NEED"),
    ],
)
def test_the_command_starts_a_server_and_explains_the_answer(tmp_path, command, words):
    path = tmp_path / "problem.json"
    path.write_text(files.problem_json(holding()))
    name, *options = command
    run = [Path(sys.executable).with_name("counterpoise"), name, path, *options]
    output = subprocess.run(run, capture_output=True, text=True, check=True, timeout=120).stdout
    assert words in output
    assert "Equity crash" in output
    assert max(map(len, output.splitlines())) <= 100
