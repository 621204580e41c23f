"""Everything that the file holds, for the index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from facesvc.domain.gallery_errors import ForeignGalleryError
from facesvc.gallery.stores.port import Catalog, ChangeSink, SampleBlock
from facesvc.gallery.stores.sqlite.settings_table import SettingsTable
from facesvc.gallery.stores.sqlite.tables import CollectionRow, Tables
from facesvc.gallery.stores.sqlite.user_table import Owner, UserTable


def read_catalog(tables: Tables, recognizer: str) -> Catalog:
    """Return the aliases and the collections of other recognizers."""
    foreign = {
        row.name: row.recognizer
        for row in tables.collections()
        if not row.deleted and row.recognizer != recognizer
    }
    return Catalog(tables.aliases(recognizer), foreign, SettingsTable(tables).all())


def refuse_foreign(tables: Tables, recognizer: str) -> None:
    """Raise ForeignGalleryError when there are collections and none is this recognizer's."""
    made_by = sorted({row.recognizer for row in tables.collections() if not row.deleted})
    if made_by and recognizer not in made_by:
        raise ForeignGalleryError(made_by, recognizer)


def load(tables: Tables, table: UserTable, recognizer: str, sink: ChangeSink) -> dict[str, int]:
    """Fill the sink; return the version of each served collection. Raises SealError."""
    served = [
        row for row in tables.collections() if not row.deleted and row.recognizer == recognizer
    ]
    versions = {row.name: row.version for row in served}
    owners: dict[int, Owner] = {}
    users = _users(table, served, owners)  # read to its end before the first block
    sink.reset(users, _blocks(table, owners), versions, read_catalog(tables, recognizer))
    return versions


def _users(
    table: UserTable, served: list[CollectionRow], owners: dict[int, Owner]
) -> Iterator[tuple[str, str, bytes]]:
    names = {collection.row: collection.name for collection in served}
    for row, owner, user in table.all_users(names):
        owners[row] = owner
        yield owner.collection, owner.user_id, user


def _blocks(table: UserTable, owners: dict[int, Owner]) -> Iterator[SampleBlock]:
    for of_rows, embeddings in table.all_samples(owners):
        places: dict[str, list[int]] = defaultdict(list)
        for place, owner in enumerate(of_rows):
            places[owner.collection].append(place)
        for name, rows in places.items():
            user_ids = [of_rows[row].user_id for row in rows]
            yield SampleBlock(name, user_ids, embeddings[rows] if len(places) > 1 else embeddings)
