"""The image, really built and run.

Slow, and its packages come through the network: COUNTERPOISE_TEST_IMAGE=1 asks for it.
"""

import json
import os
import signal
import stat
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import json_format
from grpc_health.v1 import health_pb2, health_pb2_grpc

from counterpoise import wire
from counterpoise.model import AllocateRequest, TerminationReason
from counterpoise.v1 import allocation_pb2, allocation_service_pb2, allocation_service_pb2_grpc
from tests.deploy.containers import Image, built, running, why_not
from tests.golden_problems import sixty_forty_with_overlay
from tests.serving import AMPLE_SECONDS, BIN

REASON = why_not()
pytestmark = [pytest.mark.skipif(REASON is not None, reason=str(REASON)), pytest.mark.timeout(1800)]

REPOSITORY = Path(__file__).parents[2]
LOOPBACK = {"listen_address": "127.0.0.1:0", "worker_count": "1"}
BUILDERS = {
    "apk",
    "cc",
    "c++",
    "clang",
    "g++",
    "gcc",
    "hatchling",
    "ld",
    "make",
    "pip",
    "pip3",
    "rustc",
    "uv",
}


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as storage, built(Path(storage)) as image:
        yield image


@pytest.fixture
def serving(image, tmp_path):
    with running(image, tmp_path, settings=LOOPBACK) as container:
        line = container.runtime.stdout.readline()
        assert line.startswith("listening on 127.0.0.1:"), (tmp_path / "log").read_text()
        yield container, line.removeprefix("listening on ").strip()


def printed(image, folder, command, **settings):
    """What a command in a container prints, and its exit code."""
    with running(image, folder, command, settings) as container:
        output, _ = container.runtime.communicate(timeout=AMPLE_SECONDS)
    return output, container.runtime.returncode


def processes_below(pid):
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return [*children, *(below for child in children for below in processes_below(child))]


def test_it_says_how_it_wants_to_be_run(image):
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    assert image.configuration["User"] == "65532:65532"
    assert set(image.configuration["ExposedPorts"]) == {"50051/tcp", "9464/tcp"}
    assert image.configuration["Entrypoint"] + image.configuration["Cmd"] == ["counterpoise-server", "serve"]
    assert image.configuration["Labels"]["org.opencontainers.image.version"] == version
    assert "sha256:" in image.printed


def test_it_holds_nothing_that_builds_or_installs_or_changes_who_one_is(image):
    paths = [path for path in image.root.rglob("*") if not path.is_symlink()]
    files = [path for path in paths if path.is_file()]
    assert len(files) > 1000
    assert [path for path in files if path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)] == []
    assert {path.name for path in files if os.access(path, os.X_OK)} & BUILDERS == set()
    assert [path for path in paths if path.name in {"pip", "hatchling", "pip.conf"}] == []


def test_every_module_is_there(image, tmp_path):
    """What is left out of other packages is missed by none of ours, except for the pictures of the client."""
    script = """if True:
        import importlib, json, pkgutil
        seen, missing = 0, {}
        for root in ("counterpoise", "optimizer"):
            for module in pkgutil.walk_packages([importlib.import_module(root).__path__[0]], root + "."):
                if ".migrations." not in module.name and not module.name.endswith("__main__"):
                    seen += 1
                    try:
                        importlib.import_module(module.name)
                    except ImportError as error:
                        missing[module.name] = error.name
        print(json.dumps([seen, missing]))
    """
    output, code = printed(image, tmp_path, ["python", "-c", script])
    assert code == 0
    seen, missing = json.loads(output)
    assert seen > 300
    assert set(missing.values()) <= {"matplotlib"}


def test_it_runs_as_nobody_and_writes_nothing_but_temporary_files(image, tmp_path):
    script = """
        id -u; id -g; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status | cut -f2
        for folder in / /opt/counterpoise /etc /usr/bin /var/tmp /home /tmp; do
            touch "$folder/new" 2>/dev/null && echo "$folder"
        done; true
    """
    output, code = printed(image, tmp_path, ["sh", "-c", script])
    assert code == 0
    assert output.split() == ["65532", "65532", "0000000000000000", "0000000000000000", "1", "/tmp"]  # noqa: S108


def test_it_answers_the_command_of_the_client_from_outside(serving):
    container, address = serving
    assert Path(f"/proc/{container.first}").stat().st_uid == 65532
    with grpc.insecure_channel(address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        answer = health.Check(health_pb2.HealthCheckRequest(), timeout=AMPLE_SECONDS)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    example = REPOSITORY / "clients" / "python" / "examples" / "pension.yaml"
    told = subprocess.run(
        [BIN / "counterpoise", "allocate", example, "--target", address, "--json"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    allocation = wire.to_model(json_format.Parse(told, allocation_pb2.Allocation()))
    report = allocation.expected_return
    held = {position.line_id: position.fraction for position in allocation.positions}
    assert held["market-neutral"] == pytest.approx(0.27, abs=1e-6)
    assert 1e4 * (report.annual_net_return - report.annual_reference_return) == pytest.approx(22.5, abs=1e-3)
    assert container.terminate() == 0


def test_a_call_under_way_at_a_signal_to_stop_is_answered_and_the_exit_code_is_0(serving):
    container, address = serving
    request = wire.to_message(
        AllocateRequest(problem=sixty_forty_with_overlay()), allocation_service_pb2.AllocateRequest
    )
    below = processes_below(container.first)
    for process in below:
        os.kill(process, signal.SIGSTOP)
    with grpc.insecure_channel(address) as channel:
        stub = allocation_service_pb2_grpc.AllocationServiceStub(channel)
        future = stub.Allocate.future(request, timeout=AMPLE_SECONDS)
        time.sleep(0.5)  # until it waits for the worker
        container.runtime.send_signal(signal.SIGTERM)
        with pytest.raises(grpc.RpcError) as refused:
            stub.Allocate(request, timeout=AMPLE_SECONDS)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        for process in below:
            os.kill(process, signal.SIGCONT)
        reason = future.result().allocation.termination.reason
    assert reason == TerminationReason.OPTIMAL
    assert container.runtime.wait(AMPLE_SECONDS) == 0


def test_it_makes_the_tables_of_a_store(image, tmp_path):
    command = ["sh", "-c", "counterpoise-server migrate && counterpoise-server verify-audit"]
    output, code = printed(image, tmp_path, command, store_dsn="sqlite:////tmp/store.sqlite3")
    assert code == 0, (tmp_path / "log").read_text()
    assert "as it was written" in output
