"""``facesvc embed``."""

from __future__ import annotations

from facesvc.cli import exits
from facesvc.cli.choices import Face, SingleFace, meant, tell_choice
from facesvc.cli.command import Call
from facesvc.cli.output import as_dict
from facesvc.cli.photo import Aligned, Photo, source_of
from facesvc.v1 import face_service_pb2 as pb


def embed(
    call: Call,
    photo: Photo,
    face: Face = "",
    single_face: SingleFace = False,
    aligned: Aligned = False,
) -> int:
    """Tell the embedding of a photo's best face: 512 numbers on one line, of length 1."""
    request = pb.EmbedRequest(
        **source_of(photo, aligned=aligned), **meant(face, single=single_face)
    )
    answer = call.service.faces.Embed(request)
    tell_choice(call.out, photo, answer.faces_detected, answer.face)
    if call.out.as_json:
        call.out.json(as_dict(answer))
    else:
        call.out.line(" ".join(f"{number:.8g}" for number in answer.embedding))
    return exits.DONE
