"""Answer a known path with a wrong verb by 405 and the verbs that it has.

Envoy's transcoder calls both an unknown path and a wrong verb 404. The paths and verbs come from
the descriptor set that the transcoder itself is configured with.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

# The contract, and the same with photos as bodies.
DESCRIPTORS = [Path(__file__).with_name(name) for name in ("facesvc_photo.pb", "facesvc.pb")]
# What envoy.yaml serves itself.
PAGES = ("/", "/console", "/docs", "/openapi.yaml")
VARIABLE = re.compile(r"\{[^}]*\}")


def verbs_of_paths(descriptors: Path) -> dict[str, list[str]]:
    """Return the verbs of every REST path, such as {"/enroll/{user_id}": ["DELETE", "GET"]}."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in FileDescriptorSet.FromString(descriptors.read_bytes()).file:
        for service in file.service:
            for method in service.method:
                rule = method.options.Extensions[annotations_pb2.http]
                for http in (rule, *rule.additional_bindings):
                    if verb := http.WhichOneof("pattern"):
                        found[getattr(http, verb)].add(verb.upper())
    return {path: sorted(verbs) for path, verbs in sorted(found.items())}


def wrong_verb_routes(route: dict[str, Any]) -> list[dict[str, Any]]:
    """Return Envoy's routes that refuse a wrong verb; ``route`` is where they would lead."""
    verbs = {path: found for file in DESCRIPTORS for path, found in verbs_of_paths(file).items()}
    verbs |= {page: ["GET", "HEAD"] for page in PAGES}
    return [_refusal(path, allowed, route) for path, allowed in verbs.items()]


def _refusal(path: str, allowed: list[str], route: dict[str, Any]) -> dict[str, Any]:
    fixed = VARIABLE.split(path)
    pattern = "[^/]+".join(re.escape(part) for part in fixed)
    where = {"safe_regex": {"regex": pattern}} if len(fixed) > 1 else {"path": path}
    known_verb = {"safe_regex": {"regex": "|".join(allowed)}}
    names = ", ".join(allowed)
    return {
        "match": where
        | {"headers": [{"name": ":method", "string_match": known_verb, "invert_match": True}]},
        "route": route,
        "typed_per_filter_config": {
            "envoy.filters.http.lua": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute",
                "name": "refuse",
                "filter_context": {
                    "status": "405",
                    "allow": names,
                    "message": f"This path takes {names} only.",
                },
            }
        },
    }
