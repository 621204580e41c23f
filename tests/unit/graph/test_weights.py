"""Folding weights that are kept in int8."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from facesvc.models_build.graph.tensors import GraphRewriteError
from facesvc.models_build.graph.weights import drop_unread_inputs, fold_weights
from tests.unit.graph.graph_fixtures import noise

RNG = np.random.default_rng(5)


def quantised(
    scale: NDArray[np.float32], zero: NDArray[np.int8], axis: int, block: int
) -> ModelProto:
    """Return a product with (4, 70) int8 weights, dequantised, reshaped and used; the name of the
    weights in float32 is left among the inputs, as SFace's export leaves it.
    """
    options = {"axis": axis} | ({"block_size": block} if block else {})
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["flat"], **options),
        helper.make_node("Reshape", ["flat", "shape"], ["weights"]),
        helper.make_node("MatMul", ["x", "weights"], ["y"]),
    ]
    constants: dict[str, NDArray[np.generic]] = {
        "q": RNG.integers(-128, 128, (4, 70)).astype(np.int8),
        "scale": scale,
        "zero": zero,
        "shape": np.array([28, -1], np.int64),
    }
    values = {"x": [1, 28], "float_weights": [28, 10]}
    graph = helper.make_graph(
        nodes,
        "quantised",
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, v) for k, v in values.items()],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 10])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def scales(*shape: int) -> NDArray[np.float32]:
    """Return scales of about what weights have."""
    return RNG.uniform(0.001, 0.02, shape).astype(np.float32)


def zeros(*shape: int) -> NDArray[np.int8]:
    """Return zero points on both sides of 0."""
    return RNG.integers(-100, 100, shape).astype(np.int8)


@pytest.mark.parametrize(
    ("shape", "axis", "block"),
    [
        ((4, 3), 1, 32),  # blocks of 32, 32 and 6
        ((2, 70), 0, 2),
        ((4,), 0, 0),
        ((70,), 1, 0),
        ((), 1, 0),
    ],
)
def test_folded_weights_give_the_original_outputs(
    shape: tuple[int, ...], axis: int, block: int
) -> None:
    """By blocks, by channels and all at once, against ONNX's formula number by number."""
    model = quantised(scales(*shape), zeros(*shape), axis, block)
    folded = fold_weights(model)
    assert [node.op_type for node in folded.graph.node] == ["MatMul"]
    onnx.checker.check_model(folded, full_check=True)
    x = noise(1, 1, 28)
    expected = np.asarray(ReferenceEvaluator(dequantised_by_hand(model)).run(None, {"x": x})[0])
    np.testing.assert_allclose(
        ReferenceEvaluator(folded).run(None, {"x": x})[0], expected, rtol=1e-5
    )


def dequantised_by_hand(model: ModelProto) -> ModelProto:
    """Return the model with its weights computed number by number, after ONNX's formula."""
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    options = {item.name: item.i for item in model.graph.node[0].attribute}
    scale, zero, axis = values["scale"], values["zero"], options["axis"]
    weights = np.empty((4, 70), np.float32)
    for place in np.ndindex(4, 70):
        at: tuple[int, ...] = ()
        if options.get("block_size"):
            at = tuple(
                index // options["block_size"] if side == axis else index
                for side, index in enumerate(place)
            )
        elif scale.ndim:
            at = (place[axis],)
        weights[place] = (int(values["q"][place]) - int(zero[at])) * scale[at]
    plain = drop_unread_inputs(model)
    del plain.graph.node[:2], plain.graph.initializer[:]
    plain.graph.initializer.append(numpy_helper.from_array(weights.reshape(28, 10), "weights"))
    return plain


def test_inputs_that_nothing_reads_are_dropped() -> None:
    """ONNX Runtime would ask for them at every call."""
    folded = fold_weights(quantised(scales(4, 3), zeros(4, 3), 1, 32))
    assert [value.name for value in folded.graph.input] == ["x"]


def test_scales_that_fit_no_axis_are_refused() -> None:
    """Rather an error than other weights."""
    with pytest.raises(GraphRewriteError, match="Scales of shape"):
        fold_weights(quantised(scales(5), zeros(5), 1, 0))


def test_a_dequantisation_of_what_is_no_constant_stays() -> None:
    """Only weights are folded; a quantised activation is computed as before."""
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "activation",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        [
            numpy_helper.from_array(np.float32(0.1), "scale"),
            numpy_helper.from_array(np.uint8(3), "zero"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    assert [node.op_type for node in fold_weights(model).graph.node] == [
        "QuantizeLinear",
        "DequantizeLinear",
    ]
