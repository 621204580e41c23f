"""What the settings of a collection may be."""

from __future__ import annotations

from facesvc.domain import limits
from facesvc.domain.collection_settings import (
    MAX_DESCRIPTION_CHARS,
    MAX_RETENTION_DAYS,
    MAX_USERS,
    CollectionSettings,
    set_values,
)


def checked(settings: CollectionSettings) -> CollectionSettings:
    """Return settings whose every value is one that may be. Raises InvalidFieldError (fields
    settings...), TypeError for a value of another type.
    """
    values = set_values(settings)
    if "description" in values:
        values["description"] = limits.text(
            values["description"], "settings.description", MAX_DESCRIPTION_CHARS
        )
    if "match_threshold" in values:
        limits.between(values["match_threshold"], "settings.match_threshold", -1.0, 1.0)
    if "target_fpir" in values:
        limits.error_rate(values["target_fpir"], "settings.target_fpir")
    if "quality_threshold" in values:
        limits.between(values["quality_threshold"], "settings.quality_threshold", 0.0, 1.0)
    if "max_users" in values:
        limits.between(values["max_users"], "settings.max_users", 1, MAX_USERS)
    if "retention_days" in values:
        limits.between(values["retention_days"], "settings.retention_days", 1, MAX_RETENTION_DAYS)
    return CollectionSettings(**values)
