"""Where images come from and how they are decoded."""

from __future__ import annotations

from facesvc.bootstrap.startup import StartupError
from facesvc.images.decode.decode_limits import DecodeLimits
from facesvc.images.decode.decoder import SafeImageDecoder
from facesvc.images.fetch.fetch_limits import FetchLimits
from facesvc.images.fetch.fetcher import HttpImageSource
from facesvc.images.fetch.host_headers import HostHeaders
from facesvc.images.fetch.policy import AllowList
from facesvc.settings import Settings


def source_of(settings: Settings) -> HttpImageSource:
    """Return what fetches image URLs. Raises StartupError."""
    try:
        allow = AllowList.parse(settings.image_url_allow)
    except ValueError as error:
        raise StartupError(f"IMAGE_URL_ALLOW: {error}") from error
    try:
        headers = HostHeaders.parse(
            settings.image_url_headers.get_secret_value(),
            frozenset(host for host, _ in allow.hosts),
            settings.image_url_user_agent,
        )
    except ValueError as error:
        raise StartupError(f"IMAGE_URL_HEADERS, IMAGE_URL_USER_AGENT: {error}") from None
    return HttpImageSource(
        FetchLimits(max_bytes=settings.image_max_bytes, timeout_s=settings.image_fetch_timeout_s),
        allow,
        enabled=settings.image_url_fetch,
        headers=headers,
    )


def decoder_of(settings: Settings) -> SafeImageDecoder:
    """Return what decodes images for the detector's size."""
    limits = DecodeLimits(max_bytes=settings.image_max_bytes, max_pixels=settings.image_max_pixels)
    return SafeImageDecoder(limits, settings.detection_size)
