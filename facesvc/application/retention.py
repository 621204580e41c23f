"""Deleting the users whom a collection's retention no longer keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from uuid import uuid4

from facesvc.application.call import Call
from facesvc.application.ports.gallery import Gallery
from facesvc.application.sightings import Clock, Sightings, utc_now
from facesvc.domain.collection_settings import KeptSettings
from facesvc.domain.errors import FaceError, UserNotFoundError, VersionConflictError
from facesvc.domain.gallery import CollectionInfo, Deletion, User, WriteReceipt
from facesvc.domain.retention import away_since

TASK = "retention"
LEASE_S = 60.0  # another replica goes on this long after one that died
_PAGE_USERS = 500
_AT_ONCE = 50  # deletions of one write

OnDeleted = Callable[[str, str, WriteReceipt], None]


@dataclass(frozen=True)
class RetentionSweep:
    """One pass over every collection with a retention. ``on_deleted`` hears of each user with the
    collection and the receipt.

    A pass that ends in the middle has deleted some users and left the others whole; the next one
    goes on. What it decides on is durable: the marks of the store, read again just before each
    write. A sighting is durable when it is answered, by whichever replica.
    """

    gallery: Gallery
    sightings: Sightings
    on_deleted: OnDeleted
    clock: Clock = utc_now
    holder: str = field(default_factory=lambda: uuid4().hex)

    def __call__(self, call: Call) -> int:
        """Return how many were deleted; none while another replica is at it. Raises
        StoreUnavailableError, CallEndedError.
        """
        if not self._leads(call):
            return 0
        self.sightings.flush(call)
        infos = [info for info in self.gallery.list_collections() if info.served]
        return sum(self._sweep(info, call) for info in infos)

    def _leads(self, call: Call) -> bool:
        call.check()
        return self.gallery.take_lease(TASK, self.holder, LEASE_S, call)

    def _sweep(self, info: CollectionInfo, call: Call) -> int:
        before, deleted = away_since(info.kept, self.clock()), 0
        if before is None:
            return 0
        away = self._away(info.name, before, call)
        while some := list(islice(away, _AT_ONCE)):
            if not self._leads(call) or not self._still(info.name, info.kept):
                break
            deleted += self._delete(info.name, self._unseen(info.name, some, before, call), call)
        return deleted

    def _still(self, collection: str, kept: KeptSettings) -> bool:
        """Tell whether the retention is what it was when the sweep began."""
        now = self.gallery.settings(collection)
        return (now.settings.retention_days, now.retention_since) == (
            kept.settings.retention_days,
            kept.retention_since,
        )

    def _away(self, collection: str, before: datetime, call: Call) -> Iterator[User]:
        """Yield the users neither written nor seen since."""
        token = ""
        while True:
            call.check()
            page = self.gallery.list_users(collection, _PAGE_USERS, token, call)
            old = [user for user in page.users if user.updated_at < before]
            yield from self._unseen(collection, old, before, call)
            token = page.next_page_token
            if not token:
                return

    def _unseen(
        self, collection: str, users: list[User], before: datetime, call: Call
    ) -> list[User]:
        ids = [user.user_id for user in users]
        seen = self.gallery.last_seen(collection, ids, call) if ids else {}
        return [user for user in users if seen.get(user.user_id, before) <= before]

    def _delete(self, collection: str, users: list[User], call: Call) -> int:
        # A user who was enrolled again meanwhile has another version, and stays.
        wanted = [
            Deletion(collection, user.user_id, expected_version=user.version) for user in users
        ]
        outcomes = self.gallery.delete_many(wanted, call)
        failed: FaceError | None = None
        deleted = 0
        for user, outcome in zip(users, outcomes, strict=True):
            if isinstance(outcome, WriteReceipt):
                self.on_deleted(collection, user.user_id, outcome)
                deleted += 1
            elif not isinstance(outcome, (UserNotFoundError, VersionConflictError)):
                failed = outcome
        if failed is not None:
            raise failed
        return deleted
