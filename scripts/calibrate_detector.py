"""Measures the activation ranges of the compact pack's detector on the sample photos.

Writes facesvc/models/compact_int8.json, from which the int8 detector is made;
``--check`` compares instead. The result depends on the photos and the seed only.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run by path, a script sees its own folder only

from facesvc.models.int8_calibration import (  # noqa: E402 - needs the path above
    COMPACT_FILE,
    Calibration,
    from_json,
)
from facesvc.models.load import load_pack  # noqa: E402
from facesvc.models.manifest import Role  # noqa: E402
from facesvc.models.pack import Pack  # noqa: E402
from facesvc.models_build.make_variants import calibrate  # noqa: E402


def measure(pack: Pack, samples: Path) -> Calibration:
    """Return the calibration of the pack's detector on the folder's JPEG files, by name."""
    spec = pack.manifest.with_role(Role.DETECTOR)[0]
    return calibrate(spec, pack.original_bytes(spec), sorted(samples.rglob("*.jpg")))


def main() -> int:
    """Measure, then write or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the file, write nothing")
    parser.add_argument("--model-root", type=Path, default=ROOT / "models")
    parser.add_argument("--samples", type=Path, default=ROOT / "data" / "samples")
    arguments = parser.parse_args()
    measured = measure(load_pack("compact", arguments.model_root), arguments.samples)
    if arguments.check:
        same = measured == from_json(COMPACT_FILE.read_text(encoding="utf-8"))
        print(f"{COMPACT_FILE.name}: {'as measured' if same else 'DIFFERS from what was measured'}")
        return 0 if same else 1
    COMPACT_FILE.write_text(measured.to_json(), encoding="utf-8")
    print(f"{COMPACT_FILE}: {len(measured.ranges)} ranges of {len(measured.photos)} photos")
    return 0


if __name__ == "__main__":
    sys.exit(main())
