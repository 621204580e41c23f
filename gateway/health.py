"""For containers: exits 0 when the service answers, 1 when it does not.

``python -m gateway.health`` asks through Envoy, ``python -m gateway.health grpc`` the gRPC server.
"""

from __future__ import annotations

import sys

from facesvc.environment import SettingsError
from facesvc.settings import Settings, load_settings
from gateway.readiness import TIMEOUT_S, answers
from gateway.render import in_url, reachable


def serves_grpc(settings: Settings) -> bool:
    """Return whether the gRPC server's overall health is SERVING."""
    import grpc  # asking Envoy, the usual case, does without
    from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
    from grpc_health.v1.health_pb2_grpc import HealthStub

    address = f"{in_url(reachable(settings.host))}:{settings.grpc_port}"
    with grpc.insecure_channel(address) as channel:
        try:
            answer = HealthStub(channel).Check(HealthCheckRequest(), timeout=TIMEOUT_S)
        except grpc.RpcError:
            return False
    return bool(answer.status == HealthCheckResponse.SERVING)


def main() -> int:
    """Run the command line."""
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.stderr.write(f"facesvc cannot be asked; wrong settings:\n{error}\n")
        return 1
    if sys.argv[1:] == ["grpc"]:
        return 0 if serves_grpc(settings) else 1
    return 0 if answers(reachable(settings.host), settings.port, tls=settings.serves_tls) else 1


if __name__ == "__main__":
    sys.exit(main())
