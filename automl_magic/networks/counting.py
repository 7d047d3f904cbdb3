"""What a network costs, counted from its graph: parameters, multiply-adds, about how much memory to train it."""

from __future__ import annotations

import math

from automl_magic.networks.graph import Graph, Layer

NUMBER_BYTES = 4  # a float32
KEPT_BY_OPTIMIZER = {"adamw": 2, "adam": 2, "sgd": 1}  # numbers for each parameter: moments, momentum
KEPT_BY_STEP = {"gru": 8, "lstm": 18}  # numbers for each one that is handed on: gates, and what they are made of
VIEWS = ("flatten", "reshape", "channels_first", "channels_last", "columns")  # give the same numbers in another order
GATES = {"gru": 3, "lstm": 4}


def parameters(graph: Graph) -> int:
    """Return the number of parameters that are learned.

    Examples
    --------
    >>> from automl_magic.networks.drawing import Drawing
    >>> from automl_magic.networks.graph import Inputs
    >>> parameters(Drawing("linear", Inputs("table", (4,), outputs=3)).finish())
    15
    """
    return sum(layer_parameters(graph, layer) for layer in graph.layers)


def multiply_adds(graph: Graph) -> int:
    """Return the multiplications with a learned weight that one row needs, each with its addition.

    Linear, convolutional and recurrent layers are counted; biases, norms, activations and pools are not.
    """
    return sum(layer_multiply_adds(graph, layer) for layer in graph.layers)


def memory_bytes(graph: Graph, batch_size: int, optimizer: str = "adamw") -> int:
    """Return about how many bytes the training of a minibatch takes.

    Weights, their running mean, their gradients and what the optimiser keeps for each, all but the gradients once more
    for an epoch that is cut short, and the best weights; and for each row what the layers keep until the gradients are
    computed, with the largest gradient. It is an estimate: what torch itself needs, and what a kernel takes for a
    moment, are not in it.
    """
    held = parameters(graph) * (1 + 2 * (2 + KEPT_BY_OPTIMIZER.get(optimizer, 2)) + 1)
    kept = graph.inputs.size + sum(_kept(layer) for layer in graph.layers)
    return NUMBER_BYTES * (held + batch_size * (kept + 2 * max(layer.size for layer in graph.layers)))


def _kept(layer: Layer) -> int:
    """Return how many numbers of one row a layer keeps; of recurrent ones that was measured with torch 2.13."""
    if layer.op in GATES:
        return int(KEPT_BY_STEP[layer.op] * layer.size * layer.option("layers"))
    return 0 if layer.op in VIEWS else layer.size


def layer_parameters(graph: Graph, layer: Layer) -> int:
    """Return the number of parameters of one layer."""
    if layer.op in ("linear", "conv1d", "conv2d"):
        outputs = layer.option("units" if layer.op == "linear" else "channels")
        return _weights(graph, layer) + (outputs if layer.option("bias") else 0)
    if layer.op in ("batch_norm", "group_norm"):
        return 2 * layer.shape[0]
    if layer.op == "layer_norm":
        return 2 * layer.shape[-1]
    if layer.op == "embedding":
        return int(layer.option("codes") * layer.option("width"))
    if layer.op in GATES:
        hidden = layer.option("hidden")
        biases = GATES[layer.op] * 2 * hidden * _directions(layer) * layer.option("layers")
        return _weights(graph, layer) + int(biases)
    return 0


def layer_multiply_adds(graph: Graph, layer: Layer) -> int:
    """Return the multiply-adds of one layer for one row."""
    if layer.op == "linear":
        return _weights(graph, layer) * math.prod(layer.shape[:-1])
    if layer.op in ("conv1d", "conv2d"):
        return _weights(graph, layer) * math.prod(layer.shape[1:])
    if layer.op in GATES:
        return _weights(graph, layer) * layer.shape[0]
    return 0


def _weights(graph: Graph, layer: Layer) -> int:
    """Return the number of weights of a layer, biases aside."""
    shape = graph.input_shape(layer)
    if layer.op == "linear":
        return int(shape[-1] * layer.option("units"))
    if layer.op in GATES:
        hidden, directions = layer.option("hidden"), _directions(layer)
        widths = [shape[-1], *[hidden * directions] * (layer.option("layers") - 1)]
        return int(sum(GATES[layer.op] * directions * hidden * (width + hidden) for width in widths))
    return int(shape[0] * layer.option("channels") * math.prod(layer.option("kernel")))


def _directions(layer: Layer) -> int:
    return 2 if layer.option("bidirectional") else 1
