"""The bag of words: the mean of the vectors of a text's tokens, and linear layers on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.engine.repeated import Repeated
from automl_magic.errors import SpaceError
from automl_magic.networks.drawing import Drawing
from automl_magic.networks.families.built import Built, check_parts
from automl_magic.networks.families.fields import ACTIVATION, EMBEDDING, NORM, Field, Share, check
from automl_magic.networks.families.mlp import LAYER_FIELDS, DenseLayer, Mlp, dense_layer
from automl_magic.networks.graph import X

DEPTH = Int(0, 2, default=1)
UNITS = Choice(16, 32, 64, 128, default=64)
WIDTH = Choice(16, 32, 64, 128, default=64)
ACTIVATIONS = Choice("relu", "gelu", "silu", "tanh")
DROPOUT = Float(0.0, 0.7, default=0.2)
FIELDS: Mapping[str, Field] = {"norm": NORM, "activation": ACTIVATION, "dropout": Share(), "embedding": EMBEDDING}


@dataclass(frozen=True)
class Bag:
    """A concrete bag of words; see `bag` for the fields."""

    layers: tuple[DenseLayer, ...] = (DenseLayer(64),)
    norm: str = "none"
    activation: str = "relu"
    dropout: float = 0.2
    embedding: int | None = None

    def __post_init__(self) -> None:
        check("bag", FIELDS, vars(self))
        check_parts("bag", "layer", self.layers, DenseLayer)

    def body(self, drawing: Drawing) -> None:
        """Draw the mean of the vectors of the tokens, and the linear layers."""
        if drawing.inputs.kind != "text" or drawing.shape_at(drawing.at)[0] != drawing.inputs.shape[0]:
            raise SpaceError(
                f"bag must stand at the beginning, on text. Got {drawing.inputs.kind} of {drawing.shape}.",
                "Use mlp, conv or recurrent there.",
            )
        drawing.next_block("bag")
        drawing.add("token_mean", drawing.at, X, form="flat")
        drawing.dropout(self.dropout)
        Mlp(self.layers, self.norm, self.activation, self.dropout).body(drawing)

    def close(self, drawing: Drawing) -> None:
        """Draw nothing more: the outputs follow the last layer."""


def bag(
    depth: Any = DEPTH,
    units: Any = UNITS,
    embedding: Any = WIDTH,
    norm: Any = "none",
    activation: Any = ACTIVATIONS,
    dropout: Any = DROPOUT,
) -> Build:
    """Return bags of words to be searched, for texts; every argument is a value or a hole.

    Parameters
    ----------
    depth : int
        Number of linear layers before the outputs, from 0 on.
    units : int
        Of each of them; a hole is one for each layer.
    embedding : int
        Width of the vector of a token.
    norm, activation, dropout
        As of `mlp`.

    Raises
    ------
    SpaceError
        If an argument, or what a hole may become, is not allowed.

    Examples
    --------
    >>> from automl_magic.engine.space import compile_space
    >>> compile_space(bag(depth=1, activation="relu", dropout=0.2)).labels
    ('depth', 'layer1.units', 'embedding')
    """
    whole = {"norm": norm, "activation": activation, "dropout": dropout, "embedding": embedding}
    each = {"units": units, "skip": False}
    check("bag", {**FIELDS, **LAYER_FIELDS}, {**whole, **each})
    layers = Repeated(depth, partial(dense_layer, each), "layer", "depth", least=0)
    return Built(Bag, {"depth": depth, "units": units, **whole}, layers=layers, **whole)
