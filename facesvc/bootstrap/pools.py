"""Threads that work for the call that gave them work."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

_T = TypeVar("_T")


class ContextPool(ThreadPoolExecutor):
    """Runs each piece of work in the context of who submitted it, so that what is logged and traced
    there belongs to the same call.
    """

    def submit(self, work: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]:
        """As ThreadPoolExecutor's."""
        return super().submit(copy_context().run, work, *args, **kwargs)
