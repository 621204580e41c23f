"""``facesvc analyze``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facesvc.cli import exits
from facesvc.cli.command import Call
from facesvc.cli.drawing.faces import FaceMark, Mood, write_marked
from facesvc.cli.output import as_dict
from facesvc.cli.photo import Photo, read_photo
from facesvc.v1 import face_service_pb2 as pb


def analyze(
    call: Call,
    photo: Photo,
    draw: Annotated[
        Path | None, typer.Option(help="Picture that takes the photo with its faces marked.")
    ] = None,
) -> int:
    """Describe every face of a photo; exit status 4 when there is none."""
    data = read_photo(photo)
    answer = call.service.faces.Analyze(pb.AnalyzeRequest(image=data))
    if call.out.as_json:
        call.out.json(as_dict(answer))
    else:
        call.out.table(
            ["face", "box", "detection", "quality", "yaw", "pitch", "age", "sex", "live"],
            [
                (
                    number,
                    " ".join(map(str, face.bbox)),
                    face.detection_score,
                    face.quality.score,
                    f"{face.quality.pose_yaw:.0f}\N{DEGREE SIGN}",
                    f"{face.quality.pose_pitch:.0f}\N{DEGREE SIGN}",
                    face.age,
                    face.gender,
                    face.liveness.is_live,
                )
                for number, face in enumerate(answer.faces, 1)
            ],
        )
    if draw:
        write_marked(draw, data, [_mark(face) for face in answer.faces])
    return exits.DONE if answer.faces else exits.ANSWER_IS_NO


def _mark(face: pb.AnalyzedFace) -> FaceMark:
    landmarks = list(zip(face.landmarks[::2], face.landmarks[1::2], strict=True))
    live = "live" if face.liveness.is_live else "not live"
    lines = [f"quality {face.quality.score:.2f}", f"{face.gender}{face.age} {live}"]
    mood = Mood.GOOD if face.liveness.is_live else Mood.DOUBTFUL
    return FaceMark(tuple(face.bbox), lines, mood, landmarks)
