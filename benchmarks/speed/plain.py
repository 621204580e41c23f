"""The bare pipeline behind grpcio alone: what gRPC in Python costs before a service adds to it.

``python -m benchmarks.speed.plain PORT MODELS``. A thread pool, one handler, generated
messages; no interceptors, no limits, no logs. No gRPC service in Python gets closer to the
bare pipeline than this.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import numpy as np

from benchmarks.speed.bare import BarePipeline
from benchmarks.speed.clients import EMBED
from facesvc.allocator import keep_freed_memory
from facesvc.application.call import Call
from facesvc.engine.config import Precision
from facesvc.environment import cpu_quota
from facesvc.v1.face_service_pb2 import EmbedRequest, EmbedResponse

THREADS = 64


def main() -> None:
    """Serve until killed."""
    keep_freed_memory(arenas=max(2, cpu_quota()))  # as server.py does
    pipeline = BarePipeline.open(Path(sys.argv[2]), Precision.INT8)

    def embed(request: EmbedRequest, context: grpc.ServicerContext) -> EmbedResponse:  # noqa: ARG001 - grpcio's signature
        return EmbedResponse(embedding=np.asarray(pipeline.embed(request.image, Call())).tolist())

    service, method = EMBED.strip("/").split("/")
    handler = grpc.unary_unary_rpc_method_handler(
        embed, EmbedRequest.FromString, EmbedResponse.SerializeToString
    )
    server = grpc.server(ThreadPoolExecutor(THREADS))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {method: handler}),)
    )
    server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
