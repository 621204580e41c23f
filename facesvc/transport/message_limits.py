"""How large the message of each kind of call may be."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.transport.contract import methods

KIB, MIB = 2**10, 2**20
_FIELDS = 64 * KIB  # whatever stands beside a photo: names, metadata, an embedding
_WITHOUT_PHOTO = MIB
_AS_TEXT = 1.4  # a photo in a REST call's JSON: base64 with line breaks
_BATCH_IMAGES, _LEAST_BATCH = 4, 32 * MIB  # the body of a REST call has as much
_LEAST_CHUNK = 4 * MIB

_PHOTO = {"image", "image_1", "image_2"}
# The fields of each call's request, and of the enrolment inside it.
_FIELDS_OF: dict[str, set[str]] = {
    method.path: {
        name
        for message in (
            method.descriptor.input_type,
            *(
                field.message_type
                for field in method.descriptor.input_type.fields
                if field.name == "enrollment"
            ),
        )
        for name in message.fields_by_name
    }
    for method in methods()
}


@dataclass(frozen=True)
class MessageLimits:
    """Limits of messages in bytes, from the largest photo's."""

    image_max_bytes: int = 10 * MIB

    def of(self, method: str) -> int:
        """Return the bytes that a request of this method may have, photos as text included."""
        fields = _FIELDS_OF.get(method, set())
        if "images" in fields:
            return self.largest
        if "chunk" in fields:
            return max(_LEAST_CHUNK, self.image_max_bytes)
        photos = len(fields & _PHOTO)
        if not photos:
            return _WITHOUT_PHOTO
        return photos * int(self.image_max_bytes * _AS_TEXT) + _FIELDS

    @property
    def largest(self) -> int:
        """The bytes of the largest message that grpcio is to read at all."""
        return max(_LEAST_BATCH, _BATCH_IMAGES * self.image_max_bytes) + _FIELDS
