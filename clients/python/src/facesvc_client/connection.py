"""Channel options: retries by the service config, and messages as large as the server's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import grpc

MAX_MESSAGE_BYTES = 128 * 1024 * 1024  # as the server's
# gRPC keeps a call for its repetition only while it fits in here: 256 KiB would not hold a photo.
RETRY_BUFFER_BYTES = 64 * 1024 * 1024
TIMEOUT_S = 30.0  # of a unary call
PAGE_SIZE = 200
_SERVICES = (
    "facesvc.v1.FaceService",
    "facesvc.v1.GalleryService",
    "facesvc.v1.EventService",
)


@dataclass(frozen=True)
class Retries:
    """How often a unary call that the service could not take is tried, and the waits between.

    Every write carries a request id, so that repeating it is safe. gRPC spreads the waits.
    """

    attempts: int = 4
    first_wait_s: float = 0.1
    longest_wait_s: float = 2.0


def channel_options(retries: Retries) -> list[tuple[str, Any]]:
    """Return the options of a channel; at most five attempts, as gRPC allows."""
    config: dict[str, Any] = {"methodConfig": []}
    if retries.attempts > 1:
        config["methodConfig"] = [
            {
                "name": [{"service": service} for service in _SERVICES],
                "retryPolicy": {
                    "maxAttempts": retries.attempts,
                    "initialBackoff": f"{retries.first_wait_s}s",
                    "maxBackoff": f"{retries.longest_wait_s}s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
                },
            }
        ]
    return [
        ("grpc.enable_retries", 1),
        ("grpc.per_rpc_retry_buffer_size", RETRY_BUFFER_BYTES),
        ("grpc.service_config", json.dumps(config)),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ]


def credentials_of(tls: bool | grpc.ChannelCredentials) -> grpc.ChannelCredentials | None:
    """Return TLS credentials, None for plain text; True means the system's authorities."""
    if isinstance(tls, bool):
        return grpc.ssl_channel_credentials() if tls else None
    return tls


def metadata_of(api_key: str) -> list[tuple[str, str]]:
    """Return what goes with every call."""
    return [("x-api-key", api_key)] if api_key else []


def checked(address: str) -> str:
    """Return the address if it is host:port. Raises ValueError."""
    if "://" in address or not address.rpartition(":")[2].isdigit():
        raise ValueError(f"the address is host:port of gRPC, not {address!r}")
    return address
