"""The gallery, split by who needs what of it.

Every part is thread-safe. A collection may be named by an alias. Every method that names a
collection of another recognizer raises ModelMismatchError, except delete_collection.
"""

from __future__ import annotations

from typing import Protocol

from facesvc.application.ports.gallery_admin import GalleryAdmin
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.application.ports.gallery_retention import GalleryRetention
from facesvc.application.ports.gallery_writer import GalleryWriter


class Gallery(GalleryReader, GalleryWriter, GalleryAdmin, GalleryRetention, Protocol):
    """Enrolled faces: durable writes, exact reads. What a gallery implements; a use case asks
    for the part that it needs.
    """
