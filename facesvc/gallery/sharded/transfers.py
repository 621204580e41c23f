"""Edits of two users who live on two servers: samples go from one server to the other.

No server can change both at one moment. The steps, each safe to send again:

1. ``hold`` at the source: the user is held, so that nobody else writes to it, and the transfer is
   noted there.
2. ``take`` at the target: the samples are stored for their new user. From here on the edit is made.
3. ``decide`` at the target: did it take them? If not, it never will.
4. ``end`` at the source: the samples are removed and the user let go of; or only let go of, when
   the target did not take them.

Whatever ends in between, a note is left at the source, and anybody makes the steps 3 and 4: a
service that starts, one that runs, or the next write to the user. Between 2 and 4 the samples are
there twice; never is there none.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from redis.exceptions import RedisError

from facesvc.application.call import Call
from facesvc.domain.edit_errors import LastSampleError, SampleNotFoundError
from facesvc.domain.errors import (
    FaceError,
    StoreUnavailableError,
    UserNotFoundError,
    VersionConflictError,
)
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_edits import SampleDeletion, UserMerge
from facesvc.domain.gallery_errors import ForeignCollectionError, StoreTask
from facesvc.gallery.sharded import transfer_steps as steps
from facesvc.gallery.sharded.server_monitor import ServerMonitor
from facesvc.gallery.sharded.shard import Shard
from facesvc.gallery.sharded.shard_set import ShardSet
from facesvc.gallery.sharded.transfer_steps import Apart, Transfer
from facesvc.gallery.stores.redis.toolkit.edits import (
    StaleEditError,
    TransferCancelledError,
    UserHeldError,
)
from facesvc.gallery.stores.redis.toolkit.requests import Write
from facesvc.gallery.stores.redis.toolkit.server_faults import failing

TRIES = 8  # others must hold or cancel each time
PAUSE_S = 0.02  # a transfer takes some milliseconds
PATIENCE = 5  # pauses before another one's transfer is ended
LEFT_BEHIND_S = 3.0  # who is still at it after that has been stopped

_log = structlog.get_logger(__name__)
_DROPPED = b"DROPPED"


class Transfers:
    """Makes them, and ends those that others left behind. Thread-safe."""

    def __init__(self, shards: ShardSet, monitor: ServerMonitor) -> None:
        self._shards = shards
        self._monitor = monitor
        self._seen: dict[str, float] = {}  # transfer to when it was first seen

    def make(self, edit: Apart, call: Call) -> WriteReceipt:
        """Make an edit whose collection has its real name. Raises what the edit on one server
        does, and StoreUnavailableError: then it is ended, or will be, whole or not at all.
        """
        for attempt in range(TRIES):
            call.check()
            try:
                return self._try(edit)
            except UserHeldError as held:
                self._await_end({held.transfer}, attempt)
            except TransferCancelledError:
                _pause()
        raise StaleEditError

    def submit(self, shard: Shard, writes: Sequence[Write]) -> list[WriteReceipt | FaceError]:
        """Return the receipt or the error of each write of a server; one to a user who is held
        waits until the transfer is over.
        """
        outcomes = shard.writer.submit(writes)
        for attempt in range(TRIES):
            held = {
                at: one.transfer
                for at, one in enumerate(outcomes)
                if isinstance(one, UserHeldError)
            }
            if not held:
                break
            self._await_end(set(held.values()), attempt)
            again = shard.writer.submit([writes[at] for at in held])
            for at, outcome in zip(held, again, strict=True):
                outcomes[at] = outcome
        return outcomes

    def end_all(self, *, left_for_s: float = 0.0) -> None:
        """End transfers that were seen so long ago. Raises StoreUnavailableError, RedisError."""
        now, noted = time.monotonic(), dict[str, float]()
        for shard in self._shards.shards:
            for transfer in shard.transfers():
                since = noted[transfer.transfer_id] = self._seen.get(transfer.transfer_id, now)
                if now - since >= left_for_s:
                    done = self._end(shard, transfer)
                    _log.warning(
                        "transfer_ended",
                        transfer=transfer.transfer_id,
                        collection=transfer.collection,
                        source=shard.number,
                        target=transfer.target,
                        outcome="finished" if done else "undone",
                    )
        self._seen = noted

    def _try(self, edit: Apart) -> WriteReceipt:
        user_id, target_user_id = steps.ends_of(edit)
        source = self._shards.home(edit.collection, user_id)
        target = self._shards.home(edit.collection, target_user_id)
        looked = target.writer.ask(steps.look(target.requests, edit))
        if isinstance(looked, WriteReceipt):
            self._end_of_user(source, edit.collection, user_id)
            return looked
        generation, exists, version = (part.decode() for part in looked)
        if isinstance(edit, UserMerge) and not exists:
            raise UserNotFoundError(target_user_id)
        transfer = Transfer.of(edit, target.number)
        try:
            held = source.writer.ask(steps.hold(source.requests, edit, transfer))
            if isinstance(held, WriteReceipt):
                return held
            floor, *samples = held
            _check_target(edit, int(version))
            self._register(target, edit.collection)
            taken = target.writer.ask(
                steps.take(target.requests, edit, transfer, generation, floor.decode(), samples)
            )
        except FaceError:
            # Refused, or without an answer: then the user may be held, or the samples taken.
            with suppress(StoreUnavailableError, RedisError):
                self._end_noted({transfer.transfer_id})
            raise
        self._end_noted({transfer.transfer_id})
        return _receipt(taken)

    def _register(self, shard: Shard, collection: str) -> None:
        with failing(StoreTask.WRITE):
            if self._monitor.is_first_write(shard, collection):
                shard.registry.register(collection)

    def _await_end(self, transfers: set[str], attempt: int) -> None:
        """Give who holds a user some time, then end it. Raises StoreUnavailableError."""
        if attempt >= PATIENCE:
            self._end_noted(transfers)
        else:
            _pause()

    def _end_noted(self, transfers: set[str]) -> None:
        with failing(StoreTask.WRITE):
            for shard in self._shards.shards:
                for one in shard.transfers():
                    if one.transfer_id in transfers:
                        self._end(shard, one)

    def _end_of_user(self, shard: Shard, collection: str, user_id: str) -> None:
        with failing(StoreTask.WRITE):
            for one in shard.transfers():
                if (one.collection, one.user_id) == (collection, user_id):
                    self._end(shard, one)

    def _end(self, source: Shard, transfer: Transfer) -> bool:
        """Finish or undo a transfer; tell whether the samples were taken. Raises
        StoreUnavailableError.
        """
        target = self._shards.shards[transfer.target - 1]
        (decided,) = _told(target.writer.ask(steps.decide(target.requests, transfer)))
        receipt = "" if decided == b"-" else decided.decode()
        (word,) = _told(source.writer.ask(steps.end(source.requests, transfer, receipt)))
        if word == _DROPPED:
            self._remove_taken(target, transfer)
            source.writer.ask(steps.end(source.requests, transfer, ""))
        if receipt:
            with failing(StoreTask.WRITE):
                target.forget(transfer)
        return bool(receipt)

    def _remove_taken(self, target: Shard, transfer: Transfer) -> None:
        """Remove samples whose collection was deleted while they were on their way."""
        place = (transfer.collection, transfer.target_user_id)
        for sample_id in transfer.samples.split():
            edit = SampleDeletion(*place, sample_id)
            (outcome,) = target.writer.submit([target.requests.edit(edit)])
            if isinstance(outcome, LastSampleError):
                write = target.requests.delete(*place, "", None)
                (outcome,) = target.writer.submit([write])
            gone = (SampleNotFoundError, UserNotFoundError, ForeignCollectionError)
            if isinstance(outcome, FaceError) and not isinstance(outcome, gone):
                raise outcome


def _check_target(edit: Apart, version: int) -> None:
    """Refuse what the target would, before what the source says of its version."""
    if isinstance(edit, UserMerge) and edit.expected_version not in (None, version):
        raise VersionConflictError(edit.expected_version, version, edit.user_id)


def _receipt(outcome: WriteReceipt | list[bytes]) -> WriteReceipt:
    if isinstance(outcome, WriteReceipt):
        return outcome
    raise TypeError(outcome)


def _told(outcome: WriteReceipt | list[bytes]) -> list[Any]:
    if isinstance(outcome, WriteReceipt):
        raise TypeError(outcome)
    return outcome


def _pause() -> None:
    time.sleep(PAUSE_S * random.uniform(0.5, 1.5))  # noqa: S311 - nothing secret
