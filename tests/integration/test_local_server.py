"""The server that a command starts for itself ends with the command, even with one that is killed."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

SCRIPT = """
import time
from counterpoise.command.local_server import local_server
with local_server() as address:
    print(address, flush=True)
    time.sleep(60)
"""


def children_of(pid):
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # Fields after the name, which stands in parentheses: state, then parent.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return [child for child, parent in parents.items() if parent == pid]


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_command_leaves_no_server_behind():
    with subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout.readline().startswith("127.0.0.1:")
        servers = children_of(command.pid)
        workers = [worker for server in servers for worker in children_of(server)]
        assert len(servers) == 1
        assert workers
        command.send_signal(signal.SIGKILL)
        command.wait()
    limit = time.monotonic() + 20.0
    while any(alive(pid) for pid in (*servers, *workers)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in (*servers, *workers))
