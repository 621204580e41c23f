"""Sending events to the endpoints that the settings name."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.bootstrap.startup import StartupError
from facesvc.domain.errors import FaceError
from facesvc.images.fetch.policy import AllowList
from facesvc.images.fetch.poster import HttpPoster
from facesvc.settings import Settings
from facesvc.webhooks.endpoints import WebhooksFileError, read_endpoints
from facesvc.webhooks.sender import DeliveryObserver
from facesvc.webhooks.senders import Senders


def start_webhooks(
    settings: Settings,
    gallery: GalleryReader,
    observer: DeliveryObserver,
    resources: contextlib.ExitStack,
) -> None:
    """Begin to send, where there is a file of endpoints. Raises StartupError for a wrong one, and
    for a URL that is refused whatever its host leads to.
    """
    if settings.webhooks_file is None or gallery.events is None:
        return
    try:
        endpoints = read_endpoints(settings.webhooks_file)
    except WebhooksFileError as error:
        raise StartupError(f"WEBHOOKS_FILE: {error}") from error
    allow = AllowList.parse(settings.image_url_allow)
    poster = HttpPoster(allow, user_agent=settings.image_url_user_agent)
    resources.callback(poster.close)
    for endpoint in endpoints:
        try:
            poster.check(endpoint.url)
        except FaceError as error:
            raise StartupError(f"WEBHOOKS_FILE: endpoints.{endpoint.name}: {error}") from error
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
