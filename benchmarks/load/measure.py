"""Offers loads from half to ten times the capacity and keeps what became of the calls."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from benchmarks.load.caller import EMBED, HEALTH, LIST, Outcome, Plan, Running, percentile
from benchmarks.speed import clients
from facesvc.v1.gallery_service_pb2 import EnrollRequest
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub

LOADS = (0.5, 1.0, 2.0, 4.0, 10.0)
# Callers wait for a multiple of the time that a call computes, or for ever.
DEADLINE_SERVICES = 4.0
NO_DEADLINE, DEADLINE = "no deadline", f"deadline of {DEADLINE_SERVICES:g} service times"
CAPACITY_CLIENTS, CAPACITY_S = 4, 4.0
CONNECTIONS = 4
# Calls beside the load, each over a connection of its own: a modest caller's, and two that compute
# nothing.
MODEST, BESIDE = 1.0, 10.0


@dataclass(frozen=True)
class Point:
    """What became of one load: answers to the peak of the same round, times in ms."""

    goodput: float
    answered_p50: float
    answered_p99: float
    refused_p99: float
    modest_p99: float
    modest_success: float
    list_p99: float
    health_p99: float


@dataclass
class Curve:
    """One way of deploying: its points by deadline and load."""

    title: str
    capacity: float
    service_s: float
    points: dict[tuple[str, float], list[Point]] = field(default_factory=lambda: defaultdict(list))

    def median(self, deadline: str, load: float, what: str) -> float:
        """Return the median over the rounds of one figure of a point."""
        return float(statistics.median(getattr(each, what) for each in self.points[deadline, load]))


def measure(
    title: str, target: str, photo: str, permits: int, rounds: int, seconds: float
) -> Curve:
    """Return the curve of the service at ``target``, which has so many permits in all."""
    data = _read(photo)
    _enrol(target, data)
    port = int(target.rpartition(":")[2])
    times, took = clients.run(clients.by_grpc(port, data), CAPACITY_CLIENTS, CAPACITY_S)
    capacity = len(times) / took
    curve = Curve(title, capacity, permits / capacity)
    for _ in range(rounds):
        outcomes = {
            (deadline, load): _offer(target, photo, curve, load, seconds, deadline)
            for load in LOADS
            for deadline in (NO_DEADLINE, DEADLINE)
        }
        peak = max(
            outcome[0].goodput
            for (deadline, _), outcome in outcomes.items()
            if deadline == NO_DEADLINE
        )
        for key, outcome in outcomes.items():
            curve.points[key].append(_point(outcome, peak))
    return curve


def _offer(
    target: str, photo: str, curve: Curve, load: float, seconds: float, deadline: str
) -> list[Outcome]:
    deadline_s = DEADLINE_SERVICES * curve.service_s if deadline == DEADLINE else None
    rate = load * curve.capacity
    load_of = Running(Plan(target, rate, seconds, EMBED, photo, deadline_s, CONNECTIONS))
    beside = Running(
        Plan(target, MODEST, seconds, EMBED, photo),
        Plan(target, BESIDE, seconds, LIST),
        Plan(target, BESIDE, seconds, HEALTH),
    )
    for each in (load_of, beside):
        each.begin()
    return [*load_of.outcomes(), *beside.outcomes()]


def _point(outcomes: Sequence[Outcome], peak: float) -> Point:
    load, modest, listed, health = outcomes
    return Point(
        load.goodput / peak,
        percentile(load.ok_ms, 50),
        percentile(load.ok_ms, 99),
        percentile(load.refused_ms, 99),
        percentile(modest.ok_ms, 99),
        modest.success,
        percentile(listed.ok_ms, 99),
        percentile(health.ok_ms, 99),
    )


def _read(photo: str) -> bytes:
    return Path(photo).read_bytes()


def _enrol(target: str, photo: bytes) -> None:
    """Put somebody into the gallery, so that lists have something to tell."""
    with grpc.insecure_channel(target) as channel:
        stub = GalleryServiceStub(channel)  # type: ignore[no-untyped-call] # generated
        for number in range(20):
            stub.Enroll(EnrollRequest(user_id=f"u{number}", name="A Name", image=photo), timeout=30)
