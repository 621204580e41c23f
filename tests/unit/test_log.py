"""What the logs show, and what they must not."""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Iterator

import pytest
import structlog

from facesvc.log import QUEUED_LINES, DroppingHandler, configure_logging

MISSING = r"(\d+) log lines were dropped"


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def written_to(capfd: pytest.CaptureFixture[str]) -> str:
    """Return what was logged, once it is written."""
    for handler in logging.getLogger().handlers:
        handler.flush()
    return capfd.readouterr().err


def told(text: str) -> list[int]:
    """Return how many lines each whole line says were dropped: the writer may say so in parts."""
    lines = text.splitlines(keepends=True)
    return [int(n) for line in lines if line.endswith("\n") for n in re.findall(MISSING, line)]


@pytest.mark.parametrize("form", ["json", "console"])
def test_traceback_in_the_log_has_no_local_variables(
    form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Locals of a failing call hold photos, names and embeddings."""
    configure_logging("INFO", form)

    def fail(secret: str) -> None:
        raise RuntimeError("boom")

    try:
        fail("canary" + "-value")
    except RuntimeError:
        structlog.get_logger("test").exception("failed")
    written = written_to(capfd)
    assert "boom" in written
    assert "canary-value" not in written


def test_json_lines_have_time_level_logger_and_event(capfd: pytest.CaptureFixture[str]) -> None:
    """Lines of libraries too."""
    configure_logging("INFO", "json")
    structlog.get_logger("facesvc.x").info("served", bytes=3)
    logging.getLogger("library").warning("careful")
    logging.getLogger("library").info("quiet")
    lines = [json.loads(line) for line in written_to(capfd).splitlines()]
    assert lines[0].pop("timestamp").endswith("Z")
    assert lines[0] == {"event": "served", "bytes": 3, "level": "info", "logger": "facesvc.x"}
    assert [line["event"] for line in lines] == ["served", "careful", "quiet"]


def test_lines_that_nobody_reads_are_dropped_and_counted(capfd: pytest.CaptureFixture[str]) -> None:
    """A call never waits for its log line; once lines are read again, it is said how many went."""
    reading, writing = os.pipe()
    saved = os.dup(2)
    os.dup2(writing, 2)
    try:
        configure_logging("INFO", "json")
        handler = logging.getLogger().handlers[0]
        assert isinstance(handler, DroppingHandler)
        log = structlog.get_logger("facesvc.x")
        began = time.monotonic()
        for number in range(QUEUED_LINES + 5000):
            log.info("served", number=number)
        assert time.monotonic() - began < 5
        assert handler.dropped >= 3000  # what a pipe holds is not lost
        dropped, text = handler.dropped, ""
        while sum(told(text)) < dropped:
            text += os.read(reading, 65536).decode()
    finally:
        os.dup2(saved, 2)
        handler.flush()
    assert sum(told(text)) == dropped
    missing = json.loads(next(line for line in text.splitlines() if "dropped" in line))
    assert (missing["level"], missing["logger"]) == ("warning", "facesvc.log")
    assert "dropped" not in written_to(capfd)
