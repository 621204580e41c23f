"""Builds the whole service from its settings."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Self, cast

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
from facesvc.audit.trail import Trail
from facesvc.bootstrap.access import callers_of, challenge_key_of, credentials_of, trail_of
from facesvc.bootstrap.decisions import recognizability_rule_of, threshold_rule_of
from facesvc.bootstrap.engine import engine_of
from facesvc.bootstrap.gallery import gallery_of
from facesvc.bootstrap.images import decoder_of, source_of
from facesvc.bootstrap.pools import ContextPool
from facesvc.bootstrap.retention import RetentionThread, audited
from facesvc.bootstrap.servicers import ServiceRules, build_servicers
from facesvc.bootstrap.startup import StartupError, blaming
from facesvc.bootstrap.telemetry import telemetry_of
from facesvc.bootstrap.webhooks import start_webhooks
from facesvc.domain.errors import FaceError
from facesvc.engine.config import EngineError
from facesvc.metrics.catalog import Metrics
from facesvc.metrics.exposition import MetricsPortError, serve_metrics
from facesvc.metrics.timed_ports import (
    TimedDecoder,
    TimedEngine,
    TimedGallery,
    TimedGate,
    TimedSource,
)
from facesvc.settings import Settings
from facesvc.transport.arrival.unread import UnreadLimits
from facesvc.transport.connections import ConnectionPolicy
from facesvc.transport.message_limits import MessageLimits
from facesvc.transport.server import FaceServer, build_server

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
    trail = trail_of(settings, resources)
    callers = callers_of(settings, trail)
    engine = engine_of(settings)
    with blaming("REDIS_URL" if settings.redis_url.get_secret_value() else "GALLERY_PATH"):
        gallery = gallery_of(settings, engine.info.recognizer)
        resources.callback(gallery.close)
        gallery.open()
    source = source_of(settings)
    resources.callback(source.close)
    metrics, gate = Metrics(telemetry), PermitGate(permits, settings.max_waiting)
    # Threads that fetch are apart from those that compute the images of batches and streams, so
    # that slow web servers keep no photo waiting that is already here.
    workers = resources.enter_context(ContextPool(permits * 2 + 16, thread_name_prefix="item"))
    fetches = resources.enter_context(ContextPool(_FETCHES, thread_name_prefix="fetch"))
    timed_engine, timed_gallery = TimedEngine(engine, metrics), TimedGallery(gallery, metrics)
    detect_faces = DetectFaces(
        ImageLoader(TimedSource(source, metrics), settings.image_max_bytes, fetches),
        TimedDecoder(decoder_of(settings), metrics),
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
        challenge_key=challenge_key_of(settings),
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
    credentials = credentials_of(settings)
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
    start_webhooks(settings, gallery, metrics, trail, resources)
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
