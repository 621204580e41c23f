"""A face service as it is commonly written, to measure against: ``python -m ... PORT``.

One process, a thread a request, every model on every face, sessions with ONNX Runtime's
default options, InsightFace's classes as its examples use them, JSON by the standard library.
It is given the photo's bytes, not a URL, and the same pack, so that it does the same work.
"""

from __future__ import annotations

import json
import sys
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime as ort
from insightface.model_zoo.arcface_onnx import ArcFaceONNX
from insightface.model_zoo.scrfd import SCRFD
from insightface.utils import face_align
from numpy.typing import NDArray

from facesvc.domain.faces import BoundingBox
from facesvc.domain.photo import Photo
from facesvc.engine.crops import cut, to_blob
from facesvc.engine.view import FaceView
from facesvc.models.manifest import Role
from facesvc.models.pack import Pack

EXTRAS = (Role.POSE, Role.AGE, Role.GENDER, Role.LIVENESS)


class Models:
    """Everything loaded, everything run."""

    def __init__(self, pack: Pack) -> None:
        def session(role: Role) -> ort.InferenceSession:
            spec = pack.manifest.with_role(role)[0]
            return ort.InferenceSession(
                (pack.folder / spec.file).read_bytes(), providers=["CPUExecutionProvider"]
            )

        self._detector = SCRFD(session=session(Role.DETECTOR), static_shape_sessions=False)
        self._detector.prepare(0, input_size=(640, 640), det_thresh=0.5)
        recognizer = pack.manifest.with_role(Role.RECOGNIZER)[0]
        source = BytesIO((pack.folder / recognizer.file).read_bytes())
        self._recognizer = ArcFaceONNX(model_file=source, session=session(Role.RECOGNIZER))
        self._extras = [(pack.manifest.with_role(role)[0], session(role)) for role in EXTRAS]

    def analyze(self, data: bytes) -> list[dict[str, Any]]:
        """Return everything about every face."""
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if pixels is None:
            raise ValueError("no image")
        boxes, landmarks = self._detector.detect(pixels)
        return [
            self._face(np.asarray(pixels, np.uint8), box, points)
            for box, points in zip(boxes, landmarks, strict=True)
        ]

    def _face(
        self, pixels: NDArray[np.uint8], box: NDArray[np.float32], points: NDArray[np.float32]
    ) -> dict[str, Any]:
        crop = face_align.norm_crop(pixels, points)
        embedding = self._recognizer.get_feat(np.ascontiguousarray(crop[:, :, ::-1]))[0]
        view = FaceView(Photo.from_pixels(pixels), BoundingBox(*map(float, box[:4])), points)
        extras = {}
        for spec, session in self._extras:
            blob = to_blob(cut(view, spec), spec)
            outputs = session.run(None, {session.get_inputs()[0].name: blob})
            extras[spec.file] = [output.tolist() for output in outputs]
        return {
            "box": box.tolist(),
            "landmarks": points.tolist(),
            "embedding": (embedding / np.linalg.norm(embedding)).tolist(),
            "extras": extras,
        }


def main() -> None:
    """Serve until killed."""
    from facesvc.models.load import load_pack

    warnings.filterwarnings("ignore", category=FutureWarning)
    models = Models(load_pack("compact-single", Path(sys.argv[2])))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(b"{}")

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(json.dumps(models.analyze(data)).encode())

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer.request_queue_size = 128  # its 5 would refuse 16 clients at once
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


if __name__ == "__main__":
    main()
