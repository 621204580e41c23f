"""What fields may hold, in JSON Schema's words; the numbers are the service's own constants."""

from __future__ import annotations

from typing import Any

from facesvc.application.delete_users import MOST_AT_ONCE
from facesvc.application.search import DEFAULT_TOP_K
from facesvc.domain import limits
from facesvc.domain.check_in import MIN_MARGIN, REVIEW_BAND
from facesvc.domain.metadata_filter import MAX_CONDITIONS
from facesvc.images.fetch.url import MAX_URL_CHARS

# No control character, as facesvc.domain.limits.text has it.
_PRINTABLE = r"^[^\u0000-\u001F\u007F-\u009F]*$"
_COLLECTION = f"^{limits.COLLECTION_NAME}$"
# A key, and a value that may be empty; a key in quotation marks is left to the service.
_CONDITION = r'^[^="\s][^="]*=[^"\[{\u0000-\u001F]*$'
_SHARE = {"minimum": 0, "maximum": 1}
_COSINE = {"minimum": -1, "maximum": 1}
_BOX = {"minItems": 4, "maxItems": 4}
_ANGLE = {"minimum": -99, "maximum": 99}

# By message and field, or by field in whatever message. What a request leaves out is empty in
# protobuf, so an optional text may be empty.
LIMITS: dict[str, dict[str, Any]] = {
    "user_id": {"maxLength": limits.MAX_USER_ID_CHARS, "pattern": _PRINTABLE},
    "name": {"maxLength": limits.MAX_NAME_CHARS, "pattern": _PRINTABLE},
    "user_ids": {
        "maxItems": MOST_AT_ONCE,
        "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": limits.MAX_USER_ID_CHARS,
            "pattern": _PRINTABLE,
        },
    },
    "request_id": {"maxLength": limits.MAX_REQUEST_ID_CHARS, "pattern": _PRINTABLE},
    "collection": {"pattern": f"^$|{_COLLECTION}"},
    "alias": {"pattern": _COLLECTION},
    "image_url": {"maxLength": MAX_URL_CHARS},
    "image_url_1": {"maxLength": MAX_URL_CHARS},
    "image_url_2": {"maxLength": MAX_URL_CHARS},
    "top_k": {"minimum": 1, "maximum": limits.MAX_TOP_K, "default": DEFAULT_TOP_K},
    "where": {"maxItems": MAX_CONDITIONS, "items": {"type": "string", "pattern": _CONDITION}},
    "page_size": {"minimum": 0, "maximum": limits.MAX_PAGE_SIZE, "default": 100},
    "threshold": _COSINE,
    "review_band": {"minimum": 0, "maximum": 2, "default": REVIEW_BAND},
    "min_margin": {"minimum": 0, "maximum": 2, "default": MIN_MARGIN},
    "margin": {"minimum": -2, "maximum": 2},
    "similarity": _COSINE,
    "confidence": _SHARE,
    "detection_score": _SHARE,
    "bbox": _BOX,
    "EnrolledSample.bbox": {"maxItems": 4},
    "EnrolledSample.quality": _SHARE,
    "recognizability": _SHARE,
    "sample_id": {"pattern": f"^{limits.SAMPLE_ID}$"},
    "source_user_id": {"maxLength": limits.MAX_USER_ID_CHARS, "pattern": _PRINTABLE},
    "target_user_id": {"maxLength": limits.MAX_USER_ID_CHARS, "pattern": _PRINTABLE},
    "UpdateUserRequest.update_mask": {"pattern": "^$|^(name|metadata)(,(name|metadata))*$"},
    "FaceSelection.near": {"maxItems": 4},
    "Quality.score": _SHARE,
    "Quality.blur": _SHARE,
    "Quality.pose_yaw": _ANGLE,
    "Quality.pose_pitch": _ANGLE,
    "Quality.pose_roll": {"minimum": -180, "maximum": 180},
    "Quality.recognizability": _SHARE,
    "AnalyzedFace.age": {"minimum": 0, "maximum": 100},
    "AnalyzedFace.gender": {"enum": ["M", "F", ""]},
    "GetHealthResponse.status": {"enum": ["ok", "degraded"]},
}
# Fields without which a call fails.
REQUIRED = {
    "EnrollRequest.user_id",
    "VerifyRequest.user_id",
    "DeleteCollectionRequest.collection",
    "MergeUsersRequest.source_user_id",
    "MoveSampleRequest.target_user_id",
    "SetAliasRequest.alias",
    "SetAliasRequest.collection",
}


def limits_of(message: str, field: str) -> dict[str, Any]:
    """Return the limits of a message's field; the message by its short name."""
    found = LIMITS.get(f"{message}.{field}", LIMITS.get(field, {}))
    if f"{message}.{field}" in REQUIRED:
        found = {**found, "minLength": 1}
        if field == "collection":
            found["pattern"] = _COLLECTION
    return found
