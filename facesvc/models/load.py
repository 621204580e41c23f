"""Finds a pack by name or folder and checks every file of it."""

from __future__ import annotations

import logging
from pathlib import Path

from facesvc.models import compact
from facesvc.models.errors import PackError
from facesvc.models.insightface_download import PACK_NAMES, download
from facesvc.models.manifest import MANIFEST_FILE, Manifest
from facesvc.models.manifest_json import read_manifest, write_manifest
from facesvc.models.pack import Pack

LOGGER = logging.getLogger(__name__)


def load_pack(name_or_path: str, model_root: Path) -> Pack:
    """Return the pack, every file checked against its SHA-256.

    ``compact`` is pinned by the code. A name of InsightFace's is looked for in
    ``model_root`` and else downloaded. Everything else is a folder, below ``model_root`` or
    by its path, with a manifest or in InsightFace's layout; a folder without a manifest
    gets one that pins what was found. Raises PackError.
    """
    if name_or_path == compact.NAME:
        pack = _compact(model_root)
    else:
        folder = _folder(name_or_path, model_root)
        pack = Pack(folder, _manifest(folder))
    pack.verify()
    return pack


def _compact(model_root: Path) -> Pack:
    folder = model_root / compact.NAME
    if not folder.is_dir():
        raise PackError(f"{folder}: the compact pack is not there. Run `make models`.")
    return Pack(folder, compact.COMPACT)


def _folder(name_or_path: str, model_root: Path) -> Path:
    by_path = Path(name_or_path).expanduser()
    if len(by_path.parts) > 1 or by_path.is_absolute():
        if not by_path.is_dir():
            raise PackError(f"MODEL_PACK={name_or_path}: there is no such folder.")
        return by_path
    folder = model_root / name_or_path
    if folder.is_dir():
        return folder
    if name_or_path in PACK_NAMES:
        return download(name_or_path, model_root)
    known = ", ".join((compact.NAME, *PACK_NAMES))
    raise PackError(
        f"MODEL_PACK={name_or_path}: is neither a folder in {model_root} nor one of {known}."
    )


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST_FILE
    if path.exists():
        return read_manifest(path)
    from facesvc.models.insightface_layout import (  # slow to import, needed once
        UNKNOWN_LICENCE,
        WEIGHTS_LICENCE,
        read_layout,
    )

    known = folder.name in PACK_NAMES
    manifest = read_layout(
        folder,
        name=folder.name,
        licence=WEIGHTS_LICENCE if known else UNKNOWN_LICENCE,
        source=f"InsightFace pack {folder.name}" if known else "the operator",
    )
    try:
        write_manifest(manifest, path)
    except OSError as error:
        LOGGER.warning("%s cannot be written (%s): the files stay unpinned", path, error.strerror)
    return manifest
