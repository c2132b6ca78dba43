"""What is written as JSON."""

import json

from counterpoise import files
from counterpoise.model import (
    Allocation,
    Provenance,
    Termination,
    TerminationReason,
)


def test_problem_json_leaves_out_what_is_unset(friendly):
    tree = json.loads(files.problem_json(files.parse_problem(friendly)))
    assert "display_name" not in tree["portfolio"]["lines"][0]
    assert "loading_matrix" not in tree["portfolio"]
    # Zero that was written is a value.
    assert tree["portfolio"]["lines"][0]["annual_residual_volatility"] == 0


def test_allocation_json_prints_empty_fields_in_snake_case():
    allocation = Allocation(
        termination=Termination(reason=TerminationReason.UNDETERMINED, detail="nothing was proven"),
        provenance=Provenance(),
    )
    tree = json.loads(files.allocation_json(allocation))
    assert tree["termination"] == {
        "reason": "TERMINATION_REASON_UNDETERMINED",
        "detail": "nothing was proven",
        "attempts": [],
    }
    assert tree["positions"] == []
    assert tree["provenance"]["problem_sha256"] == ""
    assert "certificate" not in tree
    assert "positions" not in json.loads(files.to_json(allocation, print_empty=False))
