"""Kinds of calls, each with threads and slots of its own: none waits behind another kind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from facesvc.transport.arrival.shares import Shares

_FACES, _GALLERY = "/facesvc.v1.FaceService/", "/facesvc.v1.GalleryService/"

_HEALTH = frozenset({"/grpc.health.v1.Health/Check", _FACES + "GetHealth"})
_HEALTH_THREADS, _HEALTH_SLOTS = 2, 256

# Neither fetch nor compute, and are done soon.
_QUICK = frozenset(
    _GALLERY + name
    for name in ("GetEnrollment", "DeleteEnrollment", "ListGallery", "ListCollections")
) | {"/facesvc.v1.EventService/ListEvents", "/facesvc.v1.EventService/ListDeadLetters"}
_QUICK_THREADS, _QUICK_SLOTS = 8, 128

# Compute whatever they are asked; others, like Search, may carry an embedding in place of a photo.
_COMPUTING = frozenset(
    [_FACES + name for name in ("Embed", "Compare", "CheckLiveness", "Analyze")]
    + [_GALLERY + name for name in ("Identify", "CheckIn")]
)
_BATCHES = frozenset({_FACES + "BatchEmbed"})


@dataclass(frozen=True)
class Lane:
    """Threads, and slots for the calls that have one or wait for one; ``full`` is what a caller
    is told who gets none. ``computes``: whether a permit is needed; ``is_patient``: whether many
    are, one after the other.
    """

    pool: ThreadPoolExecutor
    shares: Shares
    full: str
    computes: bool = False
    is_patient: bool = False


class Lanes:
    """The lanes of a server with ``threads`` for calls and as many ``streams`` at a time."""

    def __init__(self, threads: int, streams: int) -> None:
        self._health = _lane("health", _HEALTH_THREADS, _HEALTH_SLOTS)
        self._quick = _lane("quick", _QUICK_THREADS, _QUICK_SLOTS)
        self._calls = _lane("rpc", threads, threads)
        calls, shares, full = self._calls.pool, self._calls.shares, self._calls.full
        self._computing = Lane(calls, shares, full, computes=True)
        self._batches = Lane(calls, shares, full, is_patient=True)
        pool = ThreadPoolExecutor(streams, thread_name_prefix="stream")
        self._streams = Lane(pool, Shares(streams), "Too many streams are open.", is_patient=True)

    @property
    def pools(self) -> tuple[ThreadPoolExecutor, ...]:
        """Every lane's threads."""
        return (self._health.pool, self._quick.pool, self._calls.pool, self._streams.pool)

    def of(self, method: str, *, is_stream: bool) -> Lane:
        """Return the lane of a method."""
        if is_stream:
            return self._streams
        if method in _COMPUTING:
            return self._computing
        if method in _QUICK:
            return self._quick
        if method in _BATCHES:
            return self._batches
        return self._health if is_health(method) else self._calls


def is_health(method: str) -> bool:
    """Tell calls that ask how the service is; they are answered until it ends."""
    return method in _HEALTH


def _lane(name: str, threads: int, slots: int) -> Lane:
    pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
    return Lane(pool, Shares(slots), "Too many calls are in progress.")
