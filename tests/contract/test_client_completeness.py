"""Every RPC of every service has a method on both clients, with one signature."""

import importlib
import inspect
import pkgutil
from typing import get_args

import grpc
import pytest

import counterpoise.v1
from counterpoise import AsyncClient, Client, testing
from counterpoise.client.rpcs import RPCS

MODULES = [
    importlib.import_module(f"counterpoise.v1.{module.name}")
    for module in pkgutil.iter_modules(counterpoise.v1.__path__)
    if module.name.endswith("_pb2")
]
METHODS = {
    f"/{service.full_name}/{method.name}": method
    for module in MODULES
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
SURFACE = sorted(
    name for name, member in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")
)


def test_every_rpc_is_in_the_table_of_the_clients():
    assert {rpc.path for rpc in RPCS} == set(METHODS)
    assert len({rpc.client_method for rpc in RPCS}) == len(RPCS)


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.path)
def test_both_clients_call_it_with_its_own_messages(rpc):
    assert rpc.request_type.DESCRIPTOR is METHODS[rpc.path].input_type
    assert rpc.response_type.DESCRIPTOR is METHODS[rpc.path].output_type
    assert rpc.client_method in SURFACE
    assert inspect.iscoroutinefunction(getattr(AsyncClient, rpc.client_method))


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.path)
def test_the_test_server_scripts_it_and_knows_its_answer(rpc):
    name = rpc.path.rpartition("/")[2]
    answer = getattr(counterpoise, rpc.response_type.DESCRIPTOR.name)
    assert answer in get_args(testing.Answer)
    with testing.ScriptedServer() as server:
        server.script(name, b"")
        with grpc.insecure_channel(server.target) as channel:
            assert channel.unary_unary(rpc.path)(b"", timeout=5) == b""
        assert type(server.requests[0]).__name__ == rpc.request_type.DESCRIPTOR.name


@pytest.mark.parametrize("name", [*SURFACE, "__init__"])
def test_both_clients_have_one_surface(name):
    assert inspect.signature(getattr(Client, name)) == inspect.signature(getattr(AsyncClient, name))


def test_neither_client_has_more_than_the_other():
    public = {
        name for name, _ in inspect.getmembers(AsyncClient, inspect.isfunction) if not name.startswith("_")
    }
    assert public == set(SURFACE)
