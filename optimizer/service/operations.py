"""What operations need beside the contract: health and reflection."""

from __future__ import annotations

import grpc
from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc

SERVING = health_pb2.HealthCheckResponse.SERVING
REFLECTION_V1 = "grpc.reflection.v1.ServerReflection"


async def add_health(server: aio.Server, service_names: tuple[str, ...]) -> health.aio.HealthServicer:
    """Answer health checks, for the server as a whole and for each service."""
    servicer = health.aio.HealthServicer()
    for name in service_names:
        await servicer.set(name, SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    return servicer


def add_reflection(server: aio.Server, service_names: tuple[str, ...]) -> None:
    """Let tools read the contract from the server."""
    names = (
        *service_names,
        health_pb2.DESCRIPTOR.services_by_name["Health"].full_name,
        reflection.SERVICE_NAME,
    )
    servicer = reflection.aio.ReflectionServicer(names)
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(servicer, server)  # type: ignore[no-untyped-call]
    # Messages of v1 and v1alpha are the same on the wire; newer tools ask for v1 first.
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    handlers = grpc.method_handlers_generic_handler(REFLECTION_V1, {"ServerReflectionInfo": handler})
    server.add_generic_rpc_handlers((handlers,))
