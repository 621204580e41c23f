"""Measures the gallery and writes docs/gallery-performance.md.

``python -m benchmarks gallery [--million] [--only SECTION] [--folder FOLDER]``

The folder is where the SQLite files of the measurement go; it should be on the disk that the
service would use. With --million the run takes some minutes and 6 GB of memory. With --only the
other sections of the page stay as they are; each says when it was measured. With --results
FILE what was measured is kept there, and a run that --seconds ended goes on with the next one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "gallery-performance.md"
SIZES = (1_000, 10_000, 100_000)
# Search targets in ms, by the kind of faces.
TARGETS = {
    ("joined", 100_000): 1.5,
    ("joined", 1_000_000): 13.0,
    ("flat", 10_000): 0.6,
    ("flat", 100_000): 3.0,
    ("flat", 1_000_000): 35.0,
}
STORE = "The SQLite store, 100,000 faces"
SECTIONS = ("One search", STORE, "Real faces")
KINDS = {"joined": "open, compact", "flat": "compact-single"}


def main() -> None:
    """Measure everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="also at 1,000,000 faces")
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("TMPDIR", "/tmp")))  # noqa: S108 - a default
    parser.add_argument("--data", type=Path, default=ROOT, help="has data/samples and models/")
    parser.add_argument("--results", type=Path, help="JSON file of what is measured already")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after that")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure this section")
    options = parser.parse_args()
    chosen = options.only or list(SECTIONS)
    run = Measurements(options.results, options.seconds)
    sections = {name: kept(name) for name in SECTIONS if name not in chosen}
    if "One search" in chosen:
        sizes = [*SIZES, *([1_000_000] if options.million else [])]
        sections["One search"] = one_search(sizes, run)
    if STORE in chosen:
        arguments = ["--faces", "100000", "--folder", str(options.folder)]
        sections[STORE] = store_section([run("store", *arguments, *e) for e in ([], ["--sealed"])])
    if "Real faces" in chosen:
        sections["Real faces"] = real_faces(options.data)
    command = "python -m benchmarks gallery" + (" --million" if options.million else "")
    head = f"# Performance of the gallery\n\nWritten by `{command}`.\n"
    REPORT.write_text("\n".join([head, *(f"## {name}\n\n{sections[name]}" for name in SECTIONS)]))
    print(REPORT.read_text())


def kept(name: str) -> str:
    """Return a section of the page as it is."""
    _, _, found = REPORT.read_text().partition(f"## {name}\n\n")
    return found.partition("\n## ")[0]


def measured_on() -> str:
    """Return the line that each section begins with."""
    load = os.getloadavg()[1]
    return f"{machine()}, {datetime.now(UTC):%Y-%m-%d}, load average {load:.1f}."


class Measurements:
    """Runs each measurement in a process of its own, once."""

    def __init__(self, results: Path | None, seconds: float) -> None:
        self._file = results
        self._end = time.monotonic() + seconds
        self._known: dict[str, dict[str, Any]] = {}
        if results and results.exists():
            self._known = json.loads(results.read_text())

    def __call__(self, script: str, *arguments: str) -> dict[str, Any]:
        """Return what the script prints. Ends the process when its time is over."""
        name = " ".join([script, *arguments])
        if name not in self._known:
            if time.monotonic() > self._end:
                raise SystemExit("The time is over; the same command goes on.")
            command = [sys.executable, "-m", f"benchmarks.gallery.{script}", *arguments]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
            print(done.stdout.strip(), file=sys.stderr)
            self._known[name] = json.loads(done.stdout)
            if self._file:
                self._file.write_text(json.dumps(self._known))
        return self._known[name]


def real_faces(data: Path) -> str:
    """Return the section on the sample photos."""
    command = [sys.executable, "-m", "benchmarks.gallery.recall"]
    places = ["--photos", str(data / "data" / "samples"), "--model-root", str(data / "models")]
    done = subprocess.run(
        [*command, *places], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith(("recall", "probes"))]
    people = next(line for line in done.stdout.splitlines() if "real people" in line)
    return "\n".join(
        [
            measured_on(),
            "",
            "The sample photos by the default pack, `open`, among synthetic faces like them:"
            f" {people}.",
            "",
            *(f"- {line}" for line in lines),
            "",
        ]
    )


