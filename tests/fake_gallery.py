"""The gallery of unit and contract tests: dictionaries, the real write rules, a clock of its own.

It keeps the promises of every gallery, which tests/conformance/ checks; what it cannot do is
declared there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.domain.collection_settings import NEVER_SET, KeptSettings, SettingsChange
from facesvc.domain.embedding import check_embedding, check_embeddings
from facesvc.domain.errors import (
    CollectionFullError,
    CollectionNotFoundError,
    FaceError,
    UserNotFoundError,
)
from facesvc.domain.gallery import (
    CollectionInfo,
    Deletion,
    EnrolledUser,
    Enrolment,
    ErasureReceipt,
    GalleryStatus,
    Match,
    Sample,
    SearchQuery,
    SearchResult,
    User,
    UserPage,
    WriteReceipt,
    oldest_first,
)
from facesvc.domain.gallery_edits import GalleryEdit, identity_of, users_of
from facesvc.domain.gallery_errors import (
    AliasIsCollectionError,
    CollectionHasAliasesError,
    GalleryClosedError,
    RequestIdReusedError,
    VersionNotReachedError,
)
from facesvc.domain.metadata_filter import EVERYBODY, MetadataFilter
from facesvc.domain.page_token import make_token, read_token
from facesvc.domain.risk import GallerySize
from facesvc.domain.sample_facts import NO_FACTS
from facesvc.domain.similarity import cosine_similarity
from facesvc.gallery.leases import Leases
from facesvc.gallery.settings_change import change_settings
from facesvc.gallery.stores.edit_rules import Held, plan_edit
from facesvc.gallery.stores.write_rules import check_expected, plan_enrolment

FIRST_WRITE_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

Key = tuple[str, str]  # collection, user_id


@dataclass(frozen=True)
class _Kept:
    """A sample with the enrolment that it came by."""

    pair: tuple[Enrolment, Sample]

    @property
    def sample_id(self) -> str:
        return self.pair[1].sample_id

    def of(self, user: User, version: int | None) -> tuple[Enrolment, Sample]:
        """Return it as that user's, since that version unless it was the user's before."""
        enrolment, sample = self.pair
        mine = replace(sample, user_id=user.user_id, name=user.name, metadata=user.metadata)
        return enrolment, mine if version is None else replace(mine, version=version)


class FakeGallery:
    """A Gallery. ``users`` are the samples of each user with the enrolments that they came by.

    ``missing`` are servers that a partial search tells as not answering. Each write is a second
    after the one before.
    """

    def __init__(self, recognizer: str = "digest") -> None:
        self.users: dict[Key, list[tuple[Enrolment, Sample]]] = {}
        self.missing: tuple[int, ...] = ()
        self._recognizer = recognizer
        self._records: dict[Key, User] = {}
        self._versions: dict[str, int] = {}
        self._deleted: set[str] = set()
        self._aliases: dict[str, str] = {}
        self._settings: dict[str, KeptSettings] = {}
        self._seen_at: dict[Key, datetime] = {}
        self._leases = Leases()
        self._receipts: dict[Key, tuple[Key, WriteReceipt]] = {}
        self._closed = False
        self._lock = threading.RLock()

    @property
    def version(self) -> int:
        """How many writes there have been."""
        return sum(self._versions.values())

    @property
    def events(self) -> None:
        return None

    def resolve(self, collection: str) -> str:
        return self._resolve(collection)

    def close(self) -> None:
        self._closed = True

    def clear(self) -> None:
        """Become as empty as a service that lost its gallery."""
        whole = (self.users, self._records, self._versions, self._receipts, self._aliases)
        for kept in (*whole, self._settings):
            kept.clear()  # type: ignore[attr-defined]

    def forget_facts(self) -> None:
        """Become a gallery of 0.1.0, which kept nothing of where samples are from."""
        for key, held in self.users.items():
            self.users[key] = [(one, replace(sample, facts=NO_FACTS)) for one, sample in held]

    # Writes

    def enroll(self, enrolment: Enrolment, call: Call) -> WriteReceipt:
        wanted = replace(
            enrolment,
            collection=self._resolve(enrolment.collection),
            embedding=check_embedding(enrolment.embedding),
        )
        with self._lock:
            self._begin(call)
            return self._once(wanted.collection, wanted.request_id, ("enroll", wanted.user_id)) or (
                self._enroll(wanted)
            )

    def enroll_many(
        self, enrolments: Sequence[Enrolment], call: Call
    ) -> list[WriteReceipt | FaceError]:
        for enrolment in enrolments:
            check_embedding(enrolment.embedding)
        results: list[WriteReceipt | FaceError] = []
        for enrolment in enrolments:
            try:
                results.append(self.enroll(enrolment, call))
            except FaceError as error:
                results.append(error)
        return results

    def delete(
        self,
        collection: str,
        user_id: str,
        call: Call,
        *,
        request_id: str = "",
        expected_version: int | None = None,
    ) -> WriteReceipt:
        name = self._resolve(collection)
        with self._lock:
            self._begin(call)
            earlier = self._once(name, request_id, ("delete", user_id))
            if earlier is not None:
                return earlier
            check_expected(expected_version, self._user(name, user_id))
            removed = len(self.users.pop((name, user_id)))
            del self._records[name, user_id]
            self._seen_at.pop((name, user_id), None)
            receipt = WriteReceipt(self._count(name), removed=removed)
            self._keep(name, request_id, ("delete", user_id), receipt)
            return receipt

    def delete_many(
        self, deletions: Sequence[Deletion], call: Call
    ) -> list[WriteReceipt | FaceError]:
        results: list[WriteReceipt | FaceError] = []
        for one in deletions:
            options = {"request_id": one.request_id, "expected_version": one.expected_version}
            try:
                results.append(self.delete(one.collection, one.user_id, call, **options))
            except FaceError as error:
                results.append(error)
        return results

    def edit(self, edit: GalleryEdit, call: Call) -> WriteReceipt:
        name = self._resolve(edit.collection)
        with self._lock:
            self._begin(call)
            identity = ("edit", "/".join(identity_of(edit)))
            earlier = self._once(name, edit.request_id, identity)
            if earlier is not None:
                return earlier
            before = {
                user_id: Held(self._records[key], tuple(map(_Kept, self.users[key])))
                if (key := (name, user_id)) in self._records
                else None
                for user_id in users_of(edit)
            }
            now = FIRST_WRITE_AT + timedelta(seconds=self.version)
            plan = plan_edit(edit, before, self._versions.get(name, 0) + 1, now)
            for user_id in plan.after:
                self._check_room((name, user_id))
            version = self._count(name)
            for user_id, held in plan.after.items():
                if held is None:
                    del self.users[name, user_id], self._records[name, user_id]
                    self._seen_at.pop((name, user_id), None)
                    continue
                self._records[name, user_id] = held.user
                self.users[name, user_id] = [
                    kept.of(held.user, version if kept.sample_id in plan.arrived else None)
                    for kept in held.samples
                ]
            self._keep(name, edit.request_id, identity, plan.receipt)
            return plan.receipt

    def delete_collection(self, collection: str, call: Call) -> WriteReceipt:
        aliases = sorted(alias for alias, to in self._aliases.items() if to == collection)
        if aliases:
            raise CollectionHasAliasesError(aliases)
        with self._lock:
            self._begin(call)
            self._existing(collection)
            gone = [key for key in self.users if key[0] == collection]
            removed = sum(len(self.users.pop(key)) for key in gone)
            for key in gone:
                del self._records[key]
                self._seen_at.pop(key, None)
            self._deleted.add(collection)
            self._settings.pop(collection, None)
            return WriteReceipt(self._count(collection), removed=removed)

    def change_settings(self, collection: str, change: SettingsChange, call: Call) -> KeptSettings:
        with self._lock:
            self._begin(call)
            return change_settings(self, self._resolve(collection), change, call)

    def kept_settings(self, collection: str, call: Call) -> KeptSettings:
        return self._settings.get(collection, NEVER_SET)

    def put_settings(self, collection: str, kept: KeptSettings, call: Call) -> bool:
        if kept.version != self._settings.get(collection, NEVER_SET).version + 1:
            return False
        self._settings[collection] = kept
        return True

    def set_alias(self, alias: str, collection: str, call: Call) -> None:
        call.check()
        target = self._existing(self._resolve(collection), collection)
        if alias in self._names():
            raise AliasIsCollectionError(alias)
        self._aliases[alias] = target

    def delete_alias(self, alias: str, call: Call) -> None:
        call.check()
        if self._aliases.pop(alias, None) is None:
            raise CollectionNotFoundError(alias)

    def mark_seen(self, collection: str, seen: Mapping[str, datetime], call: Call) -> None:
        name = self._resolve(collection)
        with self._lock:
            self._begin(call)
            for user_id, moment in seen.items():
                if (name, user_id) in self._records:
                    held = self._seen_at.get((name, user_id), moment)
                    self._seen_at[name, user_id] = max(held, moment)

    def last_seen(
        self, collection: str, user_ids: Sequence[str], call: Call
    ) -> dict[str, datetime]:
        name = self._resolve(collection)
        return {
            user_id: self._seen_at[name, user_id]
            for user_id in user_ids
            if (name, user_id) in self._seen_at and (name, user_id) in self._records
        }

    def take_lease(self, task: str, holder: str, seconds: float, call: Call) -> bool:
        return self._leases.take(task, holder, seconds)

    def purge(self, call: Call) -> ErasureReceipt:
        now = datetime.now(UTC)
        return ErasureReceipt(now, now, ("memory",))

    # Reads

    def get(self, collection: str, user_id: str, call: Call, *, min_version: int = 0) -> User:
        return self._user(self._seen(collection, min_version), user_id)

    def enrolled(
        self, collection: str, user_id: str, call: Call, *, min_version: int = 0
    ) -> EnrolledUser:
        name = self._seen(collection, min_version)
        user = self._user(name, user_id)
        samples = oldest_first(sample for _, sample in self.users[name, user_id])
        return EnrolledUser(user, tuple(samples))

    def list_users(
        self,
        collection: str,
        page_size: int,
        page_token: str,
        call: Call,
        *,
        min_version: int = 0,
        where: MetadataFilter = EVERYBODY,
    ) -> UserPage:
        name, after = self._seen(collection, min_version), read_token(page_token)
        ids = sorted(
            user_id
            for (place, user_id), user in list(self._records.items())
            if place == name and where.matches(user.metadata)
        )
        coming = [user_id for user_id in ids if user_id > after]
        users = [self._user(name, user_id) for user_id in coming[:page_size]]
        more = len(coming) > page_size
        token = make_token(users[-1].user_id) if more else ""
        return UserPage(users, len(ids), token, known=name in self._names())

    def search(self, query: SearchQuery, call: Call) -> SearchResult:
        probes = check_embeddings(query.probes)
        name = self._seen(query.collection, query.min_version)
        found = [self._matches(name, query, probe) for probe in probes]
        missing = self.missing if query.allow_partial else ()
        return SearchResult(found, missing, name in self._names())

    def similarity(
        self,
        collection: str,
        user_id: str,
        probe: NDArray[np.float32],
        call: Call,
        *,
        min_version: int = 0,
    ) -> float:
        checked = check_embedding(probe)
        name = self._seen(collection, min_version)
        self._user(name, user_id)
        return self._best(self.users[name, user_id], checked)

    def knows(self, collection: str) -> bool:
        return self._resolve(collection) in self._names()

    def size(self, collection: str) -> GallerySize:
        return self.sizes().get(self._resolve(collection), GallerySize(0, 0))

    def sizes(self) -> dict[str, GallerySize]:
        return {
            info.name: GallerySize(info.users, info.samples) for info in self.list_collections()
        }

    def real_name(self, collection: str) -> str:
        return self._resolve(collection)

    def settings(self, collection: str) -> KeptSettings:
        return self._settings.get(self._resolve(collection), NEVER_SET)

    def list_collections(self) -> list[CollectionInfo]:
        return [
            CollectionInfo(
                name,
                self._recognizer,
                self._versions.get(name, 0),
                sum(where == name for where, _ in self.users),
                sum(len(held) for (where, _), held in self.users.items() if where == name),
                tuple(sorted(alias for alias, to in self._aliases.items() if to == name)),
                kept=self._settings.get(name, NEVER_SET),
            )
            for name in sorted(self._names())
        ]

    def export_users(
        self, collection: str, call: Call, *, after_user_id: str = ""
    ) -> Iterator[EnrolledUser]:
        name = self._existing(self._resolve(collection), collection)
        for where, user_id in sorted(self.users):
            if where == name and user_id > after_user_id:
                call.check()
                samples = oldest_first(sample for _, sample in self.users[name, user_id])
                yield EnrolledUser(self._user(name, user_id), tuple(samples))

    def status(self) -> GalleryStatus:
        samples = sum(len(held) for held in self.users.values())
        return GalleryStatus("memory", "ok", len(self._names()), len(self.users), samples)

    # What they share

    def _begin(self, call: Call) -> None:
        if self._closed:
            raise GalleryClosedError
        call.check()

    def _enroll(self, wanted: Enrolment) -> WriteReceipt:
        key = (wanted.collection, wanted.user_id)
        version = self._versions.get(wanted.collection, 0) + 1
        now = FIRST_WRITE_AT + timedelta(seconds=self.version)
        plan = plan_enrolment(wanted, self._records.get(key), self._recognizer, version, now)
        self._check_room(key)
        kept = [] if plan.clears else self.users.get(key, [])
        self.users[key] = [*kept, (wanted, plan.sample)]
        self._records[key] = plan.user
        self._deleted.discard(wanted.collection)
        self._count(wanted.collection)
        self._keep(wanted.collection, wanted.request_id, ("enroll", wanted.user_id), plan.receipt)
        return plan.receipt

    def _check_room(self, key: Key) -> None:
        limit = self._settings.get(key[0], NEVER_SET).settings.max_users
        users = sum(where == key[0] for where, _ in self.users)
        if limit is not None and key not in self._records and users >= limit:
            raise CollectionFullError(limit)

    def _once(self, collection: str, request_id: str, write: Key) -> WriteReceipt | None:
        kept = self._receipts.get((collection, request_id)) if request_id else None
        if kept is None:
            return None
        if kept[0] != write:
            raise RequestIdReusedError
        return kept[1]

    def _keep(self, collection: str, request_id: str, write: Key, receipt: WriteReceipt) -> None:
        if request_id:
            self._receipts[collection, request_id] = (write, receipt)

    def _count(self, collection: str) -> int:
        self._versions[collection] = self._versions.get(collection, 0) + 1
        return self._versions[collection]

    def _names(self) -> set[str]:
        return (set(self._versions) - self._deleted) | set(self._settings)

    def _resolve(self, collection: str) -> str:
        return self._aliases.get(collection, collection)

    def _existing(self, name: str, asked: str = "") -> str:
        if name not in self._names():
            raise CollectionNotFoundError(asked or name)
        return name

    def _seen(self, collection: str, min_version: int) -> str:
        name = self._resolve(collection)
        version = self._versions.get(name, 0)
        if version < min_version:
            raise VersionNotReachedError(min_version, version)
        return name

    def _user(self, collection: str, user_id: str) -> User:
        found = self._records.get((collection, user_id))
        if found is None:
            raise UserNotFoundError(user_id, "" if collection in self._names() else collection)
        return found

    def _matches(self, name: str, query: SearchQuery, probe: NDArray[np.float32]) -> list[Match]:
        matches = [
            Match(
                user_id,
                self._best(held, probe),
                self._records[name, user_id].name,
                metadata=self._records[name, user_id].metadata if query.with_metadata else None,
            )
            for (place, user_id), held in self.users.items()
            if place == name and query.where.matches(self._records[name, user_id].metadata)
        ]
        matches.sort(key=lambda match: (-match.similarity, match.user_id))
        return [match for match in matches if match.similarity >= query.threshold][: query.top_k]

    @staticmethod
    def _best(held: list[tuple[Enrolment, Sample]], probe: NDArray[np.float32]) -> float:
        return max(cosine_similarity(sample.embedding, probe) for _, sample in held)
