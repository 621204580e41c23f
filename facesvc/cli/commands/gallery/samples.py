"""Samples of a user, on the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from facesvc.cli.output import Output
from facesvc.v1 import gallery_service_pb2 as pb

_NOT_KNOWN = "-"


def table(out: Output, samples: Iterable[pb.EnrolledSample]) -> None:
    """Write what is known of samples."""
    out.table(
        ["sample", "source", "quality", "recognizability", "box", "enrolled", "version"],
        [
            (
                sample.sample_id,
                _source(sample),
                sample.quality if sample.HasField("quality") else _NOT_KNOWN,
                sample.recognizability if sample.HasField("recognizability") else _NOT_KNOWN,
                " ".join(map(str, sample.bbox)) or _NOT_KNOWN,
                f"{sample.created_at.ToDatetime():%Y-%m-%d %H:%M}",
                sample.version,
            )
            for sample in samples
        ],
    )


def _source(sample: pb.EnrolledSample) -> str:
    if sample.source == pb.EnrolledSample.SOURCE_UNSPECIFIED:
        return _NOT_KNOWN
    return pb.EnrolledSample.Source.Name(sample.source).lower()
