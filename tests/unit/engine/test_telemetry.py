"""ONNX Runtime tells nobody anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

RUN = """
import sys
{before}
import onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1])
assert session.run(None, {{"x": [1.0]}})[0] == [1.0]
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that answers its input."""
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "g", *[[p] for p in ports]
    )
    path = tmp_path / "identity.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


def files_left_by(before: str, model: Path, home: Path) -> list[Path]:
    """Run the model in a process of its own and return what that leaves in its home."""
    home.mkdir()
    # In CI, and when told so by the environment, the library is silent anyway.
    silent = ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS")
    env = {name: value for name, value in os.environ.items() if name not in silent}
    env |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", RUN.format(before=before), str(model)]
    subprocess.run(command, env=env, check=True, timeout=120)
    return [path for path in home.rglob("*") if path.is_file()]


def test_importing_facesvc_keeps_onnx_runtime_silent(model: Path, tmp_path: Path) -> None:
    """With the package imported first, a session leaves no device id and no queue of events."""
    assert files_left_by("import facesvc", model, tmp_path / "home") == []


def test_onnx_runtime_would_report_by_itself(model: Path, tmp_path: Path) -> None:
    """The check above can fail: without the package the library keeps a device id."""
    left = files_left_by("", model, tmp_path / "home")
    if not left:
        pytest.skip("this build of ONNX Runtime has no telemetry to turn off")
    assert any(path.name == "deviceid" for path in left)
