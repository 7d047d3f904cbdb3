"""Layers in words: short for a label, longer for a reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from automl_magic.networks.graph import Layer

PLUMBING = ("flatten", "reshape", "channels_first", "channels_last", "columns", "concat")


def is_plumbing(layer: Layer) -> bool:
    """Whether a layer only brings numbers into another form."""
    return layer.op in PLUMBING


def in_words(layer: Layer) -> tuple[str, str]:
    """Return what a layer does, short and longer.

    Examples
    --------
    >>> from automl_magic.networks.drawing import Drawing
    >>> from automl_magic.networks.graph import Inputs
    >>> graph = Drawing("linear", Inputs("table", (4,), outputs=3)).finish()
    >>> in_words(graph.layers[-1])
    ('linear', 'linear layer of 3 units')
    """
    words = _WORDS.get(layer.op)
    if words is None:
        plain = layer.op.replace("_", " ")
        return plain, plain
    return words(layer)


def _linear(layer: Layer) -> tuple[str, str]:
    return "linear", f"linear layer of {layer.option('units')} units"


def _conv(layer: Layer) -> tuple[str, str]:
    sizes = _sizes(layer.option("kernel"))
    halving = ", stride 2" if max(layer.option("stride")) > 1 else ""
    return f"conv {sizes}", f"convolution of kernel {sizes} with {layer.option('channels')} channels{halving}"


def _pool(layer: Layer) -> tuple[str, str]:
    name = layer.op.replace("_", " ")
    return name, f"{name} over {_sizes(layer.option('kernel'))}"


def _activation(layer: Layer) -> tuple[str, str]:
    return layer.option("function"), layer.option("function")


def _dropout(layer: Layer) -> tuple[str, str]:
    return "dropout", f"dropout of {layer.option('rate'):.3g}"


def _embedding(layer: Layer) -> tuple[str, str]:
    what = "each token" if layer.option("column") is None else f"column {layer.option('column') + 1}"
    width, codes = layer.option("width"), layer.option("codes")
    return f"embedding {width}", f"a vector of {width} for {what} of {codes} codes"


def _recurrent(layer: Layer) -> tuple[str, str]:
    both = ", in both directions" if layer.option("bidirectional") else ""
    layers = layer.option("layers")
    more = f", {layers} layers" if layers > 1 else ""
    name = layer.op.upper()
    return f"{name}, {layer.option('hidden')}", f"{name} of {layer.option('hidden')} units{more}{both}"


def _mean(layer: Layer) -> tuple[str, str]:
    return "mean", "mean over all places"


def _max(layer: Layer) -> tuple[str, str]:
    return "max", "largest over all places"


def _token_mean(layer: Layer) -> tuple[str, str]:
    return "mean", "mean over the tokens"


def _sizes(sizes: Any) -> str:
    """Return the size of a square window as one number, else all sizes."""
    return str(sizes[0]) if len(set(sizes)) == 1 else " x ".join(map(str, sizes))


_WORDS: dict[str, Callable[[Layer], tuple[str, str]]] = {
    "linear": _linear,
    "conv1d": _conv,
    "conv2d": _conv,
    "activation": _activation,
    "dropout": _dropout,
    "max_pool": _pool,
    "mean_pool": _pool,
    "embedding": _embedding,
    "gru": _recurrent,
    "lstm": _recurrent,
    "global_mean": _mean,
    "global_max": _max,
    "token_mean": _token_mean,
}
