"""make demo: enrols the sample photos on a server of its own, then asks it everything.

Every line is a real call over gRPC; the last column is the time that the caller waited.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run by path, a script sees its own folder only

from facesvc.v1 import face_service_pb2 as face  # noqa: E402 - needs the path above
from facesvc.v1 import gallery_service_pb2 as gallery  # noqa: E402
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub  # noqa: E402
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub  # noqa: E402

SAMPLES = ROOT / "data" / "samples"
START_TIMEOUT_S = 60.0


@contextmanager
def own_server() -> Iterator[str]:
    """Run a server on a free port with an empty gallery in memory; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "HOST": "127.0.0.1",
        "GRPC_PORT": str(port),
        "GALLERY_PATH": ":memory:",
        "REDIS_URL": "",
        "LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen([sys.executable, str(ROOT / "server.py")], env=environment)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


class Table:
    """Prints a line for each call as it comes back."""

    def __init__(self) -> None:
        self._line("call", "photo", "answer", "ms")
        self._line("-" * 10, "-" * 22, "-" * 62, "-" * 6)

    def call(
        self, name: str, photo: str, ask: Callable[[], Any], tell: Callable[[Any], str]
    ) -> Any:
        """Ask, print what ``tell`` makes of the answer, and return the answer."""
        start = time.perf_counter()
        answer = ask()
        self._line(name, photo, tell(answer), f"{(time.perf_counter() - start) * 1000:.1f}")
        return answer

    @staticmethod
    def _line(name: str, photo: str, answer: str, took: str) -> None:
        print(f"{name:<10} {photo:<22} {answer:<62} {took:>6}", flush=True)


def run(channel: grpc.Channel) -> None:
    """Enrol the first photo of each person, then search, verify, compare and describe."""
    faces, people, table = FaceServiceStub(channel), GalleryServiceStub(channel), Table()  # type: ignore[no-untyped-call] # generated

    def photo(name: str) -> bytes:
        return (SAMPLES / name).read_bytes()

    users = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())
    for user in users:
        name = f"{user}/1.jpg"
        request = gallery.EnrollRequest(
            user_id=user, image=photo(name), name=user.replace("_", " ").title()
        )
        table.call(
            "Enroll",
            name,
            lambda request=request: people.Enroll(request),  # type: ignore[misc]
            lambda answer: f"{answer.message}, quality {answer.quality.score:.2f}",
        )
    others = [
        str(path.relative_to(SAMPLES))
        for user in users
        for path in sorted((SAMPLES / user).iterdir())
        if path.name != "1.jpg"
    ]
    for name in others:
        table.call(
            "Search",
            name,
            lambda name=name: people.Search(gallery.SearchRequest(image=photo(name))),  # type: ignore[misc]
            lambda answer: (
                ", ".join(f"{match.name} {match.similarity:.2f}" for match in answer.matches)
                or "nobody"
            ),
        )
    table.call(
        "Search",
        "group.jpg",
        lambda: people.Search(gallery.SearchRequest(image=photo("group.jpg"))),
        lambda answer: f"{len(answer.matches)} matches, {answer.faces_detected} faces",
    )
    for user in (users[0], users[-1]):
        table.call(
            "Verify",
            f"{users[0]}/2.jpg",
            lambda user=user: people.Verify(  # type: ignore[misc]
                gallery.VerifyRequest(user_id=user, image=photo(f"{users[0]}/2.jpg"))
            ),
            lambda answer: f"{answer.user_id}: {answer.verified}, {answer.similarity:.2f}",
        )
    table.call(
        "Compare",
        f"{users[1]}/1.jpg, 2.jpg",
        lambda: faces.Compare(
            face.CompareRequest(
                image_1=photo(f"{users[1]}/1.jpg"), image_2=photo(f"{users[1]}/2.jpg")
            )
        ),
        lambda answer: f"match {answer.match}, {answer.similarity:.2f} of {answer.threshold:.2f}",
    )
    table.call(
        "Liveness",
        f"{users[0]}/1.jpg",
        lambda: faces.CheckLiveness(face.CheckLivenessRequest(image=photo(f"{users[0]}/1.jpg"))),
        lambda answer: f"live {answer.is_live}, {answer.confidence:.2f} by {answer.method}",
    )
    table.call(
        "Analyze",
        "group.jpg",
        lambda: faces.Analyze(face.AnalyzeRequest(image=photo("group.jpg"))),
        lambda answer: ", ".join(f"{each.gender}{each.age}" for each in answer.faces),
    )
    table.call(
        "BatchEmbed",
        f"{len(others)} photos",
        lambda: faces.BatchEmbed(face.BatchEmbedRequest(images=[photo(name) for name in others])),
        lambda answer: f"{sum(each.success for each in answer.results)} embedded",
    )
    table.call(
        "GetHealth",
        "",
        lambda: faces.GetHealth(face.GetHealthRequest()),
        lambda answer: f"{answer.status}, pack {answer.model.name}, {answer.gallery.users} users",
    )


def main() -> int:
    """Start, ask, end."""
    with own_server() as address, grpc.insecure_channel(address) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=START_TIMEOUT_S)
        except grpc.FutureTimeoutError:
            print(f"The server did not start within {START_TIMEOUT_S:.0f} s.", file=sys.stderr)
            return 1
        run(channel)
    return 0


if __name__ == "__main__":
    sys.exit(main())
