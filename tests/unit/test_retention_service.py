"""The whole service, without models, deletes whom a retention no longer keeps."""

from __future__ import annotations

import json
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest

from facesvc.application.ports.engine import PackInfo
from facesvc.bootstrap import service as service_wiring
from facesvc.bootstrap.service import bootstrap
from facesvc.domain.collection_settings import CollectionSettings, KeptSettings
from facesvc.gallery.stores.sqlite import tasks
from facesvc.gallery.stores.sqlite.store import SqliteStore
from facesvc.settings import Settings
from tests.fakes import FakeEngine
from tests.unit.gallery.gallery_fixtures import CALL, face, opened


def test_service_deletes_whom_a_collections_retention_no_longer_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty days after the enrolment, which nobody saw; the audit has it, and the file not."""
    fake = FakeEngine()
    fake.info = PackInfo("fake", "none", "detector", "digest", 512, "CPU")  # type: ignore[attr-defined]
    fake.calibration = None  # type: ignore[attr-defined]
    monkeypatch.setattr(service_wiring, "engine_of", lambda _: fake)
    then = datetime.now(UTC) - timedelta(days=40)
    path, audit = tmp_path / "gallery.sqlite3", tmp_path / "audit.jsonl"
    store = SqliteStore(path, recognizer="digest")
    gallery = opened(store)
    with monkeypatch.context() as past:
        past.setattr(tasks, "datetime", Mock(now=lambda _: then))
        gallery.enroll(face("ada", 1), CALL)
    gallery.enroll(face("bob", 2), CALL)
    kept = KeptSettings(CollectionSettings(retention_days=30), 1, then)
    assert store.put_settings("staff", kept, CALL)
    gallery.close()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    settings = Settings(
        gallery_path=str(path), grpc_port=port, audit_file=audit, retention_sweep_s=1
    )
    with bootstrap(settings):
        until = time.monotonic() + 20
        while not audit.read_text():
            assert time.monotonic() < until
            time.sleep(0.05)
    assert json.loads(audit.read_text())["call"] == "Retention"
    gallery = opened(SqliteStore(path, recognizer="digest"))
    users = gallery.list_users("staff", 5, "", CALL).users
    gallery.close()
    assert [user.user_id for user in users] == ["bob"]
