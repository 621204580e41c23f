"""Where the service is and how it is reached."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from facesvc.cli.errors import UsageError
from facesvc.cli.sending_key import with_key
from facesvc.v1 import face_service_pb2
from facesvc.v1.event_service_pb2_grpc import EventServiceStub
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub

# A whole page of users or batch of embeddings; the server bounds what it is sent, not its answers.
MAX_MESSAGE_BYTES = 128 * 1024 * 1024
ANSWER_S = 3.0  # in which a service that is there says how it is
SERVER_VARIABLE, KEY_VARIABLE = "FACESVC_SERVER", "FACESVC_API_KEY"


@dataclass(frozen=True)
class Connection:
    """What the options say; None is what they leave to the environment or the default."""

    server: str | None = None
    api_key_env: str | None = None
    tls: bool | None = None
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    @property
    def address(self) -> str:
        """Host and port of gRPC."""
        here = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('GRPC_PORT', '50051')}"
        return self.server or os.environ.get(SERVER_VARIABLE) or here

    @property
    def api_key(self) -> str:
        """The key to send, "" for none. Raises UsageError."""
        if self.api_key_env:
            return secret_in(self.api_key_env, "API key")
        return os.environ.get(KEY_VARIABLE, "")

    def credentials(self) -> grpc.ChannelCredentials | None:
        """Return TLS credentials, None for plain text. Raises UsageError, OSError."""
        if bool(self.cert) != bool(self.key):
            raise UsageError("--cert and --key go together.")
        if not (self.tls or self.ca or self.cert):
            return None
        read = [path.read_bytes() if path else None for path in (self.ca, self.key, self.cert)]
        return grpc.ssl_channel_credentials(*read)


@dataclass(frozen=True)
class Service:
    """Its address and stubs."""

    address: str
    channel: grpc.Channel
    faces: FaceServiceStub
    gallery: GalleryServiceStub
    events: EventServiceStub

    def health(self) -> face_service_pb2.GetHealthResponse:
        """Return how the service is, or raise grpc.RpcError within seconds."""
        request = face_service_pb2.GetHealthRequest()
        answer: face_service_pb2.GetHealthResponse = self.faces.GetHealth(request, timeout=ANSWER_S)
        return answer


@contextmanager
def connect(connection: Connection) -> Iterator[Service]:
    """Yield the service; nothing is sent before the first call. Raises UsageError, OSError."""
    options = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]
    credentials, address = connection.credentials(), connection.address
    if "://" in address:
        raise UsageError(f"--server is host:port of gRPC, without {address.partition('//')[0]}//.")
    channel = (
        grpc.secure_channel(address, credentials, options)
        if credentials
        else grpc.insecure_channel(address, options)
    )
    with channel:
        keyed = with_key(channel, connection.api_key)
        yield Service(
            address,
            keyed,
            FaceServiceStub(keyed),  # type: ignore[no-untyped-call] # generated
            GalleryServiceStub(keyed),  # type: ignore[no-untyped-call] # generated
            EventServiceStub(keyed),  # type: ignore[no-untyped-call] # generated
        )


def secret_in(variable: str | None, what: str) -> str:
    """Return what the named variable holds: a secret must not stand in the process list.

    Raises UsageError.
    """
    if not variable:
        return ""
    secret = os.environ.get(variable, "")
    if not secret:
        raise UsageError(f"The variable {variable} holds no {what}.")
    return secret
