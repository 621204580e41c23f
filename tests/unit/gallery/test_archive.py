"""Archives: what comes out goes in, and nothing that is damaged, foreign or secret does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facesvc.application.archive import write
from facesvc.application.archive.frames import ArchiveError, FrameWriter, read_frames
from facesvc.application.archive.read import ArchiveReader
from facesvc.application.export_gallery import ExportCollection
from facesvc.application.import_gallery import ImportCollection, ImportProgress
from facesvc.domain.errors import (
    CollectionNotFoundError,
    InvalidFieldError,
    ModelMismatchError,
)
from facesvc.domain.faces import BoundingBox
from facesvc.domain.gallery import EnrolledUser, EnrollMode, Origin
from facesvc.domain.sample_facts import NO_FACTS, SampleFacts, SampleSource
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.memory import MemoryStore
from tests.unit.gallery.gallery_fixtures import (
    CALL,
    DIGEST,
    OTHER_DIGEST,
    face,
    opened,
    query,
    vector,
)

SECRET = "correct horse battery staple"
LONG_AGO = Origin(datetime(2020, 5, 6, 7, 8, 9, 10, UTC), datetime(2019, 5, 6, tzinfo=UTC))


@pytest.fixture
def source() -> Iterator[IndexedGallery]:
    """A gallery with three users, one of them with two samples."""
    gallery = opened(MemoryStore(recognizer=DIGEST))
    gallery.enroll(
        face("ada", 1, name="Ada", metadata={"n": [1, {"é": None}]}, origin=LONG_AGO), CALL
    )
    gallery.enroll(face("ada", 2, mode=EnrollMode.ADD), CALL)
    gallery.enroll(face("bob", 3, quality=0.25), CALL)
    gallery.enroll(face("čad/x y", 4), CALL)
    yield gallery
    gallery.close()


@pytest.fixture
def target() -> Iterator[IndexedGallery]:
    """An empty gallery."""
    gallery = opened(MemoryStore(recognizer=DIGEST))
    yield gallery
    gallery.close()


def _export(gallery: IndexedGallery, passphrase: str = "", recognizer: str = DIGEST) -> bytes:
    return b"".join(ExportCollection(gallery, recognizer)("staff", passphrase, CALL))


def _import(
    gallery: IndexedGallery, archive: bytes, passphrase: str = "", collection: str = ""
) -> list[ImportProgress]:
    chunks = (archive[at : at + 777] for at in range(0, len(archive), 777))
    return list(ImportCollection(gallery, DIGEST)(chunks, collection, passphrase, CALL))


def _content(users: Iterator[EnrolledUser]) -> list[object]:
    return [
        (
            one.user.user_id,
            one.user.name,
            one.user.metadata,
            one.user.created_at,
            [(s.created_at, s.quality, s.embedding.tobytes()) for s in one.samples],
        )
        for one in users
    ]


@pytest.mark.parametrize("passphrase", ["", SECRET])
def test_imported_collection_equals_the_exported_one(
    source: IndexedGallery, target: IndexedGallery, passphrase: str
) -> None:
    """Users, times, qualities and embeddings, bit for bit; and it can be searched."""
    archive = _export(source, passphrase)
    assert (b'"user_id":"ada"' in archive) is not bool(passphrase)
    assert _import(target, archive, passphrase)[-1] == ImportProgress(3, 4, done=True)
    assert _content(target.export_users("staff", CALL)) == _content(
        source.export_users("staff", CALL)
    )
    assert target.search(query("staff", vector(2), 1, 0.9), CALL).first[0].name == "Ada"


def test_what_is_known_of_samples_goes_along(
    source: IndexedGallery, target: IndexedGallery
) -> None:
    """Each source, box and recognizability; what is not known stays so, as in archives of 0.1.0."""
    known = (
        SampleFacts(SampleSource.PHOTO, 0.75, BoundingBox(10, 20, 110, 140)),
        SampleFacts(SampleSource.EMBEDDING),
        SampleFacts(SampleSource.ALIGNED_CROP, 0.5),
        NO_FACTS,
    )
    for seed, facts in enumerate(known):
        source.enroll(face("eve", seed, mode=EnrollMode.ADD, facts=facts), CALL)
    _import(target, _export(source))
    samples = target.enrolled("staff", "eve", CALL).samples
    assert tuple(sample.facts for sample in samples) == known


def test_repeated_import_stores_nothing_twice(
    source: IndexedGallery, target: IndexedGallery
) -> None:
    """The same archive again makes no version; into another collection it is another import."""
    archive = _export(source)
    _import(target, archive)
    _import(target, archive)
    assert [(c.name, c.version) for c in target.list_collections()] == [("staff", 4)]
    _import(target, archive, collection="copy")
    assert [(c.name, c.samples) for c in target.list_collections()] == [("copy", 4), ("staff", 4)]


def test_interrupted_import_goes_on_where_it_stopped(
    target: IndexedGallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was stored before the cut is durable, and is not stored again after it."""
    monkeypatch.setattr("facesvc.application.import_gallery._SAMPLES_TOGETHER", 10)
    source = opened(MemoryStore(recognizer=DIGEST))
    source.enroll_many([face(f"u{n:03}", n) for n in range(95)], CALL)
    archive = _export(source)
    source.close()
    with pytest.raises(ArchiveError, match="cut off"):
        _import(target, archive[: len(archive) // 2])
    (half,) = target.list_collections()
    assert 30 < half.version < 60
    assert _import(target, archive)[-1] == ImportProgress(95, 95, done=True)
    (whole,) = target.list_collections()
    assert (whole.version, whole.users) == (95, 95)


def test_archive_of_another_recognizer_is_refused_with_the_way_out(
    source: IndexedGallery, target: IndexedGallery
) -> None:
    """Nothing is imported."""
    archive = _export(source, recognizer=OTHER_DIGEST)
    with pytest.raises(ModelMismatchError, match="facesvc enroll"):
        _import(target, archive)
    assert target.list_collections() == []


def test_import_replaces_users_of_the_same_id_only(
    source: IndexedGallery, target: IndexedGallery
) -> None:
    """Others stay; replaced ones keep the created_at that the target knows."""
    target.enroll(face("ada", 9), CALL)
    target.enroll(face("zoe", 9), CALL)
    created = target.get("staff", "ada", CALL).created_at
    _import(target, _export(source))
    assert target.get("staff", "ada", CALL).created_at == created
    assert target.similarity("staff", "ada", vector(9), CALL) < 0.5
    assert target.similarity("staff", "zoe", vector(9), CALL) == 1.0


def test_passphrase_is_needed_and_must_be_right_and_long(source: IndexedGallery) -> None:
    """Each with its own text."""
    archive = _export(source, SECRET)
    with pytest.raises(InvalidFieldError, match="passphrase is needed"):
        ArchiveReader([archive])
    with pytest.raises(ArchiveError, match="passphrase is wrong"):
        list(ArchiveReader([archive], "another long passphrase").users())
    with pytest.raises(InvalidFieldError, match="fewer than 12"):
        _export(source, "short")
    with pytest.raises(CollectionNotFoundError):
        list(ExportCollection(source, DIGEST)("nowhere", "", CALL))


@pytest.fixture(scope="module")
def archives() -> list[tuple[bytes, str]]:
    """A plain and an encrypted archive."""
    gallery = opened(MemoryStore(recognizer=DIGEST))
    gallery.enroll_many([face(f"u{n}", n, name=f"N{n}") for n in range(3)], CALL)
    made = [(_export(gallery, secret), secret) for secret in ("", SECRET)]
    gallery.close()
    return made


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_change_of_any_byte_is_found(
    archives: list[tuple[bytes, str]], data: st.DataObject
) -> None:
    """Flip, cut, repeat or append bytes anywhere: an error with a text, never a wrong user."""
    archive, secret = archives[0]
    at = data.draw(st.integers(0, len(archive) - 1))
    kind = data.draw(st.sampled_from(["flip", "cut", "remove", "append", "double"]))
    if kind == "flip":
        bit = 1 << data.draw(st.integers(0, 7))
        broken = archive[:at] + bytes([archive[at] ^ bit]) + archive[at + 1 :]
    elif kind == "cut":
        broken = archive[:at]
    elif kind == "remove":
        broken = archive[:at] + archive[at + data.draw(st.integers(1, 3000)) :]
    elif kind == "append":
        broken = archive + archive[at:]
    else:
        broken = archive[:at] + archive[at:] + archive[at:]
    with pytest.raises(InvalidFieldError) as caught:
        list(ArchiveReader([broken], secret).users())
    assert caught.value.message


def test_forged_checksums_do_not_open_an_encrypted_archive(
    archives: list[tuple[bytes, str]],
) -> None:
    """Someone without the passphrase cannot put users in another order, even with checksums
    made anew: the sealed body knows its place.
    """
    archive, secret = archives[1]
    frames = list(read_frames([archive]))
    frames[1], frames[2] = frames[2], frames[1]
    writer = FrameWriter()
    forged = writer.magic() + b"".join(writer.frame(f.kind, f.body) for f in frames)
    assert len(list(read_frames([forged]))) == len(frames)
    with pytest.raises(ArchiveError, match="passphrase is wrong, or the archive was changed"):
        list(ArchiveReader([forged], secret).users())


def test_export_streams_and_does_not_gather(source: IndexedGallery) -> None:
    """The first chunk comes before the last user was read."""
    (user,) = islice(source.export_users("staff", CALL), 1)
    read = 0

    def many() -> Iterator[EnrolledUser]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield user

    chunks = write.write_archive(many(), "staff", DIGEST)
    assert len(next(chunks)) < 2 * write.CHUNK_BYTES
    assert read < 200
    assert np.sum([len(chunk) for chunk in chunks]) > 3_000_000
