"""Keys and TLS of the command line."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
import trustme

from facesvc.cli.main import main
from facesvc.transport.authentication import api_keys
from facesvc.transport.authentication.api_keys import ApiKeys, read_api_keys
from facesvc.v1 import face_service_pb2 as pb
from facesvc.v1.face_service_pb2_grpc import FaceServiceServicer, add_FaceServiceServicer_to_server
from tests.contract.conftest import serving


def keys(file: Path, *arguments: str) -> int:
    """Run a command about the keys."""
    return main(["keys", *arguments, "--file", str(file)])


def test_key_opens_calls_until_it_is_revoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The running service reads the file again."""
    monkeypatch.setattr(api_keys, "_LOOK_EVERY_S", 0.0)
    file = tmp_path / "keys.toml"
    assert keys(file, "add", "worker", "--scope", "enroll") == 0
    monkeypatch.setenv("FACESVC_API_KEY", capsys.readouterr().out.strip())
    assert file.stat().st_mode & 0o777 == 0o600
    with serving(ApiKeys(file)) as service:
        listing = ["gallery", "list", "--server", f"127.0.0.1:{service.server.port}"]
        assert main(listing) == 0
        time.sleep(0.01)  # a file system's clock may be coarse
        assert keys(file, "revoke", "worker") == 0
        assert main(listing) == 1
        assert "UNAUTHENTICATED" in capsys.readouterr().err


def test_keys_are_listed_and_the_rest_of_the_file_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Comments belong to the key below them; a second key of the name is refused."""
    file = tmp_path / "keys.toml"
    file.write_text("# staff only\n\n")
    assert keys(file, "add", "first", "--scope", "search", "--collection", "staff") == 0
    assert keys(file, "add", "second", "--scope", "admin") == 0
    head = '[[keys]]\nname = "second"'
    file.write_text(file.read_text().replace(head, f"# the second floor's\n{head}"))
    assert keys(file, "add", "second", "--scope", "admin") == 1
    assert "same name" in capsys.readouterr().err
    assert keys(file, "list", "--json") == 0
    assert '"collections": ["staff"]' in capsys.readouterr().out
    assert keys(file, "revoke", "second") == 0
    assert keys(file, "revoke", "second") == 1
    assert [caller.name for caller in read_api_keys(file).all] == ["first"]
    assert file.read_text().startswith("# staff only")
    assert "second floor" not in file.read_text()
    assert keys(file, "revoke", "first") == 0
    assert read_api_keys(file).all == []
    assert keys(file, "add", "third", "--scope", "admin") == 0
    assert [caller.name for caller in read_api_keys(file).all] == ["third"]


def test_key_command_prints_an_entry_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a file that another program writes."""
    assert main(["key", "worker", "--scope", "search"]) == 0
    told = capsys.readouterr()
    (tmp_path / "keys.toml").write_text(told.out)
    assert [each.name for each in read_api_keys(tmp_path / "keys.toml").all] == ["worker"]
    assert "fsk_" in told.err


class Healthy(FaceServiceServicer):
    """Says that it is well."""

    def GetHealth(self, request: pb.GetHealthRequest, context: object) -> pb.GetHealthResponse:  # noqa: N802 - the RPC's name
        """As in the contract."""
        return pb.GetHealthResponse(status="ok")


def test_tls_by_an_authority_and_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    """A server that asks for a client certificate; without one, or without TLS, no answer."""
    authority = trustme.CA()
    server_cert, client_cert = authority.issue_cert("127.0.0.1"), authority.issue_cert("client")
    ca, cert, key = tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem"
    authority.cert_pem.write_to_path(ca)
    cert.write_bytes(b"".join(blob.bytes() for blob in client_cert.cert_chain_pems))
    client_cert.private_key_pem.write_to_path(key)
    server = grpc.server(ThreadPoolExecutor(2))
    add_FaceServiceServicer_to_server(Healthy(), server)
    chain = b"".join(blob.bytes() for blob in server_cert.cert_chain_pems)
    credentials = grpc.ssl_server_credentials(
        [(server_cert.private_key_pem.bytes(), chain)], ca.read_bytes(), require_client_auth=True
    )
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        ask = ["health", "--server", f"127.0.0.1:{port}"]
        assert main([*ask, "--ca", str(ca), "--cert", str(cert), "--key", str(key)]) == 0
        assert main([*ask, "--ca", str(ca)]) == 1
        assert main(ask) == 1
    finally:
        server.stop(None)
