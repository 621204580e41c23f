"""How large the message of each kind of call may be."""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB = 2**10, 2**20
_FIELDS = 64 * KIB  # whatever stands beside a photo: names, metadata, an embedding
_WITHOUT_PHOTO = MIB
_AS_TEXT = 1.4  # a photo in a REST call's JSON: base64 with line breaks
_BATCH_IMAGES, _LEAST_BATCH = 4, 32 * MIB  # the body of a REST call has as much
_LEAST_CHUNK = 4 * MIB

_FACES, _GALLERY = "/facesvc.v1.FaceService/", "/facesvc.v1.GalleryService/"
_PLAIN = frozenset(
    _GALLERY + name
    for name in (
        *("GetEnrollment", "DeleteEnrollment", "ListGallery", "ListCollections"),
        *("DeleteCollection", "SetAlias", "DeleteAlias", "EraseDeleted", "ExportGallery"),
    )
)


@dataclass(frozen=True)
class MessageLimits:
    """Limits of messages in bytes, from the largest photo's."""

    image_max_bytes: int = 10 * MIB

    def of(self, method: str) -> int:
        """Return the bytes that a request of this method may have, photos as text included."""
        photo = int(self.image_max_bytes * _AS_TEXT)
        if method == _FACES + "BatchEmbed":
            return self.largest
        if method == _FACES + "Compare":
            return 2 * photo + _FIELDS
        if method == _GALLERY + "ImportGallery":
            return max(_LEAST_CHUNK, self.image_max_bytes)
        return _WITHOUT_PHOTO if method in _PLAIN else photo + _FIELDS

    @property
    def largest(self) -> int:
        """The bytes of the largest message that grpcio is to read at all."""
        return max(_LEAST_BATCH, _BATCH_IMAGES * self.image_max_bytes) + _FIELDS
