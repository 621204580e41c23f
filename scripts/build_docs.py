"""Build the documentation's site into build/site: build_docs.py [TARGET].

Pages are copied from where GitHub shows them, with their links as the site has them; the contract
and the commands are written from the code. Every link has to lead somewhere.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from generate_stubs import ROOT, lint_image

sys.path.insert(0, str(ROOT))  # run by path, a script sees its own folder only

from docs_site.check import problems_of
from docs_site.commands import commands_page
from docs_site.contract import contract_page
from docs_site.pages import DeadLinkError, page_names, tracked_files, with_links
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from openapi.source import PACKAGE, Contract

SITE = ROOT / "build" / "site"
CONFIG = ROOT / "mkdocs.yml"


def stage(target: Path) -> None:
    """Write every page and picture below ``target``. Raises DeadLinkError."""
    tracked = tracked_files()
    pages = page_names(tracked)
    for name in sorted(tracked | pages.keys()):
        if name in pages:
            place = target / pages[name]
            place.parent.mkdir(parents=True, exist_ok=True)
            text = (ROOT / name).read_text(encoding="utf-8")
            place.write_text(with_links(text, name, pages, tracked), encoding="utf-8")
        elif name.startswith("docs/"):
            place = target / name.removeprefix("docs/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place)
    reference = target / "reference"
    reference.mkdir(parents=True, exist_ok=True)
    (reference / "contract.md").write_text(_contract(), encoding="utf-8")
    (reference / "commands.md").write_text(commands_page(), encoding="utf-8")


def _contract() -> str:
    with tempfile.TemporaryDirectory() as folder:
        descriptors = Path(folder) / "contract.binpb"
        lint_image(descriptors)
        found = descriptors.read_bytes()
    methods = {
        f"{file.package}.{service.name}": list(service.method)
        for file in FileDescriptorSet.FromString(found).file
        if file.package == PACKAGE
        for service in file.service
    }
    return contract_page(Contract(found), methods)


def build(target: Path) -> list[str]:
    """Build the site into ``target`` and return what is wrong with it, a sentence each."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        try:
            stage(work / "docs")
        except DeadLinkError as error:
            return [str(error)]
        settings = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
        settings |= {"docs_dir": "docs", "site_dir": "site"}
        (work / "mkdocs.yml").write_text(yaml.safe_dump(settings, sort_keys=False))
        command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
        run = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
        if run.returncode:
            return [run.stdout + run.stderr]
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(work / "site", target)
    return problems_of(target)


def main() -> None:
    """Build it; name what is wrong."""
    target = Path(sys.argv[1]) if sys.argv[1:] else SITE
    problems = build(target)
    if problems:
        sys.exit("\n".join(problems))
    print(target / "index.html")


if __name__ == "__main__":
    main()
