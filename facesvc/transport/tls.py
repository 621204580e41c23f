"""TLS of the gRPC port: certificates from files, read again when they change."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

import grpc
import structlog

_log = structlog.get_logger("facesvc.tls")


class TlsError(Exception):
    """The files hold no certificate and key that belong together."""


@dataclass(frozen=True)
class TlsFiles:
    """PEM files: the server's certificate with its chain, its key, and, where clients must show a
    certificate, the authorities that theirs come from.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def read(self) -> grpc.ServerCertificateConfiguration:
        """Return what the files hold now. Raises TlsError, OSError."""
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, self.key)
            if self.client_ca:
                context.load_verify_locations(self.client_ca)
        except ssl.SSLError as error:
            raise TlsError(f"{self.certificate}, {self.key}: {error.reason or error}") from None
        pair = (self.key.read_bytes(), self.certificate.read_bytes())
        authorities = self.client_ca.read_bytes() if self.client_ca else None
        return grpc.ssl_server_certificate_configuration([pair], authorities)

    def stamp(self) -> tuple[tuple[int, int], ...]:
        """Return what changes when a file is replaced or rewritten. Raises OSError."""
        files = filter(None, (self.certificate, self.key, self.client_ca))
        return tuple((at.st_mtime_ns, at.st_ino) for at in (file.stat() for file in files))


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Return credentials that follow the files: each handshake looks whether they changed. A pair
    that does not fit, as while one file is written after the other, is not taken: the one
    before goes on. Raises TlsError, OSError for what the files hold now.
    """
    follower = _Follower(files)
    return grpc.dynamic_ssl_server_credentials(
        follower.first,
        follower,  # type: ignore[arg-type] # None is documented, and missing in its stubs
        require_client_authentication=files.client_ca is not None,
    )


class _Follower:
    """grpcio's fetcher: None means that the certificate in use stays."""

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._stamp = files.stamp()
        self.first = files.read()

    def __call__(self) -> grpc.ServerCertificateConfiguration | None:
        with self._lock:
            try:
                stamp = self._files.stamp()
                if stamp == self._stamp:
                    return None
                changed = self._files.read()
            except (TlsError, OSError) as error:
                _log.warning("certificate not taken", reason=str(error))
                return None
            self._stamp = stamp
        _log.info("certificate changed")
        return changed
