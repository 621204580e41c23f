"""The README says what is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from facesvc.settings import Settings

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


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "gateway/README.md"])
def test_links_lead_to_files(name: str) -> None:
    """No dead ends for a newcomer."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in link:
            assert ((ROOT / name).parent / link).exists(), link
