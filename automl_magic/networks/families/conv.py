"""The convolutional network: over the steps of a sequence or the pixels of an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.engine.repeated import Repeated
from automl_magic.networks.drawing import Drawing
from automl_magic.networks.families.built import Built, check_parts
from automl_magic.networks.families.fields import (
    ACTIVATION,
    EMBEDDING,
    FLAG,
    HEAD,
    NORM,
    Field,
    OneOf,
    Share,
    Whole,
    check,
)

DEPTH = Int(1, 5, default=3)
CHANNELS = Choice(8, 16, 32, 64, 128, default=32)
KERNEL = Choice(3, 5, 7)
DOWN = Choice("none", "stride", "pool", default="pool")
SKIP = Choice(False, True)
NORM_TRIED = "batch"  # what is better with another norm, or without, is rare
ACTIVATIONS = Choice("relu", "gelu", "silu")
HEADS = Choice("mean", "flatten", default="flatten")
DENSE = Choice(0, 64, 128)
DROPOUT = Float(0.0, 0.5, default=0.1)
LAYER_FIELDS: Mapping[str, Field] = {
    "channels": Whole(),
    "kernel": Whole(1, 99, odd=True),
    "down": OneOf(("none", "stride", "pool")),
    "skip": FLAG,
}
FIELDS: Mapping[str, Field] = {
    "norm": NORM,
    "activation": ACTIVATION,
    "head": HEAD,
    "dense": Whole(0),
    "dropout": Share(),
    "embedding": EMBEDDING,
}


@dataclass(frozen=True)
class ConvLayer:
    """One layer: its channels and kernel, how it makes the maps smaller, and whether it adds what goes in."""

    channels: int
    kernel: int = 3
    down: str = "none"
    skip: bool = False

    def __post_init__(self) -> None:
        check("conv", LAYER_FIELDS, vars(self))


@dataclass(frozen=True)
class Conv:
    """A concrete convolutional network; see `conv` for the fields."""

    layers: tuple[ConvLayer, ...] = (ConvLayer(32, down="pool"), ConvLayer(64, down="pool"))
    norm: str = "batch"
    activation: str = "relu"
    head: str = "mean"
    dense: int = 0
    dropout: float = 0.0
    embedding: int | None = None

    def __post_init__(self) -> None:
        check("conv", FIELDS, vars(self))
        check_parts("conv", "layer", self.layers, ConvLayer)

    def body(self, drawing: Drawing) -> None:
        """Draw the layers: convolution, norm, what the skip adds, activation, pool.

        The order, and the norm of a projection, are those of He et al. (2016, "Deep Residual Learning").
        """
        for layer in self.layers:
            before = drawing.maps()
            drawing.next_block("conv")
            stride = 2 if layer.down == "stride" else 1
            drawing.conv(layer.channels, layer.kernel, stride=stride, bias=self.norm != "batch")
            after = drawing.norm(self.norm)
            if layer.skip:
                drawing.sub_block("add")
                if drawing.shape_at(before) != drawing.shape:
                    drawing.conv(layer.channels, 1, before, stride=stride, bias=False, name="shortcut")
                    before = drawing.norm(self.norm)
                drawing.add("add", after, before)
            drawing.activation(self.activation)
            if layer.down == "pool":
                drawing.pool("max_pool")

    def close(self, drawing: Drawing) -> None:
        """Draw what leads from the maps to the outputs."""
        drawing.next_block("head")
        drawing.shrink(self.head)
        if self.dense:
            drawing.add("linear", units=self.dense, bias=True)
            drawing.activation(self.activation)
        drawing.dropout(self.dropout)


def conv(
    depth: Any = DEPTH,
    channels: Any = CHANNELS,
    kernel: Any = KERNEL,
    down: Any = DOWN,
    skip: Any = SKIP,
    norm: Any = NORM_TRIED,
    activation: Any = ACTIVATIONS,
    head: Any = HEADS,
    dense: Any = DENSE,
    dropout: Any = DROPOUT,
    embedding: Any = None,
) -> Build:
    """Return convolutional networks to be searched; every argument is a value or a hole.

    Parameters
    ----------
    depth : int
        Number of layers, from 0 on.
    channels, kernel : int
        Of each layer; a hole is one for each layer. A kernel is odd, and no larger than what it can see.
    down : str
        Of each layer, how it halves the maps: "none", "stride" or "pool".
    skip : bool
        Of each layer: add what goes in to what comes out.
    norm : str
        "none", "batch" or "layer".
    activation : str
        "relu", "gelu", "silu", "tanh" or "elu".
    head : str
        What becomes of the maps: their "mean" or "max" over all places, or all of them ("flatten").
    dense : int
        Units of a linear layer before the outputs; 0 for none.
    dropout : float
        Share that is left out before the outputs in training.
    embedding : int, optional
        Width of the vector of a token of a text; else 32.

    Raises
    ------
    SpaceError
        If an argument, or what a hole may become, is not allowed.

    Examples
    --------
    >>> from automl_magic.engine.space import compile_space
    >>> space = compile_space(conv(depth=Int(1, 2), kernel=3, down="pool", skip=False))
    >>> [label for label in space.labels if "layer" in label]
    ['layer1.channels', 'layer2.channels']
    """
    whole = {
        "norm": norm,
        "activation": activation,
        "head": head,
        "dense": dense,
        "dropout": dropout,
        "embedding": embedding,
    }
    each = {"channels": channels, "kernel": kernel, "down": down, "skip": skip}
    check("conv", {**FIELDS, **LAYER_FIELDS}, {**whole, **each})
    layers = Repeated(depth, partial(conv_layer, each), "layer", "depth", least=0)
    return Built(Conv, {"depth": depth, **each, **whole}, layers=layers, **whole)


def conv_layer(each: Mapping[str, Any], number: int) -> Build:
    """Return the template of layer `number`."""
    return Build(ConvLayer, **each)
