"""Names of what is kept: which texts are names, and what their parts say."""

import pytest

from counterpoise.validate.resource_names import (
    JOB,
    JOBS,
    MARKS,
    PROPOSAL,
    RUN,
    SCOPE,
    TENANT,
    ResourceName,
    matches_part,
)

JOB_NAME = "tenants/pension/rebalanceJobs/monthly-2"
FORMS = {
    "job": JOB,
    "jobs": JOBS,
    "marks": MARKS,
    "proposal": PROPOSAL,
    "run": RUN,
    "scope": SCOPE,
    "tenant": TENANT,
}


@pytest.mark.parametrize(
    ("text", "forms", "parts"),
    [
        ("tenants/pension", {"tenant", "scope"}, ResourceName(tenant="pension")),
        (JOB_NAME, {"job", "jobs", "scope"}, ResourceName(tenant="pension", job="monthly-2")),
        ("tenants/pension/rebalanceJobs/-", {"jobs"}, ResourceName(tenant="pension", job="-")),
        (f"{JOB_NAME}/runs/7f", {"run"}, ResourceName(tenant="pension", job="monthly-2", last="7f")),
        (f"{JOB_NAME}/proposals/x", {"proposal"}, ResourceName(tenant="pension", job="monthly-2", last="x")),
        (f"{JOB_NAME}/marks/0-1", {"marks"}, ResourceName(tenant="pension", job="monthly-2", last="0-1")),
        (f"{JOB_NAME}/runs/-", set(), None),
        ("tenants/pension/rebalanceJobs/-/runs/7f", set(), None),
        ("tenants/-", set(), None),
        ("tenants/Pension", set(), None),
        ("tenants/pension/", set(), None),
        ("tenants/pension\n", set(), None),
        (" tenants/pension", set(), None),
        ("tenants/pensi\u00f6n", set(), None),
        (f"{JOB_NAME}/runs", set(), None),
        (f"{JOB_NAME}/runs/a/b", set(), None),
        ("", set(), None),
        (None, set(), None),
        (b"tenants/pension", set(), None),
    ],
)
def test_a_name_has_the_parts_of_its_form_and_no_other_form(text, forms, parts):
    read = {name: form.read(text) for name, form in FORMS.items()}
    assert {name for name, found in read.items() if found is not None} == forms
    assert all(found == parts for found in read.values() if found is not None)


@pytest.mark.parametrize("part", ["a", "a1", "a-1", "a" * 63, "monthly"])
def test_a_part_that_callers_choose_begins_with_a_letter(part):
    assert matches_part(part)
    assert JOB.read(f"tenants/{part}/rebalanceJobs/{part}") == ResourceName(tenant=part, job=part)


@pytest.mark.parametrize("part", ["", "1a", "-a", "a-", "A", "a_b", "a.b", "a" * 64, "a/b"])
def test_other_parts_are_none(part):
    assert not matches_part(part)
    assert JOB.read(f"tenants/pension/rebalanceJobs/{part}") is None
    assert TENANT.read(f"tenants/{part}") is None


def test_what_belongs_to_a_job_knows_its_name():
    assert RUN.read(f"{JOB_NAME}/runs/1").job_name == JOB_NAME
    assert JOB.read(JOB_NAME).job_name == JOB_NAME
    assert TENANT.read("tenants/pension").job_name == ""
    assert JOBS.read("tenants/pension/rebalanceJobs/-").job_name == ""
