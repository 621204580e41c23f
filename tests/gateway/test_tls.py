"""TLS of both ports, of the whole service as make run starts it."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
import trustme

from facesvc.v1 import face_service_pb2 as pb
from facesvc.v1 import gallery_service_pb2 as gallery_pb
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub
from harness.figures import record
from tests.gateway.stack import STOP_TIMEOUT_S, Stack, launch

READY_S = 60.0


class Files:
    """A certificate and key that can be replaced, and the authority behind them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.authority = trustme.CA()
        self.certificate, self.key = folder / "tls.crt", folder / "tls.key"
        self.serial = self.replace()

    def replace(self) -> int:
        """Put a new pair in the files' places by renaming; return its serial number."""
        issued = self.authority.issue_cert("127.0.0.1", "localhost")
        for path, data in (
            (self.key, issued.private_key_pem.bytes()),
            (self.certificate, b"".join(blob.bytes() for blob in issued.cert_chain_pems)),
        ):
            fresh = path.with_suffix(".new")
            fresh.write_bytes(data)
            fresh.rename(path)
        pem = issued.cert_chain_pems[0].bytes().decode()
        return serial_of(ssl.PEM_cert_to_DER_cert(pem))

    def client(self) -> ssl.SSLContext:
        """A client that trusts the authority."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context


def serial_of(der: bytes) -> int:
    """Return a certificate's serial number."""
    from cryptography.x509 import load_der_x509_certificate

    return load_der_x509_certificate(der).serial_number


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A pair in a folder of its own."""
    return Files(tmp_path / "tls")


@contextmanager
def encrypted(folder: Path, files: Files, **settings: str) -> Iterator[Stack]:
    """The running service with the files' certificate."""
    stack = launch(
        folder, TLS_CERT_FILE=str(files.certificate), TLS_KEY_FILE=str(files.key), **settings
    )
    try:
        deadline = time.monotonic() + READY_S
        while "facesvc is ready" not in stack.log:
            assert stack.process.poll() is None, stack.log
            assert time.monotonic() < deadline, stack.log
            time.sleep(0.1)
        yield stack
    finally:
        stack.stop()
        stack.process.wait(STOP_TIMEOUT_S)


def rest_port(stack: Stack) -> int:
    """Return the port of REST."""
    return int(stack.environment["PORT"])


def get_health(port: int, context: ssl.SSLContext) -> int:
    """GET /health on a connection of its own."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status
    finally:
        connection.close()


def serial_at(port: int, context: ssl.SSLContext) -> int:
    """Return the serial number of the certificate that a new connection sees."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped,
    ):
        der = wrapped.getpeercert(binary_form=True)
        assert der is not None
        return serial_of(der)


def grpc_health(stack: Stack, files: Files) -> pb.GetHealthResponse:
    """GetHealth on a connection of its own."""
    credentials = grpc.ssl_channel_credentials(files.authority.cert_pem.bytes())
    options = (("grpc.use_local_subchannel_pool", 1),)
    with grpc.secure_channel(stack.grpc_target, credentials, options) as channel:
        return FaceServiceStub(channel).GetHealth(pb.GetHealthRequest(), timeout=10)


def test_both_ports_are_encrypted_and_take_a_new_certificate_under_load(
    tmp_path: Path, files: Files
) -> None:
    """Plain callers get nothing; while the pair is replaced no call fails on either port."""
    with encrypted(tmp_path / "run", files) as stack:
        port, grpc_port = rest_port(stack), int(stack.grpc_target.rpartition(":")[2])
        with pytest.raises((http.client.HTTPException, OSError)):
            http.client.HTTPConnection("127.0.0.1", port, timeout=5).request("GET", "/health")
            plain = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            plain.request("GET", "/health")
            plain.getresponse()
        with grpc.insecure_channel(stack.grpc_target) as channel, pytest.raises(grpc.RpcError):
            FaceServiceStub(channel).GetHealth(pb.GetHealthRequest(), timeout=3)

        context, done = files.client(), threading.Event()

        def load_rest() -> int:
            calls = 0
            while not done.is_set():
                assert get_health(port, context) == 200
                calls += 1
            return calls

        def load_grpc() -> int:
            calls = 0
            while not done.is_set():
                assert grpc_health(stack, files).status == "ok"
                calls += 1
            return calls

        with ThreadPoolExecutor(2) as threads:
            loads = [threads.submit(load_rest), threads.submit(load_grpc)]
            time.sleep(0.5)
            fresh = files.replace()
            deadline = time.monotonic() + 20
            while {serial_at(port, context), serial_at(grpc_port, context)} != {fresh}:
                assert time.monotonic() < deadline, stack.log
                time.sleep(0.2)
            time.sleep(0.5)
            done.set()
            assert all(load.result() > 0 for load in loads)
        assert fresh != files.serial


