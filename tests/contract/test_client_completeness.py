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
CLIENTS = (Client("localhost:1"), AsyncClient("localhost:1"))
GROUPS = ("", "rebalance", "monitor")


def group_of(client, group):
    """The client itself, or a group of its methods."""
    return getattr(client, group) if group else client


def public(instance):
    """Names of the public methods of an instance."""
    members = inspect.getmembers(type(instance), inspect.isfunction)
    return {name for name, _ in members if not name.startswith("_")}


def method(kind, path):
    """A method as its class has it, by the path from a client."""
    group, _, name = path.rpartition(".")
    return getattr(type(group_of(CLIENTS[kind], group)), name)


SURFACE = sorted(
    f"{group}.{name}".removeprefix(".") for group in GROUPS for name in public(group_of(CLIENTS[0], group))
)


def test_every_rpc_is_in_the_table_of_the_clients():
    assert {rpc.path for rpc in RPCS} == set(METHODS)
    assert len({rpc.client_method for rpc in RPCS}) == len(RPCS)


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.path)
def test_both_clients_call_it_with_its_own_messages(rpc):
    assert rpc.request_type.DESCRIPTOR is METHODS[rpc.path].input_type
    assert rpc.response_type.DESCRIPTOR is METHODS[rpc.path].output_type
    assert rpc.streams == METHODS[rpc.path].server_streaming
    assert rpc.client_method in SURFACE


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.path)
def test_the_client_for_asyncio_waits_without_blocking(rpc):
    asked = method(1, rpc.client_method)
    returned = inspect.signature(asked).return_annotation
    assert inspect.iscoroutinefunction(asked) != returned.startswith("AsyncIterator[")


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.path)
def test_what_answers_page_by_page_or_streams_is_iterated(rpc):
    pages = "page_token" in rpc.request_type.DESCRIPTOR.fields_by_name
    returned = inspect.signature(method(0, rpc.client_method)).return_annotation
    assert returned.startswith("Iterator[") == (pages or rpc.streams)


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.path)
def test_the_test_server_scripts_it_and_knows_its_answer(rpc):
    name = rpc.path.rpartition("/")[2]
    answer = getattr(counterpoise, rpc.response_type.DESCRIPTOR.name)
    assert answer in get_args(testing.Answer)
    with testing.ScriptedServer() as server:
        server.script(name, b"")
        with grpc.insecure_channel(server.target) as channel:
            if rpc.streams:
                assert list(channel.unary_stream(rpc.path)(b"", timeout=5)) == [b""]
            else:
                assert channel.unary_unary(rpc.path)(b"", timeout=5) == b""
        assert type(server.requests[0]).__name__ == rpc.request_type.DESCRIPTOR.name


@pytest.mark.parametrize("path", [*SURFACE, "__init__"])
def test_both_clients_have_one_surface(path):
    """Of an iterator the asynchronous twin is an asynchronous iterator; all else is the same."""
    waiting, asynchronous = (inspect.signature(method(kind, path)) for kind in (0, 1))
    assert str(waiting) == str(asynchronous).replace("-> 'AsyncIterator[", "-> 'Iterator[")


@pytest.mark.parametrize("group", GROUPS)
def test_neither_client_has_more_than_the_other(group):
    waiting, asynchronous = (group_of(client, group) for client in CLIENTS)
    assert public(waiting) == public(asynchronous)
    assert {name for name in vars(waiting) if not name.startswith("_")} == {
        name for name in vars(asynchronous) if not name.startswith("_")
    }


def test_no_group_of_methods_is_forgotten():
    assert {name for name in vars(CLIENTS[0]) if not name.startswith("_")} == set(GROUPS) - {""}
