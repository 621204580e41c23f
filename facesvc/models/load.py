"""Finds a pack by name or folder and checks every file of it."""

from __future__ import annotations

from pathlib import Path

from facesvc.models.builtin import BUILT_IN
from facesvc.models.manifest import MANIFEST_FILE, Manifest
from facesvc.models.manifest_json import read_manifest
from facesvc.models.pack import Pack
from facesvc.models.pack_errors import BUILD_COMMAND, NotPreparedError, PackError
from facesvc.models.pack_names import INSIGHTFACE_PACKS


def load_pack(name_or_path: str, model_root: Path, elsewhere: Path | None = None) -> Pack:
    """Return the pack, every file checked against its SHA-256.

    The built-in packs are pinned by the code. Everything else is a folder with a manifest, below
    ``model_root`` or by its path. ``elsewhere`` holds the manifest and the variants of a folder
    that cannot be written. Raises NotPreparedError where models_build has still to make
    something, PackError where it could not.
    """
    folder = folder_of(name_or_path, model_root)
    if name_or_path in BUILT_IN:
        manifest = BUILT_IN[name_or_path]
    elif not folder.is_dir():
        raise NotPreparedError(name_or_path, f"the folder {folder}")
    else:
        manifest = _manifest(folder, elsewhere)
    pack = Pack(folder, manifest, elsewhere)
    pack.verify()
    return pack


def folder_of(name_or_path: str, model_root: Path) -> Path:
    """Return the pack's folder; only one of InsightFace's may be missing. Raises PackError."""
    by_path = Path(name_or_path).expanduser()
    if len(by_path.parts) > 1 or by_path.is_absolute():
        if not by_path.is_dir():
            raise PackError(f"MODEL_PACK={name_or_path}: there is no such folder.")
        return by_path
    folder = model_root / name_or_path
    if folder.is_dir() or name_or_path in INSIGHTFACE_PACKS:
        return folder
    if name_or_path in BUILT_IN:
        raise PackError(
            f"{folder}: the pack {name_or_path} is not there. Run `{BUILD_COMMAND} {name_or_path}`."
        )
    known = ", ".join((*BUILT_IN, *INSIGHTFACE_PACKS))
    raise PackError(
        f"MODEL_PACK={name_or_path}: is neither a folder in {model_root} nor one of {known}."
    )


def _manifest(folder: Path, elsewhere: Path | None) -> Manifest:
    for place in (folder, elsewhere):
        if place is not None and (place / MANIFEST_FILE).exists():
            return read_manifest(place / MANIFEST_FILE)
    raise NotPreparedError(folder, MANIFEST_FILE)
