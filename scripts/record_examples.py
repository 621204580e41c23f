"""Record the examples of the OpenAPI document: what a service answers to real requests.

Starts a service of its own on free ports. Writes scripts/openapi/examples.json; long embeddings are
cut. Run it again after a change of the answers: ``python scripts/record_examples.py``.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Any

from generate_stubs import ROOT

sys.path.insert(0, str(ROOT))  # run by path, a script sees its own folder only

from openapi.examples import FILE

from tests.gateway.rest import Rest
from tests.gateway.stack import running

SAMPLES = ROOT / "data" / "samples"
PERSON = {
    "user_id": "anna",
    "name": "Anna Karina",
    "metadata": {"department": "Engineering", "badge": 42},
}
# What stands for the photo in the document.
URL = "https://example.org/anna.jpg"
URLS = {
    "image_url": URL,
    "image_url_1": URL,
    "image_url_2": "https://example.org/visitor.jpg",
}
IMAGES = {"image_url": "image", "image_url_1": "image_1", "image_url_2": "image_2"}
JSON = {"content-type": "application/json"}
SHOWN_FLOATS = 4


def main() -> None:
    """Run the command line."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as stack:
        found = record(stack.rest)
    FILE.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def record(rest: Rest) -> dict[str, dict[str, Any]]:
    """Return request and answer of every call, in an order in which each has something to say."""
    found: dict[str, dict[str, Any]] = {}

    def call(name: str, verb: str, path: str, request: Any = None, **photos: str) -> None:
        sent = dict(request or {})
        for field, photo in photos.items():
            sent[field] = base64.b64encode((SAMPLES / photo).read_bytes()).decode()
        body = json.dumps(sent).encode() if verb in ("POST", "PUT", "PATCH") else None
        answer = rest.call(verb, path, body, JSON)
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{name}: {answer.status} {answer.text}")
        found[name] = {"answer": shortened(answer.body)}
        if body is not None:
            shown = {url: URLS[url] for url, field in IMAGES.items() if field in photos}
            found[name]["request"] = {**(request or {}), **shown}

    first, again = "jacinda_ardern/1.jpg", "jacinda_ardern/2.jpg"
    call("Enroll", "POST", "/enroll", PERSON, image=first)
    call("GetEnrollment", "GET", "/enroll/anna")
    call("ListSamples", "GET", "/enroll/anna/samples")
    call("UpdateUser", "PATCH", "/enroll/anna", {"name": "Anna K.", "update_mask": "name"})
    call("Enroll", "POST", "/enroll", {**PERSON, "mode": "ADD"}, image=again)
    sample = found["ListSamples"]["answer"]["samples"][0]["sample_id"]
    target = {"target_user_id": "anne", "create_target": True}
    call("MoveSample", "POST", f"/enroll/anna/samples/{sample}/move", target)
    call("MergeUsers", "POST", "/enroll/anna/merge", {"source_user_id": "anne"})
    call("DeleteSample", "DELETE", f"/enroll/anna/samples/{sample}")
    call("ListGallery", "GET", "/gallery")
    call("ListCollections", "GET", "/collections")
    setting = {"settings": {"description": "Main entrance", "match_threshold": 0.5}}
    call("SetCollection", "PUT", "/collections/default", setting)
    call("GetCollection", "GET", "/collections/default")
    rest.call("PUT", "/collections/default", b'{"update_mask": "*"}', JSON)
    call("SetAlias", "PUT", "/aliases/staff", {"collection": "default"})
    call("DeleteAlias", "DELETE", "/aliases/staff")
    call("Search", "POST", "/search", {"top_k": 5, "threshold": 0.45}, image=again)
    call("Verify", "POST", "/verify", {"user_id": "anna"}, image=again)
    call("CheckIn", "POST", "/checkin", {"collection": "default"}, image=again)
    call("StartChallenge", "POST", "/checkin/challenge", {"collection": "default"})
    call("Identify", "POST", "/identify", {}, image=again)
    call("Embed", "POST", "/embed", {}, image=first)
    call("Compare", "POST", "/compare", {}, image_1=first, image_2=again)
    call("CheckLiveness", "POST", "/liveness", {}, image=first)
    call("Analyze", "POST", "/analyze", {}, image=first)
    batch = {"images": [base64.b64encode((SAMPLES / first).read_bytes()).decode()]}
    answer = rest.post("/batch/embed", **batch)
    result = shortened(answer.body)
    result["results"][0]["image_url"] = URL
    found["BatchEmbed"] = {"request": {"image_urls": [URL]}, "answer": result}
    call("GetHealth", "GET", "/health")
    call("DeleteEnrollment", "DELETE", "/enroll/anna")
    call("EraseDeleted", "POST", "/erase", {})
    call("DeleteCollection", "DELETE", "/collections/default")
    return found


def shortened(value: Any) -> Any:
    """Return an answer whose lists of many numbers are cut."""
    if isinstance(value, dict):
        return {key: shortened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        many = len(value) > 100
        return [shortened(inner) for inner in (value[:SHOWN_FLOATS] if many else value)]
    return value


if __name__ == "__main__":
    main()
