"""The wheels, installed where the repository is not."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from harness.ports import free_port
from tests.integration.conftest import SAMPLES
from tests.packaging.conftest import ROOT

OBAMA = str(SAMPLES / "barack_obama" / "1.jpg")
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheels, and with the dependencies of the one that runs the tests."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    site.joinpath("dependencies.pth").write_text(
        "\n".join(path for path in sys.path if path.endswith("site-packages"))
    )
    for wheel in dist.glob("*.whl"):
        command = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
        subprocess.run([*command, "install", "--quiet", "--no-deps", str(wheel)], check=True)
    return folder / "bin"


def test_the_lock_beside_the_wheel_has_all_it_needs_and_one_opencv(dist: Path) -> None:
    """In versions that the wheel allows; the build with windows alone is left out."""
    (lock,) = dist.glob("facesvc-*-cpu.lock")
    lines = re.findall(r"^[a-z0-9].*?(?= \\$)", lock.read_text(), re.MULTILINE)
    locked = [each for each in map(Requirement, lines) if not each.marker or each.marker.evaluate()]
    pinned = {each.name: str(each.specifier).removeprefix("==") for each in locked}
    (wheel,) = dist.glob("facesvc-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (each for each in opened.namelist() if each.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(opened.read(name))
    needed = [Requirement(text) for text in metadata.get_all("Requires-Dist")]
    missing = {
        each.name
        for each in needed
        if "extra" not in str(each.marker)
        and not each.specifier.contains(pinned.get(each.name, ""))
    }
    assert missing == {"opencv-python"}
    assert [name for name in pinned if name.startswith("opencv")] == ["opencv-python-headless"]


def test_every_link_of_a_wheels_description_leads_somewhere_from_an_index(dist: Path) -> None:
    """A package index knows no folder beside the README; what is linked is in the repository."""
    for wheel in dist.glob("*.whl"):
        with zipfile.ZipFile(wheel) as opened:
            (name,) = (each for each in opened.namelist() if each.endswith(".dist-info/METADATA"))
            metadata = email.message_from_bytes(opened.read(name))
        assert metadata["Description-Content-Type"].startswith("text/markdown")
        assert "https://github.com/facesvc/facesvc" in str(metadata.get_all("Project-URL"))
        links = re.findall(r"\]\(([^)\s]+)\)", str(metadata.get_payload()))
        assert all(link.startswith(("https://", "http://localhost")) for link in links), links
        for path in re.findall(r"facesvc/facesvc/(?:blob|raw|tree)/main/([^)#\s]+)", str(links)):
            assert (ROOT / path.strip("',]")).exists(), path


def run(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of the environment in a folder of its own."""
    command = [str(program), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE_S)


@contextmanager
def started(installed: Path, cwd: Path, command: str) -> Iterator[tuple[str, str]]:
    """Run the server, with its gateway or alone; yield gRPC's address and REST's."""
    grpc_port, port = free_port(), free_port()
    environment = os.environ | {
        "GRPC_PORT": str(grpc_port),
        "PORT": str(port),
        "MODEL_ROOT": str(ROOT / "models"),
        "LOG_LEVEL": "WARNING",
        "REDIS_URL": "",
        "METRICS_PORT": str(free_port()),
    }
    process = subprocess.Popen([str(installed / "facesvc"), command], cwd=cwd, env=environment)
    address = f"127.0.0.1:{grpc_port}"
    try:
        deadline = time.monotonic() + PATIENCE_S
        while run(installed / "facesvc", "health", "--server", address, cwd=cwd).returncode:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield address, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


def test_command_and_modules_come_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """Not from the repository."""
    where = run(installed / "python", "-c", "import facesvc; print(facesvc.__file__)", cwd=tmp_path)
    assert str(installed.parent) in where.stdout
    assert run(installed / "facesvc", "--version", cwd=tmp_path).returncode == 0


def test_server_runs_and_answers_command_and_client(installed: Path, tmp_path: Path) -> None:
    """From an empty folder, where it makes its gallery."""
    with started(installed, tmp_path, "serve") as (address, _):
        enrolled = run(
            installed / "facesvc", *("enroll", OBAMA, "--user", "u"), *("--server", address),
            cwd=tmp_path,
        )  # fmt: skip
        assert enrolled.returncode == 0, enrolled.stderr
        code = (
            "import sys; from facesvc_client import Client\n"
            "with Client(sys.argv[1]) as client:\n"
            "    print(client.search(sys.argv[2]).matches[0].user_id)"
        )
        found = run(installed / "python", "-c", code, address, OBAMA, cwd=tmp_path)
        assert found.stdout == "u\n", found.stderr
    assert (tmp_path / "data" / "gallery.sqlite3").exists()


def test_gateway_comes_with_its_files(installed: Path, tmp_path: Path) -> None:
    """Envoy transcodes by the descriptors of the wheel."""
    code = (
        "import sys, urllib.request as web\n"
        "print(web.urlopen(sys.argv[1] + '/health').read().decode())"
    )
    with started(installed, tmp_path, "up") as (_, url):
        deadline = time.monotonic() + PATIENCE_S
        while (
            '"status":"ok"'
            not in (answer := run(installed / "python", "-c", code, url, cwd=tmp_path)).stdout
        ):
            assert time.monotonic() < deadline, answer.stderr
            time.sleep(0.2)


def test_client_needs_no_server_package(dist: Path, tmp_path: Path) -> None:
    """Its wheel holds its stubs and imports nothing of facesvc."""
    (wheel,) = dist.glob("facesvc_client-*.whl")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import facesvc_client\n"
        "assert not any(name.split('.')[0] == 'facesvc' for name in sys.modules)"
    )
    run_alone = [sys.executable, "-P", "-c", code, str(wheel)]
    subprocess.run(run_alone, cwd=tmp_path, check=True)
