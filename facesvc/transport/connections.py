"""What the server lets a connection do, as grpcio's options."""

from __future__ import annotations

from dataclasses import dataclass, field

from facesvc.transport.arrival.guesses import GuessLimits
from facesvc.transport.arrival.unread import UnreadLimits
from facesvc.transport.message_limits import MessageLimits

# Streams of one HTTP/2 connection at a time; its other calls wait at the client. Far more than a
# client needs: at the limit grpcio refuses streams that a client opens a moment too early, and the
# client's own retry is refused as well (75 % of 600 calls at once with a limit of 100).
STREAMS_A_CONNECTION = 1000

# Calls that have arrived and wait until the one thread that serves all sees them; a connection
# may bring a thousand at once. From half as many on grpcio cancels some of them, an attacker's and
# everybody else's alike, from all of them on each. By default that begins at 1,000.
_WAITING_CALLS = 20_000

# Pings that clients may send however idle they are: meshes and mobile clients send one every 10 s.
_LEAST_PING_MS = 5_000
# A client that does not answer a ping is gone, though its connection may look open for hours.
_PING_MS, _PONG_MS = 60_000, 20_000


@dataclass(frozen=True)
class ConnectionPolicy:
    """Limits of messages, of calls whose message is on its way and of guessed keys. A connection
    is closed when it is ``age_s`` old, give or take a tenth, once its calls are done: callers
    connect again, and replicas that were added since get their share.
    """

    messages: MessageLimits = field(default_factory=MessageLimits)
    unread: UnreadLimits = field(default_factory=UnreadLimits)
    guesses: GuessLimits = field(default_factory=GuessLimits)
    age_s: float = 300.0

    def options(self) -> tuple[tuple[str, int], ...]:
        """Return grpcio's channel arguments for a server."""
        return (
            ("grpc.max_receive_message_length", self.messages.largest),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),  # a second server on the port is an error, not a rival
            ("grpc.max_concurrent_streams", STREAMS_A_CONNECTION),
            ("grpc.server.max_pending_requests", _WAITING_CALLS // 2),
            ("grpc.server.max_pending_requests_hard_limit", _WAITING_CALLS),
            # With it a connection's window grows to megabytes a stream, which a client may fill
            # before the server has asked for the message. A message that was asked for gets its
            # whole length as window either way.
            ("grpc.http2.bdp_probe", 0),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", _LEAST_PING_MS),
            ("grpc.keepalive_time_ms", _PING_MS),
            ("grpc.keepalive_timeout_ms", _PONG_MS),
            ("grpc.max_connection_age_ms", round(self.age_s * 1000)),
        )


DEFAULT_POLICY = ConnectionPolicy()
