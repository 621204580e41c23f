"""A process that calls at a constant rate, whatever becomes of the calls.

``python -m benchmarks.load.caller`` reads a plan as JSON from standard input and writes what became
of each call to standard output. A call's time runs from the moment when it was due, so that a
service that keeps its callers waiting does not look faster because fewer calls are made.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2

from facesvc.v1 import face_service_pb2, gallery_service_pb2

ROOT = Path(__file__).resolve().parents[2]
EMBED, LIST, HEALTH = "embed", "list", "health"
_METHODS = {
    EMBED: "/facesvc.v1.FaceService/Embed",
    LIST: "/facesvc.v1.GalleryService/ListGallery",
    HEALTH: "/grpc.health.v1.Health/Check",
}
# A call without a deadline of its own must not keep the process for ever.
_GIVE_UP_S = 30.0


@dataclass(frozen=True)
class Plan:
    """What one process calls: ``kind`` at ``rate`` a second for ``seconds`` over so many
    ``connections`` to ``target`` (host:port).
    """

    target: str
    rate: float
    seconds: float
    kind: str = EMBED
    photo: str = ""
    deadline_s: float | None = None
    connections: int = 1
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of the calls: ms of those with each status code since they were due, and how
    many were answered while calls were made; answers that come after that make no rate.
    """

    ms: dict[str, list[float]]
    seconds: float
    answered: int
    details: dict[str, int]

    @property
    def made(self) -> int:
        """How many calls were made."""
        return sum(map(len, self.ms.values()))

    @property
    def ok_ms(self) -> list[float]:
        """The times of the calls that were answered."""
        return self.ms.get("OK", [])

    @property
    def refused_ms(self) -> list[float]:
        """The times of the calls that were refused for overload."""
        return self.ms.get("RESOURCE_EXHAUSTED", [])

    @property
    def goodput(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds

    @property
    def success(self) -> float:
        """The part of the calls that was answered."""
        return len(self.ok_ms) / max(1, self.made)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that so many percent do not exceed; NaN of none."""
    if not values:
        return float("nan")
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]


class Running:
    """A caller process on its way, with one plan or several that it follows at the same time."""

    def __init__(self, *plans: Plan) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load.caller"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - a pipe
        self._process.stdin.write(json.dumps([asdict(plan) for plan in plans]) + "\n")
        self._process.stdin.flush()

    def begin(self) -> None:
        """Wait until it is ready, then let it call."""
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101 - pipes
        if not self._process.stdout.readline():
            raise SystemExit("A caller could not start")
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def finish(self) -> Outcome:
        """Let it call and return what became of its calls."""
        self.begin()
        return self.outcome()

    def outcome(self) -> Outcome:
        """Wait for its end and return what became of the calls of its first plan."""
        return self.outcomes()[0]

    def outcomes(self) -> list[Outcome]:
        """Wait for its end and return what became of the calls of each plan."""
        out, _ = self._process.communicate()
        return [Outcome(**outcome) for outcome in json.loads(out)]


def call(*plans: Plan) -> list[Outcome]:
    """Run a process a plan, all at the same time, and return their outcomes."""
    running = [Running(plan) for plan in plans]
    for each in running:
        each.begin()
    return [each.outcome() for each in running]


def main() -> None:
    """Run the command line."""
    plans = [Plan(**plan) for plan in json.loads(sys.stdin.readline())]
    with ThreadPoolExecutor(len(plans)) as pool:
        prepared = [(plan, _request(plan), _stubs(plan)) for plan in plans]
        gc.collect()
        gc.freeze()  # a full collection in here would be told as the service's time
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        outcomes = list(pool.map(lambda each: _call_all(*each), prepared))
    json.dump(outcomes, sys.stdout)


def _stubs(plan: Plan) -> list[Any]:
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.insecure_channel(plan.target, options) for _ in range(plan.connections)]
    for channel in channels:
        grpc.channel_ready_future(channel).result(timeout=20)
    return [channel.unary_unary(_METHODS[plan.kind], None, None) for channel in channels]


def _request(plan: Plan) -> bytes:
    request: Message = health_pb2.HealthCheckRequest()
    if plan.kind == EMBED:
        request = face_service_pb2.EmbedRequest(image=Path(plan.photo).read_bytes())
    elif plan.kind == LIST:
        request = gallery_service_pb2.ListGalleryRequest()
    return request.SerializeToString()


def _call_all(plan: Plan, request: bytes, stubs: Sequence[Any]) -> dict[str, Any]:
    count = round(plan.rate * plan.seconds)
    metadata = tuple(plan.headers.items())
    ms: dict[str, list[float]] = {}
    details: Counter[str] = Counter()
    answered = 0
    lock, left = threading.Lock(), threading.Semaphore(0)

    def note(due: float) -> Callable[[Any], None]:
        def done(future: Any) -> None:
            nonlocal answered
            now, code = time.perf_counter(), future.code()
            taken = (now - due) * 1000
            with lock:
                answered += code is grpc.StatusCode.OK and now - start <= plan.seconds
                ms.setdefault(code.name, []).append(taken)
                if code is not grpc.StatusCode.OK:
                    details[f"{code.name}: {future.details()}"] += 1
            left.release()

        return done

    start = time.perf_counter()
    for number in range(count):
        due = start + number / plan.rate
        while (wait := due - time.perf_counter()) > 0:
            time.sleep(wait)
        timeout = _GIVE_UP_S
        if plan.deadline_s is not None:  # a caller's deadline runs from when it wanted to call
            timeout = max(0.001, plan.deadline_s + due - time.perf_counter())
        future = stubs[number % len(stubs)].future(request, timeout=timeout, metadata=metadata)
        future.add_done_callback(note(due))
    for _ in range(count):
        left.acquire(timeout=_GIVE_UP_S + 5)
    return {
        "ms": ms,
        "seconds": plan.seconds,
        "answered": answered,
        "details": dict(details.most_common(5)),
    }


if __name__ == "__main__":
    main()
