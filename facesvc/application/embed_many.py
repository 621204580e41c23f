"""Embedding many images, each with its own outcome, a bounded number at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Generic, TypeVar

from facesvc.application.call import Call
from facesvc.application.embed import EmbeddedFace, EmbedFace
from facesvc.application.images import ImageInput
from facesvc.domain.errors import FaceError

Key = TypeVar("Key")


@dataclass(frozen=True)
class EmbedOutcome(Generic[Key]):
    """What became of one image: a result, or the error that a single call would have given."""

    key: Key
    result: EmbeddedFace | FaceError


@dataclass(frozen=True)
class EmbedMany:
    """Answers BatchEmbed and StreamEmbed.

    ``in_flight`` images of one call are fetched, decoded and computed at the same time, so
    that a long list neither waits for each download nor crowds out other calls.
    """

    embed: EmbedFace
    workers: Executor
    in_flight: int

    def __call__(
        self, images: Iterable[tuple[Key, ImageInput | FaceError]], call: Call
    ) -> Iterator[EmbedOutcome[Key]]:
        """Yield each image's outcome as soon as it is ready, in any order.

        An input that is an error already is passed through. Raises CallEndedError when the
        call ends, and any unforeseen exception of an image or of the iterable.
        """
        run = _Run(self, images, call)
        threading.Thread(target=run.feed, name="embed-feed", daemon=True).start()
        undo = call.on_end(run.stop)
        try:
            yield from run.outcomes()
            call.check()
        finally:
            run.stop()
            undo()


class _Run(Generic[Key]):
    """One call's images. The feeder has a thread of its own because a stream's next image may
    come only after the caller has seen an earlier answer.
    """

    def __init__(
        self,
        many: EmbedMany,
        images: Iterable[tuple[Key, ImageInput | FaceError]],
        call: Call,
    ) -> None:
        self._many = many
        self._images = images
        self._call = call
        self._slots = threading.Semaphore(many.in_flight)
        self._ready: queue.SimpleQueue[EmbedOutcome[Key] | BaseException | int | None] = (
            queue.SimpleQueue()
        )
        self._stopped = threading.Event()

    def feed(self) -> None:
        """Submit the images, at most ``in_flight`` ahead of the caller, then their count."""
        count = 0
        try:
            for key, image in self._images:
                self._slots.acquire()
                if self._stopped.is_set():
                    return
                count += 1
                self._many.workers.submit(self._one, key, image)
            self._ready.put(count)
        except BaseException as error:
            self._ready.put(error)

    def outcomes(self) -> Iterator[EmbedOutcome[Key]]:
        """Yield outcomes until as many have come as the feeder counted."""
        seen, expected = 0, -1
        while seen != expected:
            item = self._ready.get()
            if item is None:
                return
            if isinstance(item, int):
                expected = item
            elif isinstance(item, BaseException):
                raise item
            else:
                seen += 1
                yield item
                self._slots.release()

    def stop(self) -> None:
        """Wake both ends; nothing new starts."""
        self._stopped.set()
        self._slots.release()
        self._ready.put(None)

    def _one(self, key: Key, image: ImageInput | FaceError) -> None:
        try:
            if self._stopped.is_set():
                return
            result = image if isinstance(image, FaceError) else self._embed(image)
            self._ready.put(EmbedOutcome(key, result))
        except BaseException as error:
            self._ready.put(error)

    def _embed(self, image: ImageInput) -> EmbeddedFace | FaceError:
        try:
            return self._many.embed(image, self._call)
        except FaceError as error:
            return error
