"""WEBHOOKS_FILE: what it may say, and what its errors tell."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from facesvc.domain.events import EventKind
from facesvc.webhooks.endpoints import WebhooksFileError, read_endpoints

KEY = os.urandom(32)
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def written(folder: Path, text: str) -> Path:
    """Return a file with this text."""
    path = folder / "webhooks.toml"
    path.write_text(text)
    return path


def test_endpoints_are_read_with_their_secrets(tmp_path: Path) -> None:
    """In the file or in files of their own, several while one is changed."""
    other = os.urandom(24)
    file = tmp_path / "secret"
    file.write_text("whsec_" + base64.b64encode(other).decode() + "\n")
    path = written(
        tmp_path,
        f"""
        [endpoints.hr]
        url = "https://hr.example.org/facesvc"
        secret = "{SECRET}"
        [endpoints.door]
        url = "https://door.example.org/"
        secret_file = ["{file}", "{file}"]
        kinds = ["user.*", "checkin.decided"]
        collections = ["staff"]
        tries = 3
        """,
    )
    hr, door = read_endpoints(path)
    assert (hr.name, hr.url, hr.keys) == ("hr", "https://hr.example.org/facesvc", (KEY,))
    assert (door.keys, door.tries) == ((other, other), 3)
    assert EventKind.USER_DELETED in door.kinds
    assert EventKind.DOCTOR_FINDING not in door.kinds
    assert door.collections == {"staff"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[endpoints.hr]\nurl = 'https://x.org'", "secret"),
        ("[endpoints.hr]\nurl = 'https://x.org'\nsecret = 'whsec_c2hvcnQ='", "24 to 64 bytes"),
        (f"[endpoints.hr]\nurl = 'https://x.org'\nsecret = '{SECRET[6:]}'", "whsec_"),
        ("[endpoints.hr]\nurl = 'https://x.org'\nsecret_file = '/nowhere'", "/nowhere"),
        (f"[endpoints.hr]\nurl = 'https://x.org'\nsecret = '{SECRET}'\nkinds = ['born']", "born"),
        (f"[endpoints.hr]\nurl = 'https://x.org'\nsecret = '{SECRET}'\nsecrt = 1", "secrt"),
        (f"[endpoints.hr]\nsecret = '{SECRET}'", "url"),
        (f"[endpoints.'H R']\nurl = 'https://x.org'\nsecret = '{SECRET}'", "H R"),
        ("nothing here", "webhooks.toml"),
    ],
)
def test_a_wrong_file_says_where_and_never_the_secret(tmp_path: Path, text: str, told: str) -> None:
    """What is wrong, by its name."""
    with pytest.raises(WebhooksFileError) as caught:
        read_endpoints(written(tmp_path, text))
    assert told in str(caught.value)
    assert SECRET[6:] not in str(caught.value)
