"""Who was seen when, and who may delete those that were not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from facesvc.application.call import Call


class GalleryRetention(Protocol):
    """Marks beside the users: no write of the collection, without a version or an event. A deleted
    user's are gone with the user.
    """

    def mark_seen(self, collection: str, seen: Mapping[str, datetime], call: Call) -> None:
        """Keep durably when users were seen. A mark never goes back; a user that does not exist
        gets none. Raises StoreUnavailableError, ModelMismatchError.
        """
        ...

    def last_seen(
        self, collection: str, user_ids: Sequence[str], call: Call
    ) -> dict[str, datetime]:
        """Return the marks that users have, as they are in the store. Raises as mark_seen does."""
        ...

    def take_lease(self, task: str, holder: str, seconds: float, call: Call) -> bool:
        """Take a task that one replica does at a time, or keep it; False while another holder has
        it. Raises StoreUnavailableError.
        """
        ...
