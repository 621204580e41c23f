"""CheckIn against the calls that it stands for: ``python -m benchmarks.speed.checkin``.

Writes docs/performance/checkin.md. ``--quick`` runs shortly and writes nothing.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

import grpc

from benchmarks.speed import clients, processes
from benchmarks.speed.part import Part, run_part
from benchmarks.speed.photos import make_photos
from benchmarks.speed.report import machine
from benchmarks.speed.turns import table, take_turns
from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub

COUNTS = (1, 4)
TWO, ONE, LEAN = "CheckLiveness, then Search", "CheckIn", "CheckIn, skip_liveness"
KEY = "two"


def measure(part: Part) -> str:
    """Return the page."""
    photo = make_photos()[KEY].data
    with processes.service("onnxruntime") as (port, _, _):
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            people = GalleryServiceStub(channel)  # type: ignore[no-untyped-call] # generated
            enrolled = people.Enroll(gallery.EnrollRequest(user_id="anna", image=photo))
            if not enrolled.success:
                raise SystemExit(f"The photo was not enrolled: {enrolled.message}")
        results = take_turns(
            {
                TWO: lambda n, s: clients.run(_two_calls(port, photo), n, s),
                ONE: lambda n, s: clients.run(_check_in(port, photo, skip=False), n, s),
                LEAN: lambda n, s: clients.run(_check_in(port, photo, skip=True), n, s),
            },
            KEY,
            COUNTS,
            part.rounds,
            part.seconds,
        )
    return PAGE.format(
        machine=machine(),
        rounds=part.rounds,
        seconds=part.seconds,
        table=table(results, KEY, COUNTS, TWO),
    )


def _two_calls(port: int, photo: bytes) -> clients.Connect:
    def connect(stack: ExitStack) -> clients.Ask:
        channel = clients.own_channel(stack, port)
        faces, people = FaceServiceStub(channel), GalleryServiceStub(channel)  # type: ignore[no-untyped-call] # generated

        def ask() -> None:
            live = faces.CheckLiveness(face.CheckLivenessRequest(image=photo))
            found = people.Search(gallery.SearchRequest(image=photo, top_k=2))
            if not (live.is_live and found.matches):
                raise ValueError("not live, or not found")

        return ask

    return connect


def _check_in(port: int, photo: bytes, *, skip: bool) -> clients.Connect:
    def connect(stack: ExitStack) -> clients.Ask:
        people = GalleryServiceStub(clients.own_channel(stack, port))  # type: ignore[no-untyped-call] # generated
        request = gallery.CheckInRequest(image=photo, skip_liveness=skip)

        def ask() -> None:
            if people.CheckIn(request).decision != gallery.CheckInResponse.MATCH:
                raise ValueError("no match")

        return ask

    return connect


PAGE = """\
# One check-in against two calls

Written by `python -m benchmarks.speed.checkin`. {machine}.

A 2 MP photo over gRPC, in turns, {rounds} rounds of {seconds:g} s. Cells: check-ins a second \
(median of the rounds), then p50 / p95.

{table}

CheckIn decodes and detects once where the two calls do so twice, and the photo travels once.
"""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    run_part("checkin", __doc__, measure, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
