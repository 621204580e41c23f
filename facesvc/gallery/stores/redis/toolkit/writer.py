"""Writes: one script each, safe to send twice, and waiting for replicas where asked."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import redis
from redis.exceptions import (
    MovedError,
    NoScriptError,
    ReadOnlyError,
    RedisError,
    TryAgainError,
)

from facesvc.domain.errors import (
    CollectionFullError,
    FaceError,
    VersionConflictError,
)
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_errors import (
    ForeignCollectionError,
    RequestIdReusedError,
    ServerDataLostError,
    TooManySamplesError,
    WriteUncertainError,
    WriteUnreplicatedError,
)
from facesvc.gallery.stores.port import receipt_of
from facesvc.gallery.stores.redis.toolkit.connection import Connector
from facesvc.gallery.stores.redis.toolkit.edits import (
    TransferCancelledError,
    UserHeldError,
    edit_refusal,
)
from facesvc.gallery.stores.redis.toolkit.requests import Write
from facesvc.gallery.stores.redis.toolkit.script import Script
from facesvc.gallery.stores.redis.toolkit.server_faults import fault_of

RETRY_WITHIN_S = 0.05  # an attempt that failed this fast leaves time for a second one
BATCH = 128  # writes a round trip: 270 kB, a few milliseconds of the server

_MOVED_ON = (redis.ConnectionError, ReadOnlyError, MovedError, TryAgainError)


class Writer:
    """Sends writes to whichever server owns them; thread-safe."""

    def __init__(self, connector: Connector, wait_replicas: int, wait_s: float) -> None:
        self._connector = connector
        self._wait_replicas = wait_replicas
        self._wait_ms = max(1, int(wait_s * 1000))

    def prepare(self, scripts: Iterable[Script]) -> None:
        """Connect and leave the scripts with every primary, so that the first write is as quick
        as the others. Raises RedisError.
        """
        texts = list(scripts)
        for client in self._connector.primaries():
            for script in texts:
                client.script_load(script.text)

    def submit(self, writes: Sequence[Write]) -> list[WriteReceipt | FaceError]:
        """Return the receipt or the error of each write, in order."""
        answers = self._answers(writes)
        return [_outcome(write, one) for write, one in zip(writes, answers, strict=True)]

    def ask(self, write: Write) -> WriteReceipt | list[bytes]:
        """Return what a script tells that answers TOLD, or the receipt of one that answers as a
        write. Raises what else it may answer.
        """
        (answer,) = self._answers([write])
        if isinstance(answer, list) and answer[0] == b"TOLD":
            return answer[1:]
        return receipt_of(_outcome(write, answer))

    def _answers(self, writes: Sequence[Write]) -> list[Any]:
        """Return the script's answer or the error of each write, in order."""
        answers: dict[int, Any] = {}
        for start in range(0, len(writes), BATCH):
            batch = list(range(start, min(start + BATCH, len(writes))))
            began = time.monotonic()
            left = self._attempt(writes, batch, answers)
            if left and time.monotonic() - began < RETRY_WITHIN_S:
                self._refresh()
                self._attempt(writes, left, answers)
        return [answers[index] for index in range(len(writes))]

    def _attempt(
        self,
        writes: Sequence[Write],
        batch: list[int],
        answers: dict[int, Any],
    ) -> list[int]:
        """Fill in the answers; return the indices that deserve another attempt."""
        try:
            by_meta: dict[str, list[int]] = {}
            for index in batch:
                by_meta.setdefault(writes[index].meta, []).append(index)
            groups = self._connector.group(by_meta)
        except (RedisError, OSError) as error:
            answers.update(dict.fromkeys(batch, error))
            return batch
        again: list[int] = []
        for client, metas in groups:
            indices = sorted(index for meta in metas for index in by_meta[meta])
            try:
                found = self._send(client, [writes[index] for index in indices])
            except (RedisError, OSError) as error:
                answers.update(dict.fromkeys(indices, error))
                if isinstance(error, _MOVED_ON):
                    again += indices
                continue
            for index, answer in zip(indices, found, strict=True):
                answers[index] = answer
                if isinstance(answer, _MOVED_ON):
                    again.append(index)
        return again

    def _send(self, client: redis.Redis, writes: list[Write], *, loaded: bool = False) -> list[Any]:
        """Return the script's answer or the server's error of each write."""
        pipe: Any = client.pipeline(transaction=False)  # execute_command is untyped
        for write in writes:
            pipe.execute_command("EVALSHA", *write.command)
        if self._wait_replicas:
            pipe.execute_command("WAIT", self._wait_replicas, self._wait_ms)
        answers = pipe.execute(raise_on_error=False)
        if not loaded and any(isinstance(answer, NoScriptError) for answer in answers):
            for text in {write.script.text for write in writes}:
                client.script_load(text)
            # Those that did run answer with their receipts.
            return self._send(client, writes, loaded=True)
        if self._wait_replicas:
            reached = answers.pop()
            if not isinstance(reached, int) or reached < self._wait_replicas:
                return [_UnreplicatedError() if isinstance(one, list) else one for one in answers]
        return list(answers)

    def _refresh(self) -> None:
        try:
            self._connector.refresh()
        except (RedisError, OSError):
            return  # the next attempt says why


class _UnreplicatedError(RedisError):
    """The primary has the write, too few replicas have."""


def _outcome(write: Write, answer: Any) -> WriteReceipt | FaceError:
    if isinstance(answer, _UnreplicatedError):
        return WriteUnreplicatedError()
    if isinstance(answer, Exception):
        return _uncertain(answer)
    status, text = (part.decode() for part in answer)
    refusal = write.edit and edit_refusal(write.edit, status, text)
    if refusal:
        return refusal
    match status:
        case "OK" | "REPLAY":
            version, sample_id, samples, removed, fingerprint = text.split(" ")
            if fingerprint != write.fingerprint:
                return RequestIdReusedError()
            return WriteReceipt(
                version=int(version),
                sample_id="" if sample_id == "-" else sample_id,
                samples=int(samples),
                removed=int(removed),
            )
        case "CONFLICT":
            return VersionConflictError(write.expected, int(text))
        case "FULL":
            return TooManySamplesError(int(text))
        case "CROWD":
            return CollectionFullError(int(text))
        case "MODEL":
            return ForeignCollectionError(write.collection, text, write.model)
        case "SHARD":
            return ServerDataLostError(write.server)
        case "HELD":
            return UserHeldError(text)
        case "CANCELLED":
            return TransferCancelledError()
        case _:  # ABSENT
            return write.absent(write.subject)


def _uncertain(error: Exception) -> WriteUncertainError:
    return WriteUncertainError(fault_of(error))
