"""A network in which every address answers: what runs inside cannot reach anything but tests.

Runs as root of a fresh network and mount namespace (see namespace.py). All IPv4 and IPv6
addresses are routed to this machine, so one listener stands on every forbidden address at once,
and a name server of the test's own answers all names.
"""

from __future__ import annotations

import ipaddress
import itertools
import socket
import subprocess
import tempfile
import threading
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

from dnslib import AAAA, CNAME, QTYPE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSServer

PUBLIC = "93.184.216.34"
PUBLIC_V6 = "2606:2800:220:1:248:1893:25c8:1946"
METADATA = "169.254.169.254"
NAME_SERVER = "127.0.0.53"
# Where services that trust their network commonly listen; 3128 stands for a proxy.
PORTS = (22, 25, 80, 81, 443, 1, 2375, 3128, 5432, 6379, 8080, 9200, 11211)
HOSTS = "127.0.0.1 localhost localhost.localdomain\n::1 localhost ip6-localhost\n"

NAMES = {
    "a127.test": ["127.0.0.1"],
    "mixed.test": [PUBLIC, "127.0.0.1"],
    "mixed2.test": ["127.0.0.1", PUBLIC],
    "mixed6.test": [PUBLIC, "::1"],
    "a10.test": ["10.1.2.3"],
    "metadata.google.internal": [METADATA],
    "127.0.0.1.nip.test": ["127.0.0.1"],
    "aaaa1.test": ["::1"],
    "mapped.test": ["::ffff:7f00:1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "linklocal6.test": ["fe80::1"],
    "ula.test": ["fd00::1"],
    "sixtofour.test": ["2002:7f00:1::"],
    "teredo.test": ["2001:0:7f00:1::"],
    "zero.test": ["0.0.0.0"],
    "many.test": ["1.1.1.1", "8.8.8.8", PUBLIC, "9.9.9.9", "10.1.2.3"],
    "public.test": [PUBLIC],
    "public6.test": [PUBLIC_V6],
}
ALIASES = {"cname127.test": "a127.test", "cname10.test": "a10.test"}

REDIRECTS = [
    "http://127.0.0.1/",
    f"http://{METADATA}/latest/",
    "file:///etc/passwd",
    "http://0x7f.1/",
    "//127.0.0.1/",
    "http://rebind1.test/",
    "http://[::ffff:127.0.0.1]/",
    "/r/7",
    "http://a127.test/",
    "http://10.1.2.3/",
    "gopher://127.0.0.1:80/_x",
    f"http://{PUBLIC}:6379/",
    "http://[::1]/",
    f"//user@{PUBLIC}/",
    f"http://{PUBLIC}:22/",
    "http://mixed.test/",
    "\\\\127.0.0.1\\x",
    "http://127.1/",
    "/r/19",
    "/r/20",
    "/r/21",
    "http://metadata.google.internal/",
]


class Names(BaseResolver):
    """Answers the table's names; ``rebindN.test`` alternates between public and metadata.

    An even N starts with the public address, so that a second lookup would lead inside.
    """

    def __init__(self) -> None:
        self._turns: dict[str, itertools.cycle[str]] = {}
        self.asked: Counter[str] = Counter()

    def start_over(self) -> None:
        """Let every alternating name begin with its first answer again."""
        self._turns.clear()

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        name = str(request.q.qname).rstrip(".").lower()
        kind = QTYPE[request.q.qtype]
        self.asked[f"{name} {kind}"] += 1
        reply = request.reply()
        if name in ALIASES:
            reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME(ALIASES[name]), ttl=0))
        target = ALIASES.get(name, name)
        for address in self._addresses(target, kind):
            version = ipaddress.ip_address(address).version
            if (version, kind) == (4, "A"):
                reply.add_answer(RR(target, QTYPE.A, rdata=A(address), ttl=0))
            if (version, kind) == (6, "AAAA"):
                reply.add_answer(RR(target, QTYPE.AAAA, rdata=AAAA(address), ttl=0))
        return reply

    def _addresses(self, name: str, kind: str) -> list[str]:
        if not name.startswith("rebind"):
            return NAMES.get(name, [])
        if kind != "A":
            return []
        number = int(name.removeprefix("rebind").removesuffix(".test"))
        ways = [PUBLIC, METADATA] if number % 2 == 0 else [METADATA, PUBLIC]
        return [next(self._turns.setdefault(name, itertools.cycle(ways)))]


class Listeners:
    """Stand on every address and port; serve on the public ones, count on all others."""

    def __init__(self) -> None:
        self.connections: Counter[str] = Counter()
        self.public_requests: list[bytes] = []
        self.received: dict[str, int] = defaultdict(int)
        for port in PORTS:
            for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
                listener = socket.socket(family, socket.SOCK_STREAM)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind((host, port))
                listener.listen(64)
                threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            client, _ = listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        address, port = client.getsockname()[:2]
        public = address in (PUBLIC, PUBLIC_V6) and port in (80, 443)
        where = "public" if public else f"{address}:{port}"
        self.connections[where] += 1
        with client, suppress(OSError):
            client.settimeout(5)
            while data := client.recv(65536):
                self.received[where] += len(data)
                if public:
                    self.public_requests.append(data)
                    client.sendall(_response(data.split(b" ")[1].decode()))

    def forbidden(self) -> dict[str, int]:
        """Return the connections to anything but the public addresses' web ports."""
        return {where: n for where, n in self.connections.items() if where != "public"}

    def forbidden_bytes(self) -> int:
        """Return the bytes that arrived there."""
        return sum(count for where, count in self.received.items() if where != "public")


def _response(path: str) -> bytes:
    if path.startswith("/r/"):
        location = REDIRECTS[int(path[3:])]
        head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        return head.encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npublic"


def enter() -> tuple[Names, Listeners]:
    """Give this namespace its network, names and listeners."""
    for command in (
        "ip link set lo up",
        "ip route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
    ):
        subprocess.run(command.split(), check=True)
    folder = Path(tempfile.mkdtemp(prefix="enclosure-"))
    for target, text in (
        ("/etc/resolv.conf", f"nameserver {NAME_SERVER}\noptions timeout:1 attempts:1\n"),
        ("/etc/hosts", HOSTS),
    ):
        source = folder / Path(target).name
        source.write_text(text)
        subprocess.run(["mount", "--bind", source, target], check=True)
    names = Names()
    DNSServer(names, address=NAME_SERVER, port=53, logger=_Silent()).start_thread()
    return names, Listeners()


class _Silent:
    """A logger for dnslib that says nothing."""

    def __getattr__(self, _: str) -> object:
        return lambda *_args, **_kwargs: None


def connect_attempts() -> int:
    """Return how many TCP connections this namespace has begun, to whatever port."""
    rows = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines()]
    names, values = (row for row in rows if row[0] == "Tcp:")
    return int(dict(zip(names, values, strict=True))["ActiveOpens"])
