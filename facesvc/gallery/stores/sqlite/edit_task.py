"""Edits, as a task of the writer thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_edits import GalleryEdit, identity_of, users_of
from facesvc.gallery.stores.change_events import event_of_edit
from facesvc.gallery.stores.edit_rules import Held, PlannedEdit, plan_edit
from facesvc.gallery.stores.port import Rewrite, UserState
from facesvc.gallery.stores.records import StoredSample
from facesvc.gallery.stores.sqlite.settings_table import check_room
from facesvc.gallery.stores.sqlite.tables import CollectionRow, Tables
from facesvc.gallery.stores.sqlite.task_rules import (
    fingerprint_of,
    keep_receipt,
    replayed,
    writable,
)
from facesvc.gallery.stores.sqlite.user_table import UserRow, UserTable
from facesvc.gallery.stores.sqlite.writer import Effects

_Plan = PlannedEdit[StoredSample]


@dataclass(frozen=True)
class _Found:
    """A user, and its samples by their rows."""

    row: UserRow
    samples: tuple[tuple[int, StoredSample], ...]


@dataclass(frozen=True)
class Edit:
    """Change users who are enrolled."""

    tables: Tables
    users: UserTable
    recognizer: str
    edit: GalleryEdit

    def __call__(self, effects: Effects) -> WriteReceipt:
        """Write, and tell the change."""
        tables, edit = self.tables, self.edit
        collection = writable(tables, edit.collection, self.recognizer)
        fingerprint = fingerprint_of(tables, "edit", edit.request_id, *identity_of(edit))
        earlier = replayed(tables, edit.collection, edit.request_id, fingerprint)
        if earlier is not None:
            return earlier
        version = collection.version + 1 if collection else 1
        now = datetime.now(UTC)
        found = {user_id: self._find(collection, user_id) for user_id in users_of(edit)}
        plan = plan_edit(edit, {name: _held(one) for name, one in found.items()}, version, now)
        assert collection is not None, "whom an edit changes is in it"  # noqa: S101
        if any(found[user_id] is None for user_id in plan.after):
            check_room(tables, collection)
        tables.put_collection(replace(collection, version=version))
        self._write(collection, found, plan, version)
        keep_receipt(tables, edit.collection, edit.request_id, fingerprint, now, plan.receipt)
        states = (_state(user_id, held) for user_id, held in plan.after.items())
        effects.changes.append(Rewrite(edit.collection, version, tuple(states)))
        event, counts = event_of_edit(edit), {"version": version, "samples": plan.receipt.samples}
        effects.events.append(replace(event, data={**counts, **event.data}))
        return plan.receipt

    def _find(self, collection: CollectionRow | None, user_id: str) -> _Found | None:
        row = self.users.user(collection, user_id) if collection else None
        if collection is None or row is None:
            return None
        return _Found(row, tuple(self.users.sample_rows(collection.name, row)))

    def _write(
        self,
        collection: CollectionRow,
        found: dict[str, _Found | None],
        plan: _Plan,
        version: int,
    ) -> None:
        """Wipe what is not the user's any more, then write users and who has come to them: a
        sample that moves is sealed anew for its user, in another row.
        """
        for user_id, held in plan.after.items():
            before, stays = found[user_id], _ids(held)
            for row, sample in before.samples if before else ():
                if sample.sample_id not in stays:
                    self.users.wipe_sample(row)
        for user_id, held in plan.after.items():
            before = found[user_id]
            if held is None:
                assert before is not None, "only a user who was there goes"  # noqa: S101
                self.users.wipe_user(before.row.row)
                continue
            owner = self.users.put_user(collection, held.user, before.row if before else None)
            there = _ids(_held(before))
            for sample in held.samples:
                if sample.sample_id not in there:
                    self.users.add_sample(collection.name, owner, replace(sample, version=version))


def _held(found: _Found | None) -> Held[StoredSample] | None:
    if found is None:
        return None
    return Held(found.row.user, tuple(sample for _, sample in found.samples))


def _ids(held: Held[StoredSample] | None) -> set[str]:
    return {sample.sample_id for sample in held.samples} if held else set()


def _state(user_id: str, held: Held[StoredSample] | None) -> UserState:
    if held is None:
        return UserState(user_id, None, np.empty((0, EMBEDDING_SIZE), np.float32))
    return UserState(user_id, held.user, np.stack([sample.embedding for sample in held.samples]))
