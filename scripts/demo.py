"""make demo: enrols the sample photos on a server of its own, then asks it everything.

Every line is a real call over gRPC; the last column is the time that the caller waited.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run by path, a script sees its own folder only

from facesvc.v1 import face_service_pb2 as face  # noqa: E402 - needs the path above
from facesvc.v1 import gallery_service_pb2 as gallery  # noqa: E402
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub  # noqa: E402
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub  # noqa: E402
from harness.ports import free_port  # noqa: E402

SAMPLES = ROOT / "data" / "samples"
START_TIMEOUT_S = 60.0
ANSWER_WIDTH = 48


@contextmanager
def own_server() -> Iterator[grpc.Channel]:
    """Run a server on a free port with an empty gallery in memory; yield a channel to it once it
    serves. Exits when it does not start.
    """
    port = free_port()
    environment = os.environ | {
        "HOST": "127.0.0.1",
        "GRPC_PORT": str(port),
        "GALLERY_PATH": ":memory:",
        "REDIS_URL": "",
        "LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen([sys.executable, str(ROOT / "server.py")], env=environment)
    # The server is not there yet, and its clients would wait longer after each try.
    options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 200)]
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel:
            wait_until_ready(process, channel)
            yield channel
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_ready(process: subprocess.Popen[bytes], channel: grpc.Channel) -> None:
    """Return when the server serves. Exits when it ends or takes too long."""
    health = health_pb2_grpc.HealthStub(channel)
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            health.Check(health_pb2.HealthCheckRequest(), timeout=1.0)
            return
        except grpc.RpcError:
            if process.poll() is not None:
                sys.exit("The server did not start; its message is above.")
            if time.monotonic() > deadline:
                sys.exit(f"The server did not start within {START_TIMEOUT_S:.0f} s.")
            time.sleep(0.05)


class Table:
    """Prints a line for each call as it comes back; ``widest`` is the longest photo column."""

    def __init__(self, widest: str) -> None:
        self._width = len(widest)
        self._line("call", "photo", "answer", "ms")
        self._line("-" * 10, "-" * self._width, "-" * ANSWER_WIDTH, "-" * 7)

    def call(
        self, name: str, photo: str, ask: Callable[[], Any], tell: Callable[[Any], str]
    ) -> Any:
        """Ask, print what ``tell`` makes of the answer, and return the answer."""
        start = time.perf_counter()
        answer = ask()
        self._line(name, photo, tell(answer), f"{(time.perf_counter() - start) * 1000:.1f}")
        return answer

    def _line(self, name: str, photo: str, answer: str, took: str) -> None:
        if len(answer) > ANSWER_WIDTH:
            answer = answer[: ANSWER_WIDTH - 3] + "..."
        print(f"{name:<10} {photo:<{self._width}} {answer:<{ANSWER_WIDTH}} {took:>7}", flush=True)


def run(channel: grpc.Channel) -> None:
    """Enrol the first photo of each person, then search, verify, check in, compare and describe."""
    faces, people = FaceServiceStub(channel), GalleryServiceStub(channel)  # type: ignore[no-untyped-call] # generated

    def photo(name: str) -> bytes:
        return (SAMPLES / name).read_bytes()

    users = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())
    others = [
        str(path.relative_to(SAMPLES))
        for user in users
        for path in sorted((SAMPLES / user).iterdir())
        if path.name != "1.jpg"
    ]
    pair = f"{users[1]}/1.jpg, 2.jpg"
    table = Table(max([pair, *others, *(f"{user}/1.jpg" for user in users)], key=len))
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
    for name in (f"{users[0]}/2.jpg", "group.jpg"):
        table.call(
            "CheckIn",
            name,
            lambda name=name: people.CheckIn(gallery.CheckInRequest(image=photo(name))),  # type: ignore[misc]
            lambda answer: " ".join(
                filter(
                    None,
                    [
                        gallery.CheckInResponse.Decision.Name(answer.decision),
                        answer.match.name,
                        *(gallery.Rejection.Reason.Name(each.reason) for each in answer.reasons),
                    ],
                )
            ),
        )
    table.call(
        "Identify",
        others[0],
        lambda: people.Identify(gallery.IdentifyRequest(image=photo(others[0]))),
        lambda answer: (
            f"faces: {len(answer.faces)}; here: {', '.join(user.name for user in answer.users)}"
        ),
    )
    table.call(
        "Compare",
        pair,
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
    with own_server() as channel:
        run(channel)
    return 0


if __name__ == "__main__":
    sys.exit(main())
