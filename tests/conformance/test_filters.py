"""What a filter by metadata promises: exact, and applied before the ranking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facesvc.domain.gallery import EnrollMode, Match, UserPage
from facesvc.domain.gallery_edits import UserUpdate
from facesvc.domain.metadata_filter import MetadataFilter, Value
from tests.conformance.implementations import OpenGallery
from tests.unit.gallery.gallery_fixtures import CALL, face, query, vector

HALF = 5e-4  # what half precision may cost a similarity
ENGINEERS = MetadataFilter({"department": "Engineering"})

# What a user holds, and whether {"k": wanted} chooses it.
EQUAL: list[tuple[Any, Value, bool]] = [
    ("Engineering", "Engineering", True),
    ("Engineering", "engineering", False),
    ("Engineering", "Engineering ", False),
    ("Engineering", "Eng", False),
    ("", "", True),
    ('say "k":"x"', 'say "k":"x"', True),
    ("back\\slash", "back\\slash", True),
    ("Zoë 東京 \u2028", "Zoë 東京 \u2028", True),
    ("Zoë", "Zoe\u0308", False),
    (3, 3.0, True),
    (3.0, 3.0, True),
    (3, "3", False),
    ("3", 3.0, False),
    (0.1, 0.1, True),
    (0.1, 0.1000001, False),
    (-1e300, -1e300, True),
    (33, 3.0, False),
    (True, True, True),
    (False, False, True),
    (False, True, False),
    (True, 1.0, False),
    (1, True, False),
    (0, False, False),
    ("true", True, False),
    (None, "null", False),
    (["Engineering"], "Engineering", False),
    ({"k": "Engineering"}, "Engineering", False),
]
# Metadata that only looks as if it had "k" with "x", and an odd key.
TRAPS: list[tuple[dict[str, Any], MetadataFilter, bool]] = [
    ({}, MetadataFilter({"k": "x"}), False),
    ({"K": "x"}, MetadataFilter({"k": "x"}), False),
    ({"other": {"k": "x"}}, MetadataFilter({"k": "x"}), False),
    ({"other": [{"k": "x"}], "k": "y"}, MetadataFilter({"k": "x"}), False),
    ({"other": '{"k":"x"}'}, MetadataFilter({"k": "x"}), False),
    ({"a k": "x"}, MetadataFilter({"k": "x"}), False),
    ({"other": {"l": 1}, "k": "x"}, MetadataFilter({"k": "x"}), True),
    ({"other": "{", "k": "x"}, MetadataFilter({"k": "x"}), True),
    ({"a": ":", "b": 1}, MetadataFilter({":": ","}), False),  # {"a":":","b":1} has ":":","
    ({"a": ":", ":": "x"}, MetadataFilter({":": "x"}), True),
    ({"a": ":x"}, MetadataFilter({":": "x"}), False),
    ({'"': "x", "k": "y"}, MetadataFilter({'"': "x"}), True),
    ({"k": "x", "l": 2}, MetadataFilter({"k": "x", "l": 2.0}), True),
    ({"k": "x", "l": 3}, MetadataFilter({"k": "x", "l": 2.0}), False),
    ({"k": "x"}, MetadataFilter({"k": "x", "l": 2.0}), False),
]


def chosen(gallery: OpenGallery, collection: str, where: MetadataFilter) -> set[str]:
    """Return the users that a listing and a search choose, which must be the same."""
    page = gallery.list_users(collection, 100, "", CALL, where=where)
    asked = query(collection, vector(0), 100, -1.0, where=where)
    found = {match.user_id for match in gallery.search(asked, CALL).first}
    assert [user.user_id for user in page.users] == sorted(found)
    assert page.total == len(found)
    return found


@pytest.mark.parametrize(("held", "wanted", "equal"), EQUAL)
def test_value_must_be_equal_and_of_its_kind(
    gallery: OpenGallery, collection: str, held: Any, wanted: Value, equal: bool
) -> None:
    """Text equals text, a number a number however it is written, true and false themselves."""
    gallery.enroll(face("ada", 0, collection=collection, metadata={"k": held}), CALL)
    assert chosen(gallery, collection, MetadataFilter({"k": wanted})) == (
        {"ada"} if equal else set()
    )


@pytest.mark.parametrize(("metadata", "where", "fits"), TRAPS)
def test_only_the_top_level_counts(
    gallery: OpenGallery,
    collection: str,
    metadata: dict[str, Any],
    where: MetadataFilter,
    fits: bool,
) -> None:
    """All conditions must hold for the metadata's own keys, wherever else they can be read."""
    name = '"k":"x"'  # what the metadata would look like
    gallery.enroll(face(name, 0, collection=collection, name=name, metadata=metadata), CALL)
    assert chosen(gallery, collection, where) == ({name} if fits else set())


