"""Hostile URLs in a network where every address answers."""

from __future__ import annotations

import os
from pathlib import Path

from harness.figures import record
from tests.faults.intake.namespace import ROOT, needs_namespace, run_enclosed

REBIND_TRIES = int(os.environ.get("FAULTS_REBIND_TRIES", "1000"))


@needs_namespace
def test_no_hostile_url_reaches_a_forbidden_address() -> None:
    """Each URL is refused as one, nothing connects inside, and public addresses still work."""
    seen = run_enclosed("corpus")
    assert seen["urls"] >= 250
    assert seen["not_refused"] == {}
    assert (seen["forbidden"], seen["forbidden_bytes"]) == ({}, 0)
    assert seen["attempts_elsewhere"] == 0
    assert seen["credentials_sent"] == 0
    assert seen["control"] == ["public", "public"]
    assert seen["control6"] == "public"
    record(
        "urls",
        f"{seen['urls']} URLs: 0 connections, 0 bytes, 0 attempts on any port; all refused",
    )
    # The enclosure sets all proxy variables and a .netrc for every host.
    record("proxies", "0 proxy hits, 0 credentials sent")


@needs_namespace
def test_rebinding_names_never_lead_inside() -> None:
    """A name that changes its address between lookups is looked up once, and pinned."""
    seen = run_enclosed("rebind", str(REBIND_TRIES))
    assert (seen["forbidden"], seen["forbidden_bytes"]) == ({}, 0)
    assert seen["most_lookups"] == 1
    # Half of the names answer with the public address first; those are fetched from there.
    half = REBIND_TRIES // 2
    assert seen["outcomes"] == {"public": REBIND_TRIES - half, "IMAGE_URL_REFUSED": half}
    record("rebinding", f"{REBIND_TRIES} tries: 0 internal connections, 1 lookup each")


@needs_namespace
def test_running_service_refuses_every_hostile_url(tmp_path: Path) -> None:
    """Over gRPC INVALID_ARGUMENT, over REST 400, both with IMAGE_URL_REFUSED."""
    log = tmp_path / "service.log"
    seen = run_enclosed(
        "service",
        FACESVC_TEST_LOG=str(log),
        GALLERY_PATH=":memory:",
        MODEL_ROOT=str(ROOT / "models"),
    )
    # A request whose URL is empty has no image at all, and a data URI is its own.
    outcomes = {
        "IMAGE_URL_REFUSED": seen["urls"] - 2,
        "MISSING_IMAGE": 1,
        "IMAGE_UNDECODABLE": 1,
    }
    assert seen["grpc"] == {f"INVALID_ARGUMENT {why}": count for why, count in outcomes.items()}
    assert seen["rest"] == {f"400 {why}": count for why, count in outcomes.items()}
    assert (seen["forbidden"], seen["forbidden_bytes"]) == ({}, 0)
    # The operator can see where a refused name led.
    assert '"addresses": ["93.184.216.34", "127.0.0.1"]' in log.read_text()
    record(
        "urls_service",
        f"{seen['urls']} URLs by gRPC and REST: 0 connections, 0 bytes; 400 IMAGE_URL_REFUSED",
    )
