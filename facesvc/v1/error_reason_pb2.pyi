from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_REASON_UNSPECIFIED: _ClassVar[ErrorReason]
    MISSING_IMAGE: _ClassVar[ErrorReason]
    INVALID_FIELD: _ClassVar[ErrorReason]
    IMAGE_URL_REFUSED: _ClassVar[ErrorReason]
    IMAGE_FETCH_FAILED: _ClassVar[ErrorReason]
    IMAGE_TOO_LARGE: _ClassVar[ErrorReason]
    IMAGE_UNSUPPORTED: _ClassVar[ErrorReason]
    IMAGE_UNDECODABLE: _ClassVar[ErrorReason]
    NO_FACE: _ClassVar[ErrorReason]
    AMBIGUOUS_FACE: _ClassVar[ErrorReason]
    USER_NOT_FOUND: _ClassVar[ErrorReason]
    COLLECTION_NOT_FOUND: _ClassVar[ErrorReason]
    VERSION_CONFLICT: _ClassVar[ErrorReason]
    OVERLOADED: _ClassVar[ErrorReason]
    STORE_UNAVAILABLE: _ClassVar[ErrorReason]
    MODEL_MISMATCH: _ClassVar[ErrorReason]
    CALL_ENDED: _ClassVar[ErrorReason]
    INTERNAL: _ClassVar[ErrorReason]
    UNKNOWN_PATH: _ClassVar[ErrorReason]
    MALFORMED_REQUEST: _ClassVar[ErrorReason]
    SERVICE_UNAVAILABLE: _ClassVar[ErrorReason]
    UNAUTHENTICATED: _ClassVar[ErrorReason]
    PERMISSION_DENIED: _ClassVar[ErrorReason]
    SAMPLE_NOT_FOUND: _ClassVar[ErrorReason]
    LAST_SAMPLE: _ClassVar[ErrorReason]
    COLLECTION_FULL: _ClassVar[ErrorReason]
    CURSOR_EXPIRED: _ClassVar[ErrorReason]
    EVENTS_OFF: _ClassVar[ErrorReason]
ERROR_REASON_UNSPECIFIED: ErrorReason
MISSING_IMAGE: ErrorReason
INVALID_FIELD: ErrorReason
IMAGE_URL_REFUSED: ErrorReason
IMAGE_FETCH_FAILED: ErrorReason
IMAGE_TOO_LARGE: ErrorReason
IMAGE_UNSUPPORTED: ErrorReason
IMAGE_UNDECODABLE: ErrorReason
NO_FACE: ErrorReason
AMBIGUOUS_FACE: ErrorReason
USER_NOT_FOUND: ErrorReason
COLLECTION_NOT_FOUND: ErrorReason
VERSION_CONFLICT: ErrorReason
OVERLOADED: ErrorReason
STORE_UNAVAILABLE: ErrorReason
MODEL_MISMATCH: ErrorReason
CALL_ENDED: ErrorReason
INTERNAL: ErrorReason
UNKNOWN_PATH: ErrorReason
MALFORMED_REQUEST: ErrorReason
SERVICE_UNAVAILABLE: ErrorReason
UNAUTHENTICATED: ErrorReason
PERMISSION_DENIED: ErrorReason
SAMPLE_NOT_FOUND: ErrorReason
LAST_SAMPLE: ErrorReason
COLLECTION_FULL: ErrorReason
CURSOR_EXPIRED: ErrorReason
EVENTS_OFF: ErrorReason
