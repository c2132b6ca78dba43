"""The client needs no solver: not in its lock, not in its requirements, not in what it imports."""

import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("clarabel", "cvxpy", "highspy", "osqp", "scipy", "scs", "statsmodels")
SCRIPT = f"""
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {(*HEAVY, "optimizer")!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Refuse())
import counterpoise
from counterpoise import AllocationProblem, AsyncClient, Client, command, frames, testing
problem = AllocationProblem.from_yaml({str(ROOT / "clients/python/examples/pension.yaml")!r})
assert problem.validate() == ()
"""
UNTRACED = """
import sys
import counterpoise
from counterpoise import Client, Retry, Unavailable, command
assert not [name for name in sys.modules if name.partition(".")[0] == "opentelemetry"]
sys.modules["opentelemetry"] = None
problem = counterpoise.AllocationProblem.from_yaml(sys.argv[1])
with Client("127.0.0.1:1", retry=Retry(attempts=1)) as client:
    try:
        client.allocate(problem)
    except Unavailable:
        sys.exit(0)
sys.exit("a call to nobody was answered")
"""


def test_the_lock_of_the_client_has_no_solver():
    locked = (ROOT / "clients/python/requirements.lock").read_text()
    names = set(re.findall(r"^([A-Za-z0-9_.-]+)==", locked, re.MULTILINE))
    assert "grpcio" in names
    assert names.isdisjoint(HEAVY)


def test_the_client_requires_neither_solver_nor_server():
    required = " ".join(requires("counterpoise") or [])
    assert "numpy" in required
    for name in (*HEAVY, "counterpoise-optimizer"):
        assert name not in required


def test_the_client_works_where_solvers_and_server_are_missing():
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, timeout=60)


def test_the_client_works_without_traces_and_loads_nothing_of_them_before_a_call():
    example = ROOT / "clients/python/examples/pension.yaml"
    subprocess.run([sys.executable, "-c", UNTRACED, example], check=True, timeout=60)
