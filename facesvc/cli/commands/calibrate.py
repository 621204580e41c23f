"""``facesvc eval calibrate``: the model pack's limits and risks, from labelled photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facesvc.cli import exits
from facesvc.cli.output import Output


def calibrate(
    out: Output,
    photos: Annotated[
        Path, typer.Argument(help="Folder with a folder per person, or a CSV file as for eval.")
    ],
    into: Annotated[
        Path | None, typer.Option("--out", help="Else calibration.json in the pack's folder.")
    ] = None,
    work: Annotated[
        Path, typer.Option(help="Folder of what was observed, from which a run goes on.")
    ] = Path("calibration"),
    name: Annotated[str, typer.Option(help="What the photos are, for the record.")] = "",
    same: Annotated[
        Path | None, typer.Option(help="Lines of names that are one person, by blanks.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Photos looked at at once.")] = 2,
) -> int:
    """Fit MODEL_PACK's recognizability and risk of false matches (docs/risk.md).

    The folder of observations holds embeddings, which are biometric data.
    """
    from facesvc.evaluation.calibration.command import CalibrationOptions, run_calibration
    from facesvc.log import configure_logging
    from facesvc.settings import load_settings

    configure_logging("WARNING", "console")
    options = CalibrationOptions(photos, into, work, name or photos.name, same, threads)
    page = run_calibration(load_settings(), options)
    if out.as_json:
        out.json({"report": page})
    else:
        out.line(page)
    return exits.DONE
