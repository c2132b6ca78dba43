"""The pension example from Python: allocate it, read the answer as frames, ask what binds.

Start `counterpoise-server serve` in another terminal, then `python allocate_pension.py [HOST:PORT]`.
"""
# ruff: noqa: T201 - an example prints

import sys
from pathlib import Path

from counterpoise import AllocationProblem, Client, InfeasibleMandate

target = sys.argv[1] if len(sys.argv) > 1 else "localhost:50051"
problem = AllocationProblem.from_yaml(Path(__file__).with_name("pension.yaml"))

with Client(target) as client:
    try:
        allocation = client.allocate(problem)
    except InfeasibleMandate as proven:
        sys.exit(f"{proven}")

print(allocation.positions_frame()[["kind", "fraction", "amount"]])
print(allocation.exposures_frame())
print(allocation.return_frame())
print(allocation.limits_frame().query("binding")[["value", "upper_shadow_price", "lower_shadow_price"]])

report = allocation.expected_return
if report is not None and report.annual_reference_return is not None:
    uplift = report.annual_net_return - report.annual_reference_return
    print(f"{1e4 * uplift:.1f} bp a year over the reference portfolio")  # 22.5
