"""Gives inner channels the number that ONNX Runtime's blocked convolutions want."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, numpy_helper

from facesvc.models_build.graph.tensors import constants, copy_of, drop_unused_constants

# ONNX Runtime's blocked layout (NCHWc) has blocks of 16 channels with AVX-512 and of 8 without.
# A depthwise convolution of any other number leaves the layout: two reorders and a slow kernel.
BLOCK = 16

Weights = NDArray[np.generic]


@dataclass(frozen=True)
class _Chain:
    """A convolution, operators that work on each channel alone, and the convolution that reads
    them; nobody else reads anything between.
    """

    first: NodeProto
    inner: list[NodeProto]
    last: NodeProto


def fit_channels(model: ModelProto) -> ModelProto:
    """Return a copy without the inner channels that nothing reads, as many of them left or added
    as make whole blocks.

    A channel between two convolutions is dead when the second has only zeros for it, or when
    it is always zero itself; the answers stay the same but for the order of float32 sums.
    """
    fitted = copy_of(model)
    graph = _Graph(fitted)
    values = graph.values
    for chain in list(graph.chains()):
        dead = _dead(chain, values)
        is_dense = all(node.op_type != "Conv" for node in chain.inner)
        if is_dense and not dead.any() and len(dead) > BLOCK:
            continue  # dense convolutions are quick with any number that fills one block
        keep = _keep(dead)
        for node, index in ((chain.first, 1), (chain.first, 2)):
            _put(fitted, node, index, values, keep)
        for node in chain.inner:
            for index in range(1, len(node.input)):
                _put(fitted, node, index, values, keep)
            for attribute in node.attribute:
                if attribute.name == "group":
                    attribute.i = len(keep)
        _put(fitted, chain.last, 1, values, keep, axis=1)
    drop_unused_constants(fitted)
    del fitted.graph.value_info[:]
    return fitted


class _Graph:
    """Who reads what, and the constants by name."""

    def __init__(self, model: ModelProto) -> None:
        self.nodes = list(model.graph.node)
        self.values = constants(model)
        self._readers: dict[str, list[NodeProto]] = {}
        for node in self.nodes:
            for name in node.input:
                self._readers.setdefault(name, []).append(node)
        self._answers = {output.name for output in model.graph.output}

    def chains(self) -> Iterator[_Chain]:
        """Yield every chain of the graph as it was."""
        for node in self.nodes:
            chain = self._chain_from(node) if self._is_dense(node) else None
            if chain is not None and self._owns_its_constants(chain):
                yield chain

    def _chain_from(self, first: NodeProto) -> _Chain | None:
        inner: list[NodeProto] = []
        node = self._only_reader(first)
        while node is not None and self._is_channelwise(node):
            inner.append(node)
            node = self._only_reader(node)
        return None if node is None or not self._is_dense(node) else _Chain(first, inner, node)

    def _only_reader(self, node: NodeProto) -> NodeProto | None:
        name = node.output[0]
        readers = self._readers.get(name, [])
        return readers[0] if len(readers) == 1 and name not in self._answers else None

    def _owns_its_constants(self, chain: _Chain) -> bool:
        parts = (chain.first, *chain.inner, chain.last)
        return all(len(self._readers[name]) == 1 for node in parts for name in node.input[1:])

    def _is_dense(self, node: NodeProto) -> bool:
        return node.op_type == "Conv" and _group(node) == 1 and self._knows_weights(node)

    def _is_channelwise(self, node: NodeProto) -> bool:
        if node.op_type == "Relu":
            return True
        if node.op_type not in ("PRelu", "Conv") or not self._knows_weights(node):
            return False
        weights = self.values[node.input[1]]
        if node.op_type == "PRelu":
            return weights.ndim == 3 and len(weights) > 1 and weights.shape[1:] == (1, 1)
        return _group(node) == len(weights) and weights.shape[1] == 1

    def _knows_weights(self, node: NodeProto) -> bool:
        return all(name in self.values for name in node.input[1:])


def _group(node: NodeProto) -> int:
    return next((int(a.i) for a in node.attribute if a.name == "group"), 1)


def _dead(chain: _Chain, values: dict[str, Weights]) -> NDArray[np.bool_]:
    """Return, for each channel between the convolutions, whether it changes nothing."""
    unread = ~_any_per_channel(values[chain.last.input[1]].swapaxes(0, 1))
    always_zero = np.ones(len(unread), np.bool_)
    for node in (chain.first, *chain.inner):
        if node.op_type == "Conv":
            if node is chain.first:
                always_zero &= ~_any_per_channel(values[node.input[1]])
            for name in node.input[2:]:
                always_zero &= ~_any_per_channel(values[name])
    return unread | always_zero


def _any_per_channel(weights: Weights) -> NDArray[np.bool_]:
    return np.asarray(weights.reshape(len(weights), -1).any(axis=1))


def _keep(dead: NDArray[np.bool_]) -> list[int]:
    """Return the channels to keep, whole blocks of them; -1 stands for a new one of zeros."""
    living = np.flatnonzero(~dead).tolist()
    wanted = max(BLOCK, -(-len(living) // BLOCK) * BLOCK)
    spare = np.flatnonzero(dead).tolist()[: wanted - len(living)]
    kept = sorted([*living, *spare])
    return [*kept, *[-1] * (wanted - len(kept))]


def _put(
    model: ModelProto,
    node: NodeProto,
    index: int,
    values: dict[str, Weights],
    keep: list[int],
    axis: int = 0,
) -> None:
    """Give the node's input the kept channels, zeros for new ones."""
    if index >= len(node.input):
        return
    old = values[node.input[index]]
    if keep == list(range(old.shape[axis])):
        return
    new = np.take(old, [max(channel, 0) for channel in keep], axis=axis).copy()
    new.swapaxes(0, axis)[[channel < 0 for channel in keep]] = 0
    name = f"{node.output[0]}_{index}_fitted_{axis}"  # a convolution can end one and begin another
    model.graph.initializer.append(numpy_helper.from_array(new, name))
    values[name] = new
    node.input[index] = name
