"""Record the examples of the OpenAPI document and of docs/rest.md and docs/grpc.md: what a service
answers to real requests.

Starts services of its own on free ports, and asks one by curl and one by grpcurl. Writes
scripts/openapi/examples.json; long embeddings are cut. Run it again after a change of the answers,
then ``make proto``: ``python scripts/record_examples.py``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from generate_stubs import ROOT

sys.path.insert(0, str(ROOT))  # run by path, a script sees its own folder only

from examples.callers import Caller, GrpcCaller, RestCaller
from examples.shorten import steady
from openapi.examples import FILE

from tests.gateway.stack import running

PERSON = {
    "user_id": "anna",
    "name": "Anna Karina",
    "metadata": {"department": "Engineering", "badge": 42},
}
SETTINGS = {"EVENTS": "true"}


def main() -> None:
    """Run the command line."""
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        with running(Path(folder) / "rest", **SETTINGS) as stack:
            rest = RestCaller(stack.rest.port)
            record(rest)
        with running(Path(folder) / "grpc", **SETTINGS) as stack:
            grpc = GrpcCaller(stack.grpc_target)
            record(grpc)
    for part in (rest.found, grpc.found):
        for name, entry in part.items():
            found.setdefault(name, {}).update(entry)
    before = json.loads(FILE.read_text()) if FILE.is_file() else {}
    found = {name: steady(before.get(name), entry) for name, entry in found.items()}
    FILE.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def record(call: Caller) -> None:
    """Make every call, in an order in which each has something to say."""
    first, again = "jacinda_ardern/1.jpg", "jacinda_ardern/2.jpg"
    other = "barack_obama/2.jpg"
    call("Enroll", "POST", "/enroll", PERSON, image=first)
    call("GetEnrollment", "GET", "/enroll/anna")
    samples = call("ListSamples", "GET", "/enroll/anna/samples")["samples"]
    call("ListGallery", "GET", "/gallery?where=department%3DEngineering&page_size=10")
    call("ListCollections", "GET", "/collections")
    setting = {"settings": {"description": "Main entrance", "match_threshold": 0.5}}
    call("SetCollection", "PUT", "/collections/default", setting)
    call("GetCollection", "GET", "/collections/default")
    call("SetCollection", "PUT", "/collections/default", {"update_mask": "*"})
    call("SetAlias", "PUT", "/aliases/staff", {"collection": "default"})
    call("DeleteAlias", "DELETE", "/aliases/staff")
    search = {"top_k": 5, "where": ["department=Engineering"], "include_metadata": True}
    call("Search", "POST", "/search", search, image=again)
    call("Verify", "POST", "/verify", {"user_id": "anna"}, image=again)
    call("CheckIn", "POST", "/checkin", {"collection": "default"}, image=again)
    call("StartChallenge", "POST", "/checkin/challenge", {"collection": "default"})
    call("Identify", "POST", "/identify", {}, image=again)
    call("Embed", "POST", "/embed", {}, image=first)
    call("Compare", "POST", "/compare", {}, image_1=first, image_2=again)
    call("CheckLiveness", "POST", "/liveness", {}, image=first)
    call("Analyze", "POST", "/analyze", {}, image=first)
    call("BatchEmbed", "POST", "/batch/embed", {}, images=first)
    call.stream(
        "StreamEmbed", *({"item_id": one, "image": f"photo:{one}"} for one in (first, other))
    )
    enrollment = {"user_id": "barack", "name": "Barack Obama", "image": f"photo:{other}"}
    call.stream("StreamEnroll", {"item_id": "1", "enrollment": enrollment})
    call.stream("CheckGallery", {"collection": "default"})
    exported = call.stream("ExportGallery", {"collection": "default"})
    chunks = [{"chunk": answer["chunk"], "collection": "copy"} for answer in exported]
    call.stream("ImportGallery", *chunks)
    call("ListEvents", "GET", "/events?page_size=2")
    call.stream("StreamEvents", {"kinds": ["user.enrolled"], "no_wait": True})
    call("ListDeadLetters", "GET", "/events/dead-letters")
    call("ReplayDeadLetters", "POST", "/events/dead-letters/replay", {"endpoint": "hr"})
    call("GetHealth", "GET", "/health")
    call("UpdateUser", "PATCH", "/enroll/anna", {"name": "Anna K.", "update_mask": "name"})
    call("Enroll", "POST", "/enroll", {**PERSON, "mode": "ADD"}, image=again)
    sample = samples[0]["sample_id"]
    target = {"target_user_id": "anne", "create_target": True}
    call("MoveSample", "POST", f"/enroll/anna/samples/{sample}/move", target)
    call("MergeUsers", "POST", "/enroll/anna/merge", {"source_user_id": "anne"})
    call("DeleteSample", "DELETE", f"/enroll/anna/samples/{sample}")
    call("DeleteUsers", "POST", "/gallery/delete", {"user_ids": ["anna", "who"], "dry_run": True})
    call("DeleteEnrollment", "DELETE", "/enroll/anna")
    call("EraseDeleted", "POST", "/erase", {})
    call("DeleteCollection", "DELETE", "/collections/default")


if __name__ == "__main__":
    main()
