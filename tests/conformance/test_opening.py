"""What is promised of a gallery that is opened again, by another process, or with keys."""

from __future__ import annotations

import numpy as np
import pytest

from facesvc.application.call import Call
from facesvc.domain.gallery import EnrollMode
from facesvc.domain.gallery_errors import SealError
from tests.conformance.capabilities import Capability, needs
from tests.conformance.conftest import Opener
from tests.conformance.implementations import KEY, OTHER_KEY
from tests.conformance.payload import Payload
from tests.unit.gallery.gallery_fixtures import CALL, face, query, vector


@needs(Capability.DURABLE)
def test_reopened_gallery_has_everything(open_own: Opener) -> None:
    """A gallery that is opened anew has every user, sample, alias and version."""
    first = open_own()
    first.enroll(face("ada", 1, name="Ada", metadata={"floor": 3}), CALL)
    first.enroll(face("ada", 2, mode=EnrollMode.ADD), CALL)
    first.enroll(face("bob", 3), CALL)
    first.delete("staff", "bob", CALL)
    first.set_alias("people", "staff", CALL)
    users, listed = first.list_users("staff", 9, "", CALL).users, first.list_collections()
    exported = list(first.export_users("staff", CALL))
    first.close()
    again = open_own()
    assert again.list_users("staff", 9, "", CALL).users == users
    assert again.list_collections() == listed
    for before, after in zip(exported, again.export_users("people", CALL), strict=True):
        assert before.user == after.user
        for one, other in zip(before.samples, after.samples, strict=True):
            assert one.sample_id == other.sample_id
            assert np.array_equal(one.embedding, other.embedding)
    assert again.search(query("people", vector(2), 5, 0.45), CALL).first[0].name == "Ada"
    assert again.search(query("staff", vector(3), 5, 0.45), CALL).first == []
    assert again.status().users == 1


@needs(Capability.DURABLE)
def test_receipts_outlive_a_restart(open_own: Opener) -> None:
    """A retry gives the same receipt after a restart."""
    first = open_own()
    receipt = first.enroll(face("ada", 1, request_id="r1"), CALL)
    gone = first.delete("staff", "ada", CALL, request_id="r2")
    first.close()
    again = open_own()
    assert again.enroll(face("ada", 1, request_id="r1"), CALL) == receipt
    assert again.delete("staff", "ada", CALL, request_id="r2") == gone
    assert again.list_users("staff", 9, "", CALL).total == 0


@needs(Capability.SHARED)
def test_write_is_seen_by_another_process(open_own: Opener) -> None:
    """A write is seen by every other process that has the gallery open."""
    first, second = open_own(), open_own()
    for seed in range(5):
        receipt = first.enroll(face(f"u{seed}", seed), CALL)
        seen = second.get("staff", f"u{seed}", Call(5.0), min_version=receipt.version)
        assert seen == first.get("staff", f"u{seed}", CALL)
    gone = first.delete("staff", "u0", CALL)
    asked = query("staff", vector(0), 9, 0.45, min_version=gone.version)
    assert second.search(asked, Call(5.0)).first == []


@needs(Capability.SHARED)
def test_retry_at_another_process_is_one_write(open_own: Opener) -> None:
    """A retry through another process gives the same receipt."""
    first, second = open_own(), open_own()
    receipt = first.enroll(face("ada", 1, request_id="r1"), CALL)
    assert second.enroll(face("ada", 1, request_id="r1"), CALL) == receipt


@needs(Capability.SEALED)
def test_sealed_gallery_opens_with_its_key_only(open_own: Opener) -> None:
    """A sealed gallery opens with its key, and with no other one or none."""
    first = open_own(keys=(KEY,))
    first.enroll(face("ada", 1, name="Ada"), CALL)
    first.close()
    for keys in ((), (OTHER_KEY,)):
        with pytest.raises(SealError) as caught:
            open_own(keys=keys)
        told = Payload.of(caught.value)
        assert (told.reason, told.field, set(told.metadata)) == (
            "STORE_UNAVAILABLE",
            "",
            {"key_id"},
        )
        assert told.message == (
            f"The gallery is encrypted with the key of id {told.metadata['key_id']}, which is not"
            " in GALLERY_KEY. Add that key, after the current one."
        )
    again = open_own(keys=(OTHER_KEY, KEY))
    assert again.get("staff", "ada", CALL).name == "Ada"
    assert again.similarity("staff", "ada", vector(1), CALL) == 1.0


@needs(Capability.SEALED)
def test_plain_record_in_a_gallery_with_a_key_is_refused(open_own: Opener) -> None:
    """A gallery with a key does not accept records that are not sealed."""
    first = open_own(keys=())
    first.enroll(face("ada", 1), CALL)
    first.close()
    with pytest.raises(SealError) as caught:
        open_own(keys=(KEY,))
    assert Payload.of(caught.value) == Payload(
        "STORE_UNAVAILABLE",
        "GALLERY_KEY is set, but the gallery has a record that is not encrypted. To encrypt an"
        " existing gallery, add ,plain to GALLERY_KEY until it is done. If it was encrypted"
        " already, someone has changed it: restore a backup.",
        "",
        {},
    )
