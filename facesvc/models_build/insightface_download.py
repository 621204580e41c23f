"""Lets InsightFace download one of its packs, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from facesvc.models.pack_errors import PackError

DOWNLOAD_TIMEOUT_S = 1800.0  # 326 MB at 180 kB/s; InsightFace itself waits for ever

_DOWNLOAD = (
    "import sys; from insightface.utils.storage import download; "
    "download('models', sys.argv[1], root=sys.argv[2])"
)


def download(name: str, model_root: Path, timeout_s: float = DOWNLOAD_TIMEOUT_S) -> Path:
    """Make ``model_root/name`` with InsightFace's downloader and return it.

    It runs in a process of its own because it prints, and because only so can it be given a
    time limit. Raises PackError that names the two ways out.
    """
    folder = model_root / name
    try:
        model_root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=model_root, prefix=f".{name}-", suffix=".partial"
        ) as work:
            subprocess.run(  # noqa: S603 - fixed arguments, no shell
                [sys.executable, "-c", _DOWNLOAD, name, work],
                check=True,
                capture_output=True,
                text=True,
                timeout=timeout_s,
            )
            _innermost(Path(work) / "models" / name).rename(folder)
    except subprocess.CalledProcessError as error:
        words = (error.stderr.strip().splitlines() or ["no output"])[-1]
        raise _failure(name, folder, words) from error
    except subprocess.TimeoutExpired as error:
        raise _failure(name, folder, f"it took longer than {timeout_s:.0f} s") from error
    except OSError as error:
        if folder.is_dir():  # another process on the same folder was quicker
            return folder
        raise _failure(name, folder, str(error)) from error
    return folder


def _innermost(folder: Path) -> Path:
    """Return the folder that holds the models; antelopev2's archive nests one in another."""
    nested = folder / folder.name
    return nested if nested.is_dir() and not any(folder.glob("*.onnx")) else folder


def _failure(name: str, folder: Path, reason: str) -> PackError:
    return PackError(
        f"MODEL_PACK={name}: the pack is not in {folder} and InsightFace could not download it "
        f"({reason}). Either put the pack's ONNX files into {folder} yourself, or start with "
        "MODEL_PACK=compact."
    )
