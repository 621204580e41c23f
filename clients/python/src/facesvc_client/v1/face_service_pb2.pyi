from facesvc_client.v1 import access_pb2 as _access_pb2
from facesvc_client.v1 import gallery_service_pb2 as _gallery_service_pb2
from facesvc_client.v1 import types_pb2 as _types_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EmbedRequest(_message.Message):
    __slots__ = ("image_url", "image", "photo", "encoding", "face_selection", "require_single_face", "input")
    IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    FACE_SELECTION_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_SINGLE_FACE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    image_url: str
    image: bytes
    photo: _httpbody_pb2.HttpBody
    encoding: _types_pb2.EmbeddingEncoding
    face_selection: _types_pb2.FaceSelection
    require_single_face: bool
    input: _types_pb2.InputKind
    def __init__(self, image_url: _Optional[str] = ..., image: _Optional[bytes] = ..., photo: _Optional[_Union[_httpbody_pb2.HttpBody, _Mapping]] = ..., encoding: _Optional[_Union[_types_pb2.EmbeddingEncoding, str]] = ..., face_selection: _Optional[_Union[_types_pb2.FaceSelection, _Mapping]] = ..., require_single_face: _Optional[bool] = ..., input: _Optional[_Union[_types_pb2.InputKind, str]] = ...) -> None: ...

class EmbedResponse(_message.Message):
    __slots__ = ("embedding", "score", "faces_detected", "quality", "embedding_bytes", "model", "face")
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    FACES_DETECTED_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_BYTES_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    embedding: _containers.RepeatedScalarFieldContainer[float]
    score: float
    faces_detected: int
    quality: _types_pb2.Quality
    embedding_bytes: bytes
    model: str
    face: _types_pb2.FaceLocation
    def __init__(self, embedding: _Optional[_Iterable[float]] = ..., score: _Optional[float] = ..., faces_detected: _Optional[int] = ..., quality: _Optional[_Union[_types_pb2.Quality, _Mapping]] = ..., embedding_bytes: _Optional[bytes] = ..., model: _Optional[str] = ..., face: _Optional[_Union[_types_pb2.FaceLocation, _Mapping]] = ...) -> None: ...

class CompareRequest(_message.Message):
    __slots__ = ("image_url_1", "image_1", "embedding_1", "image_url_2", "image_2", "embedding_2", "threshold", "face_selection_1", "face_selection_2", "require_single_face", "target_fmr", "allow_unrecognizable", "input_1", "input_2")
    IMAGE_URL_1_FIELD_NUMBER: _ClassVar[int]
    IMAGE_1_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_1_FIELD_NUMBER: _ClassVar[int]
    IMAGE_URL_2_FIELD_NUMBER: _ClassVar[int]
    IMAGE_2_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_2_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    FACE_SELECTION_1_FIELD_NUMBER: _ClassVar[int]
    FACE_SELECTION_2_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_SINGLE_FACE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FMR_FIELD_NUMBER: _ClassVar[int]
    ALLOW_UNRECOGNIZABLE_FIELD_NUMBER: _ClassVar[int]
    INPUT_1_FIELD_NUMBER: _ClassVar[int]
    INPUT_2_FIELD_NUMBER: _ClassVar[int]
    image_url_1: str
    image_1: bytes
    embedding_1: _types_pb2.FaceEmbedding
    image_url_2: str
    image_2: bytes
    embedding_2: _types_pb2.FaceEmbedding
    threshold: float
    face_selection_1: _types_pb2.FaceSelection
    face_selection_2: _types_pb2.FaceSelection
    require_single_face: bool
    target_fmr: float
    allow_unrecognizable: bool
    input_1: _types_pb2.InputKind
    input_2: _types_pb2.InputKind
    def __init__(self, image_url_1: _Optional[str] = ..., image_1: _Optional[bytes] = ..., embedding_1: _Optional[_Union[_types_pb2.FaceEmbedding, _Mapping]] = ..., image_url_2: _Optional[str] = ..., image_2: _Optional[bytes] = ..., embedding_2: _Optional[_Union[_types_pb2.FaceEmbedding, _Mapping]] = ..., threshold: _Optional[float] = ..., face_selection_1: _Optional[_Union[_types_pb2.FaceSelection, _Mapping]] = ..., face_selection_2: _Optional[_Union[_types_pb2.FaceSelection, _Mapping]] = ..., require_single_face: _Optional[bool] = ..., target_fmr: _Optional[float] = ..., allow_unrecognizable: _Optional[bool] = ..., input_1: _Optional[_Union[_types_pb2.InputKind, str]] = ..., input_2: _Optional[_Union[_types_pb2.InputKind, str]] = ...) -> None: ...

