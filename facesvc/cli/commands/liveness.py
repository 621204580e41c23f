"""``facesvc liveness``."""

from __future__ import annotations

from facesvc.cli import exits
from facesvc.cli.choices import Face, SingleFace, meant, tell_choice
from facesvc.cli.command import Call
from facesvc.cli.output import as_dict
from facesvc.cli.photo import Photo, source_of
from facesvc.v1 import face_service_pb2 as pb


def liveness(call: Call, photo: Photo, face: Face = "", single_face: SingleFace = False) -> int:
    """Tell whether a photo's best face looks live; exit status 4 when it does not."""
    request = pb.CheckLivenessRequest(**source_of(photo), **meant(face, single=single_face))
    answer = call.service.faces.CheckLiveness(request)
    tell_choice(call.out, photo, answer.faces_detected, answer.face)
    if call.out.as_json:
        call.out.json(as_dict(answer))
    else:
        word = answer.reason or ("live" if answer.is_live else "not live")
        call.out.line(f"{word}: confidence {answer.confidence:.3f}, by {answer.method}")
    return exits.DONE if answer.is_live else exits.ANSWER_IS_NO
