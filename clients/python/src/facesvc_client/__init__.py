"""Client of facesvc, a face recognition service.

with Client("127.0.0.1:50051") as client:
    client.enroll("anna", "anna.jpg", name="Anna")
    print(client.check_in("selfie.jpg").match.name)
"""

from facesvc_client.aio import AsyncClient
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
from facesvc_client.photo import AlignedCrop, Photo
from facesvc_client.requests import CheckInOptions, EditOptions, EnrollOptions, Enrolment
from facesvc_client.webhook import WebhookError, verify_webhook

__all__ = [
    "AccessError",
    "AlignedCrop",
    "AmbiguousFaceError",
    "AsyncClient",
    "CheckInOptions",
    "Client",
    "DeadlineError",
    "EditOptions",
    "EnrollOptions",
    "Enrolment",
    "EventOptions",
    "FacesvcError",
    "ImageError",
    "InvalidFieldError",
    "NoFaceError",
    "NotFoundError",
    "OverloadedError",
    "Photo",
    "Retries",
    "UnavailableError",
    "VersionConflictError",
    "WebhookError",
    "verify_webhook",
]
