"""A network of one's own in which nothing leaves the machine and everything is seen.

``unshare -Urn python -m tests.faults.sealed_network COMMAND...`` runs the command in it and writes
whom it tried to reach to standard output, a JSON list. Needs no root: a user namespace has a
network of its own, whose only way out is made to lead to its loopback interface, where packets are
read.
"""

from __future__ import annotations

import ctypes
import fcntl
import ipaddress
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass

# linux/sockios.h, linux/if.h, linux/route.h, linux/if_ether.h
_SIOCADDRT, _SIOCSIFFLAGS = 0x890B, 0x8914
_IFF_UP, _IFF_RUNNING, _RTF_UP = 0x1, 0x40, 0x1
_ETH_P_ALL, _ETHERNET_BYTES = 3, 14
_TCP, _UDP, _SYN, _ACK = 6, 17, 0x02, 0x10
ENTER = ("unshare", "--user", "--map-root-user", "--net")


@dataclass(frozen=True)
class Reach:
    """Somebody tried to open a connection, or sent a datagram."""

    protocol: str
    host: str
    port: int


def can_be_sealed() -> bool:
    """Tell whether this machine lets its users make networks of their own."""
    try:
        return subprocess.run([*ENTER, "true"], capture_output=True, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def reached_in(packet: bytes) -> Reach | None:
    """Return whom an Ethernet frame wants to reach first; None for answers and anything else."""
    version = packet[_ETHERNET_BYTES] >> 4 if len(packet) > _ETHERNET_BYTES else 0
    ip = packet[_ETHERNET_BYTES:]
    if version == 4 and len(ip) >= 20:
        protocol, host, body = ip[9], ip[16:20], ip[4 * (ip[0] & 15) :]
    elif version == 6 and len(ip) >= 40:
        protocol, host, body = ip[6], ip[24:40], ip[40:]
    else:
        return None
    name = {_TCP: "tcp", _UDP: "udp"}.get(protocol)
    if name is None or len(body) < 14 - 6 * (protocol == _UDP):
        return None
    if protocol == _TCP and body[13] & (_SYN | _ACK) != _SYN:
        return None
    return Reach(name, str(ipaddress.ip_address(host)), struct.unpack(">H", body[2:4])[0])


def seal() -> None:
    """Switch the loopback interface on and let every IPv4 address lead to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = struct.pack("16sh22x", b"lo", _IFF_UP | _IFF_RUNNING)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, flags)
        device = ctypes.create_string_buffer(b"lo")
        everywhere = struct.pack("=H14x", socket.AF_INET)
        layout = "@L16s16s16sHhLPh6xPLLH6x"
        route = (0, everywhere, everywhere, everywhere, _RTF_UP, 0, 0, 0, 0)
        request = struct.pack(layout, *route, ctypes.addressof(device), 0, 0, 0)
        fcntl.ioctl(any_socket, _SIOCADDRT, request)


class Watch:
    """Reads the packets of the loopback interface until it is asked."""

    def __init__(self) -> None:
        self._socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(_ETH_P_ALL)
        )
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**24)
        self._socket.bind(("lo", 0))
        self._found: dict[Reach, None] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def finish(self) -> list[Reach]:
        """Return whom packets wanted to reach, each once, in order."""
        self._stop.set()
        self._thread.join()
        return list(self._found)

    def _read(self) -> None:
        while True:
            try:
                packet = self._socket.recv(256)
            except BlockingIOError:
                if self._stop.is_set():
                    return
                time.sleep(0.002)
                continue
            if reached := reached_in(packet):
                self._found[reached] = None


def main() -> int:
    """Run the command line."""
    seal()
    watch = Watch()
    status = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
    json.dump([asdict(each) for each in watch.finish()], sys.stdout)
    return status


if __name__ == "__main__":
    sys.exit(main())
