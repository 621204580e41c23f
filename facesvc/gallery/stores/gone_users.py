"""Which events name somebody who is not enrolled any more."""

from __future__ import annotations

from collections.abc import Callable

from facesvc.domain.events import Event


class GoneUsers:
    """Looks each user up once. ``is_enrolled`` is asked for a collection's user."""

    def __init__(self, is_enrolled: Callable[[str, str], bool]) -> None:
        self._is_enrolled = is_enrolled
        self._known: dict[tuple[str, str], bool] = {}

    def named_by(self, event: Event) -> bool:
        """Tell whether the event names one."""
        return not all(self._known_or_asked(event.collection, user) for user in event.users())

    def _known_or_asked(self, collection: str, user_id: str) -> bool:
        key = (collection, user_id)
        if key not in self._known:
            self._known[key] = self._is_enrolled(*key)
        return self._known[key]
