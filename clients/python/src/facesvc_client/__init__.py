"""Client of facesvc, a face recognition service.

with Client("127.0.0.1:50051") as client:
    client.enroll("anna", "anna.jpg", name="Anna")
    print(client.check_in("selfie.jpg").match.name)
"""

from facesvc_client.aio import AsyncClient
from facesvc_client.choice import Face, FaceOptions
from facesvc_client.client import Client
from facesvc_client.connection import Retries
from facesvc_client.errors import (
    AccessError,
    AmbiguousFaceError,
    DeadlineError,
    FacesvcError,
    ImageError,
    InvalidFieldError,
    NoFaceError,
    NotFoundError,
    OverloadedError,
    UnavailableError,
    VersionConflictError,
)
from facesvc_client.following import EventOptions
from facesvc_client.people_requests import CollectionOptions, EditOptions
from facesvc_client.photo import AlignedCrop, Embedding, Photo
from facesvc_client.requests import (
    CheckInOptions,
    CompareOptions,
    EmbedOptions,
    EnrollOptions,
    Enrolment,
    IdentifyOptions,
    MatchOptions,
    SearchOptions,
)
from facesvc_client.webhook import WebhookError, verify_webhook

__all__ = [
    "AccessError",
    "AlignedCrop",
    "AmbiguousFaceError",
    "AsyncClient",
    "CheckInOptions",
    "Client",
    "CollectionOptions",
    "CompareOptions",
    "DeadlineError",
    "EditOptions",
    "EmbedOptions",
    "Embedding",
    "EnrollOptions",
    "Enrolment",
    "EventOptions",
    "Face",
    "FaceOptions",
    "FacesvcError",
    "IdentifyOptions",
    "ImageError",
    "InvalidFieldError",
    "MatchOptions",
    "NoFaceError",
    "NotFoundError",
    "OverloadedError",
    "Photo",
    "Retries",
    "SearchOptions",
    "UnavailableError",
    "VersionConflictError",
    "WebhookError",
    "verify_webhook",
]
