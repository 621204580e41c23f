"""Half to ten times the capacity, with deadlines and without: ``python -m benchmarks.load``.

Once against one server with SQLite, once against three with Redis behind Envoy, both with an engine
of a fixed pace and with the real one. Writes its part of docs/reliability.md; ``--quick`` runs
shortly and writes nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.load import page
from benchmarks.load.measure import DEADLINE, LOADS, NO_DEADLINE, Curve, measure
from benchmarks.load.replicas import SERVER, envoy_before, replicas
from benchmarks.speed.photos import make_photos
from facesvc.environment import cpu_quota
from harness.redis_servers import RedisServer, valkey

REPLICAS = 3
# How a server is started, by its engine.
ENGINES = {"fixed pace": ("-m", "benchmarks.load.paced"), "real engine": SERVER}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="run shortly and write nothing")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    rounds, seconds = (1, 2.0) if given.quick else (given.rounds, given.seconds)
    with tempfile.TemporaryDirectory(prefix="facesvc-load-") as name:
        folder = Path(name)
        photo = folder / "photo.jpg"
        photo.write_bytes(make_photos()["small"].data)
        curves = []
        for engine in ENGINES:
            own = folder / engine.replace(" ", "-")
            own.mkdir()
            curves += [
                _one_server(engine, own, str(photo), rounds, seconds),
                _three_replicas(engine, own, str(photo), rounds, seconds),
            ]
    for curve in curves:
        _say(curve)
    if not given.quick:
        page.write(curves, seconds, rounds)


def _one_server(engine: str, folder: Path, photo: str, rounds: int, seconds: float) -> Curve:
    settings = {
        "GALLERY_PATH": str(folder / "gallery.sqlite3"),
        "REDIS_URL": "",
        "LOG_LEVEL": "WARNING",
    }
    with replicas(1, settings, ENGINES[engine]) as (server,):
        target = f"127.0.0.1:{server.port}"
        title = f"one server, SQLite, {engine}"
        return measure(title, target, photo, cpu_quota(), rounds, seconds)


def _three_replicas(engine: str, folder: Path, photo: str, rounds: int, seconds: float) -> Curve:
    redis = RedisServer(valkey(), folder / "valkey").start()
    try:
        settings = {"REDIS_URL": redis.patient_url, "COMPUTE_THREADS": "1", "LOG_LEVEL": "WARNING"}
        with (
            replicas(REPLICAS, settings, ENGINES[engine]) as servers,
            envoy_before([each.port for each in servers], folder) as port,
        ):
            title = f"three servers of one permit, Redis, behind Envoy, {engine}"
            return measure(title, f"127.0.0.1:{port}", photo, REPLICAS, rounds, seconds)
    finally:
        redis.stop()


def _say(curve: Curve) -> None:
    sys.stdout.write(f"{curve.title}: {curve.capacity:.1f}/s\n")
    for load in LOADS:
        goodput = [curve.median(each, load, "goodput") for each in (NO_DEADLINE, DEADLINE)]
        sys.stdout.write(f"  {load:4g} x: {goodput[0]:.0%}, with deadlines {goodput[1]:.0%}\n")


if __name__ == "__main__":
    main()