def test_search_ranks_only_those_who_are_chosen(gallery: OpenGallery, collection: str) -> None:
    """The best k of those who are chosen are found, however many others look more alike."""
    rare = [f"u{number:03}" for number in range(0, 300, 60)]
    gallery.enroll_many(
        [
            face(
                f"u{number:03}",
                number,
                collection=collection,
                metadata={"department": "Engineering" if number % 60 == 0 else "Sales"},
            )
            for number in range(300)
        ],
        CALL,
    )
    probes = np.stack([vector(number) for number in (7, 60, 299)])
    found = gallery.search(query(collection, probes, 3, -1.0, where=ENGINEERS), CALL).of_probes
    for probe, matches in zip(probes, found, strict=True):
        cosines = {user: float(vector(int(user[1:])) @ probe) for user in rare}
        best = sorted(rare, key=lambda user: -cosines[user])[:3]
        assert [match.user_id for match in matches] == best
        for match in matches:
            assert match.similarity == pytest.approx(cosines[match.user_id], abs=HALF)
    limited = query(collection, vector(60), 3, 0.9, where=ENGINEERS)
    assert [match.user_id for match in gallery.search(limited, CALL).first] == ["u060"]
    assert gallery.search(query(collection, vector(7), 3, 0.9, where=ENGINEERS), CALL).first == []


def test_best_sample_of_a_chosen_user_counts(gallery: OpenGallery, collection: str) -> None:
    """A user's metadata is that of all its samples."""
    gallery.enroll(face("ada", 1, collection=collection, metadata={"k": "x"}), CALL)
    gallery.enroll(face("ada", 2, collection=collection, mode=EnrollMode.ADD), CALL)
    where = MetadataFilter({"k": "x"})
    for seed in (1, 2):
        asked = query(collection, vector(seed), 5, 0.9, where=where)
        assert [match.user_id for match in gallery.search(asked, CALL).first] == ["ada"]
    changed = face("ada", 3, collection=collection, mode=EnrollMode.ADD, metadata={"k": "y"})
    gallery.enroll(changed, CALL)
    assert chosen(gallery, collection, where) == set()
    assert chosen(gallery, collection, MetadataFilter({"k": "y"})) == {"ada"}
    gallery.delete(collection, "ada", CALL)
    assert chosen(gallery, collection, MetadataFilter({"k": "y"})) == set()


def test_listing_pages_through_those_who_are_chosen(gallery: OpenGallery, collection: str) -> None:
    """Pages join to all who are chosen, in order, and each tells how many they are."""
    gallery.enroll_many(
        [
            face(f"u{number:02}", 1, collection=collection, metadata={"floor": number % 3})
            for number in range(40)
        ],
        CALL,
    )
    where = MetadataFilter({"floor": 1.0})
    seen, token = [], ""
    while True:
        page = gallery.list_users(collection, 5, token, CALL, where=where)
        assert page.total == 13
        seen += [user.user_id for user in page.users]
        token = page.next_page_token
        if not token:
            break
    assert seen == [f"u{number:02}" for number in range(1, 40, 3)]
    whole = gallery.list_users(collection, 13, "", CALL, where=where)
    assert (len(whole.users), whole.next_page_token) == (13, "")


def test_filter_of_an_unknown_collection_says_so(gallery: OpenGallery, collection: str) -> None:
    """A collection without such users is known, one that nobody enrolled into is not."""
    nobody = UserPage([], 0, "", known=False)
    assert gallery.list_users(collection, 5, "", CALL, where=ENGINEERS) == nobody
    assert not gallery.search(query(collection, vector(1), 5, -1, where=ENGINEERS), CALL).known
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    assert gallery.list_users(collection, 5, "", CALL, where=ENGINEERS) == UserPage([], 0, "")
    assert gallery.search(query(collection, vector(1), 5, -1, where=ENGINEERS), CALL).known


def test_metadata_comes_with_a_match_when_asked_for(gallery: OpenGallery, collection: str) -> None:
    """As enrolled; otherwise a match has none."""
    held = {"department": "Engineering", "floors": [1, 2], "boss": {"name": "Zoë"}}
    gallery.enroll(face("ada", 1, collection=collection, name="Ada", metadata=held), CALL)
    gallery.enroll(face("bob", 1, collection=collection), CALL)
    ada, bob = gallery.search(query(collection, vector(1), 5, 0.9, with_metadata=True), CALL).first
    assert (ada.name, dict(ada.metadata or {})) == ("Ada", held)
    assert dict(bob.metadata if bob.metadata is not None else {"is": "absent"}) == {}
    plain: list[Match] = gallery.search(query(collection, vector(1), 5, 0.9), CALL).first
    assert [match.metadata for match in plain] == [None, None]


def test_filter_follows_an_update(gallery: OpenGallery, collection: str) -> None:
    """Whoever changes department is chosen by the new one at once, in lists and searches."""
    gallery.enroll(face("ada", 1, collection=collection, metadata={"department": "Sales"}), CALL)
    asked = query(collection, vector(1), 3, 0.9, where=ENGINEERS)
    assert gallery.search(asked, CALL).first == []
    engineering = {"department": "Engineering"}
    gallery.edit(UserUpdate(collection, "ada", metadata=engineering), CALL)
    assert [match.user_id for match in gallery.search(asked, CALL).first] == ["ada"]
    page = gallery.list_users(collection, 10, "", CALL, where=ENGINEERS)
    assert [user.user_id for user in page.users] == ["ada"]
