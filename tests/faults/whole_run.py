"""What make run does, from its first step to its end, with one call of each kind in between.

``python -m tests.faults.whole_run FOLDER``; the ports are those of the environment.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grpc

from facesvc.v1 import face_service_pb2 as pb
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from tests.faults.served import ROOT
from tests.gateway.rest import Rest
from tests.gateway.stack import running

PHOTO = ROOT / "data" / "samples" / "emmanuel_macron" / "1.jpg"


def main() -> int:
    """Build the models, start, ask, end."""
    models = [sys.executable, "-m", "facesvc.models_build", "build"]
    subprocess.run(models, cwd=ROOT, check=True)
    photo = PHOTO.read_bytes()
    folder = Path(sys.argv[1])
    with running(folder, **dict(each.split("=", 1) for each in sys.argv[2:])) as stack:
        rest: Rest = stack.rest
        assert rest.get("/health").status == 200
        answer = rest.call("POST", "/embed", photo, {"content-type": "image/jpeg"})
        assert answer.status == 200, answer
        with grpc.insecure_channel(stack.grpc_target) as channel:
            embedded = FaceServiceStub(channel).Embed(pb.EmbedRequest(image=photo), timeout=60)
        assert embedded.faces_detected == 1
        assert stack.stop() == 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
