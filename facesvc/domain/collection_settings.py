"""What a collection decides for itself, over the server's defaults."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from facesvc.domain.errors import InvalidFieldError

MAX_DESCRIPTION_CHARS = 1024
MAX_USERS = 2**31 - 1
MAX_RETENTION_DAYS = 36_500


@dataclass(frozen=True)
class CollectionSettings:
    """None means the server's default; of ``match_threshold`` and ``target_fpir`` at most one.
    ``max_users`` is the most users it takes, None for any number. ``retention_days`` is after how
    many days without a match or a write a user is deleted, None for never.
    """

    description: str | None = None
    match_threshold: float | None = None
    target_fpir: float | None = None
    quality_threshold: float | None = None
    max_users: int | None = None
    retention_days: int | None = None

    def changed(self, to: CollectionSettings, names: Collection[str]) -> CollectionSettings:
        """Return these with the named ones of ``to``. Raises InvalidFieldError."""
        made = replace(self, **{name: getattr(to, name) for name in names})
        if made.match_threshold is not None and made.target_fpir is not None:
            field = "target_fpir" if "target_fpir" in names else "match_threshold"
            raise InvalidFieldError(
                "A collection has match_threshold or target_fpir, not both; clear the other one in"
                " the same call.",
                field=f"settings.{field}",
            )
        return made

    def portable(self) -> CollectionSettings:
        """Return what means the same for another recognizer: a cosine does not."""
        return replace(self, match_threshold=None)


SETTING_NAMES = tuple(field.name for field in fields(CollectionSettings))
NOTHING_SET = CollectionSettings()


@dataclass(frozen=True)
class KeptSettings:
    """``settings`` as a store keeps them. ``version`` counts their changes, 0 before the first.
    ``retention_since`` is when a retention was set where there was none: sightings are kept from
    then on. None without one.
    """

    settings: CollectionSettings = NOTHING_SET
    version: int = 0
    retention_since: datetime | None = None

    def changed(
        self, to: CollectionSettings, names: Collection[str], now: datetime
    ) -> KeptSettings:
        """Return them after a change, itself where nothing changes. Raises InvalidFieldError."""
        settings = self.settings.changed(to, names)
        if settings == self.settings and self.version:
            return self
        since = None if settings.retention_days is None else self.retention_since or now
        return KeptSettings(settings, self.version + 1, since)


NEVER_SET = KeptSettings()


@dataclass(frozen=True)
class SettingsChange:
    """``names`` of the settings that become those of ``to``. ``expected_version`` is what the
    settings must still have, None for any.
    """

    to: CollectionSettings
    names: tuple[str, ...]
    expected_version: int | None = None


def to_json(kept: KeptSettings) -> dict[str, Any]:
    """Return what ``from_json`` reads."""
    since = kept.retention_since
    return {
        "settings": set_values(kept.settings),
        "version": kept.version,
        "retention_since": "" if since is None else since.isoformat(),
    }


def set_values(settings: CollectionSettings) -> dict[str, Any]:
    """Return the settings that have a value."""
    return {name: value for name, value in asdict(settings).items() if value is not None}


def from_values(values: Mapping[str, Any]) -> CollectionSettings:
    """Return what ``set_values`` made, without settings that only a later release knows."""
    return CollectionSettings(**{name: values.get(name) for name in SETTING_NAMES})


def from_json(value: Mapping[str, Any]) -> KeptSettings:
    """Return what ``to_json`` made, without settings that only a later release knows. Raises
    KeyError, TypeError, ValueError for what it did not make.
    """
    since = value.get("retention_since")
    return KeptSettings(
        from_values(value["settings"]),
        int(value["version"]),
        datetime.fromisoformat(since) if since else None,
    )
