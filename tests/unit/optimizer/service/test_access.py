import pkgutil
from importlib import import_module

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

import counterpoise.v1
from optimizer.service import access
from optimizer.service.access import may_call
from optimizer.service.identity import Principal, Role, claimed
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


@pytest.mark.parametrize("method", sorted(CONTRACT))
def test_a_viewer_may_ask_and_who_has_no_role_may_not(method):
    assert may_call(principal(Role.VIEWER), method)
    assert not may_call(principal(), method)


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


async def through_the_gate(method, handler):
    class Details:
        invocation_metadata = ()

    Details.method = method

    async def continuation(_):
        return handler

    return await access.Gate(None).intercept_service(continuation, Details)
