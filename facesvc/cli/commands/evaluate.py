"""``facesvc eval``: recognition measured on labelled photos."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import grpc
import typer

from facesvc.cli import exits
from facesvc.cli.connection import SERVER_VARIABLE, Connection, connect
from facesvc.cli.output import Output


def evaluate(
    out: Output,
    photos: Annotated[
        Path,
        typer.Argument(
            help="Folder with a folder per person, or a CSV file with the columns photo and person"
            " or presentation; every other column is a group."
        ),
    ],
    into: Annotated[
        Path, typer.Option(help="Folder of the report and of what was observed.")
    ] = Path("evaluation"),
    pairs: Annotated[
        Path | None, typer.Option(help="Compare these pairs only (the format of LFW's pairs.txt).")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Similarity to report at; else MATCH_THRESHOLD.")
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="Ask this service; without, one runs inside the command."
        ),
    ] = None,
    title: Annotated[str, typer.Option(help="Heading of the report.")] = "Accuracy",
    same: Annotated[
        Path | None, typer.Option(help="Lines of names that are one person, by blanks.")
    ] = None,
    central: Annotated[
        bool,
        typer.Option("--central", help="The label is of the most central face, not the best one."),
    ] = False,
    data: Annotated[str, typer.Option(help="What the photos are, for the report.")] = "",
    page: Annotated[
        Path | None, typer.Option(help="Write the report here, too, plots in a folder beside it.")
    ] = None,
) -> int:
    """Measure 1:1, 1:N, groups, quality and liveness on your own photos.

    Writes evaluation.md, evaluation.json and plots. An interrupted run goes on where it stopped.
    The folder holds embeddings, which are biometric data: keep it as you keep the photos.
    """
    from facesvc.evaluation.command import EvaluationOptions, run_evaluation, service_in_process
    from facesvc.evaluation.report import to_json
    from facesvc.log import configure_logging
    from facesvc.settings import load_settings

    settings = load_settings()
    limit = settings.match_threshold if threshold is None else threshold
    options = EvaluationOptions(photos, into, pairs, limit, title, same, central, data, page)

    def run(channel: grpc.Channel) -> int:
        evaluation = run_evaluation(channel, options)
        if out.as_json:
            out.json(json.loads(to_json(evaluation)))
        else:
            out.line((into / "evaluation.md").read_text(encoding="utf-8"))
        return exits.DONE

    address = server or os.environ.get(SERVER_VARIABLE)
    if address:
        with connect(Connection(server=address)) as service:
            return run(service.channel)
    configure_logging("WARNING", "console")
    with service_in_process(settings) as channel:
        return run(channel)
