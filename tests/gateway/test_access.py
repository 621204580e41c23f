"""API keys over REST and by the command line: the real Envoy, server, models and file of keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facesvc.transport.authentication.api_keys import make_api_key
from tests.gateway.conftest import SAMPLES
from tests.gateway.rest import Answer
from tests.gateway.stack import ROOT, Stack, running

PHOTO = (SAMPLES / "jacinda_ardern" / "1.jpg").read_bytes()


class Keyed:
    """A service with keys, and the keys by name."""

    def __init__(self, stack: Stack, keys: dict[str, str], file: Path) -> None:
        self.stack, self.keys, self.file = stack, keys, file

    def call(self, verb: str, path: str, header: str, value: str) -> Answer:
        """Call with a photo as the body where one is needed."""
        body = PHOTO if verb == "POST" else None
        headers = {header: value, "content-type": "image/jpeg"} if body else {header: value}
        return self.stack.rest.call(verb, path, body, headers)


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    """Run a service of its own: the shared one lets everyone in."""
    folder = tmp_path_factory.mktemp("keyed")
    keys, entries = {}, []
    for name, scopes, collections in (
        ("worker", ["search"], ["staff"]),
        ("office", ["enroll"], []),
        ("root", ["admin"], []),
    ):
        keys[name], entry = make_api_key(name, scopes, collections)
        entries.append(entry)
    file = folder / "keys.toml"
    file.write_text("\n".join(entries))
    with running(folder, API_KEYS_FILE=str(file)) as stack:
        yield Keyed(stack, keys, file)


def test_office_enrols_and_worker_searches_and_neither_more(keyed: Keyed) -> None:
    """Both headers, over REST."""
    office, worker = keyed.keys["office"], keyed.keys["worker"]
    enrolled = keyed.call("POST", "/enroll?user_id=ja&collection=staff", "x-api-key", office)
    assert enrolled.status == 200, enrolled.text
    found = keyed.call("POST", "/search?collection=staff", "authorization", f"Bearer {worker}")
    assert found.status == 200, found.text
    assert [match["user_id"] for match in found.body["matches"]] == ["ja"]
    for verb, path, key in (
        ("DELETE", "/collections/staff", office),
        ("POST", "/enroll?user_id=x&collection=staff", worker),
        ("POST", "/search", worker),
        ("GET", "/collections", worker),
    ):
        answer = keyed.call(verb, path, "x-api-key", key)
        assert (answer.status, answer.reason) == (403, "PERMISSION_DENIED"), path


@pytest.mark.parametrize(
    "verb_path", ["POST /search?collection=staff", "DELETE /collections/staff"]
)
@pytest.mark.parametrize("value", ["", "fsk_wrong"])
def test_no_key_or_a_wrong_one_is_401(keyed: Keyed, verb_path: str, value: str) -> None:
    """With the reason, as JSON."""
    answer = keyed.call(*verb_path.split(), "x-api-key", value)
    assert (answer.status, answer.reason) == (401, "UNAUTHENTICATED")


def test_health_and_pages_need_no_key(keyed: Keyed) -> None:
    """Load balancers have none."""
    assert keyed.stack.rest.get("/health").status == 200
    assert keyed.stack.rest.get("/openapi.yaml").status == 200


def test_key_never_reaches_the_logs_and_its_holder_does(keyed: Keyed) -> None:
    """Neither the server's nor Envoy's."""
    keyed.call("POST", "/search?collection=staff", "x-api-key", keyed.keys["worker"])
    keyed.call("POST", "/search?collection=staff", "x-api-key", "fsk_never_to_be_logged")
    assert '"caller": "worker"' in keyed.stack.log
    assert "fsk_" not in keyed.stack.log


def test_command_line_sends_its_key(keyed: Keyed, tmp_path: Path) -> None:
    """From a variable, which does not stand in the process list."""

    def run(*arguments: str, key: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "facesvc", "--address", keyed.stack.grpc_target, *arguments],
            cwd=ROOT,
            env={**os.environ, "KEY": key},
            capture_output=True,
            text=True,
            timeout=60,
        )

    target = str(tmp_path / "staff.faces")
    export = ("export", target, "--collection", "staff")
    assert run("--api-key-env", "KEY", *export, key=keyed.keys["root"]).returncode == 0
    for arguments in (("--api-key-env", "KEY", *export), export):
        refused = run(*arguments, key="fsk_wrong")
        assert refused.returncode == 1
        assert "UNAUTHENTICATED" in refused.stderr


def test_made_key_opens_without_a_restart(keyed: Keyed) -> None:
    """By the command's own output; and its entry's removal closes."""
    made = subprocess.run(
        [sys.executable, "-m", "facesvc", "key", "new one", "--scope", "enroll"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    key = made.stderr.split()[-1]
    before = keyed.file.read_text()
    keyed.file.write_text(before + made.stdout)
    wait_for(keyed, key, 200)
    keyed.file.write_text(before)
    wait_for(keyed, key, 401)


def wait_for(keyed: Keyed, key: str, status: int) -> None:
    """Ask until the answer is this; the file is looked at once a second."""
    deadline = time.monotonic() + 10
    while keyed.call("GET", "/gallery", "x-api-key", key).status != status:
        assert time.monotonic() < deadline, json.dumps(status)
        time.sleep(0.2)
