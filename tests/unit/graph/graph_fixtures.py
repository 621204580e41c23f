"""Tiny models that have the shapes which the rewrites are for."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]


def model_of(
    nodes: list[NodeProto],
    inputs: dict[str, list[int | str]],
    outputs: dict[str, list[int | str]],
    constants: dict[str, NDArray[np.generic]],
) -> ModelProto:
    """Return a checked model with float32 inputs and outputs of the given shapes."""
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, v) for k, v in inputs.items()],
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, v) for k, v in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7)
    onnx.checker.check_model(model, full_check=True)
    return model


def run(model: ModelProto, **inputs: Floats) -> list[Floats]:
    """Return the model's outputs on ONNX Runtime's CPU provider."""
    onnx.checker.check_model(model, full_check=True)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    outputs: list[Floats] = session.run(None, inputs)
    return outputs


def tiny_detector(upscale: int = 2) -> ModelProto:
    """Return two strides of a pyramid whose upper one is resized to a constant size, like
    SCRFD's exports: input (1, 3, 64, 64), outputs (1, anchors, 4) at strides 8 and 8*upscale.
    """
    rng = np.random.default_rng(7)
    top = 64 // 8 // upscale
    nodes = [
        helper.make_node("Conv", ["image", "w1"], ["p8"], strides=[8, 8], kernel_shape=[8, 8]),
        helper.make_node(
            "Conv", ["p8", "w2"], ["p16"], strides=[upscale] * 2, kernel_shape=[upscale] * 2
        ),
        helper.make_node(
            "Resize",
            ["p16", "none", "none", "sizes"],
            ["up"],
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        ),
        helper.make_node("Add", ["p8", "up"], ["sum8"]),
    ]
    outputs: dict[str, list[int | str]] = {}
    for source, target, side in (("sum8", "out8", 8), ("p16", "out16", top)):
        nodes += [
            helper.make_node("Transpose", [source], [f"{target}_t"], perm=[0, 2, 3, 1]),
            helper.make_node("Reshape", [f"{target}_t", "rows"], [target]),
        ]
        outputs[target] = [1, side * side, 4]
    constants: dict[str, NDArray[np.generic]] = {
        "w1": rng.normal(size=(4, 3, 8, 8)).astype(np.float32),
        "w2": rng.normal(size=(4, 4, upscale, upscale)).astype(np.float32),
        "none": np.empty(0, np.float32),
        "sizes": np.array([1, 4, 8, 8], np.int64),
        "rows": np.array([1, -1, 4], np.int64),
    }
    return model_of(nodes, {"image": [1, 3, 64, 64]}, outputs, constants)


def tiny_recognizer(
    slope_shape: tuple[int, ...] = (8, 1, 1), greatest_slope: float = 1.5
) -> ModelProto:
    """Return Conv, PRelu, Conv and a Reshape that fixes the batch: (1, 3, 16, 16) -> (1, 6)."""
    rng = np.random.default_rng(11)
    nodes = [
        helper.make_node("Conv", ["face", "w1"], ["c1"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("PRelu", ["c1", "slope"], ["a1"]),
        helper.make_node("Conv", ["a1", "w2"], ["c2"], kernel_shape=[16, 16]),
        helper.make_node("Reshape", ["c2", "flat"], ["embedding"]),
    ]
    constants: dict[str, NDArray[np.generic]] = {
        "w1": rng.normal(size=(8, 3, 3, 3)).astype(np.float32),
        "slope": rng.uniform(-0.5, greatest_slope, size=slope_shape).astype(np.float32),
        "w2": rng.normal(size=(6, 8, 16, 16)).astype(np.float32),
        "flat": np.array([1, -1], np.int64),
    }
    return model_of(nodes, {"face": [1, 3, 16, 16]}, {"embedding": [1, 6]}, constants)


def noise(seed: int, *shape: int) -> Floats:
    """Return seeded values, normally distributed, float32 of the shape."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def tiny_deep_detector() -> ModelProto:
    """Return a stem, two inner convolutions with a residual, and a head, like a detector:
    input (1, 3, 64, 64), output (1, 64, 4).
    """
    rng = np.random.default_rng(13)
    nodes = [
        helper.make_node("Conv", ["image", "w1"], ["stem"], strides=[8, 8], kernel_shape=[8, 8]),
        helper.make_node("Relu", ["stem"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2"], ["c2"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Relu", ["c2"], ["r2"]),
        helper.make_node("Conv", ["r2", "w3"], ["c3"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Add", ["c3", "r1"], ["sum"]),
        helper.make_node("Conv", ["sum", "w4"], ["head"], kernel_shape=[1, 1]),
        helper.make_node("Transpose", ["head"], ["head_t"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["head_t", "rows"], ["boxes"]),
    ]
    shapes = {"w1": (8, 3, 8, 8), "w2": (8, 8, 3, 3), "w3": (8, 8, 3, 3), "w4": (4, 8, 1, 1)}
    constants: dict[str, NDArray[np.generic]] = {
        name: (rng.normal(size=shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
        for name, shape in shapes.items()
    }
    constants["rows"] = np.array([1, -1, 4], np.int64)
    return model_of(nodes, {"image": [1, 3, 64, 64]}, {"boxes": [1, 64, 4]}, constants)


def tiny_mobilenet() -> ModelProto:
    """Return a block of a MobileNet as MXNet exports it, each convolution normalised and with a
    PRelu of slopes on both sides of 1, its inner channels a thousandfold apart but each of the
    same weight for what follows: input (1, 3, 8, 8), output (1, 5).
    """
    rng = np.random.default_rng(17)
    nodes: list[NodeProto] = []
    constants: dict[str, NDArray[np.generic]] = {
        "half": np.array([0.5], np.float32),
        "fc_w": rng.normal(size=(5, 6 * 64)).astype(np.float32),
        "fc_b": rng.normal(size=5).astype(np.float32),
    }
    nodes.append(helper.make_node("Sub", ["face", "half"], ["centred"]))

    def norm(source: str, target: str, channels: int, apart: float = 1.0) -> NDArray[np.float64]:
        names = [f"{target}_{part}" for part in ("scale", "bias", "mean", "var")]
        spread = rng.permutation(np.geomspace(1, apart, channels))
        values = (spread, rng.normal(size=channels) * spread)
        others = (rng.normal(size=channels), rng.uniform(0.5, 2, size=channels))
        for name, value in zip(names, (*values, *others), strict=True):
            constants[name] = value.astype(np.float32)
        nodes.append(
            helper.make_node("BatchNormalization", [source, *names], [target], epsilon=1e-3)
        )
        return spread

    source, spread = "centred", np.ones(3)
    for name, shape, group in (
        ("a", (6, 3, 3, 3), 1),
        ("b", (6, 1, 3, 3), 6),
        ("c", (6, 6, 1, 1), 1),
    ):
        along = (-1, 1, 1, 1) if group > 1 else (1, -1, 1, 1)
        weights = rng.normal(size=shape) / spread.reshape(along)
        constants[f"{name}_w"] = weights.astype(np.float32)
        steepest = 0.9 if name == "c" else 1.4  # none follows that could take the factor
        constants[f"{name}_slope"] = rng.uniform(-0.5, steepest, size=(6, 1, 1)).astype(np.float32)
        sides = list(shape[2:])
        nodes.append(
            helper.make_node(
                "Conv",
                [source, f"{name}_w"],
                [f"{name}_conv"],
                group=group,
                kernel_shape=sides,
                pads=[sides[0] // 2] * 4,
            )
        )
        spread = norm(f"{name}_conv", f"{name}_norm", 6, 1.0 if name == "c" else 1000.0)
        nodes.append(helper.make_node("PRelu", [f"{name}_norm", f"{name}_slope"], [name]))
        source = name
    norm(source, "last", 6)
    nodes.append(helper.make_node("Flatten", ["last"], ["flat"]))
    nodes.append(helper.make_node("Gemm", ["flat", "fc_w", "fc_b"], ["fc"], transB=1))
    norm("fc", "embedding", 5)
    return model_of(nodes, {"face": [1, 3, 8, 8]}, {"embedding": [1, 5]}, constants)


def tiny_shufflenet(end: str = "Conv") -> ModelProto:
    """Return two convolutions and two units that keep half, with ShuffleNet's shuffles between,
    and a depthwise convolution that reads shuffled channels: input (1, 3, 8, 8), output
    (1, 5, 8, 8), or with another ``end`` the shuffled channels, (1, 8, 8, 8).
    """
    rng = np.random.default_rng(19)
    nodes: list[NodeProto] = []
    constants: dict[str, NDArray[np.generic]] = {
        "apart": np.array([1, 2, 4, 8, 8], np.int64),
        "together": np.array([1, -1, 8, 8], np.int64),
    }

    def conv(source: str, target: str, shape: tuple[int, ...], group: int = 1) -> str:
        constants[f"{target}_w"] = rng.normal(size=shape).astype(np.float32)
        constants[f"{target}_b"] = rng.normal(size=shape[0]).astype(np.float32)
        sides = list(shape[2:])
        inputs = [source, f"{target}_w", f"{target}_b"]
        pads = [sides[0] // 2] * 4
        nodes.append(
            helper.make_node("Conv", inputs, [target], group=group, kernel_shape=sides, pads=pads)
        )
        return target

    def shuffled(first: str, second: str, target: str) -> str:
        parts = [f"{target}_{step}" for step in ("both", "apart", "turned")]
        nodes.append(helper.make_node("Concat", [first, second], parts[:1], axis=1))
        nodes.append(helper.make_node("Reshape", [parts[0], "apart"], parts[1:2]))
        nodes.append(helper.make_node("Transpose", parts[1:2], parts[2:], perm=[0, 2, 1, 3, 4]))
        nodes.append(helper.make_node("Reshape", [parts[2], "together"], [target]))
        return target

    whole = shuffled(conv("face", "a", (4, 3, 3, 3)), conv("face", "b", (4, 3, 3, 3)), "s1")
    for unit in ("c", "d"):
        halves = [f"{unit}_kept", f"{unit}_taken"]
        nodes.append(helper.make_node("Split", [whole], halves, axis=1, split=[4, 4]))
        whole = shuffled(halves[0], conv(halves[1], unit, (4, 4, 1, 1)), f"s_{unit}")
    if end == "Conv":
        conv(conv(whole, "deep", (8, 1, 3, 3), 8), "end", (5, 8, 1, 1))
    else:
        nodes.append(helper.make_node(end, [whole], ["end"]))
    channels = 5 if end == "Conv" else 8
    return model_of(nodes, {"face": [1, 3, 8, 8]}, {"end": [1, channels, 8, 8]}, constants)