def one_search(sizes: list[int], run: Measurements) -> str:
    """Return the section on searches."""
    searches = {
        (method, size): run("search", "--method", method, "--faces", str(size))
        for size in sizes
        for method in ("faiss", "numpy")
    }
    for kind in KINDS:
        for size in sizes:
            arguments = ("--method", "index", "--faces", str(size), "--kind", kind)
            searches[kind, size] = run("search", *arguments)
    lines = [
        measured_on(),
        "",
        "Milliseconds for the five best of all, one thread, one sample a person: minimum / median,"
        " in the thread's processor time, so that other work on the machine counts only as far as"
        " it takes the caches and the memory. The limit is reading once the int8 codes that every"
        " search reads, in the same process, in turns with the search; the times of the limit are"
        " the median over the turns. Of `open` and `compact` those are 128 bytes a face, of packs"
        " whose numbers all count 512 ([gallery.md](gallery.md)). The faces are synthetic, with the"
        " spread of the numbers and the scores of strangers that the real ones have"
        " (benchmarks/gallery/synthetic.py).",
        "",
        "| faces | made by | read limit | int8 kernel | facesvc | times the limit | target, ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, packs in KINDS.items():
        for size in sizes:
            mine = searches[kind, size]
            lines.append(
                f"| {size:,} | {packs} | {pair(mine['limit'])} | {pair(mine['kernel'])} |"
                f" **{pair(mine)}** | {mine['times_limit']:.1f} |"
                f" {TARGETS.get((kind, size), '-')} |"
            )
    lines += [
        "",
        "Others, which read all 2,048 bytes of a face:",
        "",
        "| faces | faiss IndexFlatIP | numpy |",
        "|---|---|---|",
    ]
    lines += [
        f"| {size:,} | {pair(searches['faiss', size])} | {pair(searches['numpy', size])} |"
        for size in sizes
    ]
    a_row = searches["joined", sizes[-1]]["kernel"]["min_ms"] / sizes[-1] * 1e6
    lines += [
        "",
        f"SimSIMD takes {a_row:.1f} ns a face over 128 numbers, some 4 of them for the call that"
        " each row is (`python -m benchmarks.gallery.kernel_widths`): shorter codes would save"
        " little, and rule out fewer rows. So the reading of `open`'s faces is no limit, the kernel"
        " is; below some 20,000 faces, where the codes stay in the processor's cache, also of the"
        " other packs'.",
        "",
        "| faces | made by | batch of 8 probes, ms a probe | index holds, bytes a face | process"
        " grew by, bytes a face | index filled in | recall@10 | mates found at the threshold |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind, packs in KINDS.items():
        for size in sizes:
            mine = searches[kind, size]
            lines.append(
                f"| {size:,} | {packs} | {mine['batch_of_8_ms'] / 8:.2f} |"
                f" {mine['held_bytes_a_face']:,.0f} | {mine['bytes_a_face']:,.0f} |"
                f" {mine['load_s']:.2f} s | {mine['recall']:.3f} | {mine['mates_found']:.3f} |"
            )
    arrays = [searches[kind, sizes[-1]]["arrays_bytes_a_face"] for kind in KINDS]
    lines += [
        "",
        "Recall is against a float32 comparison with every face. Mates are probes whose cosine to"
        " their one enrolled sample is 0.46 to 0.6, just over the threshold of 0.45: the pairs"
        " that approximate indexes lose; not found is one where five others are nearer. User ids"
        " are counted with the users, not with the index.",
        "",
        f"What the index holds is counted array by array ({arrays[0]:,} and {arrays[1]:,} bytes)"
        " and with the table from user to row; the system rounds the last block's arrays up to"
        " pages of 2 MB each.",
    ]
    return "\n".join(lines) + "\n"


def store_section(stores: list[dict[str, Any]]) -> str:
    """Return the section on the store, plain and sealed."""
    lines = [measured_on(), "", "| | plain | with GALLERY_KEY |", "|---|---|---|"]
    lines += [
        f"| {name} | {form.format(stores[0][key])} | {form.format(stores[1][key])} |"
        for name, key, form in STORE_ROWS
    ]
    return "\n".join(lines) + "\n"


STORE_ROWS = (
    ("write and fdatasync of 16 KiB (the floor of a durable write), ms", "sync_ms", "{:.2f}"),
    ("enrol one by one, median ms", "enroll_ms", "{:.2f}"),
    ("enrol one by one, p99 ms", "enroll_p99_ms", "{:.2f}"),
    ("enrol from 8 threads, faces a second", "enroll_from_8_threads_per_s", "{:,.0f}"),
    ("enrol in bulk, faces a second", "bulk_per_s", "{:,.0f}"),
    ("load at start, best of three, s", "load_s", "{:.2f}"),
    ("load at start, median of three, s", "load_median_s", "{:.2f}"),
    ("file, bytes a face", "file_bytes_a_face", "{:,.0f}"),
    ("memory of index and users, bytes a face", "memory_a_face", "{:,.0f}"),
)


def pair(measured: dict[str, Any]) -> str:
    """Return minimum and median."""
    digits = 3 if measured["min_ms"] < 1 else 1
    return f"{measured['min_ms']:.{digits}f} / {measured['median_ms']:.{digits}f}"


def machine() -> str:
    """Return the processor, its cores, and the system."""
    cpu = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


if __name__ == "__main__":
    main()
