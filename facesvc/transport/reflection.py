"""gRPC reflection, v1 and v1alpha: grpcurl and its like need no proto files.

The two versions have the same messages under two names. The grpcio-reflection package knows
v1alpha; newer clients ask for v1, and some for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.json_format import MessageToJson, Parse
from grpc_reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc

from facesvc.transport.reflection_pool import reflection_pool

V1ALPHA = reflection.SERVICE_NAME
V1 = V1ALPHA.replace("v1alpha", "v1")


def add_reflection(services: Iterable[str], server: grpc.Server) -> None:
    """Serve the descriptors of ``services``, and of reflection itself, in both versions."""
    _describe_v1()
    servicer = reflection.ReflectionServicer((*services, V1ALPHA, V1), reflection_pool())
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(servicer, server)
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        reflection_pb2.ServerReflectionRequest.FromString,
        reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    service = grpc.method_handlers_generic_handler(V1, {"ServerReflectionInfo": handler})
    server.add_generic_rpc_handlers((service,))


def _describe_v1() -> None:
    """Put v1's descriptor into the pool, made of v1alpha's; doing it again changes nothing."""
    alpha = FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(alpha)
    text = MessageToJson(alpha).replace("v1alpha", "v1")
    descriptor_pool.Default().Add(Parse(text, FileDescriptorProto()))
