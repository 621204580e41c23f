"""Leaves out channel shuffles: what reads shuffled channels reads them where they were made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from onnx import ModelProto, NodeProto, helper, numpy_helper

from facesvc.models_build.graph.siblings import split_channels
from facesvc.models_build.graph.tensors import (
    constants,
    copy_of,
    drop_unused_constants,
    known_shapes,
)

Channel = tuple[str, int]  # of which tensor, and its place there
_GROUPS_APART = [0, 2, 1, 3, 4]  # the Transpose of a shuffle: the groups and their channels


def drop_shuffles(model: ModelProto) -> ModelProto:
    """Return a copy in which the channel shuffles of ShuffleNet (Reshape, Transpose, Reshape) and
    the Concats and Splits about them are gone: each convolution reads slices of what was made.

    The slices are few, because a shuffle keeps the order within each half: what a convolution
    wants of a tensor lies together there. Its weights follow the order in which the slices are
    joined, so outputs are the same but for the order of float32 sums. A model whose shuffles end
    in anything but convolutions stays as it is.
    """
    changed = copy_of(model)
    moves = _moves(changed)
    readers = [
        node
        for node in changed.graph.node
        if moves.channels.keys() & set(node.input) and node.output[0] not in moves.nodes
    ]
    outputs = {output.name for output in changed.graph.output}
    if not readers or outputs & moves.channels.keys():
        return changed
    if any(node.op_type != "Conv" for node in readers):
        return changed
    nodes = list(_rewritten(changed, moves, readers))
    del changed.graph.node[:]
    changed.graph.node.extend(_read(nodes, outputs))
    del changed.graph.value_info[:]
    drop_unused_constants(changed)
    return changed


@dataclass
class _Moves:
    """``channels`` says of each moved tensor which channels it consists of, ``nodes`` has the first
    output of each node that only moves.
    """

    channels: dict[str, list[Channel]] = field(default_factory=dict)
    nodes: set[str] = field(default_factory=set)


def _moves(model: ModelProto) -> _Moves:
    moves, shapes = _Moves(), known_shapes(model)
    readers: dict[str, list[NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)

    def channels(name: str) -> list[Channel]:
        made = [(name, place) for place in range(shapes[name][1] or 0)]
        return moves.channels.get(name, made)

    for node in model.graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Concat" and attributes["axis"] == 1:
            found = {node.output[0]: [c for name in node.input for c in channels(name)]}
        elif node.op_type == "Split" and attributes.get("axis") == 1:
            found, whole, start = {}, channels(node.input[0]), 0
            for name in node.output:
                size = shapes[name][1] or 0
                found[name], start = whole[start : start + size], start + size
        elif node.op_type == "Reshape" and len(readers.get(node.output[0], [])) == 1:
            shuffle = _shuffle(node, readers, shapes)
            if not shuffle:
                continue
            groups = shapes[shuffle[0].output[0]][1] or 1
            order = np.arange(len(channels(node.input[0]))).reshape(groups, -1).T.reshape(-1)
            whole = channels(node.input[0])
            found = {shuffle[-1].output[0]: [whole[place] for place in order]}
            moves.nodes |= {part.output[0] for part in shuffle}
        else:
            continue
        moves.nodes.add(node.output[0])
        moves.channels.update(found)
    return moves


def _shuffle(
    first: NodeProto, readers: dict[str, list[NodeProto]], shapes: dict[str, list[int | None]]
) -> list[NodeProto]:
    """Return the three nodes of the shuffle that begins here, nothing where none does."""
    nodes = [first]
    for kind in ("Transpose", "Reshape"):
        behind = readers.get(nodes[-1].output[0], [])
        if len(behind) != 1 or behind[0].op_type != kind:
            return []
        nodes.append(behind[0])
    perm = next((list(a.ints) for a in nodes[1].attribute if a.name == "perm"), [])
    same = shapes.get(first.input[0]) == shapes.get(nodes[2].output[0])
    return nodes if perm == _GROUPS_APART and same else []


def _rewritten(
    model: ModelProto, moves: _Moves, readers: Sequence[NodeProto]
) -> Iterator[NodeProto]:
    reading = {node.output[0] for node in readers}
    wanted = {node.input[0]: sorted(moves.channels[node.input[0]]) for node in readers}
    cuts = _cuts(wanted, known_shapes(model))
    joined: set[str] = set()
    orders: dict[str, list[int]] = {}
    for node in list(model.graph.node):
        if node.output[0] in moves.nodes:
            continue
        source = node.input[0] if node.input else ""
        if node.output[0] in reading:
            if source not in joined:
                yield helper.make_node(
                    "Concat", _pieces(wanted[source], cuts), [f"{source}_joined"], axis=1
                )
                joined.add(source)
            places = {channel: place for place, channel in enumerate(moves.channels[source])}
            _permute(model, node, [places[channel] for channel in wanted[source]], orders)
            node.input[0] = f"{source}_joined"
        elif source in orders:
            _permute(model, node, orders[source], orders)
        yield node
        for name in node.output:
            if len(cuts.get(name, [])) > 2:
                at = cuts[name]
                names = [_piece(name, start) for start in at[:-1]]
                yield split_channels(model, name, names, np.diff(at).tolist())


def _cuts(
    wanted: dict[str, list[Channel]], shapes: dict[str, list[int | None]]
) -> dict[str, list[int]]:
    """Return where each tensor is cut, its beginning and end included."""
    cuts: dict[str, set[int]] = {}
    for channels in wanted.values():
        for (name, place), behind in zip(channels, [*channels[1:], ("", 0)], strict=True):
            if name not in cuts:
                cuts[name] = {0, shapes[name][1] or 0}
            if behind != (name, place + 1):
                cuts[name].add(place + 1)
        for (name, place), before in zip(channels, [("", 0), *channels[:-1]], strict=True):
            if before != (name, place - 1):
                cuts[name].add(place)
    return {name: sorted(at) for name, at in cuts.items()}


def _pieces(channels: list[Channel], cuts: dict[str, list[int]]) -> list[str]:
    """Return the names of the slices that hold these channels, in their order."""
    return [
        name if len(cuts[name]) == 2 else _piece(name, place)
        for name, place in channels
        if place in cuts[name][:-1]
    ]


def _piece(name: str, start: int) -> str:
    return f"{name}_from_{start}"


def _permute(
    model: ModelProto, node: NodeProto, order: list[int], orders: dict[str, list[int]]
) -> None:
    """Let the node take its channels in this order; a depthwise one gives them on in it."""
    values = constants(model)
    group = next((int(a.i) for a in node.attribute if a.name == "group"), 1)
    if group == 1:
        parts = {1: values[node.input[1]][:, order]}
    else:
        parts = {place: values[name][order] for place, name in enumerate(node.input) if place}
        orders[node.output[0]] = order
    for place, value in parts.items():
        name = f"{node.output[0]}_{place}_unshuffled"
        model.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        node.input[place] = name


def _read(nodes: list[NodeProto], outputs: set[str]) -> list[NodeProto]:
    """Return the nodes that lead to an output: not the constants of the shapes that are gone."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]
