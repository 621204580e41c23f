"""What every write of the store begins and ends with: the collection's recognizer, and receipts."""

from __future__ import annotations

from datetime import datetime

from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_errors import ForeignCollectionError, RequestIdReusedError
from facesvc.gallery.stores.records import to_microseconds
from facesvc.gallery.stores.sqlite.tables import CollectionRow, Tables


def writable(tables: Tables, name: str, recognizer: str) -> CollectionRow | None:
    """Return the collection, None when there is none yet. Raises ForeignCollectionError."""
    found = tables.collection(name)
    if found is not None and not found.deleted and found.recognizer != recognizer:
        raise ForeignCollectionError(name, found.recognizer, recognizer)
    return found


def fingerprint_of(tables: Tables, kind: str, request_id: str, *subject: str) -> bytes:
    """Return what tells whether a request_id comes back with the same write."""
    return tables.keyed_hash(kind, request_id, *subject) if request_id else b""


def replayed(
    tables: Tables, collection: str, request_id: str, fingerprint: bytes
) -> WriteReceipt | None:
    """Return the receipt of the same write before. Raises RequestIdReusedError."""
    if not request_id:
        return None
    kept = tables.receipt(collection, request_id)
    if kept is None:
        return None
    if kept[0] != fingerprint:
        raise RequestIdReusedError
    return kept[1]


def keep_receipt(
    tables: Tables,
    collection: str,
    request_id: str,
    fingerprint: bytes,
    now: datetime,
    receipt: WriteReceipt,
) -> None:
    """Keep the receipt of a write that has a request_id."""
    if request_id:
        tables.put_receipt(collection, request_id, fingerprint, to_microseconds(now), receipt)
