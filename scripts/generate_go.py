"""Generate the Go client's stubs from protos/; needs Go, whose module pins the generators.

``--check`` generates into a temporary folder and fails when the committed files differ.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from generate_stubs import PROTOS, ROOT, run_protoc

MODULE = ROOT / "clients" / "go"
MODULE_PATH = "github.com/facesvc/facesvc/clients/go"
TOOLS = MODULE / "bin"
STUBS = Path("facesvc/v1")


def generate(target: Path) -> None:
    """Write the stubs below ``target``, the root of a Go module."""
    subprocess.run(
        ["go", "install", "tool"], cwd=MODULE, env={**os.environ, "GOBIN": str(TOOLS)}, check=True
    )
    plugins = [f"--plugin={TOOLS / name}" for name in ("protoc-gen-go", "protoc-gen-go-grpc")]
    run_protoc(
        *plugins,
        f"--go_out={target}",
        f"--go-grpc_out={target}",
        f"--go_opt=module={MODULE_PATH}",
        f"--go-grpc_opt=module={MODULE_PATH}",
        *sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto")),
    )


def stale_files() -> list[str]:
    """Return the stubs that differ from what the protos give now."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        generate(fresh)
        names = {path.name for tree in (fresh, MODULE) for path in (tree / STUBS).glob("*.go")}
        _, differing, missing = filecmp.cmpfiles(
            fresh / STUBS, MODULE / STUBS, sorted(names), shallow=False
        )
    return sorted([*differing, *missing])


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a file is stale")
    if parser.parse_args().check:
        if stale := stale_files():
            sys.exit("Stale, run make proto-go: " + ", ".join(stale))
        return
    shutil.rmtree(MODULE / STUBS, ignore_errors=True)
    generate(MODULE)


if __name__ == "__main__":
    main()
