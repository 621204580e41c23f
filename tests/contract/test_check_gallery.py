"""CheckGallery and ``facesvc doctor`` over the real server, with a real gallery in memory."""

from __future__ import annotations

import json
import shlex
from html.parser import HTMLParser
from pathlib import Path

import grpc
import pytest

from facesvc.cli.gallery_findings import commands_for
from facesvc.cli.main import main
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.v1 import gallery_service_pb2 as pb
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub
from tests.contract.expect import failure
from tests.contract.test_transfer import address, gallery, stub  # noqa: F401 - fixtures
from tests.unit.gallery.gallery_fixtures import CALL, face


def test_check_tells_progress_findings_and_counts(
    stub: GalleryServiceStub,  # noqa: F811
    gallery: IndexedGallery,  # noqa: F811
) -> None:
    """A user enrolled twice with one face is the only finding among 300."""
    gallery.enroll_many([face("zz-copy", 7)], CALL)
    answers = list(stub.CheckGallery(pb.CheckGalleryRequest(collection="staff")))
    events = [answer.WhichOneof("event") for answer in answers]
    assert events[0] == "progress"
    assert events[-1] == "summary"
    findings = [answer.finding for answer in answers if answer.WhichOneof("event") == "finding"]
    pairs = {
        (pb.GalleryFinding.Kind.Name(each.kind), each.user_id, each.other_user_id)
        for each in findings
        if each.kind != pb.GalleryFinding.UNICODE_VARIANT
    }
    assert pairs == {("DUPLICATE_USER", "u007", "zz-copy")}
    assert findings[0].measured == pytest.approx(1.0, abs=1e-3)
    summary = answers[-1].summary
    assert (summary.users, summary.samples) == (301, 301)
    assert summary.counts["DUPLICATE_USER"] == 1


def test_bad_fields_and_unknown_collections_are_named(
    stub: GalleryServiceStub,  # noqa: F811
) -> None:
    """Each wrong field by its name; a collection that is not there is NOT_FOUND."""
    for field, value in (("threshold", 2.0), ("max_findings", -1), ("collection", "No!")):
        request = pb.CheckGalleryRequest(**{field: value})
        failed = failure(lambda request=request: list(stub.CheckGallery(request)))  # type: ignore[misc]
        assert (failed.reason, failed.fields) == ("INVALID_FIELD", [field])
    request = pb.CheckGalleryRequest(collection="nowhere")
    failed = failure(lambda: list(stub.CheckGallery(request)))
    assert failed.code is grpc.StatusCode.NOT_FOUND
    assert failed.reason == "COLLECTION_NOT_FOUND"


def test_doctor_lists_findings_with_the_commands_that_mend_them(
    address: str,  # noqa: F811
    gallery: IndexedGallery,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As a table and as a page; ids cannot smuggle in markup; the exit status tells."""
    gallery.enroll_many([face("zz <b>copy</b>", 7)], CALL)
    page = tmp_path / "check.html"
    command = ["doctor", "--collection", "staff", "--server", address, "--html", str(page)]
    assert main(command) == 4
    told = capsys.readouterr().out
    assert "duplicate user (1)" in told
    mend = "facesvc gallery merge u007 'zz <b>copy</b>' --collection staff"
    assert mend in told
    written = page.read_text()
    assert "zz &lt;b&gt;copy&lt;/b&gt;" in written
    assert "<b>" not in written
    HTMLParser().feed(written)
    assert "http" not in written.replace("http-equiv", "")
    assert "merge u007 &#x27;zz &lt;b&gt;copy&lt;/b&gt;&#x27; --collection staff" in written
    assert main([*shlex.split(mend)[1:], "--yes", "--server", address]) == 0
    assert main(command) == 0


def test_the_commands_name_the_very_sample_and_the_collection() -> None:
    """A command that is copied changes what was found, in the collection where it was found."""
    finding = pb.GalleryFinding(user_id="anna", sample_id="a1", other_user_id="bert lee")
    expected = {
        "MISFILED_SAMPLE": ["facesvc gallery move-sample anna a1 'bert lee' --collection door"],
        "UNRECOGNIZABLE_SAMPLE": ["facesvc gallery delete-sample anna a1 --collection door"],
        "LOOK_ALIKE": [],
    }
    for kind, commands in expected.items():
        finding.kind = pb.GalleryFinding.Kind.Value(kind)
        assert commands_for(finding, "door") == commands


def test_doctor_of_a_good_gallery_succeeds(
    address: str,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing found is exit status 0, in JSON an empty list."""
    assert main(["doctor", "--collection", "staff", "--server", address, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["findings"] == []
    assert answer["summary"]["users"] == 300
