"""Calls about kill switches."""

from __future__ import annotations

from counterpoise.model import (
    EngageKillSwitchRequest,
    EngageKillSwitchResponse,
    KillSwitch,
    ListKillSwitchesRequest,
    ListKillSwitchesResponse,
    ReleaseKillSwitchRequest,
    ReleaseKillSwitchResponse,
)
from optimizer.rebalance.desk import Desk, once, refusing
from optimizer.rebalance.names import Caller, check_tenant
from optimizer.store import (
    Act,
    SwitchRow,
    engage_switch,
    get_job,
    reading,
    release_switch,
    switches_of,
)


def engage_kill_switch(
    desk: Desk, request: EngageKillSwitchRequest, caller: Caller
) -> EngageKillSwitchResponse:
    """Stops a job or the whole tenant from now on."""
    check_tenant(request.scope, caller)

    def effect(act: Act) -> str:
        if "/rebalanceJobs/" in request.scope:
            get_job(act.connection, caller.tenant, request.scope)
        engage_switch(act, request.scope, request.comment)
        return request.scope

    scope = once(desk, caller, request, effect)
    engaged = [switch for switch in _engaged(desk, caller) if switch.scope == scope]
    # A request that comes again, after the switch was released, engages nothing.
    return EngageKillSwitchResponse(kill_switch=engaged[0] if engaged else None)


def release_kill_switch(
    desk: Desk, request: ReleaseKillSwitchRequest, caller: Caller
) -> ReleaseKillSwitchResponse:
    """Lets it go on, unless another switch still stops it."""
    check_tenant(request.scope, caller)

    def effect(act: Act) -> str:
        release_switch(act, request.scope, request.comment)
        return request.scope

    once(desk, caller, request, effect)
    desk.wake()
    return ReleaseKillSwitchResponse(kill_switches=_engaged(desk, caller))


def list_kill_switches(
    desk: Desk, request: ListKillSwitchesRequest, caller: Caller
) -> ListKillSwitchesResponse:
    """Those that stop something of the tenant."""
    check_tenant(request.parent, caller)
    return ListKillSwitchesResponse(kill_switches=_engaged(desk, caller))


def _engaged(desk: Desk, caller: Caller) -> tuple[KillSwitch, ...]:
    with refusing(), reading(desk.engine) as connection:
        return tuple(map(_message, switches_of(connection, caller.tenant)))


def _message(row: SwitchRow) -> KillSwitch:
    return KillSwitch(
        scope=row.scope, principal=row.principal, comment=row.comment, engage_time=row.engage_instant
    )
