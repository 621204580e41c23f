"""The steps of a transfer as writes of one server each; transfers.py puts them in order."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facesvc.domain.gallery import MAX_SAMPLES_PER_USER, REQUEST_ID_LIFE_S
from facesvc.domain.gallery_edits import SampleMove, UserMerge
from facesvc.gallery.sharded import scripts
from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.redis.toolkit.requests import Write, WriteRequests
from facesvc.gallery.stores.redis.toolkit.script import Argument, Script

Apart = UserMerge | SampleMove


@dataclass(frozen=True)
class Transfer:
    """What the server that has the samples notes of a transfer. ``target`` is the number, from 1,
    of the server that gets them.
    """

    transfer_id: str
    collection: str
    user_id: str
    target: int
    target_user_id: str
    request_id: str
    generation: str = ""
    samples: str = ""

    @classmethod
    def of(cls, edit: Apart, target: int) -> Transfer:
        """Return a new one."""
        user_id, target_user_id = ends_of(edit)
        number, request_id = uuid.uuid4().hex, edit.request_id
        return cls(number, edit.collection, user_id, target, target_user_id, request_id)

    @classmethod
    def read(cls, transfer_id: str, noted: str) -> Transfer:
        """Return one as a server notes it."""
        record, generation, samples = noted.split("\n")
        collection, user_id, target, target_user_id, request_id = json.loads(record)
        return cls(
            transfer_id,
            collection,
            user_id,
            target,
            target_user_id,
            request_id,
            generation,
            samples,
        )

    def as_text(self) -> str:
        """Return what is known of it before the server adds its own part."""
        return json.dumps(
            (self.collection, self.user_id, self.target, self.target_user_id, self.request_id)
        )

    @property
    def done_key(self) -> str:
        """Where the target keeps that it took the samples."""
        return f"{keys.base(self.collection)}d:{self.transfer_id}"


def look(requests: WriteRequests, edit: Apart) -> Write:
    """Ask where the target's user stands, and whether the edit was made before."""
    _, user_id = ends_of(edit)
    return _part(requests, scripts.LOOK, edit, {"user": user_id})


def hold(requests: WriteRequests, edit: Apart, transfer: Transfer) -> Write:
    """Hold the user who has the samples, and note the transfer."""
    if isinstance(edit, UserMerge):
        expected, sample = edit.expected_source_version, ""
    else:
        expected, sample = edit.expected_version, edit.sample_id
    args: dict[str, Argument] = {
        "user": transfer.user_id,
        "expected": _version(expected),
        "sample": sample,
        "transfer": transfer.transfer_id,
        "record": transfer.as_text(),
    }
    return _part(requests, scripts.HOLD, edit, args)


def take(
    requests: WriteRequests,
    edit: Apart,
    transfer: Transfer,
    generation: str,
    floor: str,
    samples: Sequence[bytes],
) -> Write:
    """Store the samples for the target's user; ``samples`` are as transfer_hold.lua tells them,
    ``floor`` the version that the edit has at least.
    """
    expected = edit.expected_version if isinstance(edit, UserMerge) else None
    args: dict[str, Argument] = {
        "user": transfer.target_user_id,
        "expected": _version(expected),
        "create": "1" if isinstance(edit, SampleMove) and edit.create_target else "",
        "transfer": transfer.transfer_id,
        "gen": generation,
        "floor": floor,
        "most_samples": MAX_SAMPLES_PER_USER,
    }
    return _part(requests, scripts.TAKE, edit, args, samples)


def decide(requests: WriteRequests, transfer: Transfer) -> Write:
    """Ask whether the target took the samples; if not, it never will."""
    args: dict[str, Argument] = {"transfer": transfer.transfer_id, "life_s": REQUEST_ID_LIFE_S}
    return _of_transfer(requests, scripts.DECIDE, transfer, args)


def end(requests: WriteRequests, transfer: Transfer, receipt: str) -> Write:
    """End the transfer where the samples came from; ``receipt`` is "" where they stay."""
    args: dict[str, Argument] = {
        "transfer": transfer.transfer_id,
        "user": transfer.user_id,
        "gen": transfer.generation,
        "samples": transfer.samples,
        "done": receipt,
    }
    return _of_transfer(requests, scripts.END, transfer, args)


def _part(
    requests: WriteRequests,
    script: Script,
    edit: Apart,
    args: Mapping[str, Argument],
    rest: Sequence[bytes] = (),
) -> Write:
    name = "merge_users" if isinstance(edit, UserMerge) else "move_sample"
    return requests.part_of_edit(script, name, edit, args, rest)


def _of_transfer(
    requests: WriteRequests, script: Script, transfer: Transfer, args: Mapping[str, Argument]
) -> Write:
    return requests.write(
        script,
        "transfer",
        transfer.collection,
        transfer.transfer_id,
        args,
        event=None,
        request_id=transfer.request_id,
    )


def ends_of(edit: Apart) -> tuple[str, str]:
    """Return whose samples go, and whose they become."""
    if isinstance(edit, UserMerge):
        return edit.source_user_id, edit.user_id
    return edit.user_id, edit.target_user_id


def _version(version: int | None) -> str:
    return "" if version is None else str(version)
