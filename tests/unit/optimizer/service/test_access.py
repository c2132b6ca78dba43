import pkgutil
from importlib import import_module

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

import counterpoise.v1
from optimizer.service import access
from optimizer.service.access import may_call
from optimizer.service.identity import CredentialsInvalid, Principal, Role, claimed
from optimizer.service.operations import REFLECTION_V1

MODULES = [
    import_module(f"counterpoise.v1.{module.name}")
    for module in pkgutil.iter_modules(counterpoise.v1.__path__)
    if module.name.endswith("_pb2")
]


def paths(service, name=None):
    return {f"/{name or service.full_name}/{method.name}" for method in service.methods}


CONTRACT = set().union(
    *(paths(service) for module in MODULES for service in module.DESCRIPTOR.services_by_name.values())
)
REFLECTION = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]


def principal(*roles):
    return Principal(subject="ada", tenant="fund-a", roles=frozenset(roles), authenticated=True)


def test_the_table_has_every_method_of_the_contract_and_no_other():
    assert len(CONTRACT) >= 7
    assert set(access.ROLES) == CONTRACT
    assert all(access.ROLES.values())


def test_open_is_health_alone_and_reflection_asks_for_no_role():
    assert paths(health_pb2.DESCRIPTOR.services_by_name["Health"]) == access.OPEN
    assert paths(REFLECTION) | paths(REFLECTION, REFLECTION_V1) == access.ANY_PRINCIPAL


OPERATE = {
    "RecordMarks", "CreateRebalanceJob", "UpdateRebalanceJob", "DeleteRebalanceJob", "PauseRebalanceJob",
    "ResumeRebalanceJob", "RunRebalanceJob", "CancelRebalanceRun", "EngageKillSwitch",
}  # fmt: skip
APPROVE = {
    "ApproveRebalanceProposal", "RejectRebalanceProposal", "EngageKillSwitch", "ReleaseKillSwitch",
}  # fmt: skip
QUESTIONS = {path for path in CONTRACT if path.rpartition("/")[2] not in OPERATE | APPROVE}


@pytest.mark.parametrize("method", sorted(CONTRACT))
def test_who_has_no_role_may_call_nothing(method):
    assert not may_call(principal(), method)


@pytest.mark.parametrize("method", sorted(QUESTIONS))
@pytest.mark.parametrize("role", Role)
def test_every_role_may_ask(method, role):
    assert may_call(principal(role), method)


@pytest.mark.parametrize("method", sorted(CONTRACT - QUESTIONS))
def test_what_changes_something_needs_its_role(method):
    name = method.rpartition("/")[2]
    assert not may_call(principal(Role.VIEWER), method)
    assert may_call(principal(Role.OPERATOR), method) == (name in OPERATE)
    assert may_call(principal(Role.APPROVER), method) == (name in APPROVE)


def test_whatever_only_reads_is_a_question():
    reading = {path for path in CONTRACT if path.rpartition("/")[2].startswith(("Get", "List", "Watch"))}
    assert len(reading) == 9
    assert reading <= QUESTIONS


def test_a_method_outside_the_table_is_denied_to_every_role():
    assert not may_call(principal(*Role), "/counterpoise.v1.AllocationService/Forgotten")
    assert not may_call(claimed(()), "/counterpoise.v1.AllocationService/Forgotten")


async def test_a_method_that_is_served_and_not_in_the_table_is_refused():
    served = grpc.unary_unary_rpc_method_handler(lambda body, context: body)
    seen = await through_the_gate("/counterpoise.v1.AllocationService/Forgotten", served)
    assert seen is not served
    assert seen.request_streaming


async def test_a_method_that_is_not_served_is_left_to_the_library():
    assert await through_the_gate("/counterpoise.v1.AllocationService/Forgotten", None) is None


async def test_a_method_in_the_table_is_handled_for_the_caller():
    served = grpc.unary_unary_rpc_method_handler(lambda body, context: body)
    assert await through_the_gate("/counterpoise.v1.AllocationService/Allocate", served) is served
    assert access.current_principal() == claimed(())


class Aborted(Exception):
    pass


class Context:
    async def abort(self, code, details, trailing_metadata):
        raise Aborted(code)


VIEWER = principal(Role.VIEWER)


@pytest.mark.parametrize(
    ("caller", "method", "noted", "code"),
    [
        (
            None,
            "/counterpoise.v1.RebalanceService/RunRebalanceJob",
            "expired",
            grpc.StatusCode.UNAUTHENTICATED,
        ),
        (None, "/any/Thing\nelse", "expired", grpc.StatusCode.UNAUTHENTICATED),
        (
            VIEWER,
            "/counterpoise.v1.RebalanceService/RunRebalanceJob",
            "role",
            grpc.StatusCode.PERMISSION_DENIED,
        ),
    ],
)
async def test_a_refusal_is_told_once_with_who_what_and_why(caller, method, noted, code):
    class Verifier:
        def principal_of(self, metadata):
            if caller is None:
                raise CredentialsInvalid("expired")
            return caller

    told = []
    served = grpc.unary_unary_rpc_method_handler(lambda body, context: body)
    handler = await through_the_gate(method, served, Verifier(), lambda *facts: told.append(facts))
    assert told == []
    with pytest.raises(Aborted, match=code.name):
        await handler.stream_stream(None, Context())
    assert told == [(caller, method if method in CONTRACT else "unknown", noted)]


async def test_nothing_is_told_of_a_call_that_may_come_in():
    told = []
    served = grpc.unary_unary_rpc_method_handler(lambda body, context: body)
    method = "/counterpoise.v1.AllocationService/Allocate"
    assert await through_the_gate(method, served, on_refusal=lambda *facts: told.append(facts)) is served
    assert told == []


async def through_the_gate(method, handler, verifier=None, on_refusal=None):
    class Details:
        invocation_metadata = ()

    Details.method = method

    async def continuation(_):
        return handler

    return await access.Gate(verifier, on_refusal).intercept_service(continuation, Details)
