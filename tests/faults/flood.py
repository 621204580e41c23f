"""A client that knows no bounds: ``python -m tests.faults.flood TARGET PHOTO callers|streams``."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import grpc

from facesvc.v1 import face_service_pb2 as pb
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub

CALLERS, STREAMS = 128, 64
# A refused caller comes back this soon, whatever it was told.
PAUSE_S = 0.02


def main() -> None:
    """Run the command line until killed."""
    target, photo, what = sys.argv[1:]
    stub, image = FaceServiceStub(grpc.insecure_channel(target)), Path(photo).read_bytes()

    def call() -> None:
        stub.Embed(pb.EmbedRequest(image=image))

    def stream() -> None:
        def requests() -> Iterator[pb.StreamEmbedRequest]:
            while True:
                yield pb.StreamEmbedRequest(image=image)

        for _ in stub.StreamEmbed(requests()):
            pass

    def for_ever(act: Callable[[], None]) -> None:
        while True:
            with suppress(grpc.RpcError):
                act()
                continue
            time.sleep(PAUSE_S)

    act, count = (call, CALLERS) if what == "callers" else (stream, STREAMS)
    for _ in range(count):
        threading.Thread(target=for_ever, args=(act,), daemon=True).start()
    time.sleep(1.0)
    sys.stdout.write("flooding\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
