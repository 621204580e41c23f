"""``python -m facesvc.evaluation.calibration``: calibrate the pack on labelled photos."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from facesvc.evaluation.calibration.command import CalibrationOptions, run_calibration
from facesvc.log import configure_logging
from facesvc.settings import load_settings


def main() -> int:
    """Measure, fit and write calibration.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="folder with a folder per person, or a CSV file")
    parser.add_argument("--out", type=Path, help="default calibration.json in the pack's folder")
    parser.add_argument("--work", type=Path, default=Path("calibration"), help="kept observations")
    parser.add_argument("--name", default="", help="what the photos are, for the record")
    parser.add_argument("--same", type=Path, help="lines of names that are one person, by blanks")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    configure_logging("WARNING", "console")
    options = CalibrationOptions(
        arguments.photos,
        arguments.out,
        arguments.work,
        arguments.name or arguments.photos.name,
        arguments.same,
        arguments.threads,
    )
    sys.stdout.write(run_calibration(load_settings(), options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
