"""The thread that keeps a replica in step, through every failure of Redis."""

from __future__ import annotations

import threading
import time

import structlog
from redis.exceptions import RedisError

from facesvc.gallery.stores.port import StoreState
from facesvc.gallery.stores.redis.local_copy import LocalCopy
from facesvc.gallery.stores.redis.log_feed import LogFeed
from facesvc.gallery.stores.redis.log_replay import OutOfStepError
from facesvc.gallery.stores.redis.toolkit.connection import Connector
from facesvc.gallery.stores.redis.toolkit.server_faults import fault_of

CHECK_S = 1.0  # how long a silently emptied server can go unnoticed
RECONNECT_S = 0.1  # between attempts; a refused connection costs almost nothing
NOTICE_S = 60.0  # how long the state still tells that data had to be loaded afresh

_log = structlog.get_logger(__name__)


class Follower:
    """Runs a LocalCopy. ``state`` may be asked from any thread."""

    def __init__(self, connector: Connector, copy: LocalCopy, feed: LogFeed) -> None:
        self._connector = connector
        self._copy = copy
        self._feed = feed
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="redis-follower", daemon=True)
        self._lock = threading.Lock()
        self._contact = time.monotonic()
        self._failure = ""
        self._notice = ("", 0.0)

    def start(self) -> None:
        """Begin to follow; the copy has been loaded."""
        self._contact = time.monotonic()
        self._thread.start()

    def close(self) -> None:
        """Stop; returns when the thread has ended."""
        self._closing.set()
        self._feed.wake()
        if self._thread.is_alive():
            self._thread.join()

    def state(self) -> StoreState:
        """Return "degraded" from the first failed contact until the copy is in step again."""
        with self._lock:
            if self._failure:
                return StoreState("degraded", time.monotonic() - self._contact, self._failure)
            text, until = self._notice
            return StoreState("ok", 0.0, text if time.monotonic() < until else "")

    def _run(self) -> None:
        afresh = False
        while not self._closing.is_set():
            try:
                if afresh:
                    self._copy.load()
                    afresh = False
                self._follow()
            except OutOfStepError as error:
                afresh = True
                self._fail(f"Loading afresh: {error}.")
                with self._lock:
                    self._notice = (f"Loaded afresh: {error}.", time.monotonic() + NOTICE_S)
            except (RedisError, OSError) as error:
                self._fail(fault_of(error).sentence)
                self._reconnect()
            except Exception as error:
                # Whatever it was, a replica that stopped following would be silently wrong.
                afresh = True
                _log.exception("gallery_follower_failed")
                self._fail(f"The follower failed ({type(error).__name__}).")
                self._closing.wait(CHECK_S)

    def _follow(self) -> None:
        self._connector.check()
        self._copy.check()
        self._succeed()
        checked = time.monotonic()
        while not self._closing.is_set():
            self._copy.follow(self._feed)
            if time.monotonic() - checked >= CHECK_S:
                self._connector.check()
                self._copy.check()
                checked = time.monotonic()
            self._succeed()

    def _reconnect(self) -> None:
        if self._closing.wait(RECONNECT_S):
            return
        try:
            self._connector.refresh()
        except (RedisError, OSError):
            return  # the next attempt will tell

    def _fail(self, failure: str) -> None:
        with self._lock:
            new = failure != self._failure
            self._failure = failure
        if new:
            _log.warning("gallery_degraded", detail=failure)

    def _succeed(self) -> None:
        with self._lock:
            healed, self._failure = self._failure, ""
            self._contact = time.monotonic()
        if healed:
            _log.info("gallery_in_step")
