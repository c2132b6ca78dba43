"""Commands of whoever operates the store."""

from __future__ import annotations

import json
import subprocess

import pytest

from counterpoise.model import ErrorReason
from optimizer.usecases.errors import Refused
from tests.office import JOB, open_office
from tests.rebalancing import marks
from tests.serving import BIN, server_environment


@pytest.fixture
def office(tmp_path, allocate):
    opened = open_office(tmp_path, allocate)
    opened.create_job()
    opened.record(marks())
    return opened


@pytest.fixture
def command(office):
    """Runs counterpoise-server on the store of the office."""

    def run(*arguments):
        environment = server_environment({"store_dsn": str(office.engine.url)})
        return subprocess.run(
            [BIN / "counterpoise-server", *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
        )

    return run


def test_the_log_is_printed_for_people_and_for_programs(command):
    told = command("audit").stdout
    assert "ada  job.create  " + JOB in told
    assert told.index("job.create") < told.index("marks.record")
    rows = [json.loads(line) for line in command("audit", "--json").stdout.splitlines()]
    assert [row["sequence"] for row in rows] == [1, 2]
    assert rows[0]["details"]["revision"] == 1


def test_one_resource_has_its_own_rows_and_those_below_it(command):
    assert command("audit", "--resource", JOB).stdout.count("marks.record") == 1
    assert command("audit", "--resource", f"{JOB}/marks").stdout.count("job.create") == 0
    assert command("audit", "--resource", "tenants/other").stdout == ""


def test_everybody_can_be_stopped_and_let_go_on(office, command):
    engaged = command("kill-switch", "engage", "--operator", "olga", "--comment", "look first")
    assert engaged.returncode == 0, engaged.stderr
    with pytest.raises(Refused) as caught:
        office.run()
    assert caught.value.reason is ErrorReason.REBALANCING_HALTED
    assert "olga" in caught.value.message
    released = command("kill-switch", "release", "--operator", "olga", "--comment", "fine")
    assert released.returncode == 0, released.stderr
    assert office.run().proposal
    assert "olga (unauthenticated)  switch.engage" in command("audit").stdout
    again = command("kill-switch", "release", "--operator", "olga", "--comment", "fine")
    assert again.returncode == 1


def test_what_is_neither_engage_nor_release_is_refused(command):
    refused = command("kill-switch", "stop", "--operator", "olga", "--comment", "why")
    assert refused.returncode == 2
    assert "neither engage nor release" in refused.stderr
