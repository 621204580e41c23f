"""Changes of API keys between two runs of the service are in the audit."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import pytest

from facesvc.bootstrap.access import callers_of, trail_of
from facesvc.settings import Settings
from facesvc.transport.authentication import api_keys
from facesvc.transport.authentication.api_keys import ApiKeys, make_api_key


class Runs:
    """A file of keys, an audit file, and services that start and end."""

    def __init__(self, folder: Path) -> None:
        self.file, self.audit = folder / "keys.toml", folder / "audit.jsonl"
        self.entries: dict[str, str] = {}

    def put(self, name: str, *scopes: str) -> None:
        """Add a key, or make another one in its place."""
        _, self.entries[name] = make_api_key(name, list(scopes), [])

    def run(self, keys: bool = True) -> ApiKeys | None:
        """Start a service and end it."""
        self.file.write_text("".join(self.entries.values()))
        named = {"api_keys_file": self.file} if keys else {}
        settings = Settings(audit_file=self.audit, **named)
        with contextlib.ExitStack() as resources:
            return callers_of(settings, trail_of(settings, resources))

    def told(self) -> list[tuple[str, str]]:
        """Return outcome and name of the entries since this was asked last."""
        lines = [json.loads(line) for line in self.audit.read_text().splitlines()]
        self.audit.write_text("")
        assert {line["call"] for line in lines} <= {"ApiKeys"}
        return [(line["outcome"], line["key"]) for line in lines]


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Two keys, which a first run has told of."""
    made = Runs(tmp_path)
    made.put("kiosk", "search")
    made.put("admin", "admin", "search")
    made.run()
    assert made.told() == [("added", "kiosk"), ("added", "admin")]
    return made


def test_start_tells_what_became_of_keys_since_the_last_run(runs: Runs) -> None:
    """Once; a start after which nothing changed tells nothing."""
    runs.run()
    assert runs.told() == []
    runs.put("door", "search")
    runs.put("kiosk", "admin")
    del runs.entries["admin"]
    runs.run()
    assert runs.told() == [("removed", "admin"), ("added", "door"), ("changed", "kiosk")]
    runs.run()
    assert runs.told() == []


def test_new_key_of_an_old_name_is_a_change(runs: Runs) -> None:
    """Though its scopes are the same."""
    runs.put("kiosk", "search")
    runs.run()
    assert runs.told() == [("changed", "kiosk")]


def test_order_of_what_a_key_has_is_no_change(runs: Runs) -> None:
    """Nor is that of the keys in the file."""
    names = [f"dns:worker-{number}.example.com" for number in range(60)]
    runs.entries["admin"] += f"certificates = {json.dumps(names)}\n"
    runs.run()
    assert runs.told() == [("changed", "admin")]
    runs.entries["admin"] = runs.entries["admin"].replace(
        json.dumps(names), json.dumps(names[::-1])
    )
    runs.entries = dict(reversed(runs.entries.items()))
    runs.run()
    assert runs.told() == []


def test_service_without_the_file_of_keys_has_removed_them(runs: Runs) -> None:
    """It lets in everybody, which the audit must show."""
    runs.run(keys=False)
    assert sorted(runs.told()) == [("removed", "admin"), ("removed", "kiosk")]


def test_change_that_a_run_saw_is_not_told_again_by_the_next(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told while it runs is remembered."""
    monkeypatch.setattr(api_keys, "_LOOK_EVERY_S", 0.0)
    runs.file.write_text("".join(runs.entries.values()))
    settings = Settings(audit_file=runs.audit, api_keys_file=runs.file)
    with contextlib.ExitStack() as resources:
        keys = callers_of(settings, trail_of(settings, resources))
        assert keys is not None
        time.sleep(0.01)
        runs.put("door", "search")
        runs.file.write_text("".join(runs.entries.values()))
        keys.caller_of("fsk_none")
    assert runs.told() == [("added", "door")]
    runs.run()
    assert runs.told() == []


def test_what_is_kept_tells_no_key_and_no_hash_of_one(runs: Runs) -> None:
    """Names, and hashes with the audit's own key; only its owner can read it."""
    kept = runs.audit.with_name("audit.jsonl.keys")
    assert set(json.loads(kept.read_text())) == {"kiosk", "admin"}
    for entry in runs.entries.values():
        (line,) = [line for line in entry.splitlines() if line.startswith("sha256")]
        assert line.split('"')[1] not in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_kept_file_that_is_broken_is_as_if_there_were_none(runs: Runs) -> None:
    """Everything is told again rather than nothing."""
    runs.audit.with_name("audit.jsonl.keys").write_text("{")
    runs.run()
    assert runs.told() == [("added", "kiosk"), ("added", "admin")]
