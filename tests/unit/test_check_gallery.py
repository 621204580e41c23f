"""What a check of a gallery finds among people whose likeness is made up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
import pytest

from facesvc.application.call import Call
from facesvc.application.check_gallery import (
    CheckedGallery,
    CheckGallery,
    CheckProgress,
    CheckRequest,
)
from facesvc.application.collection_rules import CollectionRules
from facesvc.application.gallery_comparison import GalleryComparison
from facesvc.application.ports.gallery_admin import GalleryAdmin
from facesvc.domain.errors import CallEndedError
from facesvc.domain.gallery import EnrolledUser, Sample, User
from facesvc.domain.gallery_findings import Finding, FindingKind
from facesvc.domain.operating_point import ThresholdRule
from tests.fake_gallery import FakeGallery

RULES = CollectionRules(FakeGallery(), ThresholdRule(0.45), 0.3)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
Vector = np.ndarray


def direction(seed: int) -> Vector:
    """A person's face: nearly orthogonal to everybody else's."""
    return unit(np.random.default_rng(seed).normal(size=512))


def unit(vector: Vector) -> Vector:
    """float32, length 1."""
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def near(vector: Vector, seed: int, spread: float = 0.3) -> Vector:
    """Another photo of the same face."""
    return unit(vector + spread * direction(1000 + seed))


class Exported:
    """A gallery that holds what it is given, in user_id order."""

    def __init__(self) -> None:
        self.people: dict[str, tuple[str, list[tuple[Vector, float]]]] = {}

    def put(self, user_id: str, *embeddings: Vector, name: str = "", quality: float = 0.8) -> None:
        """Enrol a user."""
        self.people[user_id] = (name, [(embedding, quality) for embedding in embeddings])

    def export_users(self, collection: str, call: Call, **_: Any) -> Iterator[EnrolledUser]:
        """See Gallery."""
        for user_id, (name, samples) in sorted(self.people.items()):
            user = User(user_id, name, {}, len(samples), NOW, NOW, 1)
            yield EnrolledUser(
                user,
                tuple(
                    Sample(collection, user_id, f"{user_id}-{i}", e, "m", name, {}, q, NOW, 1)
                    for i, (e, q) in enumerate(samples)
                ),
            )


@pytest.fixture
def gallery() -> Exported:
    """Twenty people with two photos each, nobody like another."""
    gallery = Exported()
    for number in range(20):
        face = direction(number)
        gallery.put(f"u{number:02}", near(face, number), near(face, number + 50), name=f"N{number}")
    return gallery


def check(gallery: Exported, most: int = 100) -> tuple[list[Finding], CheckedGallery]:
    """Run the check to its end."""
    use_case = CheckGallery(cast(GalleryAdmin, gallery), RULES)
    events = list(use_case(CheckRequest(most=most), Call()))
    assert isinstance(events[0], CheckProgress)
    end = events[-1]
    assert isinstance(end, CheckedGallery)
    return [event for event in events if isinstance(event, Finding)], end


def test_good_gallery_has_no_findings(gallery: Exported) -> None:
    """Everybody is like themselves only."""
    findings, end = check(gallery)
    assert findings == []
    assert (end.users, end.samples) == (20, 40)


def test_two_people_who_match_are_named_once(gallery: Exported) -> None:
    """The best pair of samples stands for the two users."""
    gallery.put("twin", near(direction(3), 90), near(direction(3), 91), name="Twin")
    findings, _ = check(gallery)
    assert [(each.kind, each.user_id, each.other_user_id) for each in findings] == [
        (FindingKind.LOOK_ALIKE, "twin", "u03")
    ]
    assert findings[0].measured > 0.8


def test_same_photo_or_same_name_makes_a_duplicate(gallery: Exported) -> None:
    """Under another id: the same photo, or a match with the same name in another form."""
    first = gallery.people["u05"][1][0][0]
    gallery.put("copy", first, name="Somebody")
    gallery.put("again", near(direction(6), 92), name="  n6 ")
    findings, end = check(gallery)
    pairs = {(f.user_id, f.other_user_id) for f in findings if f.kind is FindingKind.DUPLICATE_USER}
    assert pairs == {("copy", "u05"), ("again", "u06")}
    assert end.counts[FindingKind.LOOK_ALIKE] == 0


def test_sample_filed_under_the_wrong_user_is_found(gallery: Exported) -> None:
    """It matches another user and none of its own user's other samples."""
    own, other = direction(40), direction(7)
    gallery.put("mixed", near(own, 1), near(own, 2), near(other, 3), name="Mixed")
    findings, _ = check(gallery)
    misfiled = [each for each in findings if each.kind is FindingKind.MISFILED_SAMPLE]
    assert [(each.sample_id, each.other_user_id) for each in misfiled] == [("mixed-2", "u07")]


