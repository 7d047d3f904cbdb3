"""A network as a block diagram: boxes in order, connections between them, and each box in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from automl_magic.networks.counting import layer_multiply_adds, layer_parameters
from automl_magic.networks.graph import Graph, Layer, Shape, X
from automl_magic.networks.words import in_words, is_plumbing

INPUT = "input"
Arc = TypedDict("Arc", {"from": str, "to": str, "label": str})


class Box(TypedDict):
    """One box: a block of layers, or a node of a cell; JSON values."""

    id: str
    label: str
    kind: str
    width: int | None
    shape: list[int]
    parameters: int
    multiply_adds: int
    text: str


class Diagram(TypedDict):
    """A network as boxes and arcs."""

    boxes: list[Box]
    arcs: list[Arc]


def boxes_of(graph: Graph) -> Diagram:
    """Return the block diagram of a network as JSON values.

    Boxes stand in the order of computation. An arc that passes by other boxes is a skip; in a cell the label of an arc
    names the operation on it.

    Examples
    --------
    >>> from automl_magic.networks.families.conv import Conv, ConvLayer
    >>> from automl_magic.networks.graph import Inputs
    >>> from automl_magic.networks.shaping import graph_of
    >>> graph = graph_of(Conv((ConvLayer(8, 5, "none", skip=True),)), Inputs("sequence", (40, 1), outputs=10))
    >>> [box["label"] for box in boxes_of(graph)["boxes"]]
    ['input', 'conv 5, 8', 'add', 'mean', 'linear, 10']
    >>> boxes_of(graph)["arcs"][1]
    {'from': 'input', 'to': 'conv1.add', 'label': 'conv 1'}
    """
    blocks: dict[str, list[Layer]] = {INPUT: []}
    for layer in graph.layers:
        blocks.setdefault(layer.block, []).append(layer)
    order = list(blocks)
    arcs = _arcs(graph, order)
    boxes = [_box(graph, name, layers, arcs) for name, layers in blocks.items()]
    return {"boxes": boxes, "arcs": arcs}


def _arcs(graph: Graph, order: Sequence[str]) -> list[Arc]:
    """Return the connections between blocks, each once."""
    found: list[Arc] = []
    for layer in graph.layers:
        for name in layer.inputs:
            start = INPUT if name == X else graph.layer(name).block
            if start == layer.block:
                continue
            beside = order.index(layer.block) == order.index(start) + 1
            arc: Arc = {"from": start, "to": layer.block, "label": _label(graph, layer, beside)}
            if arc not in found:
                found.append(arc)
    return found


def _label(graph: Graph, layer: Layer, beside: bool) -> str:
    """Return what happens on the way into a block of parts that come together; nothing on the way into another one."""
    is_node = _is_node(layer.block)
    if not is_node and not layer.block.endswith(".add"):
        return ""
    if layer.op == "add":
        return "" if beside and not is_node else "skip"
    return in_words(layer)[0]


def _box(graph: Graph, name: str, layers: Sequence[Layer], arcs: Sequence[Arc]) -> Box:
    acting = [layer for layer in layers if not is_plumbing(layer)]
    if name == INPUT:  # how what comes in is turned for the next block is no matter here
        layers = [layer for layer in layers if layer.op not in ("channels_first", "channels_last", "reshape")]
    shape = layers[-1].shape if layers else graph.inputs.shape
    main = _main_of(acting or layers, name)
    parameters = sum(layer_parameters(graph, layer) for layer in layers)
    does = [in_words(layer)[1] for layer in acting]
    return {
        "id": name,
        "label": _label_of(graph, name, main),
        "kind": _kind_of(name, main),
        "width": _width(shape, layers),
        "shape": list(shape),
        "parameters": parameters,
        "multiply_adds": sum(layer_multiply_adds(graph, layer) for layer in layers),
        "text": _text(name, does, shape, parameters, [arc for arc in arcs if arc["to"] == name]),
    }


def _main_of(layers: Sequence[Layer], name: str) -> Layer | None:
    """Return the layer that a block is called after."""
    wanted = (lambda layer: layer.op == "add") if name.endswith(".add") else _is_main
    return next(filter(wanted, layers), layers[0] if layers else None)


def _label_of(graph: Graph, name: str, main: Layer | None) -> str:
    if main is None or name == INPUT:
        return "input, tokens" if graph.inputs.kind == "text" else INPUT
    if _is_node(name):
        block, _, part = name.partition(".")
        return f"{_spaced(block)}, {_spaced(part)}"
    short = in_words(main)[0]
    return f"{short}, {main.shape[0]}" if main.op == "linear" or main.op.startswith("conv") else short


def _kind_of(name: str, main: Layer | None) -> str:
    return INPUT if main is None or name == INPUT else "node" if _is_node(name) else main.op


def _is_node(name: str) -> bool:
    return name.rpartition(".")[2].startswith("node")


def _is_main(layer: Layer) -> bool:
    return layer.op in ("linear", "conv1d", "conv2d", "gru", "lstm", "global_mean", "global_max", "last_step")


def _spaced(name: str) -> str:
    """Return "node2" as "node 2"."""
    letters = name.rstrip("0123456789")
    return f"{letters} {name[len(letters) :]}".strip()


def _width(shape: Shape, layers: Sequence[Layer]) -> int | None:
    """Return units or channels: of maps the first axis, of rows and steps the last one."""
    if layers and layers[-1].op in ("gru", "lstm", "embedding", "layer_norm"):
        return shape[-1]
    return shape[0] if layers else shape[-1]


def _text(name: str, does: Sequence[str], shape: Shape, parameters: int, ways: Sequence[Arc]) -> str:
    """Return a box in words, for those who do not see the picture."""
    doing = [] if _is_node(name) else does
    parts = [": ".join([name, ", ".join(doing)]) if doing else name]
    if len(ways) > 1 or any(way["label"] for way in ways):
        taken = [f"{way['from']}{' by ' + way['label'] if way['label'] else ''}" for way in ways]
        parts.append(f"takes {' and '.join([', '.join(taken[:-1]), taken[-1]] if taken[:-1] else taken)}")
    parts.append(f"gives {' x '.join(map(str, shape))}")
    if parameters:
        parts.append(f"{parameters:,} parameter{'s' * (parameters != 1)}")
    return "; ".join(parts)
