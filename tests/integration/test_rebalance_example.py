"""The example that goes from the large portfolio to approved trades."""

import os
import subprocess

from tests.integration.test_examples import EXAMPLES
from tests.serving import BIN


def test_the_example_ends_with_an_approval_by_another_person_and_a_sound_log():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERPOISE_")}
    told = subprocess.run(
        [EXAMPLES / "rebalance_total_portfolio.sh"],
        check=False,
        capture_output=True,
        text=True,
        env=environment | {"COUNTERPOISE_BIN": str(BIN)},
    )
    assert told.returncode == 0, told.stderr
    assert "The last business day of XNYS in every month at 16:30 New York time; rolls too." in told.stdout
    assert "SELF_APPROVAL" in told.stderr
    assert "Approved by ben" in told.stdout
    assert "ORDER OF EXECUTION" in told.stdout
    assert "the audit log is as it was written: 9 rows" in told.stdout
