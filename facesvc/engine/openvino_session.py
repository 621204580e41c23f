"""OpenVINO behind the few methods of an ONNX Runtime session that the engine calls."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.engine.config import EngineError, Precision

PROVIDER = "OpenVINO"


@dataclass(frozen=True)
class Port:
    """An input or output; a free dimension is its name, as in ONNX Runtime."""

    name: str
    shape: list[int | str]


class OpenVinoSession:
    """One model on the CPU. Thread-safe: each thread has an infer request of its own.

    With ``Precision.INT8`` what is not int8 is computed in bfloat16 where the CPU has it,
    else everything in float32. Raises EngineError when OpenVINO is not installed.
    """

    def __init__(self, data: bytes, precision: Precision) -> None:
        try:
            import openvino  # an extra: requirements/openvino.lock
        except ImportError as error:
            raise EngineError(
                "ENGINE_RUNTIME=openvino: OpenVINO is not installed. Install "
                "requirements/openvino.lock, or start with ENGINE_RUNTIME=onnxruntime."
            ) from error
        # One thread a call, as many calls at once as there are cores.
        cores = len(os.sched_getaffinity(0))
        options = {
            "INFERENCE_PRECISION_HINT": "bf16" if precision is Precision.INT8 else "f32",
            "NUM_STREAMS": cores,
            "INFERENCE_NUM_THREADS": cores,
            "ENABLE_CPU_PINNING": False,
        }
        core = openvino.Core()
        self._model = core.compile_model(core.read_model(BytesIO(data)), "CPU", options)
        self._requests = threading.local()

    def get_inputs(self) -> list[Port]:
        """Return the inputs."""
        return [_port(port) for port in self._model.inputs]

    def get_outputs(self) -> list[Port]:
        """Return the outputs."""
        return [_port(port) for port in self._model.outputs]

    def get_providers(self) -> list[str]:
        """Return what runs the model."""
        return [PROVIDER]

    def run(
        self, names: Sequence[str] | None, feed: Mapping[str, NDArray[Any]]
    ) -> list[NDArray[Any]]:
        """Return the named outputs, or all, as copies that the next call leaves alone."""
        if not hasattr(self._requests, "mine"):
            self._requests.mine = self._model.create_infer_request()
        answer = self._requests.mine.infer(dict(feed), share_inputs=True)
        return [np.array(answer[name]) for name in names or range(len(self._model.outputs))]


def _port(port: Any) -> Port:
    sides = [
        side.get_length() if side.is_static else f"axis_{axis}"
        for axis, side in enumerate(port.partial_shape)
    ]
    return Port(port.any_name, sides)
