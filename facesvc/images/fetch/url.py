"""The only grammar by which a URL is read: what it does not describe is refused.

There is no second parser behind it: host, port and request target come from here alone, so that
no two libraries can disagree about where a URL points.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, urljoin

from facesvc.domain.errors import ImageUrlRefusedError

MAX_URL_CHARS = 8192  # signed URLs of object stores carry tokens of kilobytes
_SIGN = "Only http and https URLs are fetched: sign the object and give its https URL."
_OTHER_SCHEMES = {
    **dict.fromkeys(("s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "wasbs"), _SIGN),
    "blob": "A blob: URL is known in its browser only: send the photo's bytes.",
    "file": "A file: URL is known on its own machine only: send the photo's bytes.",
}
DEFAULT_PORTS = {"http": 80, "https": 443}

_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]")
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?:#.*)?",
    re.DOTALL,
)
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[1-9][0-9]{0,4}))?")
# Letters, digits, hyphens (RFC 1123) and the underscore that some real hosts carry.
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
# What inet_aton and browsers take for a number, so that it is an address or nothing.
_NUMERIC = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_KEEP = "!$%&'()*+,-./:;=?@[]_~|^{}"  # printable ASCII that servers take as it stands

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class WebUrl:
    """A URL that passed the grammar.

    ``host`` is a lower-case name, or an address in its canonical spelling without brackets, and
    ``address`` is then that address. ``target`` is what the request line carries.
    """

    scheme: str
    host: str
    port: int
    target: str
    address: Address | None = None

    @property
    def authority(self) -> str:
        """The Host header: brackets around IPv6, no default port."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def join(self, location: str) -> WebUrl:
        """Return where a redirect leads, read by the same grammar.

        Raises ImageUrlRefusedError.
        """
        # Servers send paths with plain spaces, and browsers follow them.
        location = location.strip(" \t").replace(" ", "%20")
        if _CONTROL.search(location) or "\\" in location:
            raise refusal("characters", "The redirect's target holds characters that it may not.")
        base = f"{self.scheme}://{self.authority}{self.target}"
        return parse_url(urljoin(base, location))


def refusal(rule: str, message: str) -> ImageUrlRefusedError:
    """Return the error that names the rule; its text never repeats the URL."""
    return ImageUrlRefusedError(message, rule=rule)


def parse_url(text: str) -> WebUrl:
    """Read a URL. Raises ImageUrlRefusedError with the rule that refused it."""
    if len(text) > MAX_URL_CHARS:
        raise refusal("length", f"The URL is longer than {MAX_URL_CHARS} characters.")
    if _CONTROL.search(text) or "\\" in text:
        raise refusal("characters", "The URL holds spaces, control characters or a backslash.")
    parts = _URL.fullmatch(text)
    if parts is None:
        scheme = text.partition(":")[0].lower()
        message = "The URL must start with http:// or https://."
        raise refusal("scheme", _OTHER_SCHEMES.get(scheme, message))
    scheme = parts["scheme"].lower()
    if scheme not in DEFAULT_PORTS:
        raise refusal("scheme", _OTHER_SCHEMES.get(scheme, "Only http and https URLs are fetched."))
    host, port = _split_authority(parts["authority"])
    name, address = _read_host(host)
    target = quote((parts["path"] or "/") + (parts["query"] or ""), safe=_KEEP)
    return WebUrl(scheme, name, port or DEFAULT_PORTS[scheme], target, address)


def _split_authority(authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        raise refusal("user_info", "A URL with a user name or password is not fetched.")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise refusal("authority", "The URL's host and port are not in their plain form.")
    port = int(parts["port"]) if parts["port"] else None
    if port is not None and port > 0xFFFF:
        raise refusal("port", "The URL's port is above 65535.")
    return parts["host"], port


def _read_host(host: str) -> tuple[str, Address | None]:
    """Return the host's canonical spelling and, when it is one, the address."""
    if host.startswith("["):
        return _read_ipv6(host[1:-1])
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise refusal("host", "The URL's host is not a plain ASCII name or address.")
    if not _NUMERIC.fullmatch(labels[-1]):
        return host.lower(), None
    try:
        address = IPv4Address(host)
    except ValueError:
        raise refusal("host", "The URL's IPv4 address is not a plain dotted quad.") from None
    return str(address), address


def _read_ipv6(text: str) -> tuple[str, Address]:
    try:
        if "%" in text:
            raise ValueError("zone")
        address = IPv6Address(text)
    except ValueError:
        raise refusal("host", "The URL's IPv6 address cannot be read.") from None
    return str(address), address
