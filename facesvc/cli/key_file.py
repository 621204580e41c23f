"""Changing the file of API keys, with everything else in it left as it is."""

from __future__ import annotations

import os
import tempfile
import tomllib
from pathlib import Path

from facesvc.transport.authentication.api_keys import ApiKeysError, read_api_keys

_HEADER = "[[keys]]"
_NO_KEYS = "keys = []\n"  # TOML has no other way to say so
_PRIVATE = 0o600


def add_entry(path: Path, entry: str) -> None:
    """Append a key's entry; the file may be new. Raises ApiKeysError, OSError."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    before = before.removesuffix(_NO_KEYS)
    gap = "" if not before or before.endswith("\n\n") else "\n"
    if before and not before.endswith("\n"):
        before += "\n"
    _write(path, before + gap + entry)


def remove_entry(path: Path, name: str) -> None:
    """Take out the entry of this name. Raises ApiKeysError when there is none, OSError."""
    head, *entries = _parts(path.read_text(encoding="utf-8"))
    kept = [entry for entry in entries if tomllib.loads(entry)["keys"][0].get("name") != name]
    if len(kept) == len(entries):
        read_api_keys(path)  # a wrong file is told as that
        raise ApiKeysError(f"{path}: there is no key of {name}.")
    _write(path, head + ("".join(kept) or _NO_KEYS))


def _parts(text: str) -> list[str]:
    """Split into what stands before the first entry, and the entries with their comments above."""
    parts, comments = [""], ""
    for line in text.splitlines(keepends=True):
        if line.strip() == _HEADER:
            parts.append(comments + line)
            comments = ""
        elif line.lstrip().startswith("#"):
            comments += line
        else:
            parts[-1] += comments + line
            comments = ""
    parts[-1] += comments
    return parts


def _write(path: Path, text: str) -> None:
    """Replace the file in one step, once its new text has been checked."""
    mode = path.stat().st_mode & 0o777 if path.exists() else _PRIVATE
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    made = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        made.chmod(mode)
        read_api_keys(made)
        made.replace(path)
    except ApiKeysError as error:
        raise ApiKeysError(str(error).replace(str(made), str(path))) from None
    finally:
        made.unlink(missing_ok=True)
