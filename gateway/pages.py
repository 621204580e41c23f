"""Routes by which Envoy serves the web console and the API page, as npm built them.

The files are few and small, so Envoy holds them in memory: no other server, no folder that a
request could escape from. A file ``x.br`` beside ``x`` is the same one compressed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
_INSTALLED, _CHECKOUT = _HERE / "console", _HERE.parent / "console" / "dist"
DIST = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
# A file below assets/ has the hash of its content in its name.
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

SAME_ORIGIN = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob: data:",
    "media-src": "'self' blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
CONSOLE_POLICY = SAME_ORIGIN | {
    "require-trusted-types-for": "'script'",
    "trusted-types": "svelte-trusted-html",
}
# Swagger UI writes style attributes.
DOCS_POLICY = SAME_ORIGIN

POINTER = {
    "service": "facesvc",
    "console": "/console",
    "docs": "/docs",
    "openapi": "/openapi.yaml",
    "health": "/health",
}
POINTER_HEADERS = {"content-type": "application/json", "vary": "accept"}
# curl and programs take whatever comes: they are told where things are.
BROWSER = {"name": "accept", "string_match": {"contains": "text/html"}}


def page_routes(dist: Path = DIST) -> list[dict[str, Any]]:
    """Return Envoy's routes to the built pages; none when they were not built."""
    console, docs = dist / "index.html", dist / "docs.html"
    if not console.is_file():
        return []
    routes = [
        *_routes("/", console, CONSOLE_POLICY, BROWSER),
        _route("/", {"inline_string": json.dumps(POINTER)}, POINTER_HEADERS),
        *_routes("/console", console, CONSOLE_POLICY),
    ]
    if docs.is_file():
        routes += _routes("/docs", docs, DOCS_POLICY)
    for path in sorted((dist / "assets").iterdir()):
        if path.suffix in CONTENT_TYPES:
            routes += _routes(f"/assets/{path.name}", path)
    return routes


def _routes(
    url: str, file: Path, policy: dict[str, str] | None = None, *conditions: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the route to a file, after the one to its compressed form if there is one."""
    headers = {
        "content-type": CONTENT_TYPES[file.suffix],
        "cache-control": ASK_AGAIN if policy else FOREVER,
        "x-content-type-options": "nosniff",
        "vary": "accept, accept-encoding" if conditions else "accept-encoding",
    }
    if policy:
        headers |= {
            "content-security-policy": "; ".join(f"{k} {v}" for k, v in policy.items()),
            "referrer-policy": "no-referrer",
            "permissions-policy": "camera=(self), microphone=(), geolocation=()",
            "cross-origin-opener-policy": "same-origin",
        }
    routes = [_route(url, {"filename": str(file)}, headers, conditions)]
    compressed = file.with_name(file.name + ".br")
    if compressed.is_file():
        takes_brotli = {
            "name": "accept-encoding",
            "string_match": {"safe_regex": {"regex": r"(.*,)?\s*br\s*(,.*)?"}},
        }
        brotli = headers | {"content-encoding": "br"}
        routes.insert(
            0, _route(url, {"filename": str(compressed)}, brotli, (*conditions, takes_brotli))
        )
    return routes


def _route(
    url: str,
    body: dict[str, str],
    headers: dict[str, str],
    conditions: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    read = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}
    return {
        "match": {"path": url, "headers": [read, *conditions]},
        "direct_response": {"status": 200, "body": body},
        "response_headers_to_add": [
            {
                "header": {"key": key, "value": value},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
            for key, value in headers.items()
        ],
        "typed_per_filter_config": {
            "envoy.filters.http.grpc_json_transcoder": {
                "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
                "disabled": True,
            }
        },
    }
