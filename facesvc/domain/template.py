"""What the recognizer says of a face: its embedding, and how much there was to recognize."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Template:
    """``embedding`` is float32 (512,), L2-normalised. ``lengths`` are the L2 lengths of the
    recognizers' vectors before they were normalised, one a recognizer, in the pack's order: a
    photo without an identity gives short ones. ``recognizability`` is 0 to 1, made of the
    lengths; None where the pack has no curve.
    """

    embedding: NDArray[np.float32]
    lengths: tuple[float, ...]
    recognizability: float | None = None
