import datetime

from facesvc_client.v1 import access_pb2 as _access_pb2
from facesvc_client.v1 import types_pb2 as _types_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EnrollRequest(_message.Message):
    __slots__ = ("user_id", "image_url", "image", "photo", "embedding", "name", "metadata", "collection", "mode", "request_id", "expected_version", "check_liveness", "check_duplicate", "check_same_person", "face_selection", "require_single_face", "input")
    class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MODE_UNSPECIFIED: _ClassVar[EnrollRequest.Mode]
        REPLACE: _ClassVar[EnrollRequest.Mode]
        ADD: _ClassVar[EnrollRequest.Mode]
    MODE_UNSPECIFIED: EnrollRequest.Mode
    REPLACE: EnrollRequest.Mode
    ADD: EnrollRequest.Mode
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    CHECK_LIVENESS_FIELD_NUMBER: _ClassVar[int]
    CHECK_DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    CHECK_SAME_PERSON_FIELD_NUMBER: _ClassVar[int]
    FACE_SELECTION_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_SINGLE_FACE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    image_url: str
    image: bytes
    photo: _httpbody_pb2.HttpBody
    embedding: _types_pb2.FaceEmbedding
    name: str
    metadata: _struct_pb2.Struct
    collection: str
    mode: EnrollRequest.Mode
    request_id: str
    expected_version: int
    check_liveness: bool
    check_duplicate: bool
    check_same_person: bool
    face_selection: _types_pb2.FaceSelection
    require_single_face: bool
    input: _types_pb2.InputKind
    def __init__(self, user_id: _Optional[str] = ..., image_url: _Optional[str] = ..., image: _Optional[bytes] = ..., photo: _Optional[_Union[_httpbody_pb2.HttpBody, _Mapping]] = ..., embedding: _Optional[_Union[_types_pb2.FaceEmbedding, _Mapping]] = ..., name: _Optional[str] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., collection: _Optional[str] = ..., mode: _Optional[_Union[EnrollRequest.Mode, str]] = ..., request_id: _Optional[str] = ..., expected_version: _Optional[int] = ..., check_liveness: _Optional[bool] = ..., check_duplicate: _Optional[bool] = ..., check_same_person: _Optional[bool] = ..., face_selection: _Optional[_Union[_types_pb2.FaceSelection, _Mapping]] = ..., require_single_face: _Optional[bool] = ..., input: _Optional[_Union[_types_pb2.InputKind, str]] = ...) -> None: ...

class EnrollResponse(_message.Message):
    __slots__ = ("user_id", "success", "quality", "message", "rejections", "version", "samples", "faces_detected", "face")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REJECTIONS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    FACES_DETECTED_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    success: bool
    quality: _types_pb2.Quality
    message: str
    rejections: _containers.RepeatedCompositeFieldContainer[Rejection]
    version: int
    samples: int
    faces_detected: int
    face: _types_pb2.FaceLocation
    def __init__(self, user_id: _Optional[str] = ..., success: _Optional[bool] = ..., quality: _Optional[_Union[_types_pb2.Quality, _Mapping]] = ..., message: _Optional[str] = ..., rejections: _Optional[_Iterable[_Union[Rejection, _Mapping]]] = ..., version: _Optional[int] = ..., samples: _Optional[int] = ..., faces_detected: _Optional[int] = ..., face: _Optional[_Union[_types_pb2.FaceLocation, _Mapping]] = ...) -> None: ...

class Rejection(_message.Message):
    __slots__ = ("reason", "measured", "limit", "hint")
    class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        REASON_UNSPECIFIED: _ClassVar[Rejection.Reason]
        LOW_QUALITY: _ClassVar[Rejection.Reason]
        TOO_BLURRED: _ClassVar[Rejection.Reason]
        EXTREME_POSE: _ClassVar[Rejection.Reason]
        FACE_TOO_SMALL: _ClassVar[Rejection.Reason]
        NOT_LIVE: _ClassVar[Rejection.Reason]
        DUPLICATE_PERSON: _ClassVar[Rejection.Reason]
        BELOW_THRESHOLD: _ClassVar[Rejection.Reason]
        CLOSE_SECOND: _ClassVar[Rejection.Reason]
        NOBODY_ENROLLED: _ClassVar[Rejection.Reason]
        NOT_RECOGNIZABLE: _ClassVar[Rejection.Reason]
        TOO_DARK: _ClassVar[Rejection.Reason]
        OVEREXPOSED: _ClassVar[Rejection.Reason]
        UPSIDE_DOWN: _ClassVar[Rejection.Reason]
        INVERTED: _ClassVar[Rejection.Reason]
        FRAMES_DIFFER: _ClassVar[Rejection.Reason]
        STILL_IMAGE: _ClassVar[Rejection.Reason]
        CHALLENGE_FAILED: _ClassVar[Rejection.Reason]
        NOT_SAME_PERSON: _ClassVar[Rejection.Reason]
    REASON_UNSPECIFIED: Rejection.Reason
    LOW_QUALITY: Rejection.Reason
    TOO_BLURRED: Rejection.Reason
    EXTREME_POSE: Rejection.Reason
    FACE_TOO_SMALL: Rejection.Reason
    NOT_LIVE: Rejection.Reason
    DUPLICATE_PERSON: Rejection.Reason
    BELOW_THRESHOLD: Rejection.Reason
    CLOSE_SECOND: Rejection.Reason
    NOBODY_ENROLLED: Rejection.Reason
    NOT_RECOGNIZABLE: Rejection.Reason
    TOO_DARK: Rejection.Reason
    OVEREXPOSED: Rejection.Reason
    UPSIDE_DOWN: Rejection.Reason
    INVERTED: Rejection.Reason
    FRAMES_DIFFER: Rejection.Reason
    STILL_IMAGE: Rejection.Reason
    CHALLENGE_FAILED: Rejection.Reason
    NOT_SAME_PERSON: Rejection.Reason
    REASON_FIELD_NUMBER: _ClassVar[int]
    MEASURED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    reason: Rejection.Reason
    measured: float
    limit: float
    hint: str
    def __init__(self, reason: _Optional[_Union[Rejection.Reason, str]] = ..., measured: _Optional[float] = ..., limit: _Optional[float] = ..., hint: _Optional[str] = ...) -> None: ...

