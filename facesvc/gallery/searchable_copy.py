"""The searchable copy of a store: every collection, and the names that lead to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from facesvc.domain.collection_settings import NEVER_SET, KeptSettings
from facesvc.domain.embedding import check_embedding, check_embeddings
from facesvc.domain.gallery import CollectionInfo
from facesvc.domain.gallery_errors import ForeignCollectionError
from facesvc.domain.risk import GallerySize
from facesvc.gallery.directory import Directory
from facesvc.gallery.index.port import FaceIndex
from facesvc.gallery.served_collection import ServedCollection
from facesvc.gallery.stores.port import Catalog, Change, Rewrite, SampleBlock


class SearchableCopy:
    """The ChangeSink of a store, over any index; ``recognizer`` is the store's."""

    def __init__(self, index: FaceIndex, recognizer: str) -> None:
        self._index = index
        self._recognizer = recognizer
        self._served: dict[str, ServedCollection] = {}
        self._catalog = Catalog()

    def reset(
        self,
        users: Iterable[tuple[str, str, bytes]],
        blocks: Iterable[SampleBlock],
        versions: Mapping[str, int],
        catalog: Catalog,
    ) -> None:
        """See ChangeSink. Raises InvalidEmbeddingError for a stored vector that is none."""
        directories: dict[str, dict[str, bytes]] = defaultdict(dict)
        for name, user_id, record in users:
            directories[name][user_id] = record
        checked = (replace(b, embeddings=check_embeddings(b.embeddings)) for b in blocks)
        views = self._index.reset(checked)
        self._served = {
            name: ServedCollection(
                views.get(name) or self._index.empty(name), version, Directory(directories[name])
            )
            for name, version in versions.items()
        }
        self.set_catalog(catalog)

    def apply(self, change: Change | Rewrite) -> None:
        """See ChangeSink."""
        if isinstance(change, Rewrite):
            self._rewrite(change)
            return
        name, user_id = change.collection, change.user_id
        if not user_id:
            self._served.pop(name, None)
            self._index.drop(name)
            return
        served = self._collection(name)
        if change.sample is not None:
            embedding = check_embedding(change.sample.embedding)
            view = self._index.add(name, user_id, embedding, replace=change.clears)
        elif change.clears:
            view = self._index.remove(name, user_id)
        else:
            view = served.published.view
        served.publish(view, change.version, {user_id: change.user})

    def _rewrite(self, change: Rewrite) -> None:
        served = self._collection(change.collection)
        samples = {state.user_id: check_embeddings(state.embeddings) for state in change.states}
        view = self._index.put(change.collection, samples)
        users = {state.user_id: state.user for state in change.states}
        served.publish(view, change.version, users)

    def _collection(self, name: str) -> ServedCollection:
        if name not in self._served:
            self._served[name] = ServedCollection(self._index.empty(name), 0, Directory())
        return self._served[name]

    def set_catalog(self, catalog: Catalog) -> None:
        """See ChangeSink."""
        for name in catalog.settings:
            if name not in self._served and name not in catalog.foreign:
                self._served[name] = ServedCollection(self._index.empty(name), 0, Directory())
        self._catalog = catalog

    def settings(self, name: str) -> KeptSettings:
        """Return a collection's settings by its real name."""
        return self._catalog.settings.get(name, NEVER_SET)

    @property
    def aliases(self) -> Mapping[str, str]:
        """Where each alias of this recognizer leads."""
        return self._catalog.aliases

    def find(self, name: str) -> ServedCollection | None:
        """Return a collection by its real name, None when there is none."""
        return self._served.get(name)

    def all(self) -> list[ServedCollection]:
        """Return every collection served."""
        return list(self._served.values())

    def sizes(self) -> dict[str, GallerySize]:
        """Return how large each collection served is."""
        return {name: served.size for name, served in list(self._served.items())}

    def resolve(self, collection: str) -> str:
        """Return the real name behind a name. Raises ModelMismatchError."""
        catalog = self._catalog
        name = catalog.aliases.get(collection, collection)
        if name in catalog.foreign:
            raise ForeignCollectionError(name, catalog.foreign[name], self._recognizer)
        return name

    def infos(self) -> list[CollectionInfo]:
        """Return every collection, sorted by name."""
        catalog = self._catalog
        infos = [
            CollectionInfo(
                name,
                self._recognizer,
                served.published.version,
                len(served.directory),
                served.published.view.samples,
                tuple(sorted(a for a, target in catalog.aliases.items() if target == name)),
                kept=catalog.settings.get(name, NEVER_SET),
            )
            for name, served in list(self._served.items())
        ]
        infos += [
            CollectionInfo(name, recognizer, 0, 0, 0, served=False, kept=self.settings(name))
            for name, recognizer in catalog.foreign.items()
        ]
        return sorted(infos, key=lambda info: info.name)
