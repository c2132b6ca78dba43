"""What the command accepts, and how it ends when it is not let run."""

import json
import os
import subprocess
import sys
from importlib import metadata

import pytest
import typer
from typer.testing import CliRunner

from counterpoise import command, files
from counterpoise.command import arguments, commands
from counterpoise.command.commands import app
from tests import sample_answers

PROBLEM = sample_answers.pension_problem()


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        ("allocate", "no-such-file.yaml"),
        ("allocate",),
        ("allocate", __file__, "--colour"),
        ("improve", __file__),
        ("validate", "."),
        *[
            ("validate", __file__, "--target", target)
            for target in (
                "",
                "localhost",
                "localhost:",
                ":50051",
                "localhost:0",
                "localhost:65536",
                "localhost:http",
                "http://localhost:50051",
                "::1:50051",
                "[::1]",
                "[nobody]:50051",
            )
        ],
    ],
)
def test_wrong_usage_is_told_apart_from_errors(arguments):
    assert run(*arguments).exit_code == 2


def test_wherever_a_server_is_named_a_token_and_authorities_are_too():
    commands = typer.main.get_command(app).commands
    options = {name: {text for each in made.params for text in each.opts} for name, made in commands.items()}
    with_target = {name for name in options if "--target" in options[name]}
    assert {"allocate", "validate", "stress", "liquidity", "estimate", "backtest"} <= with_target
    assert all({"--token-file", "--ca-file"} <= options[name] for name in with_target)
    assert all("--token" not in options[name] for name in options)


def test_a_check_without_a_server_takes_no_token(tmp_path):
    file = tmp_path / "problem.json"
    file.write_text(files.problem_json(PROBLEM))
    assert run("validate", str(file)).exit_code == 0
    assert run("validate", str(file), "--token-file", str(file)).exit_code == 2


@pytest.mark.parametrize("target", ["localhost:1", "a-b.example.com:65535", "10.0.0.1:50051", "[::1]:50051"])
def test_a_target_is_host_and_port(target):
    assert arguments.checked_target(target) == target


def test_a_problem_is_read_from_standard_input():
    result = CliRunner().invoke(app, ["convert", "-"], input=files.problem_json(PROBLEM))
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == json.loads(files.problem_json(PROBLEM))


def test_the_version_is_told():
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout == f"counterpoise {metadata.version('counterpoise')}\n"


def test_the_help_of_a_validation_starts_no_server():
    output = " ".join(run("validate", "--help").output.split())
    assert "is started for the call" not in output
    assert "own" in output


def interrupted(*_arguments):
    raise KeyboardInterrupt


@pytest.mark.parametrize("place", ["import", "run"])
def test_an_interrupt_ends_quietly(monkeypatch, capsys, place):
    if place == "import":
        monkeypatch.delitem(sys.modules, "counterpoise.command.commands")
        monkeypatch.setattr("builtins.__import__", interrupted)
    else:
        monkeypatch.setattr(commands, "app", interrupted)
    with pytest.raises(SystemExit) as caught:
        command.main()
    monkeypatch.undo()
    assert caught.value.code == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("given", "kept"), [(None, "NONE"), ("DEBUG", "DEBUG")])
def test_the_librarys_log_is_silent_unless_asked_for(monkeypatch, given, kept):
    monkeypatch.setattr(commands, "app", lambda: None)
    monkeypatch.setenv("GRPC_VERBOSITY", "")  # so that it is put back
    if given is None:
        monkeypatch.delenv("GRPC_VERBOSITY")
    else:
        monkeypatch.setenv("GRPC_VERBOSITY", given)
    command.main()
    assert os.environ["GRPC_VERBOSITY"] == kept


def test_help_is_shown_without_loading_what_calls_need():
    code = (
        "import sys; from counterpoise.command.commands import app\n"
        "print(sorted({'grpc', 'pandas', 'google.protobuf', 'yaml'} & set(sys.modules)))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("frontier", __file__, "--values", "1", "--side", "sideways"),
            "'sideways' is not one of lower, upper.",
        ),
        (
            ("frontier", __file__, "--values", "1", "--mode", "quick"),
            "'quick' is not one of repeatable, fast.",
        ),
        (("verify-alpha", __file__, "--frequency", "hourly"), "'hourly' is not one of "),
        (("jobs", "update", "monthly", "--overlap", "twice"), "'twice' is not one of "),
    ],
)
def test_words_that_an_option_does_not_know_are_answered_with_those_it_does(arguments, words):
    result = run(*arguments)
    assert result.exit_code == 2
    said = " ".join(result.stderr.replace("│", " ").split())
    assert words in said
    assert "Value error" not in said
