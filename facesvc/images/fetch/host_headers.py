"""Headers that the operator gives for hosts of theirs, such as the key of a private store."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from facesvc.images.fetch.url import WebUrl

Headers = tuple[tuple[str, str], ...]
_HOST = re.compile(r"(?P<host>[a-z0-9_.-]+)(?::(?P<port>[0-9]{1,5}))?")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
# What the fetcher decides itself.
_OWN = frozenset(
    {"host", "connection", "accept-encoding", "transfer-encoding", "content-length", "te", "range"}
)
USER_AGENT = "facesvc"


@dataclass(frozen=True)
class HostHeaders:
    """Headers by host, each for one port; ``user_agent`` goes to every host.

    They never go to another host, redirected to or not. Without TLS they go to no host but one
    that IMAGE_URL_ALLOW names (``plain_hosts``), for everyone on the way could read them.
    """

    by_host: dict[tuple[str, int], Headers] = field(default_factory=dict)
    plain_hosts: frozenset[str] = frozenset()
    user_agent: str = USER_AGENT

    @classmethod
    def parse(
        cls, text: str, plain_hosts: frozenset[str] = frozenset(), user_agent: str = USER_AGENT
    ) -> HostHeaders:
        """Read IMAGE_URL_HEADERS, JSON: ``{"host" or "host:port": {"header": "value"}}``; without
        a port, 443. Raises ValueError without any value.
        """
        if not _VALUE.fullmatch(user_agent):
            raise ValueError("the user agent is no printable ASCII text")
        try:
            given = json.loads(text) if text else {}
        except ValueError:
            raise ValueError("it is no JSON") from None
        if not isinstance(given, dict):
            raise ValueError("it is no JSON object")
        by_host = {}
        for host, headers in given.items():
            parts = _HOST.fullmatch(host.lower())
            if parts is None or not isinstance(headers, dict):
                raise ValueError(f"{host!r} is no host with an object of headers")
            by_host[parts["host"], int(parts["port"] or 443)] = _read(host, headers)
        return cls(by_host, plain_hosts, user_agent)

    def of(self, url: WebUrl) -> Headers:
        """Return the headers that a request for the URL carries."""
        own = (("User-Agent", self.user_agent),)
        if url.scheme != "https" and url.host not in self.plain_hosts:
            return own
        given = self.by_host.get((url.host, url.port), ())
        if any(name.lower() == "user-agent" for name, _ in given):
            return given
        return (*own, *given)


def _read(host: str, headers: dict[str, object]) -> Headers:
    found = []
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or name.lower() in _OWN:
            raise ValueError(f"{host!r} has a header that it may not have")
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise ValueError(f"{name!r} of {host!r} is no printable ASCII text")
        found.append((name, value))
    return tuple(found)
