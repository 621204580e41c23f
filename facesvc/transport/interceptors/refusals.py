"""Answers calls that were refused on arrival."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from facesvc.transport.interceptors.abort import abort_with, refusal
from facesvc.transport.interceptors.handlers import AroundCall


class Refusals(AroundCall):
    """Outside Errors, which leaves out the standard services; their calls are refused too."""

    @contextmanager
    def around(self, method: str, context: grpc.ServicerContext) -> Iterator[None]:  # noqa: ARG002
        error = refusal.get()
        if error is not None:
            abort_with(context, error)
        yield
