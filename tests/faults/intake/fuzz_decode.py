"""Coverage-guided fuzzing of the container walks and the decoder, with atheris (libFuzzer).

``python -m tests.faults.intake.fuzz_decode -max_total_time=600 CORPUS_FOLDER``

atheris 3.0 keeps the result of every ``==`` in instrumented code, so arrays are compared there by
np.equal: otherwise a long run ends for want of memory that the decoder does not use.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["facesvc"]):
    from facesvc.domain.errors import FaceError
    from facesvc.images.decode import DecodeLimits, SafeImageDecoder

DECODER = SafeImageDecoder(DecodeLimits(max_pixels=1_000_000), detection_size=128)


def test_one_input(data: bytes) -> None:
    """Anything but an image or an error of the contract is a finding."""
    try:
        photo = DECODER.decode(data)
    except FaceError:
        return
    assert photo.pixels.ndim == 3
    assert photo.pixels.shape[2] == 3
    assert photo.full().pixels.shape[:2] == (photo.height, photo.width)


if __name__ == "__main__":
    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()
