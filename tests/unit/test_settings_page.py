"""The pages name every setting, once, with its default."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import SecretStr

from facesvc.settings import Settings
from gateway.settings import GatewaySettings

ROOT = Path(__file__).resolve().parents[2]
IN_README = (
    "PORT",
    "MATCH_THRESHOLD",
    "QUALITY_THRESHOLD",
    "DETECTION_SIZE",
    "USE_GPU",
    "REDIS_URL",
)


def shown(value: object) -> str:
    """A default as a table shows it."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return ""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


DEFAULTS = {name.upper(): shown(field.default) for name, field in Settings.model_fields.items()}


def rows_of(page: str) -> list[tuple[str, str]]:
    """Return the settings of the page's tables with their defaults."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^\| ([A-Z_]+) \| ([^|]*?) ?\| [^|]+ \|$", text, re.MULTILINE)


def test_the_settings_page_has_every_setting_once_with_its_default() -> None:
    """None is missing, none left over."""
    assert sorted(rows_of("docs/settings.md")) == sorted(DEFAULTS.items())


def test_the_settings_page_names_every_secret_that_may_stand_in_a_file() -> None:
    """NAME_FILE works for these."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").partition("\n## ")[0]
    (named,) = re.findall(r"A secret \(([^)]+)\)", text)
    secrets = {n.upper() for n, f in Settings.model_fields.items() if f.annotation is SecretStr}
    assert set(re.findall(r"[A-Z_]+", named)) == secrets


def test_the_readme_has_the_settings_that_most_change() -> None:
    """These six, in this order."""
    assert rows_of("README.md") == [(name, DEFAULTS[name]) for name in IN_README]


def test_the_gateways_table_has_every_setting_of_its_own() -> None:
    """Envoy's settings, beside those that it shares."""
    text = (ROOT / "gateway" / "README.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    own = {name.upper() for name in GatewaySettings.model_fields}
    assert own <= rows
    assert rows <= own | DEFAULTS.keys()
