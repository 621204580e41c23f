"""Draws the Grafana dashboard from a running service: docs/monitoring/dashboard.png.

Starts the service, a Prometheus that scrapes it (Debian's package prometheus has one) and a mixed
load of a minute or so, asks Prometheus for every expression of
deploy/monitoring/grafana-dashboard.json, and draws each panel at its place. Grafana itself comes
with no package registry; what is drawn here are its panels' own expressions, legends and units.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import matplotlib as mpl
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.speed.processes import is_serving, process, wait_for  # noqa: E402
from facesvc.v1 import face_service_pb2 as faces  # noqa: E402
from facesvc.v1 import gallery_service_pb2 as people  # noqa: E402
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub  # noqa: E402
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub  # noqa: E402
from harness.ports import free_port  # noqa: E402

mpl.use("Agg")
from matplotlib import pyplot  # noqa: E402

DASHBOARD = ROOT / "deploy" / "monitoring" / "grafana-dashboard.json"
PICTURE = ROOT / "docs" / "monitoring" / "dashboard.png"
SAMPLES = ROOT / "data" / "samples"
SCRAPE_S, RATE_INTERVAL = 1, "10s"
UNITS = {"reqps": "a second", "s": "seconds", "bytes": "MiB", "short": ""}
MIB = 2**20


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=90.0)
    seconds = parser.parse_args().seconds
    binary = shutil.which("prometheus")
    if binary is None:
        raise SystemExit("There is no prometheus here: apt-get install prometheus brings one.")
    panels = json.loads(DASHBOARD.read_text())["panels"]
    with (
        tempfile.TemporaryDirectory() as name,
        _service(Path(name)) as (port, metrics),
        _prometheus(binary, Path(name), metrics) as url,
    ):
        began = time.time()
        _load(port, seconds)
        time.sleep(2 * SCRAPE_S)
        found = [_series_of(url, panel, began, time.time()) for panel in panels]
    _draw(panels, found)
    empty = [panel["title"] for panel, lines in zip(panels, found, strict=True) if not lines]
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}: without data: {', '.join(empty) or 'none'}\n")


@contextlib.contextmanager
def _service(folder: Path) -> Iterator[tuple[int, int]]:
    """Run the server; yield its ports, of gRPC and of its metrics."""
    port, metrics = free_port(), free_port()
    settings = {
        "GRPC_PORT": str(port),
        "METRICS_PORT": str(metrics),
        "GALLERY_PATH": str(folder / "gallery.sqlite3"),
        "LOG_LEVEL": "WARNING",
    }
    with process([sys.executable, "-m", "facesvc.serve"], settings) as server:
        wait_for(lambda: is_serving(port), server, "The server")
        yield port, metrics


@contextlib.contextmanager
def _prometheus(binary: str, folder: Path, metrics: int) -> Iterator[str]:
    """Run Prometheus over the service; yield its address."""
    port = free_port()
    targets = [{"targets": [f"127.0.0.1:{metrics}"]}]
    config = {
        "global": {"scrape_interval": f"{SCRAPE_S}s"},
        "scrape_configs": [{"job_name": "facesvc", "static_configs": targets}],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    command = [
        binary,
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with process(command, {}) as server:
        wait_for(lambda: _answers(f"http://127.0.0.1:{port}/-/ready"), server, "Prometheus")
        yield f"http://127.0.0.1:{port}"


def _answers(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(url, timeout=2).status == 200)  # noqa: S310 - our own
    except OSError:
        return False


def _load(port: int, seconds: float) -> None:
    """Enrol the samples, then call in waves, with what fails in between."""
    photos = sorted(SAMPLES.glob("*/*.jpg"))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        embed: Any = FaceServiceStub(channel)  # type: ignore[no-untyped-call] # generated
        gallery: Any = GalleryServiceStub(channel)  # type: ignore[no-untyped-call] # generated
        end = time.monotonic() + seconds

        def call(number: int) -> None:
            photo = photos[number % len(photos)]
            image = photo.read_bytes()
            with contextlib.suppress(grpc.RpcError):
                match number % 8:
                    case 0:
                        enroll = people.EnrollRequest(
                            user_id=f"{photo.parent.name}-{number}", image=image
                        )
                        gallery.Enroll(enroll)
                    case 1 | 2 | 3:
                        gallery.Search(people.SearchRequest(image=image))
                    case 4:
                        gallery.Verify(people.VerifyRequest(user_id="nobody", image=image))
                    case 5:
                        embed.Embed(faces.EmbedRequest(image=image[: len(image) // 2]))
                    case _:
                        embed.Embed(faces.EmbedRequest(image=image))

        with ThreadPoolExecutor(96) as callers:
            number = 0
            while (left := end - time.monotonic()) > 0:
                crowd = 96 if seconds * 0.3 < left < seconds * 0.5 else 2
                list(callers.map(call, range(number, number + crowd)))
                number += crowd


def _series_of(
    url: str, panel: dict[str, Any], began: float, ended: float
) -> list[tuple[str, list[float], list[float]]]:
    """Return the lines of a panel: legend, minutes, values."""
    lines = []
    for target in panel["targets"]:
        query = target["expr"].replace("$job", ".*").replace("$__rate_interval", RATE_INTERVAL)
        asked = {"query": query, "start": began, "end": ended, "step": SCRAPE_S}
        address = f"{url}/api/v1/query_range?{urllib.parse.urlencode(asked)}"
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own
            results = json.load(answer)["data"]["result"]
        for each in results:
            labels = each["metric"]
            legend = target["legendFormat"]
            for label, value in labels.items():
                legend = legend.replace(f"{{{{{label}}}}}", value)
            pairs = [(float(at) - began, float(value)) for at, value in each["values"]]
            lines.append((legend, [at for at, _ in pairs], [value for _, value in pairs]))
    return lines


def _draw(
    panels: list[dict[str, Any]], found: list[list[tuple[str, list[float], list[float]]]]
) -> None:
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels) // 8
    pyplot.style.use(["dark_background", "tableau-colorblind10"])
    figure, axes = pyplot.subplots(rows, 3, figsize=(18, 4 * rows), layout="constrained")
    for panel, lines in zip(panels, found, strict=True):
        place = panel["gridPos"]
        axis = axes[place["y"] // 8][place["x"] // 8]
        unit = panel["fieldConfig"]["defaults"].get("unit", "short")
        scale = MIB if unit == "bytes" else 1
        apart = [line for line in lines if unit == "bytes" and line[0].endswith("cores")]
        for legend, at, values in (line for line in lines if line not in apart):
            axis.plot(at, [value / scale for value in values], label=legend, linewidth=1.3)
        if apart:
            right = axis.twinx()
            right.set_ylabel("cores", fontsize=8)
            for legend, at, values in apart:
                right.plot(at, values, label=legend, linewidth=1.3, color="tab:orange")
            right.set_ylim(bottom=0)
        axis.set_title(panel["title"], loc="left", fontsize=11)
        axis.set_ylabel(UNITS.get(unit, unit), fontsize=8)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.2)
        figures = axis.get_legend_handles_labels()
        if figures[0]:
            axis.legend(*figures, fontsize=7, loc="upper left", ncols=2)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=70)


if __name__ == "__main__":
    main()
