"""The README says what is."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import SecretStr

from facesvc.settings import Settings
from gateway.settings import GatewaySettings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown(value: object) -> str:
    """A default as the table shows it."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return ""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def test_settings_table_has_every_setting_with_its_default() -> None:
    """One row each, none left over."""
    rows = re.findall(r"^\| ([A-Z_]+) \| ([^|]*?) ?\| [^|]+ \|$", README, re.MULTILINE)
    defaults = {name.upper(): shown(field.default) for name, field in Settings.model_fields.items()}
    assert dict(rows) == defaults


def test_the_gateways_table_has_every_setting_of_its_own() -> None:
    """Envoy's settings, beside those that it shares."""
    text = (ROOT / "gateway" / "README.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    own = {name.upper() for name in GatewaySettings.model_fields}
    assert own <= rows
    assert rows <= own | {name.upper() for name in Settings.model_fields}
