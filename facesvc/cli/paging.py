"""Lists that come page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar


class PageRequest(Protocol):
    """What asks for a page; the service's answer says how to ask for the next."""

    page_token: str


class Page(Protocol):
    """One page; ``next_page_token`` is empty in the last."""

    @property
    def next_page_token(self) -> str:
        """What the next request carries."""
        ...


R = TypeVar("R", bound=PageRequest)
P = TypeVar("P", bound=Page)


def pages(ask: Callable[[R], P], request: R) -> Iterator[P]:
    """Yield every page, from the one that ``request`` asks for."""
    while True:
        page = ask(request)
        yield page
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