def test_sample_that_matches_everybody_is_told_of_once(gallery: Exported) -> None:
    """Its pairs are not listed too."""
    crowd = unit(sum(direction(number) for number in (1, 2, 3)))  # type: ignore[arg-type]
    gallery.put("blurred", crowd)
    findings, end = check(gallery)
    assert [(each.kind, each.sample_id) for each in findings] == [
        (FindingKind.UNRECOGNIZABLE_SAMPLE, "blurred-0")
    ]
    assert end.counts[FindingKind.LOOK_ALIKE] == 0


def test_one_poor_photo_and_unicode_variants_are_found(gallery: Exported) -> None:
    """The same name composed and decomposed, and a user with one poor photo."""
    gallery.put("poor", direction(60), quality=0.4, name="Jos\u00e9")
    gallery.put("good", direction(61), direction(62), name="Jose\u0301")
    kinds = {each.kind: (each.user_id, each.other_user_id) for each in check(gallery)[0]}
    assert kinds == {
        FindingKind.POOR_ONLY_SAMPLE: ("poor", ""),
        FindingKind.UNICODE_VARIANT: ("good", "poor"),
    }


def test_findings_are_counted_beyond_those_told(gallery: Exported) -> None:
    """``most`` bounds the list, not the count."""
    for number in range(5):
        gallery.put(f"twin{number}", near(direction(number), 80 + number), name=f"T{number}")
    findings, end = check(gallery, most=2)
    assert len(findings) == 2
    assert end.counts[FindingKind.LOOK_ALIKE] == 5


def test_check_ends_with_its_call(gallery: Exported) -> None:
    """A caller who leaves does not keep the processor busy."""
    call = Call()
    events = CheckGallery(cast(GalleryAdmin, gallery), RULES)(CheckRequest(), call)
    next(events)
    call.cancel()
    with pytest.raises(CallEndedError):
        list(events)


def test_blocks_agree_with_the_whole_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users that straddle blocks, several samples each: as computed in one piece."""
    monkeypatch.setattr("facesvc.application.gallery_comparison._BLOCK", 7)
    random = np.random.default_rng(5)
    users = np.sort(random.integers(0, 20, 60)).astype(np.int64)
    embeddings = np.stack([unit(row) for row in random.normal(size=(60, 12))])
    comparison = GalleryComparison(embeddings, users, 0.5)
    assert list(comparison.run())[-1] == 1.0
    whole = embeddings @ embeddings.T
    np.fill_diagonal(whole, -2)
    same = users[:, None] == users[None, :]
    others = np.where(same, -2, whole)
    assert np.allclose(comparison.own, np.where(same, whole, -2).max(axis=1), atol=1e-6)
    assert np.allclose(comparison.other, others.max(axis=1), atol=1e-6)
    assert (comparison.nearest == others.argmax(axis=1)).all()
    expected = {
        (min(users[i], users[j]), max(users[i], users[j]))
        for i, j in zip(*np.nonzero(others >= 0.5), strict=True)
    }
    found = {(users[i], users[j]) for i, j, _ in comparison.pairs()}
    assert found == expected
