"""Errors that a caller can be told about, each with the contract's reason.

A subclass states its reason, which error_reason.proto lists, and its kind, which the transport
maps to a gRPC status code. Dynamic values travel in ``metadata``, never only in the message.
What only galleries raise, and its text, is in gallery_errors.py.
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar


class ErrorKind(Enum):
    """What a caller can do about an error; the transport maps it to a status code."""

    INVALID = "invalid"
    PRECONDITION = "precondition"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    ENDED = "ended"


class FaceError(Exception):
    """Base of every error whose text may reach the caller.

    ``field`` is the request field at fault ("" when none is), ``metadata`` the dynamic values.
    """

    reason: ClassVar[str] = ""
    kind: ClassVar[ErrorKind] = ErrorKind.INVALID

    def __init__(self, message: str, *, field: str = "", **metadata: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.metadata = {key: str(value) for key, value in metadata.items()}


class MalformedRequestError(FaceError):
    """A REST body cannot be read, or does not fit the call."""

    reason = "MALFORMED_REQUEST"


class MissingImageError(FaceError):
    """Neither or no usable image was given where exactly one is needed."""

    reason = "MISSING_IMAGE"


class InvalidFieldError(FaceError):
    """A request field is outside its documented range."""

    reason = "INVALID_FIELD"


class ImageUrlRefusedError(FaceError):
    """The URL or an address behind it is not one that the service may fetch."""

    reason = "IMAGE_URL_REFUSED"


class ImageFetchFailedError(FaceError):
    """The image's web server did not deliver it."""

    reason = "IMAGE_FETCH_FAILED"
    kind = ErrorKind.PRECONDITION


class ImageTooLargeError(FaceError):
    """The image exceeds a limit of bytes, pixels or side."""

    reason = "IMAGE_TOO_LARGE"


class ImageUnsupportedError(FaceError):
    """The bytes are no image of a format that is decoded."""

    reason = "IMAGE_UNSUPPORTED"


class ImageUndecodableError(FaceError):
    """The bytes start like an image but do not hold one."""

    reason = "IMAGE_UNDECODABLE"


class NoFaceError(FaceError):
    """No face was detected."""

    reason = "NO_FACE"


class AmbiguousFaceError(FaceError):
    """Several faces are equally good, so that enrolling one would be a guess."""

    reason = "AMBIGUOUS_FACE"


class UserNotFoundError(FaceError):
    """The collection holds no sample of this user."""

    reason = "USER_NOT_FOUND"
    kind = ErrorKind.NOT_FOUND

    def __init__(self, user_id: str, unknown_collection: str = "") -> None:
        """``unknown_collection`` is the collection's name where there is none of that name."""
        super().__init__("No such user is enrolled.", user_id=user_id)
        if unknown_collection:
            self.message = "No such user is enrolled: there is no such collection."
            self.metadata.update(collection=unknown_collection, collection_known="false")


class CollectionNotFoundError(FaceError):
    """No collection, and no alias, has this name."""

    reason = "COLLECTION_NOT_FOUND"
    kind = ErrorKind.NOT_FOUND

    def __init__(self, collection: str) -> None:
        super().__init__("No such collection.", collection=collection)


class CollectionFullError(FaceError):
    """The collection has as many users as its settings allow."""

    reason = "COLLECTION_FULL"
    kind = ErrorKind.PRECONDITION

    def __init__(self, limit: int) -> None:
        super().__init__(f"The collection takes no more than {limit} users.", limit=limit)


class VersionConflictError(FaceError):
    """The user changed since the version that the caller expected; 0 stands for no user."""

    reason = "VERSION_CONFLICT"
    kind = ErrorKind.CONFLICT

    def __init__(self, expected: int | None, actual: int, user_id: str = "") -> None:
        which = {"user_id": user_id} if user_id else {}  # where a call has two users
        super().__init__(
            "The user changed since the expected version.",
            expected=expected,
            actual=actual,
            **which,
        )


class OverloadedError(FaceError):
    """No compute slot came free; try again after ``retry_after_s``."""

    reason = "OVERLOADED"
    kind = ErrorKind.OVERLOADED

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.retry_after_s = retry_after_s


class StoreUnavailableError(FaceError):
    """The gallery's store cannot take a write, or cannot prove what a read asks for."""

    reason = "STORE_UNAVAILABLE"
    kind = ErrorKind.UNAVAILABLE


class ShuttingDownError(FaceError):
    """The service takes no new calls; nothing was done."""

    reason = "SERVICE_UNAVAILABLE"
    kind = ErrorKind.UNAVAILABLE


class ModelMismatchError(FaceError):
    """The embeddings were made by another recognizer."""

    reason = "MODEL_MISMATCH"
    kind = ErrorKind.PRECONDITION


class UnauthenticatedError(FaceError):
    """The call carries no API key, or one that is not known."""

    reason = "UNAUTHENTICATED"
    kind = ErrorKind.UNAUTHENTICATED


class UnknownKeyError(UnauthenticatedError):
    """The API key is nobody's: a guess, or one that was taken back."""


class PermissionDeniedError(FaceError):
    """The API key does not open this call or this collection."""

    reason = "PERMISSION_DENIED"
    kind = ErrorKind.FORBIDDEN


class CallEndedError(FaceError):
    """The caller cancelled or its deadline passed; nobody waits for the answer."""

    reason = "CALL_ENDED"
    kind = ErrorKind.ENDED

    def __init__(self, message: str = "The call was cancelled or its deadline has passed.") -> None:
        super().__init__(message)