def test_callers_without_a_certificate_are_refused_where_one_is_asked_for(
    tmp_path: Path, files: Files
) -> None:
    """On both ports; with a certificate of the authority both answer."""
    people = trustme.CA()
    authority = tmp_path / "clients.pem"
    authority.write_bytes(people.cert_pem.bytes())
    with encrypted(tmp_path / "run", files, TLS_CLIENT_CA_FILE=str(authority)) as stack:
        stranger, known = files.client(), files.client()
        issued = people.issue_cert("worker@example.com")
        issued.configure_cert(known)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            get_health(rest_port(stack), stranger)
        assert get_health(rest_port(stack), known) == 200
        with pytest.raises(grpc.RpcError):
            grpc_health(stack, files)
        credentials = grpc.ssl_channel_credentials(
            files.authority.cert_pem.bytes(),
            issued.private_key_pem.bytes(),
            b"".join(blob.bytes() for blob in issued.cert_chain_pems),
        )
        with grpc.secure_channel(stack.grpc_target, credentials) as channel:
            answer = FaceServiceStub(channel).GetHealth(pb.GetHealthRequest(), timeout=10)
        assert answer.status == "ok"


def test_certificate_stands_for_the_key_that_names_it(tmp_path: Path, files: Files) -> None:
    """On both ports, and a stranger's certificate of the same authority for none; a caller's own
    word for its certificate is not taken.
    """
    people = trustme.CA()
    authority, keys = tmp_path / "clients.pem", tmp_path / "keys.toml"
    authority.write_bytes(people.cert_pem.bytes())
    keys.write_text(
        '[[keys]]\nname = "worker"\nscopes = ["enroll"]\n'
        'certificates = ["dns:worker-7.example.com"]\n'
    )
    worker, stranger = (people.issue_cert(f"{name}.example.com") for name in ("worker-7", "x"))
    forged = {"x-forwarded-client-cert": "DNS=worker-7.example.com", "x-facesvc-gateway": "none"}
    settings = {"TLS_CLIENT_CA_FILE": str(authority), "API_KEYS_FILE": str(keys)}
    with encrypted(tmp_path / "run", files, **settings) as stack:
        for issued, status, code in (
            (worker, 200, grpc.StatusCode.OK),
            (stranger, 401, grpc.StatusCode.UNAUTHENTICATED),
        ):
            context = files.client()
            issued.configure_cert(context)
            connection = http.client.HTTPSConnection(
                "127.0.0.1", rest_port(stack), context=context, timeout=10
            )
            connection.request("GET", "/gallery", headers=forged)
            assert connection.getresponse().status == status
            connection.close()
            credentials = grpc.ssl_channel_credentials(
                files.authority.cert_pem.bytes(),
                issued.private_key_pem.bytes(),
                b"".join(blob.bytes() for blob in issued.cert_chain_pems),
            )
            options = (("grpc.use_local_subchannel_pool", 1),)
            with grpc.secure_channel(stack.grpc_target, credentials, options) as channel:
                request = gallery_pb.ListGalleryRequest()
                listed = GalleryServiceStub(channel).ListGallery.future(
                    request, timeout=10, metadata=tuple(forged.items())
                )
                assert listed.code() is code
    record("certificates", "2 certificates on 2 ports, each with a forged name: 1 known, 1 refused")


def test_pair_that_does_not_fit_ends_the_start_and_is_not_taken_later(
    tmp_path: Path, files: Files
) -> None:
    """The error names the settings; a half-replaced pair leaves the one before in use."""
    other = Files(tmp_path / "other")
    stack = launch(
        tmp_path / "bad", TLS_CERT_FILE=str(files.certificate), TLS_KEY_FILE=str(other.key)
    )
    assert stack.process.wait(READY_S) == 1
    assert "TLS_CERT_FILE, TLS_KEY_FILE" in stack.log
    with encrypted(tmp_path / "run", files) as stack:
        files.key.write_bytes(other.key.read_bytes())
        assert grpc_health(stack, files).status == "ok"
        assert "certificate not taken" in stack.log
