"""The server that the command starts for one call, with a scripted one in its place."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from counterpoise.command import local_server
from counterpoise.command.commands import app
from counterpoise.command.local_server import ServerNotStarted
from tests import sample_answers

PYTHON = sys.executable
ANSWERS = """
import os, sys, time
from counterpoise.model import AllocateResponse
from counterpoise.testing import ScriptedServer
from tests import sample_answers
assert sys.argv[1:] == ["serve", "--until-stdin-closes"]
assert os.environ["COUNTERPOISE_LISTEN_ADDRESS"] == "127.0.0.1:0"
server = ScriptedServer()
server.script("Allocate", AllocateResponse(allocation=sample_answers.optimal()))
print("a line of its own", flush=True)
print(f"listening on {server.target}", flush=True)
time.sleep(60)
"""
WAITS = """
import pathlib, sys, time
from counterpoise.command.local_server import local_server
with local_server(pathlib.Path(sys.argv[1])) as address:
    print(address, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def command(tmp_path):
    def write(source):
        path = tmp_path / "counterpoise-server"
        pid_line = (
            f"import os, pathlib; pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\n"
        )
        path.write_text(f"#!{PYTHON}\n{pid_line}{source}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return write


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    root = Path(sample_answers.__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", f"{root}{os.pathsep}{root / 'clients' / 'python'}")


def running(tmp_path):
    try:
        os.kill(int((tmp_path / "pid").read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def test_the_server_lives_as_long_as_the_context(command, tmp_path):
    with local_server.local_server(command(ANSWERS)) as address:
        assert address.startswith("127.0.0.1:")
        assert running(tmp_path)
    assert not running(tmp_path)


def test_an_error_ends_the_server(command, tmp_path):
    with pytest.raises(ZeroDivisionError), local_server.local_server(command(ANSWERS)):
        _ = 1 / 0
    assert not running(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_server(command, tmp_path, number):
    path = command(ANSWERS)
    process = subprocess.Popen(
        [sys.executable, "-c", WAITS, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline().startswith("127.0.0.1:")
        process.send_signal(number)
        process.wait(timeout=20)
    assert not running(tmp_path)


def test_a_server_that_ignores_the_request_to_end_is_killed(command, tmp_path, monkeypatch):
    monkeypatch.setattr(local_server, "_SHUTDOWN_SECONDS", 0.3)
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    with local_server.local_server(command(stubborn + ANSWERS)):
        pass
    assert not running(tmp_path)


def test_a_server_that_cannot_start_says_why(command):
    path = command("import sys; sys.exit('no room on the port')")
    with pytest.raises(ServerNotStarted, match="no room on the port"), local_server.local_server(path):
        pass


def test_a_server_that_stays_silent_is_not_waited_for(command, tmp_path, monkeypatch):
    monkeypatch.setattr(local_server, "_STARTUP_SECONDS", 0.5)
    started = time.monotonic()
    path = command("import time; time.sleep(60)")
    with pytest.raises(ServerNotStarted, match="did not listen"), local_server.local_server(path):
        pass
    assert time.monotonic() - started < 10
    assert not running(tmp_path)


@pytest.fixture
def only_here(tmp_path, monkeypatch):
    """An interpreter's folder of its own, and nothing on the path."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "")


@pytest.mark.usefixtures("only_here")
def test_allocate_starts_the_server_that_is_installed_beside_it(command, problem_file):
    command(ANSWERS)
    result = CliRunner().invoke(app, ["allocate", problem_file])
    assert result.exit_code == 0, result.output
    assert "Certified optimum" in result.output


@pytest.mark.usefixtures("only_here")
def test_without_a_server_the_command_says_how_to_name_one(problem_file):
    result = CliRunner().invoke(app, ["allocate", problem_file])
    assert result.exit_code == 1
    assert "--target HOST:PORT" in result.stderr


@pytest.fixture
def problem_file(tmp_path):
    from counterpoise import files

    path = tmp_path / "problem.json"
    path.write_text(files.problem_json(sample_answers.pension_problem()))
    return str(path)
