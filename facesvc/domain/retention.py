"""When a user has been away for so long that a collection's retention deletes them."""

from __future__ import annotations

from datetime import datetime, timedelta

from facesvc.domain.collection_settings import KeptSettings

# Sightings of a user this close together count as one, so that most cost nothing at all.
GRAIN = timedelta(hours=1)
# Nobody is deleted until this long after the days are over. It covers the grain, a store that
# takes no sightings for a while, and clocks that differ.
SLACK = timedelta(hours=2)


def away_since(kept: KeptSettings, now: datetime) -> datetime | None:
    """Return the moment before which a user must have been seen or written last to be deleted now;
    None when nobody is: without a retention, or before sightings have been kept for its days.
    """
    days, since = kept.settings.retention_days, kept.retention_since
    if days is None or since is None:
        return None
    moment = now - timedelta(days=days) - SLACK
    return moment if since <= moment else None
