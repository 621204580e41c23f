from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EmbeddingEncoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EMBEDDING_ENCODING_UNSPECIFIED: _ClassVar[EmbeddingEncoding]
    EMBEDDING_ENCODING_FLOATS: _ClassVar[EmbeddingEncoding]
    EMBEDDING_ENCODING_FLOAT32: _ClassVar[EmbeddingEncoding]
    EMBEDDING_ENCODING_FLOAT16: _ClassVar[EmbeddingEncoding]

class InputKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INPUT_KIND_UNSPECIFIED: _ClassVar[InputKind]
    PHOTO: _ClassVar[InputKind]
    ALIGNED_CROP: _ClassVar[InputKind]
EMBEDDING_ENCODING_UNSPECIFIED: EmbeddingEncoding
EMBEDDING_ENCODING_FLOATS: EmbeddingEncoding
EMBEDDING_ENCODING_FLOAT32: EmbeddingEncoding
EMBEDDING_ENCODING_FLOAT16: EmbeddingEncoding
INPUT_KIND_UNSPECIFIED: InputKind
PHOTO: InputKind
ALIGNED_CROP: InputKind

class Quality(_message.Message):
    __slots__ = ("score", "blur", "pose_yaw", "pose_pitch", "pose_roll", "face_size", "is_frontal", "recognizability", "brightness", "overexposed", "eye_contrast")
    SCORE_FIELD_NUMBER: _ClassVar[int]
    BLUR_FIELD_NUMBER: _ClassVar[int]
    POSE_YAW_FIELD_NUMBER: _ClassVar[int]
    POSE_PITCH_FIELD_NUMBER: _ClassVar[int]
    POSE_ROLL_FIELD_NUMBER: _ClassVar[int]
    FACE_SIZE_FIELD_NUMBER: _ClassVar[int]
    IS_FRONTAL_FIELD_NUMBER: _ClassVar[int]
    RECOGNIZABILITY_FIELD_NUMBER: _ClassVar[int]
    BRIGHTNESS_FIELD_NUMBER: _ClassVar[int]
    OVEREXPOSED_FIELD_NUMBER: _ClassVar[int]
    EYE_CONTRAST_FIELD_NUMBER: _ClassVar[int]
    score: float
    blur: float
    pose_yaw: float
    pose_pitch: float
    pose_roll: float
    face_size: int
    is_frontal: bool
    recognizability: float
    brightness: float
    overexposed: float
    eye_contrast: float
    def __init__(self, score: _Optional[float] = ..., blur: _Optional[float] = ..., pose_yaw: _Optional[float] = ..., pose_pitch: _Optional[float] = ..., pose_roll: _Optional[float] = ..., face_size: _Optional[int] = ..., is_frontal: _Optional[bool] = ..., recognizability: _Optional[float] = ..., brightness: _Optional[float] = ..., overexposed: _Optional[float] = ..., eye_contrast: _Optional[float] = ...) -> None: ...

class Liveness(_message.Message):
    __slots__ = ("is_live", "confidence", "checks", "method", "reason")
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
    is_live: bool
    confidence: float
    checks: _containers.ScalarMap[str, float]
    method: str
    reason: str
    def __init__(self, is_live: _Optional[bool] = ..., confidence: _Optional[float] = ..., checks: _Optional[_Mapping[str, float]] = ..., method: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class FaceLocation(_message.Message):
    __slots__ = ("bbox", "detection_score", "landmarks")
    BBOX_FIELD_NUMBER: _ClassVar[int]
    DETECTION_SCORE_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    bbox: _containers.RepeatedScalarFieldContainer[int]
    detection_score: float
    landmarks: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, bbox: _Optional[_Iterable[int]] = ..., detection_score: _Optional[float] = ..., landmarks: _Optional[_Iterable[float]] = ...) -> None: ...

class FaceSelection(_message.Message):
    __slots__ = ("rule", "near")
    class Rule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        RULE_UNSPECIFIED: _ClassVar[FaceSelection.Rule]
        BEST_QUALITY: _ClassVar[FaceSelection.Rule]
        LARGEST: _ClassVar[FaceSelection.Rule]
        MOST_CENTRAL: _ClassVar[FaceSelection.Rule]
        NEAREST: _ClassVar[FaceSelection.Rule]
    RULE_UNSPECIFIED: FaceSelection.Rule
    BEST_QUALITY: FaceSelection.Rule
    LARGEST: FaceSelection.Rule
    MOST_CENTRAL: FaceSelection.Rule
    NEAREST: FaceSelection.Rule
    RULE_FIELD_NUMBER: _ClassVar[int]
    NEAR_FIELD_NUMBER: _ClassVar[int]
    rule: FaceSelection.Rule
    near: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, rule: _Optional[_Union[FaceSelection.Rule, str]] = ..., near: _Optional[_Iterable[float]] = ...) -> None: ...

class FaceEmbedding(_message.Message):
    __slots__ = ("values", "packed", "model")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    PACKED_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    packed: bytes
    model: str
    def __init__(self, values: _Optional[_Iterable[float]] = ..., packed: _Optional[bytes] = ..., model: _Optional[str] = ...) -> None: ...
