"""``facesvc watch``: check-ins as they come into a folder or before a camera."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer

from facesvc.cli.choices import Threshold
from facesvc.cli.command import Call
from facesvc.cli.commands.checkin import Collection, SkipLiveness, decision_of
from facesvc.cli.errors import describe, reason_of_error
from facesvc.cli.output import as_dict, cell
from facesvc.cli.watching.folder import folder_frames
from facesvc.cli.watching.frame import Frame
from facesvc.v1 import gallery_service_pb2 as pb

_TRY_AGAIN_S = 1.0
_NOBODY = "NO_FACE"


def watch(
    call: Call,
    source: Annotated[
        str,
        typer.Argument(help="Folder, camera number, device, rtsp:// or http:// stream, or film."),
    ],
    existing: Annotated[
        bool, typer.Option("--existing", help="Of a folder, also what is there already.")
    ] = False,
    idle: Annotated[
        float | None, typer.Option(help="Of a folder: end after so many seconds without a photo.")
    ] = None,
    interval: Annotated[float, typer.Option(help="Of a camera: seconds between pictures.")] = 0.5,
    cooldown: Annotated[
        float, typer.Option(help="Of a camera: seconds in which one decision is told once.")
    ] = 30.0,
    threshold: Threshold = None,
    skip_liveness: SkipLiveness = False,
    collection: Collection = "",
) -> int:
    """Decide on photos as they come into a folder, or on what a camera sees; Ctrl-C ends it."""
    call.service.health()
    is_folder = Path(source).is_dir()
    told = _Recently(0.0 if is_folder else cooldown)
    for frame in _frames(call, source, existing, idle, interval):
        request = pb.CheckInRequest(
            image=frame.image,
            threshold=threshold,
            skip_liveness=skip_liveness,
            collection=collection,
        )
        event = _decide(call, request)
        if event["decision"] == _NOBODY and not is_folder:
            continue  # an empty room is no news
        if told.is_new(event["decision"], event.get("match", {}).get("user_id", "")):
            _tell(call, frame, event)
    return 0


def _frames(
    call: Call, source: str, existing: bool, idle: float | None, interval: float
) -> Iterator[Frame]:
    if Path(source).is_dir():

        def skipped(name: str, reason: str) -> None:
            call.out.note(f"{name}: skipped, {reason}")

        return folder_frames(Path(source), existing=existing, idle_s=idle, skipped=skipped)
    from facesvc.cli.watching.camera import camera_frames  # needs OpenCV

    return camera_frames(source, interval_s=interval)


def _decide(call: Call, request: pb.CheckInRequest) -> dict[str, Any]:
    """Return the decision, or the reason why there is none; waits for a service that is away."""
    waited = False
    while True:
        try:
            answer = call.service.gallery.CheckIn(request)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                if not waited:
                    call.out.note(f"{describe(error, call.service.address)} Trying again.")
                waited = True
                time.sleep(_TRY_AGAIN_S)
                continue
            if error.code() is not grpc.StatusCode.INVALID_ARGUMENT:
                raise
            return {"decision": reason_of_error(error), "message": error.details()}
        return as_dict(answer) | {"decision": decision_of(answer)}


def _tell(call: Call, frame: Frame, event: dict[str, Any]) -> None:
    if call.out.as_json:
        call.out.json_line({"photo": frame.name} | event)
        return
    match = event.get("match", {})
    who = match.get("name") or match.get("user_id") or event.get("message", "")
    figure = cell(match["similarity"]) if match else ""
    why = " ".join(reason["reason"] for reason in event.get("reasons", []))
    call.out.line("  ".join(filter(None, (frame.name, event["decision"], who, figure, why))))


class _Recently:
    """Remembers which decision on whom was told when."""

    def __init__(self, cooldown_s: float) -> None:
        self._cooldown_s = cooldown_s
        self._told: dict[tuple[str, str], float] = {}

    def is_new(self, decision: str, user_id: str) -> bool:
        """Tell whether the decision was not told within the cooldown, and take it as told."""
        now = time.monotonic()
        before = self._told.get((decision, user_id))
        if before is not None and now - before < self._cooldown_s:
            return False
        self._told[decision, user_id] = now
        return True
