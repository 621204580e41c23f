"""What the logs show, and what they must not."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from facesvc.log import configure_logging


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("form", ["json", "console"])
def test_traceback_in_the_log_has_no_local_variables(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Locals of a failing call hold photos, names and embeddings."""
    configure_logging("INFO", form)

    def fail(secret: str) -> None:
        raise RuntimeError("boom")

    try:
        fail("canary" + "-value")
    except RuntimeError:
        structlog.get_logger("test").exception("failed")
    written = capsys.readouterr().err
    assert "boom" in written
    assert "canary-value" not in written


def test_json_lines_have_time_level_logger_and_event(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines of libraries too."""
    configure_logging("INFO", "json")
    structlog.get_logger("facesvc.x").info("served", bytes=3)
    logging.getLogger("library").warning("careful")
    logging.getLogger("library").info("quiet")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines[0].pop("timestamp").endswith("Z")
    assert lines[0] == {"event": "served", "bytes": 3, "level": "info", "logger": "facesvc.x"}
    assert [line["event"] for line in lines] == ["served", "careful", "quiet"]