class CompareResponse(_message.Message):
    __slots__ = ("similarity", "match", "threshold", "quality_1", "quality_2", "face_1", "face_2", "faces_detected_1", "faces_detected_2", "estimated_fmr", "target_reached", "probe_recognizable", "faults_1", "faults_2", "estimated_fnmr")
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    MATCH_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    QUALITY_1_FIELD_NUMBER: _ClassVar[int]
    QUALITY_2_FIELD_NUMBER: _ClassVar[int]
    FACE_1_FIELD_NUMBER: _ClassVar[int]
    FACE_2_FIELD_NUMBER: _ClassVar[int]
    FACES_DETECTED_1_FIELD_NUMBER: _ClassVar[int]
    FACES_DETECTED_2_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FMR_FIELD_NUMBER: _ClassVar[int]
    TARGET_REACHED_FIELD_NUMBER: _ClassVar[int]
    PROBE_RECOGNIZABLE_FIELD_NUMBER: _ClassVar[int]
    FAULTS_1_FIELD_NUMBER: _ClassVar[int]
    FAULTS_2_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FNMR_FIELD_NUMBER: _ClassVar[int]
    similarity: float
    match: bool
    threshold: float
    quality_1: _types_pb2.Quality
    quality_2: _types_pb2.Quality
    face_1: _types_pb2.FaceLocation
    face_2: _types_pb2.FaceLocation
    faces_detected_1: int
    faces_detected_2: int
    estimated_fmr: float
    target_reached: bool
    probe_recognizable: bool
    faults_1: _containers.RepeatedCompositeFieldContainer[_gallery_service_pb2.Rejection]
    faults_2: _containers.RepeatedCompositeFieldContainer[_gallery_service_pb2.Rejection]
    estimated_fnmr: float
    def __init__(self, similarity: _Optional[float] = ..., match: _Optional[bool] = ..., threshold: _Optional[float] = ..., quality_1: _Optional[_Union[_types_pb2.Quality, _Mapping]] = ..., quality_2: _Optional[_Union[_types_pb2.Quality, _Mapping]] = ..., face_1: _Optional[_Union[_types_pb2.FaceLocation, _Mapping]] = ..., face_2: _Optional[_Union[_types_pb2.FaceLocation, _Mapping]] = ..., faces_detected_1: _Optional[int] = ..., faces_detected_2: _Optional[int] = ..., estimated_fmr: _Optional[float] = ..., target_reached: _Optional[bool] = ..., probe_recognizable: _Optional[bool] = ..., faults_1: _Optional[_Iterable[_Union[_gallery_service_pb2.Rejection, _Mapping]]] = ..., faults_2: _Optional[_Iterable[_Union[_gallery_service_pb2.Rejection, _Mapping]]] = ..., estimated_fnmr: _Optional[float] = ...) -> None: ...

class CheckLivenessRequest(_message.Message):
    __slots__ = ("image_url", "image", "photo", "face_selection", "require_single_face")
    IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    FACE_SELECTION_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_SINGLE_FACE_FIELD_NUMBER: _ClassVar[int]
    image_url: str
    image: bytes
    photo: _httpbody_pb2.HttpBody
    face_selection: _types_pb2.FaceSelection
    require_single_face: bool
    def __init__(self, image_url: _Optional[str] = ..., image: _Optional[bytes] = ..., photo: _Optional[_Union[_httpbody_pb2.HttpBody, _Mapping]] = ..., face_selection: _Optional[_Union[_types_pb2.FaceSelection, _Mapping]] = ..., require_single_face: _Optional[bool] = ...) -> None: ...

