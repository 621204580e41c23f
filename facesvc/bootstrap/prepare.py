"""Preparing a pack before it is served, in a process of its own.

A serving process neither rewrites nor quantises a model: what does that needs onnx and minutes,
and has no business in the memory of what answers callers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import structlog

import facesvc
from facesvc.models.load import folder_of
from facesvc.models.pack_errors import PREPARE_COMMAND, PackError
from facesvc.settings import Settings

_log = structlog.get_logger("facesvc")


@contextmanager
def prepared_pack(settings: Settings, reason: str) -> Iterator[Path | None]:
    """Prepare the settings' pack, logging each step; yield the folder that has the variants when
    it is not the pack's own, which then cannot be written. Raises PackError.
    """
    folder = folder_of(settings.model_pack, settings.model_root)
    writable = not folder.is_dir() or os.access(folder, os.W_OK)
    _log.info("preparing the model pack, once", reason=reason)
    if not writable:
        _log.warning(
            "the pack's folder cannot be written: it is prepared at every start",
            folder=str(folder),
            remedy=f"{PREPARE_COMMAND} {settings.model_pack}",
        )
    place = nullcontext() if writable else tempfile.TemporaryDirectory(prefix="facesvc-pack-")
    with place as made:
        elsewhere = None if made is None else Path(made)
        _run(settings, elsewhere)
        yield elsewhere


def _run(settings: Settings, elsewhere: Path | None) -> None:
    command = [sys.executable, "-m", "facesvc.models_build"]
    command += ["--model-root", str(settings.model_root), "prepare", settings.model_pack]
    command += ["--int8"] if settings.engine_precision == "int8" else []
    command += ["--batches"] if settings.max_batch > 1 else []
    command += ["--elsewhere", str(elsewhere)] if elsewhere else []
    with tempfile.TemporaryFile("w+") as complaint:
        process = subprocess.Popen(  # noqa: S603 - fixed arguments, no shell
            command, stdout=subprocess.PIPE, stderr=complaint, text=True, env=_environment()
        )
        with process, process.stdout or nullcontext() as steps:
            for step in steps or ():
                _log.info("preparing", step=step.strip())
        if process.returncode != 0:
            complaint.seek(0)
            lines = complaint.read().strip().splitlines() or ["no reason given"]
            raise PackError(lines[-1])


def _environment() -> dict[str, str]:
    """Return an environment in which this very package is found, wherever the process began."""
    places = [str(Path(facesvc.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
