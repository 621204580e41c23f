"""Writing a collection into an archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from facesvc.application.archive.write import write_archive
from facesvc.application.call import Call
from facesvc.application.ports.gallery import Gallery


@dataclass(frozen=True)
class ExportCollection:
    """Answers ExportGallery; ``recognizer`` is the digest of the one in use."""

    gallery: Gallery
    recognizer: str

    def __call__(self, collection: str, passphrase: str, call: Call) -> Iterator[bytes]:
        """Yield the archive. Raises CollectionNotFoundError, InvalidFieldError (field
        passphrase), StoreUnavailableError.
        """
        users = self.gallery.export_users(collection, call)
        settings = self.gallery.settings(collection).settings
        return write_archive(users, collection, self.recognizer, passphrase, settings)
