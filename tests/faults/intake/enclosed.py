"""What runs inside the enclosure: ``enclosed.py corpus | rebind TRIES | service``.

Prints one JSON object. It is started by namespace.py and is no test itself.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import grpc
import structlog
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from facesvc.application.call import Call
from facesvc.domain.errors import FaceError
from facesvc.images.fetch import FetchLimits, HttpImageSource
from facesvc.v1 import face_service_pb2 as pb
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from tests.faults.intake.enclosure import PUBLIC, connect_attempts, enter

ROOT = Path(__file__).resolve().parents[3]
CORPUS = ROOT / "tests" / "faults" / "data" / "hostile_urls.jsonl"
REFUSED = "IMAGE_URL_REFUSED"
PROXY = "http://10.9.9.9:3128"


def urls() -> list[str]:
    """Return the corpus."""
    return [json.loads(line)["url"] for line in CORPUS.read_text().splitlines()]


def reason_of(source: HttpImageSource, url: str) -> str:
    """Return the error's reason, or the body that was fetched."""
    try:
        return source.fetch(url, Call()).decode()
    except FaceError as error:
        return error.reason


def corpus() -> dict[str, Any]:
    """Fetch every URL of the corpus; then one that is allowed, to see that fetching works."""
    names, listeners = enter()
    source = HttpImageSource(FetchLimits(timeout_s=2.0))
    before = connect_attempts()
    reasons = {url: reason_of(source, url) for url in urls()}
    time.sleep(0.2)
    attempts = connect_attempts() - before
    return {
        "urls": len(reasons),
        "not_refused": {url: reason for url, reason in reasons.items() if reason != REFUSED},
        "forbidden": listeners.forbidden(),
        "forbidden_bytes": listeners.forbidden_bytes(),
        "attempts_elsewhere": attempts - listeners.connections["public"],
        "most_lookups": max(names.asked.values()),
        "control": [reason_of(source, f"http://{host}/") for host in ("public.test", PUBLIC)],
        "credentials_sent": sum(b"authorization" in r.lower() for r in listeners.public_requests),
        "control6": reason_of(source, "http://public6.test/"),
    }


def rebind(tries: int) -> dict[str, Any]:
    """Fetch from names that change their address between any two lookups."""
    names, listeners = enter()
    source = HttpImageSource(FetchLimits(timeout_s=2.0, max_idle=0))
    outcomes = Counter(reason_of(source, f"http://rebind{n}.test/") for n in range(tries))
    return {
        "outcomes": outcomes,
        "forbidden": listeners.forbidden(),
        "forbidden_bytes": listeners.forbidden_bytes(),
        "most_lookups": max(names.asked.values()),
    }


def service() -> dict[str, Any]:
    """Send the corpus through the running service, by gRPC and by REST."""
    names, listeners = enter()
    log = Path(os.environ["FACESVC_TEST_LOG"])
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.run"], cwd=ROOT, stderr=stderr, stdout=stderr
        )
        try:
            _wait_until_ready(process)
            # The proxies of the environment are meant for the service, not for this client.
            options = (("grpc.enable_http_proxy", 0),)
            with grpc.insecure_channel("127.0.0.1:50051", options=options) as channel:
                over_grpc = Counter(_ask_grpc(FaceServiceStub(channel), url) for url in urls())
            names.start_over()
            over_rest = Counter(_ask_rest(url) for url in urls())
        finally:
            process.terminate()
            process.wait(30)
    return {
        "urls": len(urls()),
        "grpc": over_grpc,
        "rest": over_rest,
        "forbidden": listeners.forbidden(),
        "forbidden_bytes": listeners.forbidden_bytes(),
    }


def _wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError("the service did not become ready")


def _ask_grpc(faces: FaceServiceStub, url: str) -> str:
    try:
        faces.Embed(pb.EmbedRequest(image_url=url), timeout=20)
    except grpc.RpcError as error:
        info = error_details_pb2.ErrorInfo()
        for detail in rpc_status.from_call(error).details:  # type: ignore[arg-type, union-attr]
            detail.Unpack(info)
        return f"{error.code().name} {info.reason}"
    return "OK"


def _ask_rest(url: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=20)
    connection.request(
        "POST", "/embed", json.dumps({"image_url": url}), {"Content-Type": "application/json"}
    )
    response = connection.getresponse()
    answer = json.loads(response.read())
    reasons = [detail.get("reason") for detail in answer.get("details", [])]
    return f"{response.status} {next(filter(None, reasons), '')}"


def main() -> None:
    """Run one of the modes with a hostile environment and print what happened."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        os.environ[name] = os.environ[name.upper()] = PROXY
    with tempfile.NamedTemporaryFile("w", suffix=".netrc", delete=False) as netrc:
        netrc.write("default login canary password canary\n")
    os.environ["NETRC"] = netrc.name
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    mode, *rest = sys.argv[1:]
    result = {"corpus": corpus, "rebind": lambda: rebind(int(rest[0])), "service": service}[mode]()
    sys.stdout.write(json.dumps(result))
    sys.stdout.flush()
    os._exit(0)  # the listeners' threads have nothing to finish


if __name__ == "__main__":
    main()
