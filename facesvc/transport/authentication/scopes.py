"""Which key opens which call, and which collection a request names, as the contract says it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

from facesvc.domain.access import Scope
from facesvc.domain.gallery import DEFAULT_COLLECTION
from facesvc.transport.contract import methods
from facesvc.v1 import access_pb2

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


_SCOPES = {
    access_pb2.SCOPE_ANALYZE: Scope.ANALYZE,
    access_pb2.SCOPE_SEARCH: Scope.SEARCH,
    access_pb2.SCOPE_ENROLL: Scope.ENROLL,
    access_pb2.SCOPE_EVENTS: Scope.EVENTS,
    access_pb2.SCOPE_ADMIN: Scope.ADMIN,
}
_ADMINS = Rule(Scope.ADMIN, spans_collections=True)  # for a call that says nothing

# What load balancers and tools ask before they have a key.
_STANDARD = ("/grpc.health.v1.Health/", "/grpc.reflection.")


def rule_of(method: str) -> Rule | None:
    """Return the rule of a method, None when it is open to all; unknown ones are for admins."""
    return None if is_standard(method) else RULES.get(method, _ADMINS)


def is_standard(method: str) -> bool:
    """Tell calls of gRPC's own services, which tell nothing of this one's data."""
    return method.startswith(_STANDARD)


def _named_at(path: str, default: str, request: Any) -> str:
    return str(reduce(getattr, path.split("."), request) or default)


def _rule(access: access_pb2.Access) -> Rule | None:
    if access.scope == access_pb2.SCOPE_PUBLIC:
        return None
    scope = _SCOPES.get(access.scope, Scope.ADMIN)
    if not access.collection:
        return Rule(scope, spans_collections=scope is Scope.ADMIN)
    default = "" if access.no_default else DEFAULT_COLLECTION
    collection_of = partial(_named_at, access.collection, default)
    return Rule(scope, collection_of, first_only=access.first_request_only)


def _rules() -> Iterator[tuple[str, Rule | None]]:
    for method in methods():
        yield method.path, _rule(method.access)


RULES: dict[str, Rule | None] = dict(_rules())
