"""Which key opens which call, and which collection a request names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from facesvc.domain.access import Scope
from facesvc.domain.gallery import DEFAULT_COLLECTION

# From a request to the collection that it names, "" for none.
CollectionOf = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A call's scope, and where its requests name a collection.

    Without ``collection_of`` a call that ``spans_collections`` is none for a key that is bound to
    some. ``first_only``: only a stream's first request names the collection.
    """

    scope: Scope
    collection_of: CollectionOf | None = None
    spans_collections: bool = False
    first_only: bool = False


def _named(request: Any) -> str:
    return request.collection or DEFAULT_COLLECTION


def _enrolled_into(request: Any) -> str:
    return _named(request.enrollment)


def _imported_into(request: Any) -> str:
    """An import that names no collection goes where the archive says: nobody knows yet."""
    return str(request.collection)


_FACES, _GALLERY = "/facesvc.v1.FaceService/", "/facesvc.v1.GalleryService/"
_ANALYZE = Rule(Scope.ANALYZE)
_SPANNING = Rule(Scope.ADMIN, spans_collections=True)

RULES: dict[str, Rule] = {
    **{
        _FACES + name: _ANALYZE
        for name in ("Embed", "Compare", "CheckLiveness", "Analyze", "BatchEmbed", "StreamEmbed")
    },
    **{
        _GALLERY + name: Rule(Scope.SEARCH, _named)
        for name in ("Search", "Verify", "Identify", "CheckIn")
    },
    **{
        _GALLERY + name: Rule(Scope.ENROLL, _named)
        for name in ("Enroll", "GetEnrollment", "DeleteEnrollment", "ListGallery")
    },
    _GALLERY + "StreamEnroll": Rule(Scope.ENROLL, _enrolled_into),
    **{
        _GALLERY + name: Rule(Scope.ADMIN, _named)
        for name in ("DeleteCollection", "ExportGallery", "CheckGallery")
    },
    _GALLERY + "ImportGallery": Rule(Scope.ADMIN, _imported_into, first_only=True),
    **{
        _GALLERY + name: _SPANNING
        for name in ("ListCollections", "SetAlias", "DeleteAlias", "EraseDeleted")
    },
}

# What load balancers and tools ask before they have a key.
_OPEN = ("/grpc.health.v1.Health/", "/grpc.reflection.", _FACES + "GetHealth")


def rule_of(method: str) -> Rule | None:
    """Return the rule of a method, None when it is open to all; unknown ones are for admins."""
    return None if method.startswith(_OPEN) else RULES.get(method, _SPANNING)
