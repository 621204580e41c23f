"""Edits: one script each. Sealed samples that get another user are packed anew for it before."""

from __future__ import annotations

from collections.abc import Callable

from facesvc.application.call import Call
from facesvc.domain.errors import FaceError
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_edits import GalleryEdit
from facesvc.domain.gallery_errors import StoreTask
from facesvc.gallery.stores.port import receipt_of
from facesvc.gallery.stores.redis import scripts
from facesvc.gallery.stores.redis.codec import Codec
from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.redis.toolkit.connection import Connector
from facesvc.gallery.stores.redis.toolkit.edits import (
    NOTHING_MOVES,
    Moving,
    StaleEditError,
    moved_of,
)
from facesvc.gallery.stores.redis.toolkit.requests import Write, WriteRequests
from facesvc.gallery.stores.redis.toolkit.server_faults import failing
from facesvc.gallery.stores.redis.toolkit.stored_samples import repacked

TRIES = 5  # others must write to the same user between reading and writing each time

Submit = Callable[[Write], WriteReceipt | FaceError]


class EditWrites:
    """Makes edits; thread-safe."""

    def __init__(self, requests: WriteRequests, codec: Codec, reads: Connector) -> None:
        self._requests = requests
        self._codec = codec
        self._reads = reads

    def make(self, edit: GalleryEdit, submit: Submit, call: Call) -> WriteReceipt:
        """Return the receipt. Where the samples have changed since they were read, it begins
        again. Raises what the script refuses.
        """
        for _ in range(TRIES):
            call.check()
            outcome = submit(self._requests.edit(edit, self.moving(edit)))
            if not isinstance(outcome, StaleEditError):
                break
        return receipt_of(outcome)

    def moving(self, edit: GalleryEdit) -> Moving:
        """Read the samples that an edit moves, and pack them for who gets them. Raises
        StoreUnavailableError, SealError.
        """
        moved = moved_of(edit) if self._codec.packs_for_user else None
        if moved is None:
            return NOTHING_MOVES
        source, target = moved
        base = keys.base(edit.collection)
        with failing(StoreTask.WRITE):
            row, *_ = scripts.SAMPLES.run(
                self._reads.primary(base),
                {"meta": keys.meta(edit.collection)},
                {"base": base},
                [source],
            )
        return repacked(self._codec, edit, source, target, row)
