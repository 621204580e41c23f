"""Models on the CPU share the memory that they compute in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from facesvc.engine.config import EngineConfig
from facesvc.engine.sessions import open_model
from facesvc.models.manifest import Role
from facesvc.models.pack import Pack
from facesvc.models_build.prepare import prepare
from tests.unit.engine.tiny_models import write_buffalo_l

PROBE = """
import sys
import numpy as np, onnxruntime as ort, psutil
from facesvc.engine.config import EngineConfig
from facesvc.engine.providers import session_options
options = session_options(EngineConfig()) if sys.argv[1] == "shared" else ort.SessionOptions()
cpu = ["CPUExecutionProvider"]
sessions = [ort.InferenceSession(sys.argv[2], options, providers=cpu) for _ in range(4)]
before = psutil.Process().memory_info().rss
for side in (1800, 1900, 2000):
    pixels = np.ones((side, side), np.float32)
    for session in sessions:
        (total,) = session.run(None, {"x": pixels})
        assert total == 16 * side * side, total
del pixels
print((psutil.Process().memory_info().rss - before) // 2**20)
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that takes any input and needs three times its size on the way to one number."""
    free = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["height", "width"])
    total = helper.make_tensor_value_info("total", TensorProto.FLOAT, [])
    nodes = [
        helper.make_node("Add", ["x", "x"], ["double"]),
        helper.make_node("Mul", ["double", "double"], ["square"]),
        helper.make_node("Mul", ["square", "double"], ["cube"]),
        helper.make_node("Add", ["cube", "cube"], ["sum"]),
        helper.make_node("ReduceSum", ["sum"], ["total"], keepdims=0),
    ]
    graph = helper.make_graph(nodes, "sum", [free], [total])
    opset = [helper.make_opsetid("", 17)]
    path = tmp_path / "sum.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path


def grown_mib(how: str, model: Path) -> int:
    """Return by how much four sessions grow a new process while they run."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, how, str(model)], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


def test_four_models_take_little_more_memory_than_one(model: Path) -> None:
    """They run one after the other, on inputs of three sizes."""
    assert grown_mib("shared", model) < 0.5 * grown_mib("each its own", model)


def test_an_open_model_does_not_keep_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights are in the session already; a second copy of them is as large as they are."""
    write_buffalo_l(tmp_path / "buffalo_l")
    pack = prepare("buffalo_l", tmp_path)
    spec = pack.manifest.with_role(Role.RECOGNIZER)[0]
    files = [pack.model_bytes(spec)]
    monkeypatch.setattr(Pack, "model_bytes", lambda *_: files[0])
    model = open_model(pack, spec, EngineConfig())
    file = files.pop()
    assert sys.getrefcount(file) == 2  # "file", and the question itself
    assert model.session.get_inputs()
