"""Questions to the running gateway, over HTTP."""

from __future__ import annotations

import http.client
import re
import socket

# envoy.yaml keeps this caller out of the access log.
USER_AGENT = "facesvc-probe"
TIMEOUT_S = 2.0


def answers(host: str, port: int) -> bool:
    """Return whether GET /health is answered with 200.

    Envoy sends calls only to a server whose gRPC health is SERVING, so a 200 tells of both.
    """
    return _get(host, port, "/health")[0] == http.client.OK


def active_requests(host: str, port: int) -> int:
    """Return how many requests Envoy still answers, by its metrics; 0 when it does not tell."""
    status, body = _get(host, port, "/stats?filter=^http.rest.downstream_rq_active$")
    found = re.search(r"downstream_rq_active: (\d+)", body)
    return int(found[1]) if status == http.client.OK and found else 0


def check_free(host: str, port: int) -> None:
    """Raise OSError saying why nothing could listen there."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(address)


def _get(host: str, port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"user-agent": USER_AGENT})
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
