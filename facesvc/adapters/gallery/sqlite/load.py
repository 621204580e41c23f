"""Everything that the file holds, for the index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from facesvc.adapters.gallery.records import decode_embeddings
from facesvc.adapters.gallery.sqlite.people import Owner, People
from facesvc.adapters.gallery.sqlite.tables import CollectionRow, Tables
from facesvc.adapters.gallery.store import Catalog, ChangeSink, SampleBlock
from facesvc.domain.errors import ModelMismatchError
from facesvc.domain.gallery import User


def read_catalog(tables: Tables, recognizer: str) -> Catalog:
    """Return the aliases and the collections of other recognisers."""
    foreign = {
        row.name: row.recognizer
        for row in tables.collections()
        if not row.deleted and row.recognizer != recognizer
    }
    return Catalog(tables.aliases(recognizer), foreign)


def refuse_others(tables: Tables, recognizer: str) -> None:
    """Raise ModelMismatchError when there are collections and none is this recogniser's."""
    made_by = sorted({row.recognizer for row in tables.collections() if not row.deleted})
    if made_by and recognizer not in made_by:
        raise ModelMismatchError(
            f"The gallery was made by the recogniser {made_by[0][:16]}..., but"
            f" {recognizer[:16]}... is loaded: their embeddings cannot be compared. Nothing was"
            " changed. Either set MODEL_PACK to the pack that made the gallery, or re-enrol the"
            " photos with `facesvc gallery reembed`, or set GALLERY_PATH to another file.",
            gallery=",".join(made_by),
            loaded=recognizer,
        )


def load(tables: Tables, people: People, recognizer: str, sink: ChangeSink) -> dict[str, int]:
    """Fill the sink; return the version of each served collection. Raises SealError."""
    served = [
        row for row in tables.collections() if not row.deleted and row.recognizer == recognizer
    ]
    versions = {row.name: row.version for row in served}
    owners: dict[int, Owner] = {}
    users = list(_users(people, served, owners))
    sink.reset(users, _blocks(people, owners), versions, read_catalog(tables, recognizer))
    return versions


def _users(
    people: People, served: list[CollectionRow], owners: dict[int, Owner]
) -> Iterator[tuple[str, User]]:
    for collection in served:
        for found in people.all_users(collection):
            owners[found.row] = Owner(collection.name, found.user.user_id, found.key)
            yield collection.name, found.user


def _blocks(people: People, owners: dict[int, Owner]) -> Iterator[SampleBlock]:
    for part in people.all_samples(owners):
        split: dict[str, tuple[list[str], list[bytes]]] = defaultdict(lambda: ([], []))
        for owner, sample in part:
            user_ids, samples = split[owner.collection]
            user_ids.append(owner.user_id)
            samples.append(sample)
        for name, (user_ids, samples) in split.items():
            yield SampleBlock(name, user_ids, decode_embeddings(samples))
