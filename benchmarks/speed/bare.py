"""The service's own pipeline without a server: decode, detect, judge, align, embed.

A process that reads a line of JSON (photo, clients, seconds) and answers with latencies in
ms. ``clients`` threads share the sessions and the service's gate, as calls do.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from facesvc.admission.permit_gate import PermitGate
from facesvc.allocator import keep_freed_memory
from facesvc.application.call import Call
from facesvc.application.find_faces import FaceFinder
from facesvc.domain import face_selection
from facesvc.domain.gallery import Enrolment, SearchQuery
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.environment import cpu_quota
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.memory import MemoryStore
from facesvc.images.decode.decode_limits import DecodeLimits
from facesvc.images.decode.decoder import DECODE_POLICY, SafeImageDecoder
from facesvc.models.load import load_pack
from facesvc.settings import Settings

DETECTION_SIZE = 640
PACK: str = os.environ.get("MODEL_PACK") or Settings.model_fields["model_pack"].default


@dataclass(frozen=True)
class BarePipeline:
    """What one Embed computes."""

    engine: OnnxFaceEngine
    decoder: SafeImageDecoder
    finder: FaceFinder
    gate: PermitGate

    @classmethod
    def open(
        cls,
        model_root: Path,
        precision: Precision,
        config: EngineConfig | None = None,
        permits: int = 0,
        pack_name: str = PACK,
    ) -> BarePipeline:
        """Load a pack as the service does, or with a config and permits of its own.

        A detector that has no int8 form runs in float32, as with ENGINE_PRECISION=auto.
        """
        pack = load_pack(pack_name, model_root)
        if not pack.has_evaluated_int8():
            precision = Precision.FLOAT32
        config = config or EngineConfig(
            detection_size=DETECTION_SIZE, precision=precision, decode_policy=DECODE_POLICY
        )
        engine = build_engine(pack, config)
        return cls(
            engine,
            SafeImageDecoder(DecodeLimits(), DETECTION_SIZE),
            FaceFinder(engine, DETECTION_SIZE),
            PermitGate(permits or cpu_quota(), 64),
        )

    def embed(self, data: bytes, call: Call) -> object:
        """Return the embedding of the best face."""
        with self.gate.admit(call):
            photo = self.decoder.decode(data)
            faces = self.finder.find(photo, call)
            chosen = faces[0]
            if len(faces) > 1:
                qualities = self.engine.compare_qualities(photo, faces)
                frame = face_selection.Frame(photo.width, photo.height)
                chosen = faces[face_selection.best(qualities, [face.box for face in faces], frame)]
            self.engine.assess_quality(photo, chosen)
            return self.engine.embed(photo, chosen)

    def run(self, data: bytes, clients: int, seconds: float) -> tuple[list[float], float]:
        """Return ms a call, from ``clients`` threads that each call one after another, and
        the seconds from the first call to the last answer.
        """
        start, times = time.perf_counter(), []
        until = start + seconds

        def loop() -> None:
            while time.perf_counter() < until:
                began = time.perf_counter()
                self.embed(data, Call())
                times.append((time.perf_counter() - began) * 1000)

        threads = [threading.Thread(target=loop) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return times, time.perf_counter() - start

    def stages(self, data: bytes, repeats: int) -> dict[str, float]:
        """Return the median ms of each stage of one call, alone."""
        photo = self.decoder.decode(data)
        face = self.engine.detect(photo)[0]
        found: dict[str, Callable[[], object]] = {
            "decode": lambda: self.decoder.decode(data),
            "detect": lambda: self.engine.detect(photo),
            # a new photo object each time: the engine keeps a face's crop with its photo
            "align, pose, sharpness": lambda: self.engine.assess_quality(replace(photo), face),
            "embed": lambda: self.engine.embed(photo, face),
        }
        medians = {}
        for name, stage in found.items():
            stage()
            times = []
            for _ in range(repeats):
                began = time.perf_counter()
                stage()
                times.append((time.perf_counter() - began) * 1000)
            medians[name] = float(np.median(times))
        return medians


def search_ms(samples: int, repeats: int) -> float:
    """Return the median ms of an exact search among that many random embeddings."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(samples, 512)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    gallery, call = IndexedGallery(MemoryStore(recognizer="bench")), Call()
    gallery.open()
    try:
        step = 1000
        for first in range(0, samples, step):
            gallery.enroll_many(
                [
                    Enrolment("bench", f"user-{first + row:07d}", vector, 1.0)
                    for row, vector in enumerate(vectors[first : first + step])
                ],
                call,
            )
        times = []
        for number in range(repeats + 1):
            probe = vectors[number * 7 % samples] + rng.normal(0, 0.02, 512).astype(np.float32)
            probe /= np.linalg.norm(probe)
            began = time.perf_counter()
            matches = gallery.search(SearchQuery("bench", probe[np.newaxis], 5, 0.45), call).first
            times.append((time.perf_counter() - began) * 1000)
            if not matches:
                raise SystemExit("The search did not find whom it should.")
        return float(np.median(times[1:]))
    finally:
        gallery.close()


def main() -> None:
    """Answer lines until the input ends."""
    keep_freed_memory(arenas=max(2, cpu_quota()))  # as server.py does
    pipeline = BarePipeline.open(Path(sys.argv[1]), Precision(sys.argv[2]))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        answer: dict[str, object]
        if "cpu" in task:
            answer = {"cpu_s": time.process_time()}
        elif "search" in task:
            answer = {"search_ms": search_ms(task["search"], task["repeats"])}
        else:
            data = Path(task["photo"]).read_bytes()
            if "stages" in task:
                answer = {"stages": pipeline.stages(data, task["stages"])}
            else:
                times, elapsed_s = pipeline.run(data, task["clients"], task["seconds"])
                answer = {"ms": times, "elapsed_s": elapsed_s}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
