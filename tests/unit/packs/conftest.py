"""Tiny packs in temporary folders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from facesvc.models.builtin import COMPACT_SINGLE
from facesvc.models.checksum import sha256_of
from facesvc.models.manifest import MANIFEST_FILE, Manifest, Role
from facesvc.models.manifest_json import write_manifest


@pytest.fixture
def pack_folder(tmp_path: Path) -> Path:
    """A folder with a manifest and two files that a manifest does not look into."""
    folder = tmp_path / "models" / "mine"
    folder.mkdir(parents=True)
    models = []
    for role in (Role.DETECTOR, Role.RECOGNIZER):
        model = COMPACT_SINGLE.with_role(role)[0]
        data = f"not really a model: {role}".encode()
        (folder / model.file).write_bytes(data)
        models.append(replace(model, sha256=sha256_of(data), bytes=len(data)))
    write_manifest(Manifest("mine", "none", tuple(models)), folder / MANIFEST_FILE)
    return folder
