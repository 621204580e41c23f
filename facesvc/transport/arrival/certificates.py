"""The names in a caller's certificate, spelt as the keys file spells them: cn:, dns:, uri:."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

# What Envoy says of the certificate that was shown to it.
FORWARDED_HEADER = "x-forwarded-client-cert"

# grpc/grpc_security_constants.h
_PROPERTIES = {"x509_common_name": "cn", "peer_dns": "dns", "peer_uri": "uri"}

_PART = re.compile(r'(\w+)=("(?:\\.|[^"\\])*"|[^;,]*)')
# In a subject as RFC 2253 writes it; of several the last, which is the most specific, comes first.
_COMMON_NAME = re.compile(r"(?:^|,)CN=((?:\\.|[^,\\])*)")
_ESCAPED = re.compile(r"\\(.)")


def names_of(auth_context: Mapping[str, Iterable[bytes]]) -> tuple[str, ...]:
    """Return the names in the certificate that a connection's caller showed; grpcio has checked
    it. None without TLS, or when no certificate was asked for.
    """
    return tuple(
        f"{kind}:{value.decode(errors='replace')}"
        for name, kind in _PROPERTIES.items()
        for value in auth_context.get(name) or ()
    )


def forwarded_names(header: str) -> tuple[str, ...]:
    """Return the names in what Envoy forwarded (x-forwarded-client-cert), of which there is one
    certificate: the template lets no caller add any.
    """
    return tuple(_each(_PART.findall(header)))


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _each(parts: Sequence[tuple[str, str]]) -> Iterable[str]:
    for name, value in parts:
        text = _plain(value[1:-1]) if value.startswith('"') else value
        if name == "Subject" and (found := _COMMON_NAME.search(text)):
            yield f"cn:{_plain(found[1])}"
        elif name in ("DNS", "URI") and text:
            yield f"{name.lower()}:{text}"
