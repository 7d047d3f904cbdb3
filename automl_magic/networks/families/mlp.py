"""The multilayer perceptron: linear layers one after the other, on one row of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.engine.repeated import Repeated
from automl_magic.networks.drawing import Drawing
from automl_magic.networks.families.built import Built, check_parts
from automl_magic.networks.families.fields import ACTIVATION, EMBEDDING, FLAG, NORM, Field, Share, Whole, check

DEPTH = Int(1, 4, default=2)
UNITS = Choice(16, 32, 64, 128, 256, default=128)
SKIP = Choice(False, True)
NORMS = Choice("none", "batch", "layer", default="batch")
ACTIVATIONS = Choice("relu", "gelu", "silu", "tanh")
DROPOUT = Float(0.0, 0.5, default=0.1)
LAYER_FIELDS: Mapping[str, Field] = {"units": Whole(), "skip": FLAG}
FIELDS: Mapping[str, Field] = {"norm": NORM, "activation": ACTIVATION, "dropout": Share(), "embedding": EMBEDDING}


@dataclass(frozen=True)
class DenseLayer:
    """One layer: its units, and whether what goes in is added to what comes out."""

    units: int
    skip: bool = False

    def __post_init__(self) -> None:
        check("mlp", LAYER_FIELDS, vars(self))


@dataclass(frozen=True)
class Mlp:
    """A concrete multilayer perceptron; see `mlp` for the fields."""

    layers: tuple[DenseLayer, ...] = (DenseLayer(128), DenseLayer(128))
    norm: str = "batch"
    activation: str = "relu"
    dropout: float = 0.0
    embedding: int | None = None

    def __post_init__(self) -> None:
        check("mlp", FIELDS, vars(self))
        check_parts("mlp", "layer", self.layers, DenseLayer)

    def body(self, drawing: Drawing) -> None:
        """Draw the layers: linear, norm, activation, dropout, and the skip over them all."""
        drawing.flat()
        for layer in self.layers:
            drawing.next_block("dense")
            before = drawing.at
            drawing.add("linear", units=layer.units, bias=self.norm != "batch")
            drawing.norm(self.norm)
            drawing.activation(self.activation)
            after = drawing.dropout(self.dropout)
            if layer.skip:
                drawing.sub_block("add")
                if drawing.shape_at(before) != drawing.shape:
                    before = drawing.add("linear", before, name="shortcut", units=layer.units, bias=False)
                drawing.add("add", after, before)

    def close(self, drawing: Drawing) -> None:
        """Draw nothing more: the outputs follow the last layer."""


def mlp(
    depth: Any = DEPTH,
    units: Any = UNITS,
    skip: Any = SKIP,
    norm: Any = NORMS,
    activation: Any = ACTIVATIONS,
    dropout: Any = DROPOUT,
    embedding: Any = None,
) -> Build:
    """Return multilayer perceptrons to be searched; every argument is a value or a hole.

    Parameters
    ----------
    depth : int
        Number of layers, from 0 on.
    units : int
        Of each layer; a hole is one for each layer.
    skip : bool
        Of each layer: add what goes in to what comes out.
    norm : str
        "none", "batch" or "layer".
    activation : str
        "relu", "gelu", "silu", "tanh" or "elu".
    dropout : float
        Share of the units that is left out in training.
    embedding : int, optional
        Width of the vector of a category or token; else by the number of codes.

    Raises
    ------
    SpaceError
        If an argument, or what a hole may become, is not allowed.

    Examples
    --------
    >>> from automl_magic.engine.space import compile_space
    >>> compile_space(mlp(depth=Int(1, 2), skip=False, norm="batch", activation="relu", dropout=0.1)).labels
    ('depth', 'layer1.units', 'layer2.units')
    """
    whole = {"norm": norm, "activation": activation, "dropout": dropout, "embedding": embedding}
    each = {"units": units, "skip": skip}
    check("mlp", {**FIELDS, **LAYER_FIELDS}, {**whole, **each})
    layers = Repeated(depth, partial(dense_layer, each), "layer", "depth", least=0)
    return Built(Mlp, {"depth": depth, **each, **whole}, layers=layers, **whole)


def dense_layer(each: Mapping[str, Any], number: int) -> Build:
    """Return the template of layer `number`."""
    return Build(DenseLayer, **each)
