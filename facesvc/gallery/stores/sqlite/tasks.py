"""The store's writes, as tasks of its writer thread: each checks first and writes then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from facesvc.domain.errors import (
    CollectionNotFoundError,
    UserNotFoundError,
)
from facesvc.domain.events import Event, EventKind
from facesvc.domain.gallery import Enrolment, WriteReceipt
from facesvc.gallery.stores.port import Change
from facesvc.gallery.stores.records import StoredSample
from facesvc.gallery.stores.sqlite.settings_table import SettingsTable, check_room
from facesvc.gallery.stores.sqlite.tables import Tables
from facesvc.gallery.stores.sqlite.task_rules import (
    fingerprint_of,
    keep_receipt,
    replayed,
    writable,
)
from facesvc.gallery.stores.sqlite.user_table import UserTable
from facesvc.gallery.stores.sqlite.writer import Effects
from facesvc.gallery.stores.write_rules import check_expected, plan_enrolment


@dataclass(frozen=True)
class Enroll:
    """Enrol one sample."""

    tables: Tables
    users: UserTable
    recognizer: str
    enrolment: Enrolment

    def __call__(self, effects: Effects) -> WriteReceipt:
        """Write, and tell the change."""
        wanted, tables = self.enrolment, self.tables
        collection = writable(tables, wanted.collection, self.recognizer)
        fingerprint = fingerprint_of(tables, "enroll", wanted.request_id, wanted.user_id)
        earlier = replayed(tables, wanted.collection, wanted.request_id, fingerprint)
        if earlier is not None:
            return earlier
        before = self.users.user(collection, wanted.user_id) if collection else None
        now = datetime.now(UTC)
        version = collection.version + 1 if collection else 1
        plan = plan_enrolment(
            wanted, before.user if before else None, self.recognizer, version, now
        )
        if collection and before is None:
            check_room(tables, collection)
        collection = collection or tables.add_collection(wanted.collection, self.recognizer)
        tables.put_collection(
            replace(collection, version=version, recognizer=self.recognizer, deleted=0)
        )
        if before and plan.clears:
            self.users.wipe_samples(before.row)
        owner = self.users.put_user(collection, plan.user, before)
        self.users.add_sample(collection.name, owner, StoredSample.of(plan.sample))
        keep_receipt(tables, collection.name, wanted.request_id, fingerprint, now, plan.receipt)
        effects.changes.append(
            Change(collection.name, version, wanted.user_id, plan.user, plan.sample, plan.clears)
        )
        return plan.receipt


@dataclass(frozen=True)
class Delete:
    """Remove a user."""

    tables: Tables
    users: UserTable
    recognizer: str
    collection: str
    user_id: str
    request_id: str
    expected_version: int | None

    def __call__(self, effects: Effects) -> WriteReceipt:
        """Write, and tell the change."""
        tables = self.tables
        collection = writable(tables, self.collection, self.recognizer)
        fingerprint = fingerprint_of(tables, "delete", self.request_id, self.user_id)
        earlier = replayed(tables, self.collection, self.request_id, fingerprint)
        if earlier is not None:
            return earlier
        before = self.users.user(collection, self.user_id) if collection else None
        if collection is None or before is None:
            raise UserNotFoundError(self.user_id)
        check_expected(self.expected_version, before.user)
        version = collection.version + 1
        tables.put_collection(replace(collection, version=version))
        receipt = WriteReceipt(version, removed=self.users.wipe_samples(before.row))
        self.users.wipe_user(before.row)
        keep_receipt(
            tables, collection.name, self.request_id, fingerprint, datetime.now(UTC), receipt
        )
        effects.changes.append(
            Change(collection.name, version, self.user_id, None, None, clears=True)
        )
        return receipt


@dataclass(frozen=True)
class DeleteCollection:
    """Remove a collection, of whichever recognizer."""

    tables: Tables
    users: UserTable
    recognizer: str
    collection: str

    def __call__(self, effects: Effects) -> WriteReceipt:
        """Write, and tell the change."""
        found = self.tables.collection(self.collection)
        if found is None or found.deleted:
            raise CollectionNotFoundError(self.collection)
        version = found.version + 1
        removed = self.users.wipe_collection(found)
        self.tables.forget_aliases_of(found.name)
        SettingsTable(self.tables).forget(found)
        self.tables.put_collection(replace(found, version=version, recognizer="", deleted=1))
        effects.catalog = True
        if found.recognizer == self.recognizer:
            effects.changes.append(Change(self.collection, version, "", None, None, clears=True))
        else:
            told = {"version": version}
            effects.events.append(Event(EventKind.COLLECTION_DELETED, self.collection, data=told))
        return WriteReceipt(version, removed=removed)


@dataclass(frozen=True)
class SetAlias:
    """Point an alias to a collection, or forget it."""

    tables: Tables
    recognizer: str
    alias: str
    collection: str

    def __call__(self, effects: Effects) -> None:
        """Write, and tell that the catalog changed."""
        if self.collection:
            found = self.tables.collection(self.collection)
            if found is None or found.deleted:
                raise CollectionNotFoundError(self.collection)
        self.tables.put_alias(self.recognizer, self.alias, self.collection)
        effects.catalog = True
