"""``facesvc challenge``."""

from __future__ import annotations

from typing import Annotated

import typer

from facesvc.cli import exits
from facesvc.cli.command import Call
from facesvc.cli.output import as_dict
from facesvc.v1 import gallery_service_pb2 as pb

Collection = Annotated[
    str, typer.Option(help="That the check-in will look in; else the service's default.")
]
_SAID = {
    pb.StartChallengeResponse.TURN_LEFT: "turn the head to your left",
    pb.StartChallengeResponse.TURN_RIGHT: "turn the head to your right",
    pb.StartChallengeResponse.LOOK_UP: "raise the chin",
}


def challenge(call: Call, collection: Collection = "") -> int:
    """Ask for movements that the frames of one check-in must show."""
    answer = call.service.gallery.StartChallenge(pb.StartChallengeRequest(collection=collection))
    if call.out.as_json:
        call.out.json(as_dict(answer))
        return exits.DONE
    names = pb.StartChallengeResponse.Movement
    steps = (_SAID.get(each, names.Name(each)) for each in answer.movements)
    call.out.fields(
        [
            ("frame 1", "look straight ahead"),
            *((f"frame {number}", step) for number, step in enumerate(steps, 2)),
            ("until", answer.expires_at.ToJsonString()),
            ("token", answer.challenge_token),
        ]
    )
    return exits.DONE
