"""Closed-loop clients: each calls, waits for the answer, and calls again."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import grpc

from facesvc.v1.face_service_pb2 import EmbedRequest, EmbedResponse

EMBED = "/facesvc.v1.FaceService/Embed"

Ask = Callable[[], None]
# Connects one client; the stack closes it.
Connect = Callable[[ExitStack], Ask]


def run(connect: Connect, clients: int, seconds: float) -> tuple[list[float], float]:
    """Return ms a call and the seconds from the first call to the last answer.

    Every client has a connection of its own, opened and used once before the clock starts.
    """
    times: list[float] = []
    errors: list[BaseException] = []
    gate = threading.Barrier(clients + 1)

    def loop() -> None:
        try:
            with ExitStack() as stack:
                ask = connect(stack)
                ask()
                gate.wait()
                until = time.perf_counter() + seconds
                while time.perf_counter() < until:
                    began = time.perf_counter()
                    ask()
                    times.append((time.perf_counter() - began) * 1000)
        except Exception as error:  # told by the caller's thread
            errors.append(error)
            gate.abort()

    threads = [threading.Thread(target=loop) for _ in range(clients)]
    for thread in threads:
        thread.start()
    with suppress(threading.BrokenBarrierError):  # the error that broke it is raised below
        gate.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    if errors:
        raise SystemExit(f"A client failed: {errors[0]!r}")
    return times, time.perf_counter() - start


def own_channel(stack: ExitStack, port: int) -> grpc.Channel:
    """Return a channel with a connection of its own; the stack closes it."""
    options = [("grpc.use_local_subchannel_pool", 1)]  # else all share one connection
    return stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}", options))


def by_grpc(port: int, photo: bytes) -> Connect:
    """Return how to call Embed by gRPC.

    The request is serialised once, as REST's bodies are: the clients share the service's cores
    and should take little of them.
    """
    request = EmbedRequest(image=photo).SerializeToString()

    def connect(stack: ExitStack) -> Ask:
        channel = own_channel(stack, port)
        embed = channel.unary_unary(EMBED, bytes, EmbedResponse.FromString)

        def ask() -> None:
            if len(embed(request).embedding) != 512:
                raise ValueError("no embedding")

        return ask

    return connect


def by_rest(port: int, path: str, body: bytes, content_type: str) -> Connect:
    """Return how to POST over a connection that is kept."""

    def connect(stack: ExitStack) -> Ask:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        stack.callback(connection.close)

        def ask() -> None:
            connection.request("POST", path, body, {"content-type": content_type})
            answer = connection.getresponse()
            data = answer.read()
            if answer.status != http.client.OK or b"embedding" not in data:
                raise ValueError(data[:200])
            json.loads(data)

        return ask

    return connect


@contextmanager
def rest_bodies(
    port: int, path: str, body: bytes, content_type: str
) -> Iterator[Callable[[], bytes]]:
    """Yield a function that POSTs over a connection that is kept and returns the answer's body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask() -> bytes:
        connection.request("POST", path, body, {"content-type": content_type})
        answer = connection.getresponse()
        data = answer.read()
        if answer.status != http.client.OK:
            raise SystemExit(f"REST answered {answer.status}: {data[:200]!r}")
        return data

    try:
        yield ask
    finally:
        connection.close()


def as_json(photo: bytes) -> bytes:
    """Return the photo as the body of a JSON call."""
    return json.dumps({"image": base64.b64encode(photo).decode()}).encode()
