"""Sending events to the endpoints that the settings name."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from pathlib import Path

from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.audit.trail import Entry, Trail
from facesvc.bootstrap.startup import StartupError
from facesvc.domain.errors import FaceError
from facesvc.images.fetch.policy import AllowList
from facesvc.images.fetch.poster import HttpPoster
from facesvc.settings import Settings
from facesvc.webhooks.endpoints import WebhookEndpoint, WebhooksFileError, read_endpoints
from facesvc.webhooks.followed_file import FollowedFile
from facesvc.webhooks.sender import DeliveryObserver
from facesvc.webhooks.senders import Senders


def start_webhooks(
    settings: Settings,
    gallery: GalleryReader,
    observer: DeliveryObserver,
    trail: Trail,
    resources: contextlib.ExitStack,
) -> None:
    """Begin to send, where there is a file of endpoints, and take up its changes, of which the
    trail is told. Raises StartupError for a wrong one, and for a URL that is refused whatever its
    host leads to.
    """
    file = settings.webhooks_file
    if file is None or gallery.events is None:
        return
    allow = AllowList.parse(settings.image_url_allow)
    poster = HttpPoster(allow, user_agent=settings.image_url_user_agent)
    resources.callback(poster.close)

    def read() -> list[WebhookEndpoint]:
        return _checked(file, poster)

    def tell_change(what: str, name: str) -> None:
        trail.write(Entry("Webhooks", what, endpoint=name))

    try:
        endpoints = read()
    except WebhooksFileError as error:
        raise StartupError(f"WEBHOOKS_FILE: {error}") from error
    senders = Senders(
        endpoints,
        gallery.events,
        gallery.events.deliveries,
        poster,
        observer,
        timedelta(days=settings.events_keep_days),
    )
    senders.start()
    resources.callback(senders.close)
    followed = FollowedFile(read, senders, tell_change)
    followed.start()
    resources.callback(followed.close)


def _checked(file: Path, poster: HttpPoster) -> list[WebhookEndpoint]:
    """Return the file's endpoints. Raises WebhooksFileError, also for a URL that is refused."""
    endpoints = read_endpoints(file)
    for endpoint in endpoints:
        try:
            poster.check(endpoint.url)
        except FaceError as error:
            raise WebhooksFileError(f"{file}: endpoints.{endpoint.name}: {error}") from error
    return endpoints
