"""Manifests as JSON files."""

from __future__ import annotations

import json
import os
import types
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from facesvc.models.manifest import FORMAT, Manifest, ModelFile, Projection
from facesvc.models.pack_errors import PackError

Entry = TypeVar("Entry", ModelFile, Projection)


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write the manifest so that a reader never sees half of it."""
    text = json.dumps({"format": FORMAT, **asdict(manifest)}, indent=2)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(path)


def read_manifest(path: Path) -> Manifest:
    """Return the manifest. Raises PackError that names the file, the entry and the reason."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise PackError(f'{path}: is not a facesvc manifest (its "format" is not "{FORMAT}")')
    entries = document.get("models")
    if not isinstance(entries, list):
        raise PackError(f"{path}: models is not a list")
    models = tuple(
        _entry(ModelFile, f"{path}: models[{number}]", entry)
        for number, entry in enumerate(entries)
    )
    joint = document.get("projection")
    projection = None if joint is None else _entry(Projection, f"{path}: projection", joint)
    try:
        return Manifest(
            name=_text(document, "name"),
            licence=_text(document, "licence"),
            models=models,
            projection=projection,
        )
    except ValueError as error:
        raise PackError(f"{path}: {error}") from error


def _entry(kind: type[Entry], where: str, entry: Any) -> Entry:
    """Return one entry, each value checked against the field's type."""
    if not isinstance(entry, dict):
        raise PackError(f"{where} is not an object")
    where = f"{where} ({entry.get('file', 'no file')})"
    known = {item.name: item for item in fields(kind)}
    unknown = sorted(set(entry) - set(known))
    missing = sorted(
        name for name, item in known.items() if item.default is MISSING and name not in entry
    )
    if unknown or missing:
        raise PackError(f"{where}: unknown {unknown}, missing {missing}")
    hints = get_type_hints(kind)
    try:
        values = {name: _convert(hints[name], name, value) for name, value in entry.items()}
        return kind(**values)
    except ValueError as error:
        raise PackError(f"{where}: {error}") from error


def _text(document: dict[str, Any], name: str) -> str:
    value: str = _convert(str, name, document.get(name))
    return value


def _convert(hint: Any, name: str, value: Any) -> Any:
    """Return the JSON value as the hinted type. Raises ValueError."""
    if get_origin(hint) in (Union, types.UnionType):
        options = get_args(hint)
        if value is None and type(None) in options:
            return None
        return _convert(options[0], name, value)
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{name} is not a list")
        return tuple(_convert(get_args(hint)[0], name, item) for item in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (int, float, str):
        if not isinstance(value, hint) or isinstance(value, bool):
            raise ValueError(f"{name} is not a {hint.__name__}")
        return value
    return hint(value)  # the enums; their ValueError names the value
