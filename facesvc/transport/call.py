"""The application's Call from a gRPC context."""

from __future__ import annotations

import grpc

from facesvc.application.call import Call


def to_call(context: grpc.ServicerContext) -> Call:
    """Return a Call that has the RPC's deadline and ends when the RPC does."""
    call = Call(context.time_remaining())
    if not context.add_callback(call.cancel):
        call.cancel()  # the RPC ended before this line
    return call
