"""Builds the whole service from its settings."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Self, cast

import grpc
import structlog

from facesvc import __version__
from facesvc.admission.permit_gate import PermitGate
from facesvc.application.detect_faces import DetectFaces
from facesvc.application.enrolment_identity import IdentityDoubts
from facesvc.application.find_faces import FaceFinder, RotationRetry
from facesvc.application.images import ImageLoader
from facesvc.application.ports.gallery import Gallery
from facesvc.application.retention import RetentionSweep
from facesvc.application.sightings import Sightings
from facesvc.audit.trail import Entry, FileTrail, LogTrail, Trail
from facesvc.bootstrap.decisions import recognizability_rule_of, threshold_rule_of
from facesvc.bootstrap.engine import engine_of
from facesvc.bootstrap.gallery import gallery_of
from facesvc.bootstrap.pools import ContextPool
from facesvc.bootstrap.retention import RetentionThread, audited
from facesvc.bootstrap.servicers import ServiceRules, build_servicers
from facesvc.bootstrap.startup import StartupError, blaming
from facesvc.bootstrap.telemetry import telemetry_of
from facesvc.bootstrap.webhooks import start_webhooks
from facesvc.domain.errors import FaceError
from facesvc.engine.config import EngineError
from facesvc.images.decode.decode_limits import DecodeLimits
from facesvc.images.decode.decoder import SafeImageDecoder
from facesvc.images.fetch.fetch_limits import FetchLimits
from facesvc.images.fetch.fetcher import HttpImageSource
from facesvc.images.fetch.host_headers import HostHeaders
from facesvc.images.fetch.policy import AllowList
from facesvc.metrics.catalog import Metrics
from facesvc.metrics.exposition import MetricsPortError, serve_metrics
from facesvc.metrics.timed_ports import (
    TimedDecoder,
    TimedEngine,
    TimedGallery,
    TimedGate,
    TimedSource,
)
from facesvc.settings import Settings, is_loopback
from facesvc.transport.arrival.unread import UnreadLimits
from facesvc.transport.authentication.api_keys import ApiKeys
from facesvc.transport.connections import ConnectionPolicy
from facesvc.transport.message_limits import MessageLimits
from facesvc.transport.server import FaceServer, build_server
from facesvc.transport.tls import TlsError, TlsFiles, server_credentials

_log = structlog.get_logger("facesvc")

# Threads that only wait: fetches, streams between two photos, health checks.
_IDLE_THREADS = 64
# Fetches at once for batches, streams and second photos of Compare.
_FETCHES = 48


@dataclass
class Service:
    """A built service; leaving the context releases everything in reverse order."""

    server: FaceServer
    summary: dict[str, Any]
    resources: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.resources.close()


def bootstrap(settings: Settings) -> Service:
    """Load the models and the gallery and bind the port. Raises StartupError."""
    with contextlib.ExitStack() as resources:
        try:
            service = _build(settings, resources)
        except (EngineError, FaceError, ValueError, OSError) as error:
            raise StartupError(str(error)) from error
        service.resources = resources.pop_all()
        return service


def _build(settings: Settings, resources: contextlib.ExitStack) -> Service:
    permits = settings.compute_permits
    telemetry = telemetry_of(resources)
    trail = _trail_of(settings, resources)
    callers = callers_of(settings, trail)
    engine = engine_of(settings)
    with blaming("REDIS_URL" if settings.redis_url.get_secret_value() else "GALLERY_PATH"):
        gallery = gallery_of(settings, engine.info.recognizer)
        resources.callback(gallery.close)
        gallery.open()
    source = _source_of(settings)
    resources.callback(source.close)
    metrics, gate = Metrics(telemetry), PermitGate(permits, settings.max_waiting)
    # Threads that fetch are apart from those that compute the images of batches and streams, so
    # that slow web servers keep no photo waiting that is already here.
    workers = resources.enter_context(ContextPool(permits * 2 + 16, thread_name_prefix="item"))
    fetches = resources.enter_context(ContextPool(_FETCHES, thread_name_prefix="fetch"))
    timed_engine, timed_gallery = TimedEngine(engine, metrics), TimedGallery(gallery, metrics)
    detect_faces = DetectFaces(
        ImageLoader(TimedSource(source, metrics), settings.image_max_bytes, fetches),
        TimedDecoder(_decoder_of(settings), metrics),
        FaceFinder(timed_engine, settings.detection_size, RotationRetry(settings.rotation_retry)),
        TimedGate(gate, metrics),
        recognizability_rule_of(settings, engine.calibration),
    )
    rules = ServiceRules(
        version=__version__,
        thresholds=threshold_rule_of(settings, engine.calibration),
        quality_threshold=settings.quality_threshold,
        detection_size=settings.detection_size,
        max_batch_size=settings.max_batch_size,
        in_flight=permits + 2,
        # 25 photos a second and core, from a server that takes half a second for each.
        fetch_ahead=permits * 12 + 8,
        challenge_key=settings.challenge_key.get_secret_value().encode(),
        enrolment_doubts=IdentityDoubts(
            settings.enroll_check_duplicate, settings.enroll_check_same_person
        ),
        wait_for_decisions=settings.events_decisions_durable,
    )
    sightings = _keep_retention(settings, gallery, trail, resources)
    people = cast(Gallery, timed_gallery)
    servicers = build_servicers(
        detect_faces, timed_engine, people, engine.info, workers, rules, sightings
    )
    credentials = _credentials_of(settings)
    with blaming("HOST, GRPC_PORT"):
        server = build_server(
            servicers,
            address=f"{settings.host}:{settings.grpc_port}",
            threads=permits + settings.max_waiting + _IDLE_THREADS,
            serve_reflection=settings.grpc_reflection,
            callers=callers,
            observer=metrics,
            trail=trail,
            tracer=telemetry,
            credentials=credentials,
            socket_path=settings.grpc_socket,
            connections=ConnectionPolicy(
                messages=MessageLimits(settings.image_max_bytes),
                unread=UnreadLimits(seconds=settings.request_timeout_s),
                age_s=settings.connection_age_s,
            ),
            check_admission=gate.check,
            gateway_secret=settings.gateway_secret.get_secret_value(),
        )
    metrics.describe(__version__, engine.info)
    metrics.watch_gate(gate, permits)
    metrics.watch_gallery(gallery.status)
    if gallery.events is not None:
        metrics.watch_events(gallery.events)
    start_webhooks(settings, gallery, metrics, resources)
    _serve_metrics(settings, metrics, resources)
    status = gallery.status()
    summary = {
        "pack": engine.info.name,
        "provider": engine.info.provider,
        "compute_permits": permits,
        "store": status.store,
        "samples": status.samples,
    }
    return Service(server, summary)


def _keep_retention(
    settings: Settings, gallery: Gallery, trail: Trail, resources: contextlib.ExitStack
) -> Sightings:
    sightings = Sightings(gallery)
    sweep = RetentionSweep(gallery, sightings, partial(audited, trail))
    thread = RetentionThread(sightings, sweep, settings.retention_sweep_s)
    resources.callback(thread.close)
    thread.start()
    return sightings


def _serve_metrics(settings: Settings, metrics: Metrics, resources: contextlib.ExitStack) -> None:
    """A second service on this machine finds the default port taken: that is worth a warning, a
    port that somebody chose is worth an error.
    """
    if not settings.metrics_port:
        return
    try:
        stop = serve_metrics(metrics, settings.host, settings.metrics_port)
    except MetricsPortError as error:
        if "metrics_port" in settings.model_fields_set:
            raise StartupError(f"METRICS_PORT: {error}") from error
        _log.warning("no metrics are served", reason=str(error), setting="METRICS_PORT")
        return
    resources.callback(stop)


def _decoder_of(settings: Settings) -> SafeImageDecoder:
    limits = DecodeLimits(max_bytes=settings.image_max_bytes, max_pixels=settings.image_max_pixels)
    return SafeImageDecoder(limits, settings.detection_size)


def _trail_of(settings: Settings, resources: contextlib.ExitStack) -> Trail:
    key = settings.audit_key.get_secret_value().encode()
    if settings.audit_file is None:
        return LogTrail(key)
    with blaming("AUDIT_FILE"):
        trail = FileTrail(settings.audit_file, key)
    resources.callback(trail.close)
    return trail


def _credentials_of(settings: Settings) -> grpc.ServerCredentials | None:
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return None
    files = TlsFiles(settings.tls_cert_file, settings.tls_key_file, settings.tls_client_ca_file)
    try:
        return server_credentials(files)
    except (TlsError, OSError) as error:
        raise StartupError(f"TLS_CERT_FILE, TLS_KEY_FILE: {error}") from error


def callers_of(settings: Settings, trail: Trail) -> ApiKeys | None:
    """Return who may call, None for everybody; the trail is told of changes of keys. Raises
    StartupError.
    """

    def tell_change(what: str, name: str) -> None:
        trail.write(Entry("ApiKeys", what, key=name))

    if settings.api_keys_file is not None:
        with blaming("API_KEYS_FILE"):
            return ApiKeys(settings.api_keys_file, tell_change)
    if not is_loopback(settings.host):
        text = "everyone who reaches this address may enrol, search and delete"
        if not settings.allow_anonymous:
            raise StartupError(
                f"HOST={settings.host} can be reached from other machines, and without"
                f" API_KEYS_FILE {text}. Set API_KEYS_FILE, or ALLOW_ANONYMOUS=true."
            )
        _log.warning(f"no API keys: {text}", host=settings.host, setting="API_KEYS_FILE")
    return None


def _source_of(settings: Settings) -> HttpImageSource:
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
