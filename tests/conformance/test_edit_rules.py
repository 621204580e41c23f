"""The table of edit_rules.py, driven through every implementation, and what else edits promise."""

from __future__ import annotations

import numpy as np
import pytest

from facesvc.domain.errors import UserNotFoundError
from facesvc.domain.faces import BoundingBox
from facesvc.domain.gallery import EnrollMode, WriteReceipt
from facesvc.domain.gallery_edits import (
    GalleryEdit,
    SampleDeletion,
    SampleMove,
    UserMerge,
    UserUpdate,
)
from facesvc.domain.sample_facts import SampleFacts, SampleSource
from tests.conformance.capabilities import Capability, needs
from tests.conformance.edit_rules import EDIT_RULES, NO_SUCH, EditStep
from tests.conformance.implementations import OpenGallery
from tests.conformance.payload import refusal
from tests.conformance.test_reads import matches
from tests.conformance.test_settings import change
from tests.conformance.test_write_rules import Run
from tests.conformance.write_rules import ADA, BOB, Rule, Write
from tests.unit.gallery.gallery_fixtures import CALL, face, vector


class EditRun(Run):
    """A rule whose steps may be edits."""

    def _make(self, write: Write | EditStep) -> WriteReceipt:  # type: ignore[override]
        if isinstance(write, Write):
            return super()._make(write)
        return self._gallery.edit(self._edit(write), CALL)

    def _edit(self, step: EditStep) -> GalleryEdit:
        place = {
            "collection": self._collection,
            "user_id": step.user,
            "request_id": step.request_id,
            "expected_version": self._number(step.expected),
        }
        match step.kind:
            case "update":
                return UserUpdate(**place, name=step.name, metadata=step.metadata)
            case "unsample":
                return SampleDeletion(**place, sample_id=self._sample(step))
            case "merge":
                source = self._number(step.expected_source)
                return UserMerge(**place, source_user_id=step.other, expected_source_version=source)
            case _:
                return SampleMove(
                    **place,
                    sample_id=self._sample(step),
                    target_user_id=step.other,
                    create_target=step.create,
                )

    def _sample(self, step: EditStep) -> str:
        """Return the id of the sample with that face."""
        for outcome, made in zip(self.outcomes, self._rule.writes, strict=False):
            if made.seed is not None and made.seed == step.sample:
                assert isinstance(outcome, WriteReceipt)
                return outcome.sample_id
        return NO_SUCH


@pytest.mark.parametrize("rule", EDIT_RULES, ids=lambda rule: rule.promise.replace(" ", "-"))
def test_edit_rules(gallery: OpenGallery, collection: str, rule: Rule) -> None:
    """Every edit answers as the table says, and what is held afterwards is what it says."""
    run = EditRun(gallery, collection, rule)
    run.one_by_one()
    run.check_after()


def test_deleted_sample_is_found_by_nothing(gallery: OpenGallery, collection: str) -> None:
    """A search finds the user by the samples that are left, and by no other."""
    gone = gallery.enroll(face(ADA, 1, collection=collection, name="Ada"), CALL)
    gallery.enroll(face(ADA, 2, collection=collection, mode=EnrollMode.ADD), CALL)
    gallery.edit(SampleDeletion(collection, ADA, gone.sample_id), CALL)
    assert matches(gallery, collection, 1) == []
    assert [match.name for match in matches(gallery, collection, 2)] == ["Ada"]
    assert gallery.similarity(collection, ADA, vector(1), CALL) < 0.5


def test_updated_name_is_told_by_searches(gallery: OpenGallery, collection: str) -> None:
    """A search tells the new name at once, and the times tell the update."""
    gallery.enroll(face(ADA, 1, collection=collection, name="Ada"), CALL)
    before = gallery.get(collection, ADA, CALL)
    receipt = gallery.edit(UserUpdate(collection, ADA, name="Ada Lovelace"), CALL)
    assert [match.name for match in matches(gallery, collection, 1)] == ["Ada Lovelace"]
    after = gallery.get(collection, ADA, CALL, min_version=receipt.version)
    assert (after.created_at, after.version) == (before.created_at, receipt.version)
    assert after.updated_at > before.updated_at


