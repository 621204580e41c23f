"""The writes of a gallery, ready to be sent."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from facesvc.domain.errors import CollectionNotFoundError, UserNotFoundError
from facesvc.domain.events import Event, EventKind
from facesvc.domain.gallery import MAX_SAMPLES_PER_USER, REQUEST_ID_LIFE_S, Enrolment
from facesvc.domain.gallery_edits import GalleryEdit, identity_of
from facesvc.gallery.stores.change_events import event_of_edit
from facesvc.gallery.stores.records import to_microseconds
from facesvc.gallery.stores.redis.toolkit import keys, sample_facts
from facesvc.gallery.stores.redis.toolkit.edits import NOTHING_MOVES, Moving, edit_arguments
from facesvc.gallery.stores.redis.toolkit.event_codec import EventCodec
from facesvc.gallery.stores.redis.toolkit.record_codec import RecordCodec
from facesvc.gallery.stores.redis.toolkit.script import Argument, Script

NONCE_RECEIPT_S = 60  # without a request id only the writer itself repeats, within the second


@dataclass(frozen=True)
class Write:
    """One write, ready to be sent any number of times: it happens once.

    ``subject`` is the user, or the collection that goes, and ``absent`` the error when there is
    none; ``model`` the recognizer; ``server`` the number, from 1, of a gallery's server.
    """

    collection: str
    subject: str
    absent: type[UserNotFoundError | CollectionNotFoundError]
    model: str
    expected: int | None
    fingerprint: str
    server: int
    meta: str
    script: Script
    command: list[Argument]
    edit: GalleryEdit | None = None


@dataclass(frozen=True)
class WriteScripts:
    """A gallery's own scripts, on write_rules.lua."""

    enroll: Script
    delete: Script
    drop: Script
    edits: Mapping[str, Script]

    def all(self) -> tuple[Script, ...]:
        """Return each."""
        return (self.enroll, self.delete, self.drop, *self.edits.values())


@dataclass(frozen=True)
class WriteRequests:
    """Makes writes. ``own_keys`` and ``own_args`` are what every script of this gallery gets beside
    what write_rules.lua asks for; ``server`` is the number, from 1, where there are several.
    """

    scripts: WriteScripts
    recognizer: str
    codec: RecordCodec
    own_keys: Mapping[str, str] = field(default_factory=dict)
    own_args: Mapping[str, Argument] = field(default_factory=dict)
    server: int = 0
    events: EventCodec = field(default_factory=EventCodec)

    def enroll(self, enrolment: Enrolment) -> Write:
        """Return the write of one face under a new sample id."""
        collection, user_id = enrolment.collection, enrolment.user_id
        sample_id, origin, codec = uuid.uuid4().hex, enrolment.origin, self.codec
        args: dict[str, Argument] = {
            "user": user_id,
            "sample": sample_id,
            "embedding": codec.pack_embedding(collection, user_id, sample_id, enrolment.embedding),
            "quality": repr(float(enrolment.quality)),
            "name": codec.pack_name(collection, user_id, enrolment.name),
            "metadata": codec.pack_metadata(collection, user_id, enrolment.metadata),
            "mode": enrolment.mode.value,
            "expected": _expected(enrolment.expected_version),
            "most_samples": MAX_SAMPLES_PER_USER,
            "sample_created": to_microseconds(origin.sample_created_at) if origin else "",
            "user_created": to_microseconds(origin.user_created_at) if origin else "",
            "facts": sample_facts.pack(enrolment.facts),
        }
        return self.write(
            self.scripts.enroll,
            "enroll",
            collection,
            user_id,
            args,
            event=Event(
                EventKind.USER_ENROLLED, collection, user_id, data={"sample_id": sample_id}
            ),
            request_id=enrolment.request_id,
            expected=enrolment.expected_version,
        )

    def delete(self, collection: str, user_id: str, request_id: str, expected: int | None) -> Write:
        """Return the write that removes a user."""
        args: dict[str, Argument] = {"user": user_id, "expected": _expected(expected)}
        return self.write(
            self.scripts.delete,
            "delete",
            collection,
            user_id,
            args,
            event=Event(EventKind.USER_DELETED, collection, user_id),
            request_id=request_id,
            expected=expected,
        )

    def edit(self, edit: GalleryEdit, moving: Moving = NOTHING_MOVES) -> Write:
        """Return the write of an edit; ``moving`` are the samples that get another user, where an
        embedding is packed for its user.
        """
        name, args = edit_arguments(self.codec, edit, moving)
        return self.part_of_edit(self.scripts.edits[name], name, edit, args, moving.embeddings)

    def part_of_edit(
        self,
        script: Script,
        name: str,
        edit: GalleryEdit,
        args: Mapping[str, Argument],
        rest: Sequence[bytes] = (),
    ) -> Write:
        """Return the write of a script that makes an edit, or a part of one; ``name`` is that of
        the edit in libraries.EDITS.
        """
        write = self.write(
            script,
            name,
            edit.collection,
            json.dumps(identity_of(edit)),
            args,
            event=event_of_edit(edit),
            request_id=edit.request_id,
            expected=edit.expected_version,
            rest=rest,
        )
        return replace(write, edit=edit)

    def drop(self, collection: str, event_id: str = "") -> Write:
        """Return the write that removes a collection; on several servers its event is the same."""
        event = Event(EventKind.COLLECTION_DELETED, collection)
        return self.write(
            self.scripts.drop,
            "drop",
            collection,
            collection,
            {},
            CollectionNotFoundError,
            event=replace(event, event_id=event_id) if event_id else event,
        )

    def write(
        self,
        script: Script,
        kind: str,
        collection: str,
        subject: str,
        args: Mapping[str, Argument],
        absent: type[UserNotFoundError | CollectionNotFoundError] = UserNotFoundError,
        *,
        event: Event | None,
        request_id: str = "",
        expected: int | None = None,
        rest: Sequence[bytes] = (),
    ) -> Write:
        """Return the write of any of the gallery's scripts. ``kind`` and ``subject`` tell whether
        a request_id is used again for another write; with no event, none is kept.
        """
        nonce = secrets.token_hex(8)
        fingerprint = hashlib.sha256(f"{kind} {subject}".encode()).hexdigest()[:16]
        known = {
            "meta": keys.meta(collection),
            "log": keys.log(collection),
            "receipt": keys.receipt(collection, request_id, nonce),
            **self.own_keys,
        }
        every: dict[str, Argument] = {
            "base": keys.base(collection),
            "nonce": nonce,
            "model": self.recognizer,
            "receipt_s": REQUEST_ID_LIFE_S if request_id else NONCE_RECEIPT_S,
            "fingerprint": fingerprint,
            **self.events.arguments(event),
            **self.own_args,
            **args,
        }
        return Write(
            collection,
            subject,
            absent,
            self.recognizer,
            expected,
            fingerprint,
            self.server,
            known["meta"],
            script,
            script.command({name: known[name] for name in script.keys}, every, rest),
        )


def _expected(version: int | None) -> str:
    return "" if version is None else str(version)