class CheckLivenessResponse(_message.Message):
    __slots__ = ("is_live", "confidence", "checks", "method", "reason", "faces_detected", "face")
    class ChecksEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    IS_LIVE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FACES_DETECTED_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    is_live: bool
    confidence: float
    checks: _containers.ScalarMap[str, float]
    method: str
    reason: str
    faces_detected: int
    face: _types_pb2.FaceLocation
    def __init__(self, is_live: _Optional[bool] = ..., confidence: _Optional[float] = ..., checks: _Optional[_Mapping[str, float]] = ..., method: _Optional[str] = ..., reason: _Optional[str] = ..., faces_detected: _Optional[int] = ..., face: _Optional[_Union[_types_pb2.FaceLocation, _Mapping]] = ...) -> None: ...

class AnalyzeRequest(_message.Message):
    __slots__ = ("image_url", "image", "photo", "features", "encoding")
    class Feature(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FEATURE_UNSPECIFIED: _ClassVar[AnalyzeRequest.Feature]
        QUALITY: _ClassVar[AnalyzeRequest.Feature]
        ATTRIBUTES: _ClassVar[AnalyzeRequest.Feature]
        LIVENESS: _ClassVar[AnalyzeRequest.Feature]
        EMBEDDING: _ClassVar[AnalyzeRequest.Feature]
    FEATURE_UNSPECIFIED: AnalyzeRequest.Feature
    QUALITY: AnalyzeRequest.Feature
    ATTRIBUTES: AnalyzeRequest.Feature
    LIVENESS: AnalyzeRequest.Feature
    EMBEDDING: AnalyzeRequest.Feature
    IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    image_url: str
    image: bytes
    photo: _httpbody_pb2.HttpBody
    features: _containers.RepeatedScalarFieldContainer[AnalyzeRequest.Feature]
    encoding: _types_pb2.EmbeddingEncoding
    def __init__(self, image_url: _Optional[str] = ..., image: _Optional[bytes] = ..., photo: _Optional[_Union[_httpbody_pb2.HttpBody, _Mapping]] = ..., features: _Optional[_Iterable[_Union[AnalyzeRequest.Feature, str]]] = ..., encoding: _Optional[_Union[_types_pb2.EmbeddingEncoding, str]] = ...) -> None: ...

class AnalyzeResponse(_message.Message):
    __slots__ = ("faces_detected", "faces", "model")
    FACES_DETECTED_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    faces_detected: int
    faces: _containers.RepeatedCompositeFieldContainer[AnalyzedFace]
    model: str
    def __init__(self, faces_detected: _Optional[int] = ..., faces: _Optional[_Iterable[_Union[AnalyzedFace, _Mapping]]] = ..., model: _Optional[str] = ...) -> None: ...

class AnalyzedFace(_message.Message):
    __slots__ = ("bbox", "detection_score", "quality", "age", "gender", "liveness", "landmarks", "embedding", "embedding_bytes")
    BBOX_FIELD_NUMBER: _ClassVar[int]
    DETECTION_SCORE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    AGE_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    LIVENESS_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_BYTES_FIELD_NUMBER: _ClassVar[int]
    bbox: _containers.RepeatedScalarFieldContainer[int]
    detection_score: float
    quality: _types_pb2.Quality
    age: int
    gender: str
    liveness: _types_pb2.Liveness
    landmarks: _containers.RepeatedScalarFieldContainer[float]
    embedding: _containers.RepeatedScalarFieldContainer[float]
    embedding_bytes: bytes
    def __init__(self, bbox: _Optional[_Iterable[int]] = ..., detection_score: _Optional[float] = ..., quality: _Optional[_Union[_types_pb2.Quality, _Mapping]] = ..., age: _Optional[int] = ..., gender: _Optional[str] = ..., liveness: _Optional[_Union[_types_pb2.Liveness, _Mapping]] = ..., landmarks: _Optional[_Iterable[float]] = ..., embedding: _Optional[_Iterable[float]] = ..., embedding_bytes: _Optional[bytes] = ...) -> None: ...

class BatchEmbedRequest(_message.Message):
    __slots__ = ("image_urls", "images", "encoding", "face_selection", "require_single_face", "input")
    IMAGE_URLS_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    FACE_SELECTION_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_SINGLE_FACE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    image_urls: _containers.RepeatedScalarFieldContainer[str]
    images: _containers.RepeatedScalarFieldContainer[bytes]
    encoding: _types_pb2.EmbeddingEncoding
    face_selection: _types_pb2.FaceSelection
    require_single_face: bool
    input: _types_pb2.InputKind
    def __init__(self, image_urls: _Optional[_Iterable[str]] = ..., images: _Optional[_Iterable[bytes]] = ..., encoding: _Optional[_Union[_types_pb2.EmbeddingEncoding, str]] = ..., face_selection: _Optional[_Union[_types_pb2.FaceSelection, _Mapping]] = ..., require_single_face: _Optional[bool] = ..., input: _Optional[_Union[_types_pb2.InputKind, str]] = ...) -> None: ...

class BatchEmbedResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[BatchEmbedResult]
    def __init__(self, results: _Optional[_Iterable[_Union[BatchEmbedResult, _Mapping]]] = ...) -> None: ...

class BatchEmbedResult(_message.Message):
    __slots__ = ("image_url", "success", "embedding", "score", "error", "reason", "index", "faces_detected", "quality", "embedding_bytes", "face")
    IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    FACES_DETECTED_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_BYTES_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    image_url: str
    success: bool
    embedding: _containers.RepeatedScalarFieldContainer[float]
    score: float
    error: str
    reason: str
    index: int
    faces_detected: int
    quality: _types_pb2.Quality
    embedding_bytes: bytes
    face: _types_pb2.FaceLocation
    def __init__(self, image_url: _Optional[str] = ..., success: _Optional[bool] = ..., embedding: _Optional[_Iterable[float]] = ..., score: _Optional[float] = ..., error: _Optional[str] = ..., reason: _Optional[str] = ..., index: _Optional[int] = ..., faces_detected: _Optional[int] = ..., quality: _Optional[_Union[_types_pb2.Quality, _Mapping]] = ..., embedding_bytes: _Optional[bytes] = ..., face: _Optional[_Union[_types_pb2.FaceLocation, _Mapping]] = ...) -> None: ...

class StreamEmbedRequest(_message.Message):
    __slots__ = ("item_id", "image_url", "image", "encoding", "face_selection", "require_single_face", "input")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    FACE_SELECTION_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_SINGLE_FACE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    image_url: str
    image: bytes
    encoding: _types_pb2.EmbeddingEncoding
    face_selection: _types_pb2.FaceSelection
    require_single_face: bool
    input: _types_pb2.InputKind
    def __init__(self, item_id: _Optional[str] = ..., image_url: _Optional[str] = ..., image: _Optional[bytes] = ..., encoding: _Optional[_Union[_types_pb2.EmbeddingEncoding, str]] = ..., face_selection: _Optional[_Union[_types_pb2.FaceSelection, _Mapping]] = ..., require_single_face: _Optional[bool] = ..., input: _Optional[_Union[_types_pb2.InputKind, str]] = ...) -> None: ...

class StreamEmbedResponse(_message.Message):
    __slots__ = ("item_id", "success", "embedding", "score", "faces_detected", "quality", "error", "embedding_bytes", "face")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    FACES_DETECTED_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_BYTES_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    success: bool
    embedding: _containers.RepeatedScalarFieldContainer[float]
    score: float
    faces_detected: int
    quality: _types_pb2.Quality
    error: _status_pb2.Status
    embedding_bytes: bytes
    face: _types_pb2.FaceLocation
    def __init__(self, item_id: _Optional[str] = ..., success: _Optional[bool] = ..., embedding: _Optional[_Iterable[float]] = ..., score: _Optional[float] = ..., faces_detected: _Optional[int] = ..., quality: _Optional[_Union[_types_pb2.Quality, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., embedding_bytes: _Optional[bytes] = ..., face: _Optional[_Union[_types_pb2.FaceLocation, _Mapping]] = ...) -> None: ...

class GetHealthRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetHealthResponse(_message.Message):
    __slots__ = ("status", "version", "model", "gallery", "match_threshold", "quality_threshold", "detection_size", "uptime_s", "recognizability_threshold", "target_fpir", "target_fmr", "risks")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    GALLERY_FIELD_NUMBER: _ClassVar[int]
    MATCH_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    QUALITY_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    DETECTION_SIZE_FIELD_NUMBER: _ClassVar[int]
    UPTIME_S_FIELD_NUMBER: _ClassVar[int]
    RECOGNIZABILITY_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    TARGET_FPIR_FIELD_NUMBER: _ClassVar[int]
    TARGET_FMR_FIELD_NUMBER: _ClassVar[int]
    RISKS_FIELD_NUMBER: _ClassVar[int]
    status: str
    version: str
    model: ModelPack
    gallery: GalleryHealth
    match_threshold: float
    quality_threshold: float
    detection_size: int
    uptime_s: float
    recognizability_threshold: float
    target_fpir: float
    target_fmr: float
    risks: _containers.RepeatedCompositeFieldContainer[CollectionRisk]
    def __init__(self, status: _Optional[str] = ..., version: _Optional[str] = ..., model: _Optional[_Union[ModelPack, _Mapping]] = ..., gallery: _Optional[_Union[GalleryHealth, _Mapping]] = ..., match_threshold: _Optional[float] = ..., quality_threshold: _Optional[float] = ..., detection_size: _Optional[int] = ..., uptime_s: _Optional[float] = ..., recognizability_threshold: _Optional[float] = ..., target_fpir: _Optional[float] = ..., target_fmr: _Optional[float] = ..., risks: _Optional[_Iterable[_Union[CollectionRisk, _Mapping]]] = ...) -> None: ...

class CollectionRisk(_message.Message):
    __slots__ = ("collection", "users", "threshold", "estimated_fpir", "threshold_for_target")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    USERS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FPIR_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FOR_TARGET_FIELD_NUMBER: _ClassVar[int]
    collection: str
    users: int
    threshold: float
    estimated_fpir: float
    threshold_for_target: float
    def __init__(self, collection: _Optional[str] = ..., users: _Optional[int] = ..., threshold: _Optional[float] = ..., estimated_fpir: _Optional[float] = ..., threshold_for_target: _Optional[float] = ...) -> None: ...

class ModelPack(_message.Message):
    __slots__ = ("name", "licence", "detector", "recognizer", "embedding_size", "provider")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    DETECTOR_FIELD_NUMBER: _ClassVar[int]
    RECOGNIZER_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SIZE_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    name: str
    licence: str
    detector: str
    recognizer: str
    embedding_size: int
    provider: str
    def __init__(self, name: _Optional[str] = ..., licence: _Optional[str] = ..., detector: _Optional[str] = ..., recognizer: _Optional[str] = ..., embedding_size: _Optional[int] = ..., provider: _Optional[str] = ...) -> None: ...

class GalleryHealth(_message.Message):
    __slots__ = ("store", "state", "collections", "users", "samples", "staleness_s", "detail", "counts_hidden")
    STORE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    COLLECTIONS_FIELD_NUMBER: _ClassVar[int]
    USERS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    STALENESS_S_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    COUNTS_HIDDEN_FIELD_NUMBER: _ClassVar[int]
    store: str
    state: str
    collections: int
    users: int
    samples: int
    staleness_s: float
    detail: str
    counts_hidden: bool
    def __init__(self, store: _Optional[str] = ..., state: _Optional[str] = ..., collections: _Optional[int] = ..., users: _Optional[int] = ..., samples: _Optional[int] = ..., staleness_s: _Optional[float] = ..., detail: _Optional[str] = ..., counts_hidden: _Optional[bool] = ...) -> None: ...