class DeleteEnrollmentRequest(_message.Message):
    __slots__ = ("user_id", "collection", "request_id", "expected_version")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    collection: str
    request_id: str
    expected_version: int
    def __init__(self, user_id: _Optional[str] = ..., collection: _Optional[str] = ..., request_id: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class DeleteEnrollmentResponse(_message.Message):
    __slots__ = ("user_id", "success", "samples_removed", "version", "message")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_REMOVED_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    success: bool
    samples_removed: int
    version: int
    message: str
    def __init__(self, user_id: _Optional[str] = ..., success: _Optional[bool] = ..., samples_removed: _Optional[int] = ..., version: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...

class DeleteUsersRequest(_message.Message):
    __slots__ = ("user_ids", "collection", "request_id", "dry_run", "page_size", "page_token", "where")
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    collection: str
    request_id: str
    dry_run: bool
    page_size: int
    page_token: str
    where: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, user_ids: _Optional[_Iterable[str]] = ..., collection: _Optional[str] = ..., request_id: _Optional[str] = ..., dry_run: _Optional[bool] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., where: _Optional[_Iterable[str]] = ...) -> None: ...

class DeleteUsersResponse(_message.Message):
    __slots__ = ("users_deleted", "samples_removed", "version", "users_missing", "users_left", "user_ids", "next_page_token")
    USERS_DELETED_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_REMOVED_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    USERS_MISSING_FIELD_NUMBER: _ClassVar[int]
    USERS_LEFT_FIELD_NUMBER: _ClassVar[int]
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    users_deleted: int
    samples_removed: int
    version: int
    users_missing: int
    users_left: int
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    next_page_token: str
    def __init__(self, users_deleted: _Optional[int] = ..., samples_removed: _Optional[int] = ..., version: _Optional[int] = ..., users_missing: _Optional[int] = ..., users_left: _Optional[int] = ..., user_ids: _Optional[_Iterable[str]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetEnrollmentRequest(_message.Message):
    __slots__ = ("user_id", "collection", "min_version", "include_samples")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    MIN_VERSION_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    collection: str
    min_version: int
    include_samples: bool
    def __init__(self, user_id: _Optional[str] = ..., collection: _Optional[str] = ..., min_version: _Optional[int] = ..., include_samples: _Optional[bool] = ...) -> None: ...

class GetEnrollmentResponse(_message.Message):
    __slots__ = ("user_id", "name", "metadata", "samples", "created_at", "updated_at", "version", "enrolled_samples")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ENROLLED_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    name: str
    metadata: _struct_pb2.Struct
    samples: int
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    version: int
    enrolled_samples: _containers.RepeatedCompositeFieldContainer[EnrolledSample]
    def __init__(self, user_id: _Optional[str] = ..., name: _Optional[str] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., samples: _Optional[int] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., version: _Optional[int] = ..., enrolled_samples: _Optional[_Iterable[_Union[EnrolledSample, _Mapping]]] = ...) -> None: ...

class ListSamplesRequest(_message.Message):
    __slots__ = ("user_id", "collection", "min_version")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    MIN_VERSION_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    collection: str
    min_version: int
    def __init__(self, user_id: _Optional[str] = ..., collection: _Optional[str] = ..., min_version: _Optional[int] = ...) -> None: ...

class ListSamplesResponse(_message.Message):
    __slots__ = ("user_id", "samples", "version")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    samples: _containers.RepeatedCompositeFieldContainer[EnrolledSample]
    version: int
    def __init__(self, user_id: _Optional[str] = ..., samples: _Optional[_Iterable[_Union[EnrolledSample, _Mapping]]] = ..., version: _Optional[int] = ...) -> None: ...

class EnrolledSample(_message.Message):
    __slots__ = ("sample_id", "quality", "recognizability", "bbox", "created_at", "source", "version")
    class Source(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SOURCE_UNSPECIFIED: _ClassVar[EnrolledSample.Source]
        PHOTO: _ClassVar[EnrolledSample.Source]
        EMBEDDING: _ClassVar[EnrolledSample.Source]
        ALIGNED_CROP: _ClassVar[EnrolledSample.Source]
    SOURCE_UNSPECIFIED: EnrolledSample.Source
    PHOTO: EnrolledSample.Source
    EMBEDDING: EnrolledSample.Source
    ALIGNED_CROP: EnrolledSample.Source
    SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    RECOGNIZABILITY_FIELD_NUMBER: _ClassVar[int]
    BBOX_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    sample_id: str
    quality: float
    recognizability: float
    bbox: _containers.RepeatedScalarFieldContainer[int]
    created_at: _timestamp_pb2.Timestamp
    source: EnrolledSample.Source
    version: int
    def __init__(self, sample_id: _Optional[str] = ..., quality: _Optional[float] = ..., recognizability: _Optional[float] = ..., bbox: _Optional[_Iterable[int]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source: _Optional[_Union[EnrolledSample.Source, str]] = ..., version: _Optional[int] = ...) -> None: ...

class UpdateUserRequest(_message.Message):
    __slots__ = ("user_id", "name", "metadata", "update_mask", "collection", "request_id", "expected_version")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    name: str
    metadata: _struct_pb2.Struct
    update_mask: _field_mask_pb2.FieldMask
    collection: str
    request_id: str
    expected_version: int
    def __init__(self, user_id: _Optional[str] = ..., name: _Optional[str] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., collection: _Optional[str] = ..., request_id: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class UpdateUserResponse(_message.Message):
    __slots__ = ("user_id", "version", "samples")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    version: int
    samples: int
    def __init__(self, user_id: _Optional[str] = ..., version: _Optional[int] = ..., samples: _Optional[int] = ...) -> None: ...

class DeleteSampleRequest(_message.Message):
    __slots__ = ("user_id", "sample_id", "collection", "request_id", "expected_version")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    sample_id: str
    collection: str
    request_id: str
    expected_version: int
    def __init__(self, user_id: _Optional[str] = ..., sample_id: _Optional[str] = ..., collection: _Optional[str] = ..., request_id: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class DeleteSampleResponse(_message.Message):
    __slots__ = ("user_id", "sample_id", "version", "samples")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    sample_id: str
    version: int
    samples: int
    def __init__(self, user_id: _Optional[str] = ..., sample_id: _Optional[str] = ..., version: _Optional[int] = ..., samples: _Optional[int] = ...) -> None: ...

class MoveSampleRequest(_message.Message):
    __slots__ = ("user_id", "sample_id", "target_user_id", "create_target", "collection", "request_id", "expected_version")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_USER_ID_FIELD_NUMBER: _ClassVar[int]
    CREATE_TARGET_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    sample_id: str
    target_user_id: str
    create_target: bool
    collection: str
    request_id: str
    expected_version: int
    def __init__(self, user_id: _Optional[str] = ..., sample_id: _Optional[str] = ..., target_user_id: _Optional[str] = ..., create_target: _Optional[bool] = ..., collection: _Optional[str] = ..., request_id: _Optional[str] = ..., expected_version: _Optional[int] = ...) -> None: ...

class MoveSampleResponse(_message.Message):
    __slots__ = ("user_id", "target_user_id", "version", "target_samples")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_USER_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TARGET_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    target_user_id: str
    version: int
    target_samples: int
    def __init__(self, user_id: _Optional[str] = ..., target_user_id: _Optional[str] = ..., version: _Optional[int] = ..., target_samples: _Optional[int] = ...) -> None: ...

class MergeUsersRequest(_message.Message):
    __slots__ = ("user_id", "source_user_id", "collection", "request_id", "expected_version", "expected_source_version")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_USER_ID_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_SOURCE_VERSION_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    source_user_id: str
    collection: str
    request_id: str
    expected_version: int
    expected_source_version: int
    def __init__(self, user_id: _Optional[str] = ..., source_user_id: _Optional[str] = ..., collection: _Optional[str] = ..., request_id: _Optional[str] = ..., expected_version: _Optional[int] = ..., expected_source_version: _Optional[int] = ...) -> None: ...

class MergeUsersResponse(_message.Message):
    __slots__ = ("user_id", "source_user_id", "version", "samples", "samples_moved")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_USER_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_MOVED_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    source_user_id: str
    version: int
    samples: int
    samples_moved: int
    def __init__(self, user_id: _Optional[str] = ..., source_user_id: _Optional[str] = ..., version: _Optional[int] = ..., samples: _Optional[int] = ..., samples_moved: _Optional[int] = ...) -> None: ...

class ListGalleryRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "collection", "min_version", "where")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    MIN_VERSION_FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    collection: str
    min_version: int
    where: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., collection: _Optional[str] = ..., min_version: _Optional[int] = ..., where: _Optional[_Iterable[str]] = ...) -> None: ...

class ListGalleryResponse(_message.Message):
    __slots__ = ("users", "total", "next_page_token", "collection_known")
    USERS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_KNOWN_FIELD_NUMBER: _ClassVar[int]
    users: _containers.RepeatedCompositeFieldContainer[EnrolledUser]
    total: int
    next_page_token: str
    collection_known: bool
    def __init__(self, users: _Optional[_Iterable[_Union[EnrolledUser, _Mapping]]] = ..., total: _Optional[int] = ..., next_page_token: _Optional[str] = ..., collection_known: _Optional[bool] = ...) -> None: ...

class EnrolledUser(_message.Message):
    __slots__ = ("user_id", "name", "metadata", "samples", "created_at", "updated_at", "version")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    name: str
    metadata: _struct_pb2.Struct
    samples: int
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    version: int
    def __init__(self, user_id: _Optional[str] = ..., name: _Optional[str] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., samples: _Optional[int] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., version: _Optional[int] = ...) -> None: ...

class SearchRequest(_message.Message):
    __slots__ = ("image_url", "image", "photo", "embedding", "top_k", "threshold", "collection", "min_version", "allow_partial", "face_selection", "require_single_face", "target_fpir", "allow_unrecognizable", "input", "where", "include_metadata")
    IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    MIN_VERSION_FIELD_NUMBER: _ClassVar[int]
    ALLOW_PARTIAL_FIELD_NUMBER: _ClassVar[int]
    FACE_SELECTION_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_SINGLE_FACE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FPIR_FIELD_NUMBER: _ClassVar[int]
    ALLOW_UNRECOGNIZABLE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_METADATA_FIELD_NUMBER: _ClassVar[int]
    image_url: str
    image: bytes
    photo: _httpbody_pb2.HttpBody
    embedding: _types_pb2.FaceEmbedding
    top_k: int
    threshold: float
    collection: str
    min_version: int
    allow_partial: bool
    face_selection: _types_pb2.FaceSelection
    require_single_face: bool
    target_fpir: float
    allow_unrecognizable: bool
    input: _types_pb2.InputKind
    where: _containers.RepeatedScalarFieldContainer[str]
    include_metadata: bool
    def __init__(self, image_url: _Optional[str] = ..., image: _Optional[bytes] = ..., photo: _Optional[_Union[_httpbody_pb2.HttpBody, _Mapping]] = ..., embedding: _Optional[_Union[_types_pb2.FaceEmbedding, _Mapping]] = ..., top_k: _Optional[int] = ..., threshold: _Optional[float] = ..., collection: _Optional[str] = ..., min_version: _Optional[int] = ..., allow_partial: _Optional[bool] = ..., face_selection: _Optional[_Union[_types_pb2.FaceSelection, _Mapping]] = ..., require_single_face: _Optional[bool] = ..., target_fpir: _Optional[float] = ..., allow_unrecognizable: _Optional[bool] = ..., input: _Optional[_Union[_types_pb2.InputKind, str]] = ..., where: _Optional[_Iterable[str]] = ..., include_metadata: _Optional[bool] = ...) -> None: ...

class SearchResponse(_message.Message):
    __slots__ = ("matches", "faces_detected", "quality", "threshold", "missing_servers", "face", "estimated_fpir", "target_reached", "probe_recognizable", "probe_faults", "collection_known", "matches_left_out")
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    FACES_DETECTED_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    MISSING_SERVERS_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FPIR_FIELD_NUMBER: _ClassVar[int]
    TARGET_REACHED_FIELD_NUMBER: _ClassVar[int]
    PROBE_RECOGNIZABLE_FIELD_NUMBER: _ClassVar[int]
    PROBE_FAULTS_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_KNOWN_FIELD_NUMBER: _ClassVar[int]
    MATCHES_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    matches: _containers.RepeatedCompositeFieldContainer[Match]
    faces_detected: int
    quality: _types_pb2.Quality
    threshold: float
    missing_servers: _containers.RepeatedScalarFieldContainer[int]
    face: _types_pb2.FaceLocation
    estimated_fpir: float
    target_reached: bool
    probe_recognizable: bool
    probe_faults: _containers.RepeatedCompositeFieldContainer[Rejection]
    collection_known: bool
    matches_left_out: int
    def __init__(self, matches: _Optional[_Iterable[_Union[Match, _Mapping]]] = ..., faces_detected: _Optional[int] = ..., quality: _Optional[_Union[_types_pb2.Quality, _Mapping]] = ..., threshold: _Optional[float] = ..., missing_servers: _Optional[_Iterable[int]] = ..., face: _Optional[_Union[_types_pb2.FaceLocation, _Mapping]] = ..., estimated_fpir: _Optional[float] = ..., target_reached: _Optional[bool] = ..., probe_recognizable: _Optional[bool] = ..., probe_faults: _Optional[_Iterable[_Union[Rejection, _Mapping]]] = ..., collection_known: _Optional[bool] = ..., matches_left_out: _Optional[int] = ...) -> None: ...

class Match(_message.Message):
    __slots__ = ("user_id", "similarity", "name", "false_match_probability", "metadata")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FALSE_MATCH_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    similarity: float
    name: str
    false_match_probability: float
    metadata: _struct_pb2.Struct
    def __init__(self, user_id: _Optional[str] = ..., similarity: _Optional[float] = ..., name: _Optional[str] = ..., false_match_probability: _Optional[float] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class VerifyRequest(_message.Message):
    __slots__ = ("user_id", "image_url", "image", "photo", "embedding", "threshold", "collection", "min_version", "face_selection", "require_single_face", "target_fmr", "allow_unrecognizable", "input")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    MIN_VERSION_FIELD_NUMBER: _ClassVar[int]
    FACE_SELECTION_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_SINGLE_FACE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FMR_FIELD_NUMBER: _ClassVar[int]
    ALLOW_UNRECOGNIZABLE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    image_url: str
    image: bytes
    photo: _httpbody_pb2.HttpBody
    embedding: _types_pb2.FaceEmbedding
    threshold: float
    collection: str
    min_version: int
    face_selection: _types_pb2.FaceSelection
    require_single_face: bool
    target_fmr: float
    allow_unrecognizable: bool
    input: _types_pb2.InputKind
    def __init__(self, user_id: _Optional[str] = ..., image_url: _Optional[str] = ..., image: _Optional[bytes] = ..., photo: _Optional[_Union[_httpbody_pb2.HttpBody, _Mapping]] = ..., embedding: _Optional[_Union[_types_pb2.FaceEmbedding, _Mapping]] = ..., threshold: _Optional[float] = ..., collection: _Optional[str] = ..., min_version: _Optional[int] = ..., face_selection: _Optional[_Union[_types_pb2.FaceSelection, _Mapping]] = ..., require_single_face: _Optional[bool] = ..., target_fmr: _Optional[float] = ..., allow_unrecognizable: _Optional[bool] = ..., input: _Optional[_Union[_types_pb2.InputKind, str]] = ...) -> None: ...

class VerifyResponse(_message.Message):
    __slots__ = ("user_id", "verified", "similarity", "threshold", "quality", "face", "faces_detected", "estimated_fmr", "target_reached", "probe_recognizable", "probe_faults")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    FACES_DETECTED_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FMR_FIELD_NUMBER: _ClassVar[int]
    TARGET_REACHED_FIELD_NUMBER: _ClassVar[int]
    PROBE_RECOGNIZABLE_FIELD_NUMBER: _ClassVar[int]
    PROBE_FAULTS_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    verified: bool
    similarity: float
    threshold: float
    quality: _types_pb2.Quality
    face: _types_pb2.FaceLocation
    faces_detected: int
    estimated_fmr: float
    target_reached: bool
    probe_recognizable: bool
    probe_faults: _containers.RepeatedCompositeFieldContainer[Rejection]
    def __init__(self, user_id: _Optional[str] = ..., verified: _Optional[bool] = ..., similarity: _Optional[float] = ..., threshold: _Optional[float] = ..., quality: _Optional[_Union[_types_pb2.Quality, _Mapping]] = ..., face: _Optional[_Union[_types_pb2.FaceLocation, _Mapping]] = ..., faces_detected: _Optional[int] = ..., estimated_fmr: _Optional[float] = ..., target_reached: _Optional[bool] = ..., probe_recognizable: _Optional[bool] = ..., probe_faults: _Optional[_Iterable[_Union[Rejection, _Mapping]]] = ...) -> None: ...

class IdentifyRequest(_message.Message):
    __slots__ = ("image_url", "image", "photo", "threshold", "collection", "min_version", "target_fpir", "allow_unrecognizable", "check_liveness", "where", "include_metadata")
    IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    MIN_VERSION_FIELD_NUMBER: _ClassVar[int]
    TARGET_FPIR_FIELD_NUMBER: _ClassVar[int]
    ALLOW_UNRECOGNIZABLE_FIELD_NUMBER: _ClassVar[int]
    CHECK_LIVENESS_FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_METADATA_FIELD_NUMBER: _ClassVar[int]
    image_url: str
    image: bytes
    photo: _httpbody_pb2.HttpBody
    threshold: float
    collection: str
    min_version: int
    target_fpir: float
    allow_unrecognizable: bool
    check_liveness: bool
    where: _containers.RepeatedScalarFieldContainer[str]
    include_metadata: bool
    def __init__(self, image_url: _Optional[str] = ..., image: _Optional[bytes] = ..., photo: _Optional[_Union[_httpbody_pb2.HttpBody, _Mapping]] = ..., threshold: _Optional[float] = ..., collection: _Optional[str] = ..., min_version: _Optional[int] = ..., target_fpir: _Optional[float] = ..., allow_unrecognizable: _Optional[bool] = ..., check_liveness: _Optional[bool] = ..., where: _Optional[_Iterable[str]] = ..., include_metadata: _Optional[bool] = ...) -> None: ...

class IdentifyResponse(_message.Message):
    __slots__ = ("faces", "faces_detected", "users", "threshold", "estimated_fpir", "target_reached", "collection_known", "metadata_left_out")
    FACES_FIELD_NUMBER: _ClassVar[int]
    FACES_DETECTED_FIELD_NUMBER: _ClassVar[int]
    USERS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FPIR_FIELD_NUMBER: _ClassVar[int]
    TARGET_REACHED_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_KNOWN_FIELD_NUMBER: _ClassVar[int]
    METADATA_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[IdentifiedFace]
    faces_detected: int
    users: _containers.RepeatedCompositeFieldContainer[Match]
    threshold: float
    estimated_fpir: float
    target_reached: bool
    collection_known: bool
    metadata_left_out: int
    def __init__(self, faces: _Optional[_Iterable[_Union[IdentifiedFace, _Mapping]]] = ..., faces_detected: _Optional[int] = ..., users: _Optional[_Iterable[_Union[Match, _Mapping]]] = ..., threshold: _Optional[float] = ..., estimated_fpir: _Optional[float] = ..., target_reached: _Optional[bool] = ..., collection_known: _Optional[bool] = ..., metadata_left_out: _Optional[int] = ...) -> None: ...

class IdentifiedFace(_message.Message):
    __slots__ = ("bbox", "detection_score", "quality", "match", "runner_up", "margin", "recognizable", "faults", "liveness")
    BBOX_FIELD_NUMBER: _ClassVar[int]
    DETECTION_SCORE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    MATCH_FIELD_NUMBER: _ClassVar[int]
    RUNNER_UP_FIELD_NUMBER: _ClassVar[int]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    RECOGNIZABLE_FIELD_NUMBER: _ClassVar[int]
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    LIVENESS_FIELD_NUMBER: _ClassVar[int]
    bbox: _containers.RepeatedScalarFieldContainer[int]
    detection_score: float
    quality: _types_pb2.Quality
    match: Match
    runner_up: Match
    margin: float
    recognizable: bool
    faults: _containers.RepeatedCompositeFieldContainer[Rejection]
    liveness: _types_pb2.Liveness
    def __init__(self, bbox: _Optional[_Iterable[int]] = ..., detection_score: _Optional[float] = ..., quality: _Optional[_Union[_types_pb2.Quality, _Mapping]] = ..., match: _Optional[_Union[Match, _Mapping]] = ..., runner_up: _Optional[_Union[Match, _Mapping]] = ..., margin: _Optional[float] = ..., recognizable: _Optional[bool] = ..., faults: _Optional[_Iterable[_Union[Rejection, _Mapping]]] = ..., liveness: _Optional[_Union[_types_pb2.Liveness, _Mapping]] = ...) -> None: ...

class CheckInRequest(_message.Message):
    __slots__ = ("image_url", "image", "photo", "user_id", "threshold", "review_band", "min_margin", "skip_liveness", "collection", "min_version", "face_selection", "require_single_face", "target_fpir", "allow_unrecognizable", "images", "challenge_token", "where", "include_metadata")
    IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    REVIEW_BAND_FIELD_NUMBER: _ClassVar[int]
    MIN_MARGIN_FIELD_NUMBER: _ClassVar[int]
    SKIP_LIVENESS_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    MIN_VERSION_FIELD_NUMBER: _ClassVar[int]
    FACE_SELECTION_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_SINGLE_FACE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FPIR_FIELD_NUMBER: _ClassVar[int]
    ALLOW_UNRECOGNIZABLE_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_METADATA_FIELD_NUMBER: _ClassVar[int]
    image_url: str
    image: bytes
    photo: _httpbody_pb2.HttpBody
    user_id: str
    threshold: float
    review_band: float
    min_margin: float
    skip_liveness: bool
    collection: str
    min_version: int
    face_selection: _types_pb2.FaceSelection
    require_single_face: bool
    target_fpir: float
    allow_unrecognizable: bool
    images: _containers.RepeatedScalarFieldContainer[bytes]
    challenge_token: str
    where: _containers.RepeatedScalarFieldContainer[str]
    include_metadata: bool
    def __init__(self, image_url: _Optional[str] = ..., image: _Optional[bytes] = ..., photo: _Optional[_Union[_httpbody_pb2.HttpBody, _Mapping]] = ..., user_id: _Optional[str] = ..., threshold: _Optional[float] = ..., review_band: _Optional[float] = ..., min_margin: _Optional[float] = ..., skip_liveness: _Optional[bool] = ..., collection: _Optional[str] = ..., min_version: _Optional[int] = ..., face_selection: _Optional[_Union[_types_pb2.FaceSelection, _Mapping]] = ..., require_single_face: _Optional[bool] = ..., target_fpir: _Optional[float] = ..., allow_unrecognizable: _Optional[bool] = ..., images: _Optional[_Iterable[bytes]] = ..., challenge_token: _Optional[str] = ..., where: _Optional[_Iterable[str]] = ..., include_metadata: _Optional[bool] = ...) -> None: ...

class StartChallengeRequest(_message.Message):
    __slots__ = ("collection",)
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    collection: str
    def __init__(self, collection: _Optional[str] = ...) -> None: ...

class StartChallengeResponse(_message.Message):
    __slots__ = ("challenge_token", "movements", "expires_at")
    class Movement(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MOVEMENT_UNSPECIFIED: _ClassVar[StartChallengeResponse.Movement]
        TURN_LEFT: _ClassVar[StartChallengeResponse.Movement]
        TURN_RIGHT: _ClassVar[StartChallengeResponse.Movement]
        LOOK_UP: _ClassVar[StartChallengeResponse.Movement]
    MOVEMENT_UNSPECIFIED: StartChallengeResponse.Movement
    TURN_LEFT: StartChallengeResponse.Movement
    TURN_RIGHT: StartChallengeResponse.Movement
    LOOK_UP: StartChallengeResponse.Movement
    CHALLENGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MOVEMENTS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    challenge_token: str
    movements: _containers.RepeatedScalarFieldContainer[StartChallengeResponse.Movement]
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, challenge_token: _Optional[str] = ..., movements: _Optional[_Iterable[_Union[StartChallengeResponse.Movement, str]]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CheckInResponse(_message.Message):
    __slots__ = ("decision", "match", "margin", "reasons", "quality", "liveness", "threshold", "faces_detected", "timings", "face", "estimated_fpir", "target_reached", "probe_recognizable", "frame", "collection_known")
    class Decision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DECISION_UNSPECIFIED: _ClassVar[CheckInResponse.Decision]
        MATCH: _ClassVar[CheckInResponse.Decision]
        REVIEW: _ClassVar[CheckInResponse.Decision]
        NO_MATCH: _ClassVar[CheckInResponse.Decision]
        NOT_LIVE: _ClassVar[CheckInResponse.Decision]
        LOW_QUALITY: _ClassVar[CheckInResponse.Decision]
    DECISION_UNSPECIFIED: CheckInResponse.Decision
    MATCH: CheckInResponse.Decision
    REVIEW: CheckInResponse.Decision
    NO_MATCH: CheckInResponse.Decision
    NOT_LIVE: CheckInResponse.Decision
    LOW_QUALITY: CheckInResponse.Decision
    DECISION_FIELD_NUMBER: _ClassVar[int]
    MATCH_FIELD_NUMBER: _ClassVar[int]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    LIVENESS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    FACES_DETECTED_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FPIR_FIELD_NUMBER: _ClassVar[int]
    TARGET_REACHED_FIELD_NUMBER: _ClassVar[int]
    PROBE_RECOGNIZABLE_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_KNOWN_FIELD_NUMBER: _ClassVar[int]
    decision: CheckInResponse.Decision
    match: Match
    margin: float
    reasons: _containers.RepeatedCompositeFieldContainer[Rejection]
    quality: _types_pb2.Quality
    liveness: _types_pb2.Liveness
    threshold: float
    faces_detected: int
    timings: CheckInTimings
    face: _types_pb2.FaceLocation
    estimated_fpir: float
    target_reached: bool
    probe_recognizable: bool
    frame: int
    collection_known: bool
    def __init__(self, decision: _Optional[_Union[CheckInResponse.Decision, str]] = ..., match: _Optional[_Union[Match, _Mapping]] = ..., margin: _Optional[float] = ..., reasons: _Optional[_Iterable[_Union[Rejection, _Mapping]]] = ..., quality: _Optional[_Union[_types_pb2.Quality, _Mapping]] = ..., liveness: _Optional[_Union[_types_pb2.Liveness, _Mapping]] = ..., threshold: _Optional[float] = ..., faces_detected: _Optional[int] = ..., timings: _Optional[_Union[CheckInTimings, _Mapping]] = ..., face: _Optional[_Union[_types_pb2.FaceLocation, _Mapping]] = ..., estimated_fpir: _Optional[float] = ..., target_reached: _Optional[bool] = ..., probe_recognizable: _Optional[bool] = ..., frame: _Optional[int] = ..., collection_known: _Optional[bool] = ...) -> None: ...

class CheckInTimings(_message.Message):
    __slots__ = ("fetch_ms", "wait_ms", "detect_ms", "liveness_ms", "embed_ms", "search_ms", "total_ms")
    FETCH_MS_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    DETECT_MS_FIELD_NUMBER: _ClassVar[int]
    LIVENESS_MS_FIELD_NUMBER: _ClassVar[int]
    EMBED_MS_FIELD_NUMBER: _ClassVar[int]
    SEARCH_MS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_MS_FIELD_NUMBER: _ClassVar[int]
    fetch_ms: float
    wait_ms: float
    detect_ms: float
    liveness_ms: float
    embed_ms: float
    search_ms: float
    total_ms: float
    def __init__(self, fetch_ms: _Optional[float] = ..., wait_ms: _Optional[float] = ..., detect_ms: _Optional[float] = ..., liveness_ms: _Optional[float] = ..., embed_ms: _Optional[float] = ..., search_ms: _Optional[float] = ..., total_ms: _Optional[float] = ...) -> None: ...

class StreamEnrollRequest(_message.Message):
    __slots__ = ("item_id", "enrollment")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    ENROLLMENT_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    enrollment: EnrollRequest
    def __init__(self, item_id: _Optional[str] = ..., enrollment: _Optional[_Union[EnrollRequest, _Mapping]] = ...) -> None: ...

class StreamEnrollResponse(_message.Message):
    __slots__ = ("item_id", "enrollment", "error")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    ENROLLMENT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    enrollment: EnrollResponse
    error: _status_pb2.Status
    def __init__(self, item_id: _Optional[str] = ..., enrollment: _Optional[_Union[EnrollResponse, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class ListCollectionsRequest(_message.Message):
    __slots__ = ("page_token",)
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_token: str
    def __init__(self, page_token: _Optional[str] = ...) -> None: ...

class ListCollectionsResponse(_message.Message):
    __slots__ = ("collections", "next_page_token")
    COLLECTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    collections: _containers.RepeatedCompositeFieldContainer[Collection]
    next_page_token: str
    def __init__(self, collections: _Optional[_Iterable[_Union[Collection, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Collection(_message.Message):
    __slots__ = ("collection", "recognizer", "version", "users", "samples", "aliases", "served", "settings", "settings_version")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    RECOGNIZER_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    USERS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    SERVED_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_VERSION_FIELD_NUMBER: _ClassVar[int]
    collection: str
    recognizer: str
    version: int
    users: int
    samples: int
    aliases: _containers.RepeatedScalarFieldContainer[str]
    served: bool
    settings: CollectionSettings
    settings_version: int
    def __init__(self, collection: _Optional[str] = ..., recognizer: _Optional[str] = ..., version: _Optional[int] = ..., users: _Optional[int] = ..., samples: _Optional[int] = ..., aliases: _Optional[_Iterable[str]] = ..., served: _Optional[bool] = ..., settings: _Optional[_Union[CollectionSettings, _Mapping]] = ..., settings_version: _Optional[int] = ...) -> None: ...

class CollectionSettings(_message.Message):
    __slots__ = ("description", "match_threshold", "target_fpir", "quality_threshold", "max_users", "retention_days")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    MATCH_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    TARGET_FPIR_FIELD_NUMBER: _ClassVar[int]
    QUALITY_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    MAX_USERS_FIELD_NUMBER: _ClassVar[int]
    RETENTION_DAYS_FIELD_NUMBER: _ClassVar[int]
    description: str
    match_threshold: float
    target_fpir: float
    quality_threshold: float
    max_users: int
    retention_days: int
    def __init__(self, description: _Optional[str] = ..., match_threshold: _Optional[float] = ..., target_fpir: _Optional[float] = ..., quality_threshold: _Optional[float] = ..., max_users: _Optional[int] = ..., retention_days: _Optional[int] = ...) -> None: ...

class GetCollectionRequest(_message.Message):
    __slots__ = ("collection", "threshold", "target_fpir")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    TARGET_FPIR_FIELD_NUMBER: _ClassVar[int]
    collection: str
    threshold: float
    target_fpir: float
    def __init__(self, collection: _Optional[str] = ..., threshold: _Optional[float] = ..., target_fpir: _Optional[float] = ...) -> None: ...

class GetCollectionResponse(_message.Message):
    __slots__ = ("collection", "recognizer", "version", "users", "samples", "aliases", "settings", "settings_version", "effective")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    RECOGNIZER_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    USERS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_VERSION_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_FIELD_NUMBER: _ClassVar[int]
    collection: str
    recognizer: str
    version: int
    users: int
    samples: int
    aliases: _containers.RepeatedScalarFieldContainer[str]
    settings: CollectionSettings
    settings_version: int
    effective: EffectiveSettings
    def __init__(self, collection: _Optional[str] = ..., recognizer: _Optional[str] = ..., version: _Optional[int] = ..., users: _Optional[int] = ..., samples: _Optional[int] = ..., aliases: _Optional[_Iterable[str]] = ..., settings: _Optional[_Union[CollectionSettings, _Mapping]] = ..., settings_version: _Optional[int] = ..., effective: _Optional[_Union[EffectiveSettings, _Mapping]] = ...) -> None: ...

class EffectiveSettings(_message.Message):
    __slots__ = ("search_threshold", "search_threshold_from", "target_fpir", "estimated_fpir", "target_reached", "verify_threshold", "verify_threshold_from", "estimated_fmr", "quality_threshold", "quality_threshold_from")
    class Origin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ORIGIN_UNSPECIFIED: _ClassVar[EffectiveSettings.Origin]
        SERVER: _ClassVar[EffectiveSettings.Origin]
        COLLECTION: _ClassVar[EffectiveSettings.Origin]
        CALL: _ClassVar[EffectiveSettings.Origin]
    ORIGIN_UNSPECIFIED: EffectiveSettings.Origin
    SERVER: EffectiveSettings.Origin
    COLLECTION: EffectiveSettings.Origin
    CALL: EffectiveSettings.Origin
    SEARCH_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    SEARCH_THRESHOLD_FROM_FIELD_NUMBER: _ClassVar[int]
    TARGET_FPIR_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FPIR_FIELD_NUMBER: _ClassVar[int]
    TARGET_REACHED_FIELD_NUMBER: _ClassVar[int]
    VERIFY_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    VERIFY_THRESHOLD_FROM_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FMR_FIELD_NUMBER: _ClassVar[int]
    QUALITY_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    QUALITY_THRESHOLD_FROM_FIELD_NUMBER: _ClassVar[int]
    search_threshold: float
    search_threshold_from: EffectiveSettings.Origin
    target_fpir: float
    estimated_fpir: float
    target_reached: bool
    verify_threshold: float
    verify_threshold_from: EffectiveSettings.Origin
    estimated_fmr: float
    quality_threshold: float
    quality_threshold_from: EffectiveSettings.Origin
    def __init__(self, search_threshold: _Optional[float] = ..., search_threshold_from: _Optional[_Union[EffectiveSettings.Origin, str]] = ..., target_fpir: _Optional[float] = ..., estimated_fpir: _Optional[float] = ..., target_reached: _Optional[bool] = ..., verify_threshold: _Optional[float] = ..., verify_threshold_from: _Optional[_Union[EffectiveSettings.Origin, str]] = ..., estimated_fmr: _Optional[float] = ..., quality_threshold: _Optional[float] = ..., quality_threshold_from: _Optional[_Union[EffectiveSettings.Origin, str]] = ...) -> None: ...

class SetCollectionRequest(_message.Message):
    __slots__ = ("collection", "settings", "update_mask", "expected_settings_version")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_SETTINGS_VERSION_FIELD_NUMBER: _ClassVar[int]
    collection: str
    settings: CollectionSettings
    update_mask: _field_mask_pb2.FieldMask
    expected_settings_version: int
    def __init__(self, collection: _Optional[str] = ..., settings: _Optional[_Union[CollectionSettings, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., expected_settings_version: _Optional[int] = ...) -> None: ...

class SetCollectionResponse(_message.Message):
    __slots__ = ("collection", "settings", "settings_version")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_VERSION_FIELD_NUMBER: _ClassVar[int]
    collection: str
    settings: CollectionSettings
    settings_version: int
    def __init__(self, collection: _Optional[str] = ..., settings: _Optional[_Union[CollectionSettings, _Mapping]] = ..., settings_version: _Optional[int] = ...) -> None: ...

class DeleteCollectionRequest(_message.Message):
    __slots__ = ("collection",)
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    collection: str
    def __init__(self, collection: _Optional[str] = ...) -> None: ...

class DeleteCollectionResponse(_message.Message):
    __slots__ = ("collection", "samples_removed", "version")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_REMOVED_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    collection: str
    samples_removed: int
    version: int
    def __init__(self, collection: _Optional[str] = ..., samples_removed: _Optional[int] = ..., version: _Optional[int] = ...) -> None: ...

class SetAliasRequest(_message.Message):
    __slots__ = ("alias", "collection")
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    alias: str
    collection: str
    def __init__(self, alias: _Optional[str] = ..., collection: _Optional[str] = ...) -> None: ...

class SetAliasResponse(_message.Message):
    __slots__ = ("alias", "collection")
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    alias: str
    collection: str
    def __init__(self, alias: _Optional[str] = ..., collection: _Optional[str] = ...) -> None: ...

class DeleteAliasRequest(_message.Message):
    __slots__ = ("alias",)
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    alias: str
    def __init__(self, alias: _Optional[str] = ...) -> None: ...

class DeleteAliasResponse(_message.Message):
    __slots__ = ("alias",)
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    alias: str
    def __init__(self, alias: _Optional[str] = ...) -> None: ...

class EraseDeletedRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class EraseDeletedResponse(_message.Message):
    __slots__ = ("started_at", "completed_at", "places")
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    started_at: _timestamp_pb2.Timestamp
    completed_at: _timestamp_pb2.Timestamp
    places: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., places: _Optional[_Iterable[str]] = ...) -> None: ...

class ExportGalleryRequest(_message.Message):
    __slots__ = ("collection", "passphrase")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    PASSPHRASE_FIELD_NUMBER: _ClassVar[int]
    collection: str
    passphrase: str
    def __init__(self, collection: _Optional[str] = ..., passphrase: _Optional[str] = ...) -> None: ...

class ExportGalleryResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    def __init__(self, chunk: _Optional[bytes] = ...) -> None: ...

class ImportGalleryRequest(_message.Message):
    __slots__ = ("chunk", "collection", "passphrase")
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    PASSPHRASE_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    collection: str
    passphrase: str
    def __init__(self, chunk: _Optional[bytes] = ..., collection: _Optional[str] = ..., passphrase: _Optional[str] = ...) -> None: ...

class ImportGalleryResponse(_message.Message):
    __slots__ = ("users", "samples", "done")
    USERS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    users: int
    samples: int
    done: bool
    def __init__(self, users: _Optional[int] = ..., samples: _Optional[int] = ..., done: _Optional[bool] = ...) -> None: ...

class CheckGalleryRequest(_message.Message):
    __slots__ = ("collection", "threshold", "max_findings")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    MAX_FINDINGS_FIELD_NUMBER: _ClassVar[int]
    collection: str
    threshold: float
    max_findings: int
    def __init__(self, collection: _Optional[str] = ..., threshold: _Optional[float] = ..., max_findings: _Optional[int] = ...) -> None: ...

class CheckGalleryResponse(_message.Message):
    __slots__ = ("progress", "finding", "summary")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    FINDING_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    progress: CheckGalleryProgress
    finding: GalleryFinding
    summary: CheckGallerySummary
    def __init__(self, progress: _Optional[_Union[CheckGalleryProgress, _Mapping]] = ..., finding: _Optional[_Union[GalleryFinding, _Mapping]] = ..., summary: _Optional[_Union[CheckGallerySummary, _Mapping]] = ...) -> None: ...

class CheckGalleryProgress(_message.Message):
    __slots__ = ("users", "samples", "compared")
    USERS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    COMPARED_FIELD_NUMBER: _ClassVar[int]
    users: int
    samples: int
    compared: float
    def __init__(self, users: _Optional[int] = ..., samples: _Optional[int] = ..., compared: _Optional[float] = ...) -> None: ...

class GalleryFinding(_message.Message):
    __slots__ = ("kind", "user_id", "sample_id", "other_user_id", "other_sample_id", "measured", "limit")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[GalleryFinding.Kind]
        UNRECOGNIZABLE_SAMPLE: _ClassVar[GalleryFinding.Kind]
        MISFILED_SAMPLE: _ClassVar[GalleryFinding.Kind]
        DUPLICATE_USER: _ClassVar[GalleryFinding.Kind]
        LOOK_ALIKE: _ClassVar[GalleryFinding.Kind]
        POOR_ONLY_SAMPLE: _ClassVar[GalleryFinding.Kind]
        UNICODE_VARIANT: _ClassVar[GalleryFinding.Kind]
    KIND_UNSPECIFIED: GalleryFinding.Kind
    UNRECOGNIZABLE_SAMPLE: GalleryFinding.Kind
    MISFILED_SAMPLE: GalleryFinding.Kind
    DUPLICATE_USER: GalleryFinding.Kind
    LOOK_ALIKE: GalleryFinding.Kind
    POOR_ONLY_SAMPLE: GalleryFinding.Kind
    UNICODE_VARIANT: GalleryFinding.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    OTHER_USER_ID_FIELD_NUMBER: _ClassVar[int]
    OTHER_SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    MEASURED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    kind: GalleryFinding.Kind
    user_id: str
    sample_id: str
    other_user_id: str
    other_sample_id: str
    measured: float
    limit: float
    def __init__(self, kind: _Optional[_Union[GalleryFinding.Kind, str]] = ..., user_id: _Optional[str] = ..., sample_id: _Optional[str] = ..., other_user_id: _Optional[str] = ..., other_sample_id: _Optional[str] = ..., measured: _Optional[float] = ..., limit: _Optional[float] = ...) -> None: ...

class CheckGallerySummary(_message.Message):
    __slots__ = ("users", "samples", "threshold", "counts")
    class CountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    USERS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    users: int
    samples: int
    threshold: float
    counts: _containers.ScalarMap[str, int]
    def __init__(self, users: _Optional[int] = ..., samples: _Optional[int] = ..., threshold: _Optional[float] = ..., counts: _Optional[_Mapping[str, int]] = ...) -> None: ...
