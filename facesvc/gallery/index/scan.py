"""Passes over a collection's rows: what each may score at most decides who is a candidate.

Wide rows are scanned by all their codes. Of narrow ones the first codes are, which rule out most
rows: what a row and the probe have beyond them adds at most the product of their lengths there. The
rest of the codes is read for the rows that are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facesvc.gallery.index import kernels
from facesvc.gallery.index.rows import Block, Extent
from facesvc.gallery.index.shortlist import Shortlist

_SCORES_AT_ONCE = 2**18  # 1 MiB of float32: they stay in the cache from one pass to the next
# A row that is gathered costs a dozen times what it does in order, out of the cache.
_GATHERED_SHARE = 0.08

Scores = NDArray[np.float32]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows of a block from ``start`` to ``stop``."""

    block: Block
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class _Probes:
    """Probes coded for blocks of one width: all codes together, and each by itself."""

    first: NDArray[np.int8]
    each: list[kernels.CodedProbe]


def scan_float(
    probes: NDArray[np.float32], lists: Sequence[Shortlist], extents: Sequence[Extent]
) -> None:
    """Offer each probe's list what reaches its floor, compared in float32."""
    for part in _parts(extents, len(probes)):
        scores = kernels.float_dots(probes, part.block.vectors[part.start : part.stop])
        for chosen, line in zip(lists, scores, strict=True):
            _offer(chosen, part, line, kernels.FLOAT_ERROR)


def scan_int8(
    probes: NDArray[np.float32], lists: Sequence[Shortlist], extents: Sequence[Extent]
) -> None:
    """Offer each probe's list what reaches its floor, compared by codes."""
    by_width: dict[int, _Probes] = {}
    for width in {extent.block.width for extent in extents}:
        each = [kernels.quantise_probe(probe, width) for probe in probes]
        first = np.concatenate([one.codes[:, : kernels.first_of(width)] for one in each])
        by_width[width] = _Probes(first, each)
    for part in _parts(extents, len(probes)):
        coded = by_width[part.block.width]
        dots = kernels.int8_dots(coded.first, part.block.codes[part.start : part.stop])
        scan = _scan_wide if part.block.later.shape[1] == 0 else _scan_narrow
        for chosen, line, probe in zip(lists, dots, coded.each, strict=True):
            scan(part, line, probe, chosen)


def _scan_wide(part: _Part, dots: Scores, probe: kernels.CodedProbe, chosen: Shortlist) -> None:
    """Offer rows whose codes are all in these dot products."""
    dots *= part.block.scales[part.start : part.stop]
    dots *= probe.scale
    _offer(chosen, part, dots, kernels.int8_error(part.block.residual, probe.residual))


def _scan_narrow(part: _Part, dots: Scores, probe: kernels.CodedProbe, chosen: Shortlist) -> None:
    """Offer rows whose first codes are in these dot products, by all their codes."""
    block = part.block
    scales = block.scales[part.start : part.stop]
    later = block.later[part.start : part.stop]
    own_later = probe.codes[:, kernels.FIRST :]
    error = kernels.int8_error(block.first_residual, probe.first_residual)
    # (dot * scale) * own scale + length * own length + error, divided by the own scale
    own_scale = probe.scale
    most = dots * scales
    most += block.beyond[part.start : part.stop] * (probe.beyond / own_scale)
    places = (most >= (chosen.floor - error) / own_scale).nonzero()[0]
    if not len(places):
        return
    error = kernels.int8_error(block.residual, probe.residual, block.rest * probe.rest)
    if len(places) > _GATHERED_SHARE * len(dots):
        dots += kernels.int8_dots(own_later, later)[0]
        dots *= scales
        dots *= own_scale
        _offer(chosen, part, dots, error)
        return
    scores = dots[places]
    scores += kernels.int8_dots(own_later, later[places])[0]
    scores *= scales[places]
    scores *= own_scale
    reached = (scores >= chosen.floor - error).nonzero()[0]
    if len(reached):
        chosen.offer(block, places[reached] + part.start, scores[reached], error)


def _offer(chosen: Shortlist, part: _Part, scores: Scores, error: float) -> None:
    """Offer those of a part's rows that reach the floor."""
    places = (scores >= chosen.floor - error).nonzero()[0]
    if len(places):
        chosen.offer(part.block, places + part.start, scores[places], error)


def _parts(extents: Sequence[Extent], probes: int) -> Iterator[_Part]:
    """Yield the rows in pieces whose scores for all the probes stay in the cache."""
    most = max(_SCORES_AT_ONCE // probes, 1)
    for extent in extents:
        for start in range(0, extent.rows, most):
            yield _Part(extent.block, start, min(start + most, extent.rows))
