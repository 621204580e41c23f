"""Every metric of the service, in a registry of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.process_collector import ProcessCollector

from facesvc.application.ports.engine import PackInfo
from facesvc.application.ports.events import EventLog
from facesvc.application.stage import Stage
from facesvc.domain.gallery import GalleryStatus

# Seconds. Stages of a call take from tenths of a millisecond (a search) to a fetch's time limit.
STAGE_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
CALL_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class WaitingRoom(Protocol):
    """A gate that tells how many hold a permit and how many wait."""

    @property
    def waiting(self) -> int: ...

    @property
    def computing(self) -> int: ...


class Recorder(Protocol):
    """Is told the same, and sends it elsewhere."""

    def began(self, method: str) -> None: ...

    def ended(self, method: str, code: str, seconds: float) -> None: ...

    def refused(self, reason: str) -> None: ...

    def stage_ended(self, stage: str, seconds: float) -> None: ...

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None: ...


class Metrics:
    """The metrics. Labels hold names of this service only, never what a caller sent. ``also`` is
    told everything, too.
    """

    def __init__(self, also: Recorder | None = None) -> None:
        self._also = also
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self.calls = Histogram(
            "facesvc_call_seconds",
            "Time from a call's first request to its last answer, by method and status.",
            ("method", "code"),
            buckets=CALL_BUCKETS,
            registry=self.registry,
        )
        self.in_progress = Gauge(
            "facesvc_calls_in_progress",
            "Calls that have begun and not ended, streams included.",
            ("method",),
            registry=self.registry,
        )
        self.refusals = Counter(
            "facesvc_refusals",
            "Calls and items of streams that failed, by the reason that their caller was told.",
            ("reason",),
            registry=self.registry,
        )
        self.stages = Histogram(
            "facesvc_stage_seconds",
            f"Time of one stage of a call: {', '.join(Stage)}.",
            ("stage",),
            buckets=STAGE_BUCKETS,
            registry=self.registry,
        )

        self.deliveries = Counter(
            "facesvc_webhook_deliveries",
            "Events for an endpoint: delivered; retried, each failed attempt that another follows;"
            " dead, which are dead letters; missed, each time the log had forgotten some.",
            ("endpoint", "outcome"),
            registry=self.registry,
        )
        self.delivery_lag = Gauge(
            "facesvc_webhook_lag_seconds",
            "Age of the last event that an endpoint took, when it took it.",
            ("endpoint",),
            registry=self.registry,
        )

    def began(self, method: str) -> None:
        """See CallObserver."""
        self.in_progress.labels(method).inc()
        if self._also:
            self._also.began(method)

    def ended(self, method: str, code: str, seconds: float) -> None:
        """See CallObserver."""
        self.in_progress.labels(method).dec()
        self.calls.labels(method, code).observe(seconds)
        if self._also:
            self._also.ended(method, code, seconds)

    def refused(self, reason: str) -> None:
        """See CallObserver."""
        self.refusals.labels(reason).inc()
        if self._also:
            self._also.refused(reason)

    def stage_ended(self, stage: Stage, seconds: float) -> None:
        """A stage of a call has ended this moment."""
        self.stages.labels(stage).observe(seconds)
        if self._also:
            self._also.stage_ended(stage, seconds)

    def delivered(self, endpoint: str, lag_s: float) -> None:
        """See DeliveryObserver."""
        self.deliveries.labels(endpoint, "delivered").inc()
        self.delivery_lag.labels(endpoint).set(lag_s)

    def tried_again(self, endpoint: str) -> None:
        """See DeliveryObserver."""
        self.deliveries.labels(endpoint, "retried").inc()

    def gave_up(self, endpoint: str) -> None:
        """See DeliveryObserver."""
        self.deliveries.labels(endpoint, "dead").inc()

    def missed(self, endpoint: str) -> None:
        """See DeliveryObserver."""
        self.deliveries.labels(endpoint, "missed").inc()

    def watch_events(self, log: EventLog) -> None:
        """Follow how many events are written."""
        self._gauge(
            "facesvc_events_written",
            "Events that this process has written since its start.",
            lambda: log.written,
        )

    def describe(self, version: str, pack: PackInfo) -> None:
        """Say what runs."""
        Info("facesvc_build", "What runs.", registry=self.registry).info({"version": version})
        Info("facesvc_model", "The model pack in use.", registry=self.registry).info(
            {
                "pack": pack.name,
                "detector": pack.detector,
                "recognizer": pack.recognizer,
                "provider": pack.provider,
            }
        )

    def watch_gate(self, gate: WaitingRoom, permits: int) -> None:
        """Follow the compute permits."""
        self._gauge("facesvc_compute_permits", "Calls that may compute at once.", lambda: permits)
        self._gauge("facesvc_computing", "Calls that compute now.", lambda: gate.computing)
        self._gauge("facesvc_waiting", "Calls that wait for a permit now.", lambda: gate.waiting)

    def watch_gallery(self, status: Callable[[], GalleryStatus]) -> None:
        """Follow the gallery's size and state."""
        self._gauge("facesvc_gallery_users", "Enrolled users.", lambda: status().users)
        self._gauge("facesvc_gallery_samples", "Enrolled samples.", lambda: status().samples)
        self._gauge("facesvc_gallery_collections", "Collections.", lambda: status().collections)
        self._gauge(
            "facesvc_gallery_staleness_seconds",
            "Age of the data while the store cannot be reached, else 0.",
            lambda: status().staleness_s,
        )
        self._gauge(
            "facesvc_gallery_degraded",
            "1 while reads go on and writes fail, else 0.",
            lambda: status().state != "ok",
        )

    def _gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
        Gauge(name, text, registry=self.registry).set_function(value)
        if self._also:
            self._also.watch(name, text, value)
