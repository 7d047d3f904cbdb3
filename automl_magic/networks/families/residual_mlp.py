"""The residual network for tables of Gorishniy et al. (2021, "Revisiting Deep Learning Models for Tabular Data").

Section 3.2: blocks of norm, linear, activation, dropout, linear, each added to what goes in; then norm, activation and
the outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.networks.drawing import Drawing
from automl_magic.networks.families.built import Built
from automl_magic.networks.families.fields import ACTIVATION, EMBEDDING, NORM, Field, Share, Whole, check

DEPTH = Int(1, 4, default=2)
WIDTH = Choice(32, 64, 128, 256, default=64)
FACTOR = Choice(1, 2, 4, default=2)
NORMS = Choice("batch", "layer")
ACTIVATIONS = Choice("relu", "gelu", "silu")
DROPOUT = Float(0.0, 0.5, default=0.2)
FIELDS: Mapping[str, Field] = {
    "depth": Whole(0, 64),
    "width": Whole(),
    "factor": Whole(1, 16),
    "norm": NORM,
    "activation": ACTIVATION,
    "dropout": Share(),
    "embedding": EMBEDDING,
}


@dataclass(frozen=True)
class ResidualMlp:
    """A concrete residual network; see `residual_mlp` for the fields."""

    depth: int = 2
    width: int = 64
    factor: int = 2
    norm: str = "batch"
    activation: str = "relu"
    dropout: float = 0.2
    embedding: int | None = None

    def __post_init__(self) -> None:
        check("residual_mlp", FIELDS, vars(self))

    def body(self, drawing: Drawing) -> None:
        """Draw a linear layer and the blocks."""
        drawing.flat()
        drawing.next_block("dense")
        drawing.add("linear", units=self.width, bias=True)
        for _ in range(self.depth):
            drawing.next_block("residual")
            before = drawing.at
            drawing.norm(self.norm)
            drawing.add("linear", units=self.width * self.factor, bias=True)
            drawing.activation(self.activation)
            drawing.dropout(self.dropout)
            after = drawing.add("linear", units=self.width, bias=True)
            drawing.sub_block("add")
            drawing.add("add", after, before)

    def close(self, drawing: Drawing) -> None:
        """Draw the last norm and activation."""
        drawing.next_block("head")
        drawing.norm(self.norm)
        drawing.activation(self.activation)


def residual_mlp(
    depth: Any = DEPTH,
    width: Any = WIDTH,
    factor: Any = FACTOR,
    norm: Any = NORMS,
    activation: Any = ACTIVATIONS,
    dropout: Any = DROPOUT,
    embedding: Any = None,
) -> Build:
    """Return residual networks for tables to be searched; every argument is a value or a hole.

    Parameters
    ----------
    depth : int
        Number of blocks, from 0 on.
    width : int
        Numbers that go from block to block.
    factor : int
        How many times wider a block is inside.
    norm, activation, dropout, embedding
        As of `mlp`.

    Raises
    ------
    SpaceError
        If an argument, or what a hole may become, is not allowed.

    Examples
    --------
    >>> from automl_magic.engine.space import compile_space
    >>> compile_space(residual_mlp(norm="batch", dropout=0.0)).labels
    ('depth', 'width', 'factor', 'activation')
    """
    values = {
        "depth": depth,
        "width": width,
        "factor": factor,
        "norm": norm,
        "activation": activation,
        "dropout": dropout,
        "embedding": embedding,
    }
    check("residual_mlp", FIELDS, values)
    return Built(ResidualMlp, values, **values)
