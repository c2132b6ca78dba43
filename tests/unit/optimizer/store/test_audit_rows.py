"""Reading the audit log: by tenant, by resource and what is below it, page by page."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from optimizer.store import (
    Actor,
    JobContent,
    ProposalState,
    ReleaseState,
    act_in_tenant,
    append_audit,
    audit_rows,
    begin_with_marks,
    cancel_run,
    claim_run,
    create_job,
    create_run,
    decide,
    delete_job,
    engage_switch,
    expire_due,
    fail_run,
    last_message_id,
    pause_job,
    pending,
    reading,
    record_marks,
    release_switch,
    resume_job,
    revise_job,
    sent_after,
    set_release,
    verify_audit,
    writing,
)
from optimizer.store.errors import AuditBroken
from tests.sample_store import (
    APPROVER,
    AUTHOR,
    CONTENT,
    CONTENT_SHA256,
    JOB,
    LATER,
    LEASE,
    NOW,
    OTHER_CONTENT,
    OTHER_JOB,
    SERVER,
    TENANT,
    act,
    add_job,
    add_other_job,
    add_proposal,
    add_run,
    marks_name,
    proposal_name,
    run_name,
)

ACTIONS = {
    "job.create", "job.revise", "job.rename", "job.paused", "job.active", "job.deleted",
    "run.create", "run.running", "run.resume", "run.begin", "run.succeeded", "run.failed", "run.cancelled",
    "proposal.create", "proposal.approved", "proposal.rejected", "proposal.expired", "proposal.superseded",
    "proposal.release", "proposal.withhold", "marks.record", "switch.engage", "switch.release",
    "decision.refuse",
}  # fmt: skip


def _everything(connection) -> None:
    """Every act that the store records, each at least once."""
    doing = act(connection)
    add_job(connection)
    create_run(doing, f"{JOB}/runs/claimed", JOB)
    claim_run(act(connection, SERVER), "first", LEASE)
    claim_run(act(connection, SERVER, NOW + LEASE), "second", LEASE)
    record_marks(doing, marks_name(1), JOB, "2025-11-28", "{}")
    begin_with_marks(doing, f"{JOB}/runs/claimed", marks_name(1))
    fail_run(doing, f"{JOB}/runs/claimed", "{}")
    for number, new in enumerate((ReleaseState.RELEASED, ReleaseState.WITHHELD), 1):
        add_proposal(connection, number)
        decide(
            act(connection, APPROVER),
            proposal_name(number),
            ProposalState.APPROVED,
            CONTENT_SHA256,
            "as discussed",
            release_state=ReleaseState.WAITING,
        )
        server = act_in_tenant(act(connection, SERVER), TENANT)
        set_release(server, proposal_name(number), ReleaseState.WAITING, new, "")
    add_proposal(connection, 3)
    decide(doing, proposal_name(3), ProposalState.REJECTED, CONTENT_SHA256, "too much")
    add_proposal(connection, 4)
    append_audit(act(connection), "decision.refuse", proposal_name(4), {"reason": "PRINCIPAL_BARRED"})
    add_proposal(connection, 5)
    expire_due(act(connection, SERVER, LATER))
    revise_job(doing, JOB, OTHER_CONTENT, display_name="Monthly", expected_version=1)
    revise_job(doing, JOB, OTHER_CONTENT, display_name="Renamed", expected_version=2)
    pause_job(doing, JOB, "holidays")
    resume_job(doing, JOB)
    engage_switch(doing, JOB, "margin call")
    release_switch(doing, JOB, "paid")
    add_run(connection, 6)
    cancel_run(doing, run_name(6))
    delete_job(doing, JOB)


@pytest.fixture
def lived(store):
    """A store in which everything happened."""
    with writing(store) as connection:
        _everything(connection)
    return store


def _rows(store, tenant=None, prefix="", after=0, limit=1000):
    with reading(store) as connection:
        return audit_rows(connection, tenant=tenant, prefix=prefix, after=after, limit=limit)


def test_every_act_has_its_row_and_its_message(lived):
    rows = _rows(lived)
    assert {row.action for row in rows} == ACTIONS
    with reading(lived) as connection:
        messages = pending(connection, 1000)
    sent = {message.audit_sequence: message for message in messages}
    # What was refused is on record, and no effect that anybody waits for.
    assert [row.action for row in rows if row.sequence not in sent] == ["decision.refuse"]
    for row in rows:
        if row.sequence in sent:
            message = sent[row.sequence]
            assert (message.event, message.resource_name) == (row.action, row.resource_name)
            assert json.loads(row.details_json).items() <= json.loads(message.payload_json).items()


def test_every_row_belongs_to_the_tenant_of_what_it_is_about(lived):
    assert {row.tenant for row in _rows(lived)} == {TENANT}
    servers = {row.action for row in _rows(lived) if row.principal == SERVER.principal}
    assert servers == {
        "run.running", "run.resume", "proposal.release", "proposal.withhold", "proposal.expired",
    }  # fmt: skip


def test_an_edit_of_any_row_is_found_whatever_it_records(lived):
    drops = {
        "sqlite": ["DROP TRIGGER audit_log_kept_from_UPDATE"],
        "postgresql": ["DROP TRIGGER audit_log_kept ON audit_log"],
    }
    with lived.begin() as connection:
        for statement in drops[lived.dialect.name]:
            connection.execute(text(statement))
    for row in _rows(lived):
        for column in ("details_json", "resource_name", "principal", "action", "sha256"):
            value = getattr(row, column)
            place = row.sequence % len(value)
            edited = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
            edit = text(f"UPDATE audit_log SET {column} = :value WHERE sequence = {row.sequence}")
            with lived.begin() as connection:
                connection.execute(edit, {"value": edited})
            with reading(lived) as connection, pytest.raises(AuditBroken) as broken:
                verify_audit(connection)
            assert broken.value.sequence == row.sequence
            with lived.begin() as connection:
                connection.execute(edit, {"value": value})
    with reading(lived) as connection:
        verify_audit(connection)


def test_rows_come_page_by_page_in_order(lived):
    pages, after = [], 0
    while page := _rows(lived, after=after, limit=7):
        pages += page
        after = page[-1].sequence
    assert pages == _rows(lived)
    assert [row.sequence for row in pages] == list(range(1, len(pages) + 1))


def test_a_row_reads_as_it_was_written(store):
    nobody = Actor(tenant=TENANT, principal="someone", authenticated=False)
    with writing(store) as connection:
        head = append_audit(act(connection, nobody, LATER), "access.refuse", JOB, {"method": "GetRun"})
    (row,) = _rows(store)
    assert (row.sequence, row.instant, row.tenant) == (1, LATER, TENANT)
    assert (row.principal, row.authenticated, row.action) == ("someone", False, "access.refuse")
    assert (row.resource_name, row.details_json) == (JOB, '{"method":"GetRun"}')
    assert (row.previous_sha256, row.sha256) == ("0" * 64, head.sha256)


def test_a_tenant_sees_its_own_rows_alone(lived):
    with writing(lived) as connection:
        add_other_job(connection)
    others = _rows(lived, "endowment")
    assert [row.resource_name for row in others] == [OTHER_JOB, f"{OTHER_JOB}/runs/1"]
    assert len(_rows(lived)) == len(others) + len(_rows(lived, TENANT))


def test_a_prefix_takes_the_resource_and_what_is_below_and_no_neighbours(store):
    # Neighbours by name, by the wildcards of LIKE and by capitals, which SQLite's LIKE takes for the same.
    neighbours = [f"{JOB}-2", f"{JOB}2/runs/1", JOB.replace("monthly", "month_y"), JOB.replace("m", "M")]
    names = [JOB, f"{JOB}/runs/1", *neighbours, "tenants/pension/rebalanceJobs/month%"]
    with writing(store) as connection:
        for name in names:
            append_audit(act(connection), "job.read", name, {})
    found = {prefix: [row.resource_name for row in _rows(store, prefix=prefix)] for prefix in names}
    assert found[JOB] == [JOB, f"{JOB}/runs/1"]
    assert all(found[name] == [name] for name in names if name != JOB)
    assert _rows(store, prefix="tenants/pension/rebalanceJobs/m") == []
    assert len(_rows(store, prefix="tenants/pension/rebalanceJobs")) == len(names)


def test_a_watcher_can_begin_at_the_end_and_follow_one_job(store):
    second = f"{JOB}-2"
    with writing(store) as connection:
        assert last_message_id(connection, TENANT) == 0
        add_job(connection)
        add_other_job(connection)
        begin = last_message_id(connection, TENANT)
        create_job(act(connection), second, "", JobContent(problem_json="{}", policies_json="{}"))
        create_run(act(connection, AUTHOR), f"{second}/runs/1", second)
        add_run(connection, 1)
    with reading(store) as connection:
        every = sent_after(connection, TENANT, begin, 10)
        of_second = sent_after(connection, TENANT, begin, 10, prefix=second)
        assert sent_after(connection, TENANT, last_message_id(connection, TENANT), 10) == []
        assert last_message_id(connection, "endowment") < last_message_id(connection, TENANT)
    assert [message.resource_name for message in every] == [second, f"{second}/runs/1", run_name(1)]
    assert [message.resource_name for message in of_second] == [second, f"{second}/runs/1"]
    assert CONTENT.problem_json not in "".join(message.payload_json for message in every)
