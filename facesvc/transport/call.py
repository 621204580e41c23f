"""The application's Call from a gRPC context."""

from __future__ import annotations

from contextvars import ContextVar

import grpc

from facesvc.application.call import NOBODY, Call, Client

# Whose call it is; set on its arrival.
current_client: ContextVar[Client] = ContextVar("client", default=NOBODY)

FOREVER_S = 365 * 24 * 3600.0


def to_call(context: grpc.ServicerContext) -> Call:
    """Return a Call that has the RPC's deadline and ends when the RPC does."""
    remaining_s = context.time_remaining()
    # grpcio tells a call without a deadline as some 292 billion years.
    forever = remaining_s is None or remaining_s > FOREVER_S
    call = Call(None if forever else remaining_s, current_client.get())
    if not context.add_callback(call.cancel):
        call.cancel()  # the RPC ended before this line
    return call
