"""Kill switches: engaged once, released by a word, and nobody touches another tenant's."""

from __future__ import annotations

import pytest

from optimizer.store import (
    Actor,
    engage_switch,
    engaged_switches,
    reading,
    release_switch,
    switches_of,
    writing,
)
from optimizer.store.errors import NotFound
from tests.sample_store import (
    APPROVER,
    AUTHOR,
    JOB,
    LATER,
    NOW,
    OTHER_JOB,
    SERVER,
    STRANGER,
    TENANT,
    act,
    actions,
)

EVERYBODY = "tenants/-"
OWN = f"tenants/{TENANT}"


def _engage(store, scope, *, actor=AUTHOR, comment="margin call", instant=NOW):
    with writing(store) as connection:
        return engage_switch(act(connection, actor, instant), scope, comment)


def _release(store, scope, *, actor=AUTHOR):
    with writing(store) as connection:
        release_switch(act(connection, actor), scope, "paid")


def _scopes_of(store, tenant):
    with reading(store) as connection:
        return [switch.scope for switch in switches_of(connection, tenant)]


@pytest.mark.parametrize("scope", [JOB, OWN, EVERYBODY])
def test_a_switch_says_who_engaged_it_why_and_when_until_it_is_released(store, scope):
    switch = _engage(store, scope)
    assert (switch.scope, switch.principal, switch.comment, switch.engage_instant) == (
        scope, "ada", "margin call", NOW,
    )  # fmt: skip
    with reading(store) as connection:
        assert engaged_switches(connection, [scope, "tenants/nobody"]) == [switch]
        assert actions(connection, scope) == ["switch.engage"]
    _release(store, scope)
    with reading(store) as connection:
        assert engaged_switches(connection, [scope]) == []
        assert actions(connection, scope) == ["switch.engage", "switch.release"]


def test_engaged_again_a_switch_stays_the_first_and_both_are_on_record(store):
    first = _engage(store, JOB)
    assert _engage(store, JOB, actor=APPROVER, comment="me too", instant=LATER) == first
    with reading(store) as connection:
        assert actions(connection, JOB) == ["switch.engage", "switch.engage"]


def test_a_switch_that_is_not_engaged_cannot_be_released(store):
    with pytest.raises(NotFound, match=OWN):
        _release(store, OWN)
    with reading(store) as connection:
        assert actions(connection) == []


def test_a_tenants_switches_are_its_own_its_jobs_and_everybodys(store):
    _engage(store, JOB)
    _engage(store, OWN)
    _engage(store, EVERYBODY, actor=SERVER)
    _engage(store, OTHER_JOB, actor=STRANGER)
    _engage(store, f"{OWN}-two", actor=Actor(tenant=f"{TENANT}-two", principal="a", authenticated=True))
    assert _scopes_of(store, TENANT) == [EVERYBODY, OWN, JOB]
    assert _scopes_of(store, STRANGER.tenant) == [EVERYBODY, OTHER_JOB]
    assert _scopes_of(store, "newcomer") == [EVERYBODY]


@pytest.mark.parametrize("scope", [JOB, OWN, f"{OWN}-two", "tenants", ""])
def test_another_tenants_switch_is_neither_engaged_nor_released(store, scope):
    if scope.startswith(f"{OWN}/") or scope == OWN:
        _engage(store, scope)
    for change in (_engage, _release):
        with pytest.raises(NotFound):
            change(store, scope, actor=STRANGER)
    assert _scopes_of(store, TENANT) == ([scope] if scope in {JOB, OWN} else [])


def test_nothing_is_engaged_where_no_scope_is_asked(store):
    _engage(store, JOB)
    with reading(store) as connection:
        assert engaged_switches(connection, []) == []
