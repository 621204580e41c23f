"""``python -m facesvc.evaluation``: evaluate a folder of labelled photos."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import grpc

from facesvc.evaluation.command import EvaluationOptions, run_evaluation, service_in_process
from facesvc.log import configure_logging
from facesvc.settings import load_settings


def main() -> int:
    """Run one evaluation and print its page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="folder with a folder per person, or a CSV file")
    parser.add_argument("--into", type=Path, default=Path("evaluation"), help="default %(default)s")
    parser.add_argument("--pairs", type=Path, help="file in the format of LFW's pairs.txt")
    parser.add_argument("--threshold", type=float, default=None, help="default MATCH_THRESHOLD")
    parser.add_argument("--server", help="host:port of a service; without, one runs in process")
    parser.add_argument("--title", default="Accuracy")
    arguments = parser.parse_args()
    settings = load_settings()
    configure_logging("WARNING", "console")
    threshold = settings.match_threshold if arguments.threshold is None else arguments.threshold
    options = EvaluationOptions(
        arguments.photos, arguments.into, arguments.pairs, threshold, arguments.title
    )
    if arguments.server:
        with grpc.insecure_channel(arguments.server) as channel:
            run_evaluation(channel, options)
    else:
        with service_in_process(settings) as channel:
            run_evaluation(channel, options)
    sys.stdout.write((arguments.into / "evaluation.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
