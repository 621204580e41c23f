"""The console as files: who gets it, under which policy, for how long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from facesvc.settings import Settings
from gateway.pages import POINTER, page_routes
from gateway.render import render
from gateway.settings import GatewaySettings
from tests.gateway.conftest import Faked
from tests.gateway.rest import Rest
from tests.gateway.stack import envoy_before

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A console as npm would have built it."""
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><p>console")
    (tmp_path / "docs.html").write_text("<!doctype html><p>docs")
    (assets / "index-abc123.js").write_text("let plain = 1; // " + "x" * 400)
    (assets / "index-abc123.js.br").write_bytes(b"brotli bytes")
    (assets / "notes.txt").write_text("not served")
    monkeypatch.setattr("gateway.render.page_routes", lambda: page_routes(tmp_path))
    return tmp_path


@pytest.fixture
def rest(built: Path, faked: Faked, tmp_path: Path) -> Iterator[Rest]:
    """A gateway that serves it."""
    with envoy_before(faked.grpc_port, tmp_path) as rest:
        yield rest


def test_a_browser_gets_the_console_and_anybody_else_a_pointer(rest: Rest) -> None:
    """At the root; /console and /docs are pages whoever asks."""
    page = rest.call("GET", "/", headers=HTML)
    assert (page.status, page.text) == (200, "<!doctype html><p>console")
    assert "accept" in page.headers["vary"]
    assert rest.get("/").body == POINTER
    assert rest.get("/console?from=mail").text == page.text
    assert rest.get("/docs").text == "<!doctype html><p>docs"
    assert rest.call("HEAD", "/", headers=HTML).status == 200


def test_pages_come_with_a_strict_policy(rest: Rest) -> None:
    """Scripts and styles of this host only; no frame, no plugin, no form elsewhere."""
    headers = rest.call("GET", "/", headers=HTML).headers
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-cache"
    assert "'unsafe-inline'" not in rest.get("/docs").headers["content-security-policy"].replace(
        "style-src 'self' 'unsafe-inline'", ""
    )


@pytest.mark.parametrize("accepted", ["gzip, deflate, br, zstd", "br"])
def test_assets_are_kept_for_long_and_come_compressed(rest: Rest, accepted: str) -> None:
    """Their names change with their content."""
    path = "/assets/index-abc123.js"
    plain = rest.get(path)
    assert plain.text.startswith("let plain")
    assert "immutable" in plain.headers["cache-control"]
    assert re.search(r"max-age=\d{7,}", plain.headers["cache-control"])
    small = rest.call("GET", path, headers={"accept-encoding": accepted})
    assert small.headers["content-encoding"] == "br"
    assert small.text == "brotli bytes"
    assert rest.get("/assets/notes.txt").status == 404
    assert rest.get("/assets/../index.html").status == 404


@pytest.mark.usefixtures("built")
def test_without_the_console_the_root_is_a_pointer_for_browsers_too(
    faked: Faked, tmp_path: Path
) -> None:
    """CONSOLE=false: the calls are there, the pages are not."""
    with envoy_before(faked.grpc_port, tmp_path, GatewaySettings(console=False)) as rest:
        assert rest.call("GET", "/", headers=HTML).body == {
            "service": "facesvc",
            "openapi": "/openapi.yaml",
            "health": "/health",
        }
        assert rest.call("GET", "/console", headers=HTML).status == 404
        assert rest.get("/assets/index-abc123.js").status == 404
        assert rest.get("/health").status in (200, 503)


@pytest.mark.usefixtures("built")
def test_the_console_reads_the_metrics_where_anybody_may_call_everything(tmp_path: Path) -> None:
    """Of the server beside the gateway; not with API keys, not without the console."""
    keys = tmp_path / "keys.toml"
    keys.touch()

    def passes_on(settings: Settings, gateway: GatewaySettings) -> bool:
        config = yaml.safe_load(render(settings, gateway, tmp_path))
        clusters = {cluster["name"] for cluster in config["static_resources"]["clusters"]}
        routed = "path: /metrics" in render(settings, gateway, tmp_path)
        assert routed == ("metrics" in clusters)
        return routed

    assert passes_on(Settings(), GatewaySettings())
    assert not passes_on(Settings(api_keys_file=keys), GatewaySettings())
    assert not passes_on(Settings(metrics_port=0), GatewaySettings())
    assert not passes_on(Settings(), GatewaySettings(console=False))
    assert not passes_on(Settings(), GatewaySettings(gateway_upstream="server:50051"))
