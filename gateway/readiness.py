"""Questions to the running gateway, over HTTP."""

from __future__ import annotations

import http.client
import re
import socket
import ssl

# envoy.yaml keeps this caller out of the access log.
USER_AGENT = "facesvc-probe"
TIMEOUT_S = 2.0


def answers(host: str, port: int, *, tls: bool = False) -> bool:
    """Return whether GET /health is answered with 200; over ``tls`` whatever the certificate says,
    and a demand for a certificate of this caller's is an answer, too: Envoy listens.

    Envoy sends calls only to a server whose gRPC health is SERVING, so a 200 tells of both.
    """
    try:
        return _get(host, port, "/health", tls=tls)[0] == http.client.OK
    except ssl.SSLError as error:
        return "CERTIFICATE_REQUIRED" in str(error.reason)


def active_requests(host: str, port: int) -> int:
    """Return how many requests Envoy still answers, by its metrics; 0 when it does not tell."""
    status, body = _get(host, port, "/stats?filter=^http.rest.downstream_rq_active$")
    found = re.search(r"downstream_rq_active: (\d+)", body)
    return int(found[1]) if status == http.client.OK and found else 0


def health_checks_passed(host: str, port: int) -> int:
    """Return how many of Envoy's questions to gRPC servers were answered with SERVING so far, by
    its metrics; 0 when it does not tell.
    """
    status, body = _get(host, port, "/stats?filter=^cluster.facesvc.health_check.success$")
    found = re.search(r"health_check.success: (\d+)", body)
    return int(found[1]) if status == http.client.OK and found else 0


def check_free(host: str, port: int) -> None:
    """Raise OSError saying why nothing could listen there."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(address)


def _get(host: str, port: int, path: str, *, tls: bool = False) -> tuple[int, str]:
    connection = (
        http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=_unverified())
        if tls
        else http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    )
    try:
        connection.request("GET", path, headers={"user-agent": USER_AGENT})
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace")
    except ssl.SSLError:
        raise
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def _unverified() -> ssl.SSLContext:
    """A probe asks its own machine, by an address that the certificate need not name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
