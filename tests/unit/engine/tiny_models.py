"""Tiny ONNX models with the inputs and outputs of InsightFace's packs, and known answers.

The detector finds bright squares of 32 px on black; the recognizer is linear; the others
answer the same whatever they see.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from insightface.data import get_object
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

Constants = dict[str, NDArray[np.generic]]
Dims = list[int | str]

AGE, IS_MALE = 31, True
STRIDES = (8, 16, 32)
FACE_HALF_PX = 64.0  # the tiny detector's boxes reach this far from the bright square's cell
LANDMARK_OFFSETS_PX = ((-20.0, -20.0), (20.0, -20.0), (0.0, 0.0), (-16.0, 20.0), (16.0, 20.0))


def write_buffalo_l(folder: Path, yaw_right_deg: float = 0.0, pitch_up_deg: float = 0.0) -> Path:
    """Write the five files of buffalo_l; the pose model sees the head turned so."""
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / "det_10g.onnx", detector())
    save(folder / "w600k_r50.onnx", recognizer())
    save(folder / "genderage.onnx", constant(96, np.array([0.2, 0.8, AGE / 100])))
    save(folder / "2d106det.onnx", constant(192, np.zeros(212)))
    save(folder / "1k3d68.onnx", constant(192, turned_head(yaw_right_deg, pitch_up_deg)))
    return folder


def save(path: Path, model: onnx.ModelProto) -> None:
    """Write the model."""
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def detector() -> onnx.ModelProto:
    """SCRFD's shapes as InsightFace exports them: any input size, nine outputs of rank 2.

    Only the coarsest stride fires: brightness above 64 of a cell of 32 px is a face.
    """
    nodes: list[NodeProto] = []
    constants: Constants = {}
    columns = {"score": 1, "bbox": 4, "kps": 10}
    for stride in STRIDES:
        pool = helper.make_node(
            "AveragePool",
            ["input.1"],
            [f"pool{stride}"],
            kernel_shape=[stride, stride],
            strides=[stride, stride],
        )
        nodes.append(pool)
        for kind, width in columns.items():
            nodes += head(kind, width, stride, constants)
    outputs: dict[str, Dims] = {
        f"{kind}_{stride}": [f"anchors_{stride}", width]
        for kind, width in columns.items()
        for stride in STRIDES
    }
    return model_of(nodes, {"input.1": [1, 3, "h", "w"]}, outputs, constants)


def head(kind: str, width: int, stride: int, constants: Constants) -> list[NodeProto]:
    """Return a 1x1 convolution for two anchors a cell, turned into rows."""
    weight = np.zeros((2 * width, 3, 1, 1), np.float32)
    bias = np.zeros(2 * width, np.float32)
    if kind == "score":
        bias[:] = -20.0  # never
        if stride == 32:
            weight[0] = 20.0 / 3  # input is (pixel - 127.5) / 128: 64 grey levels are -0.5
            bias[0] = 10.0
    elif kind == "bbox":
        bias[:] = FACE_HALF_PX / stride
    else:
        bias[:] = np.tile(np.array(LANDMARK_OFFSETS_PX).ravel() / stride, 2)
    name = f"{kind}_{stride}"
    constants[f"{name}_w"], constants[f"{name}_b"] = weight, bias
    constants[f"{name}_shape"] = np.array([-1, width], np.int64)
    raw = helper.make_node(
        "Conv", [f"pool{stride}", f"{name}_w", f"{name}_b"], [f"{name}_raw"], kernel_shape=[1, 1]
    )
    last = helper.make_node("Transpose", [f"{name}_raw"], [f"{name}_last"], perm=[0, 2, 3, 1])
    rows = f"{name}_rows" if kind == "score" else name
    reshape = helper.make_node("Reshape", [f"{name}_last", f"{name}_shape"], [rows])
    sigmoid = [helper.make_node("Sigmoid", [rows], [name])] if kind == "score" else []
    return [raw, last, reshape, *sigmoid]


def recognizer() -> onnx.ModelProto:
    """Return a linear map of the crop, averaged over 8 x 8 fields, to 512 numbers."""
    random = np.random.default_rng(0)
    constants: Constants = {
        "w": random.normal(0, 1, (192, 512)).astype(np.float32),
        "b": random.normal(0, 0.1, 512).astype(np.float32),
    }
    nodes = [
        helper.make_node(
            "AveragePool", ["input.1"], ["pool"], kernel_shape=[14, 14], strides=[14, 14]
        ),
        helper.make_node("Flatten", ["pool"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "b"], ["683"]),
    ]
    return model_of(nodes, {"input.1": ["None", 3, 112, 112]}, {"683": ["None", 512]}, constants)


def constant(side: int, answer: NDArray[np.float64]) -> onnx.ModelProto:
    """Return a model that gives the same answer for every square picture."""
    constants: Constants = {
        "zero": np.zeros((3, answer.size), np.float32),
        "answer": answer.astype(np.float32),
    }
    nodes = [
        helper.make_node("GlobalAveragePool", ["data"], ["pool"]),
        helper.make_node("Flatten", ["pool"], ["flat"]),
        helper.make_node("Gemm", ["flat", "zero", "answer"], ["fc1"]),
    ]
    shape: Dims = ["None", 3, side, side]
    return model_of(nodes, {"data": shape}, {"fc1": ["None", answer.size]}, constants)


def turned_head(yaw_right_deg: float, pitch_up_deg: float) -> NDArray[np.float64]:
    """Return what 1k3d68 says of a head: 1,103 points of which the last 68 are landmarks.

    The mean face has x to the right, y down, z towards the camera, so that a turn to the
    picture's right moves the nose to larger x, a turn upwards to smaller y.
    """
    yaw, pitch = np.deg2rad(yaw_right_deg), np.deg2rad(pitch_up_deg)
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    points = np.zeros((1103, 3))
    points[-68:] = 0.8 * get_object("meanshape_68.pkl") @ (about_x @ about_y).T
    return points.ravel()


def model_of(
    nodes: list[NodeProto],
    inputs: dict[str, Dims],
    outputs: dict[str, Dims],
    constants: Constants,
) -> onnx.ModelProto:
    """Return a model with float32 inputs and outputs of the given shapes."""
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, v) for k, v in inputs.items()],
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, v) for k, v in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7)