def test_merged_and_moved_faces_are_their_new_users(gallery: OpenGallery, collection: str) -> None:
    """Each face finds one user, the one who has it now, and each sample tells what it was."""
    facts = SampleFacts(SampleSource.PHOTO, 0.75, BoundingBox(10, 20, 110, 140))
    gallery.enroll(face(ADA, 1, collection=collection, name="Ada"), CALL)
    second = gallery.enroll(
        face(BOB, 2, collection=collection, quality=0.6, facts=facts, name="Bob"), CALL
    )
    gallery.enroll(face(BOB, 3, collection=collection, mode=EnrollMode.ADD), CALL)
    old = {one.sample_id: one for one in gallery.enrolled(collection, BOB, CALL).samples}
    gallery.edit(SampleMove(collection, BOB, second.sample_id, ADA), CALL)
    assert [[m.name for m in matches(gallery, collection, seed)] for seed in (1, 2, 3)] == [
        ["Ada"],
        ["Ada"],
        ["Bob"],
    ]
    receipt = gallery.edit(UserMerge(collection, ADA, BOB), CALL)
    assert [[m.name for m in matches(gallery, collection, seed)] for seed in (1, 2, 3)] == [
        ["Ada"]
    ] * 3
    with pytest.raises(UserNotFoundError):
        gallery.similarity(collection, BOB, vector(3), CALL)
    with pytest.raises(UserNotFoundError):
        gallery.enrolled(collection, BOB, CALL)
    (user,) = gallery.list_users(collection, 10, "", CALL).users
    assert (user.user_id, user.samples, user.version) == (ADA, 3, receipt.version)
    samples = gallery.enrolled(collection, ADA, CALL).samples
    for sample in samples[1:]:
        before = old[sample.sample_id]
        assert (sample.created_at, sample.quality, sample.facts) == (
            before.created_at,
            before.quality,
            before.facts,
        )
        np.testing.assert_array_equal(sample.embedding, before.embedding)


@needs(Capability.COUNTS_AT_ONCE)
def test_counts_follow_every_edit(gallery: OpenGallery, collection: str) -> None:
    """Users and samples are counted as they are after each edit."""
    first = gallery.enroll(face(ADA, 1, collection=collection), CALL)
    for user, seed in ((ADA, 2), (BOB, 3), (BOB, 4)):
        gallery.enroll(face(user, seed, collection=collection, mode=EnrollMode.ADD), CALL)

    def counts() -> tuple[int, int]:
        size = gallery.size(collection)
        return size.users, size.samples

    assert counts() == (2, 4)
    gallery.edit(SampleMove(collection, ADA, first.sample_id, "eve", create_target=True), CALL)
    assert counts() == (3, 4)
    gallery.edit(UserMerge(collection, BOB, "eve"), CALL)
    assert counts() == (2, 4)
    gallery.edit(SampleDeletion(collection, BOB, first.sample_id), CALL)
    assert counts() == (2, 3)


def test_move_makes_no_user_in_a_full_collection(gallery: OpenGallery, collection: str) -> None:
    """A user whom a move would make counts for max_users like any other."""
    gallery.enroll(face(ADA, 1, collection=collection), CALL)
    moving = gallery.enroll(face(ADA, 2, collection=collection, mode=EnrollMode.ADD), CALL)
    gallery.change_settings(collection, change(max_users=1), CALL)
    move = SampleMove(collection, ADA, moving.sample_id, BOB, create_target=True)
    assert refusal(lambda: gallery.edit(move, CALL)).reason == "COLLECTION_FULL"
    assert gallery.get(collection, ADA, CALL).samples == 2
    gallery.change_settings(collection, change(max_users=2), CALL)
    assert gallery.edit(move, CALL).samples == 1


def test_alias_is_followed_by_edits(gallery: OpenGallery, collection: str) -> None:
    """An edit through an alias changes the collection behind it."""
    gallery.enroll(face(ADA, 1, collection=collection), CALL)
    gallery.set_alias(f"a-{collection}", collection, CALL)
    gallery.edit(UserUpdate(f"a-{collection}", ADA, name="Ada"), CALL)
    assert gallery.get(collection, ADA, CALL).name == "Ada"
    gallery.delete_alias(f"a-{collection}", CALL)
