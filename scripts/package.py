"""Build what can be published into dist/: the wheels of facesvc and its client, the lock of what
the first needs, and the protos.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from archive_protos import ROOT, archive_protos

from facesvc import __version__

DIST = ROOT / "dist"


def build_wheel(source: Path, target: Path) -> None:
    """Build the wheel of a folder with a pyproject.toml. Exits when it fails."""
    # What a build leaves behind would go into the next wheel, with modules that are gone since.
    left_over = (
        source / "build" / "lib",
        *source.glob("*.egg-info"),
        *source.glob("src/*.egg-info"),
    )
    for left in left_over:
        shutil.rmtree(left, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run(
        [*command, "--no-build-isolation", "--wheel-dir", str(target), str(source)], check=True
    )
    for left in left_over:
        shutil.rmtree(left, ignore_errors=True)


def main() -> None:
    """Build all and name it."""
    target = Path(sys.argv[1]) if sys.argv[1:] else DIST
    build_wheel(ROOT, target)
    build_wheel(ROOT / "clients" / "python", target)
    shutil.copy(ROOT / "requirements" / "cpu.lock", target / f"facesvc-{__version__}-cpu.lock")
    archive_protos(target / f"facesvc-protos-{__version__}.zip")
    for path in sorted(target.iterdir()):
        print(path)


if __name__ == "__main__":
    main()
