"""The recurrent network: reads a sequence or a text step by step, an image row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.networks.drawing import Drawing
from automl_magic.networks.families.built import Built
from automl_magic.networks.families.fields import EMBEDDING, FLAG, Field, OneOf, Share, Whole, check

CELL = Choice("gru", "lstm")
LAYERS = Int(1, 2, default=1)
HIDDEN = Choice(16, 32, 64, 128, default=32)
BIDIRECTIONAL = Choice(False, True, default=True)
HEADS = Choice("mean", "last", "max")
DROPOUT = Float(0.0, 0.5, default=0.1)
FIELDS: Mapping[str, Field] = {
    "cell": OneOf(("gru", "lstm")),
    "layers": Whole(1, 16),
    "hidden": Whole(),
    "bidirectional": FLAG,
    "head": OneOf(("mean", "last", "max")),
    "dropout": Share(),
    "embedding": EMBEDDING,
}


@dataclass(frozen=True)
class Recurrent:
    """A concrete recurrent network; see `recurrent` for the fields."""

    cell: str = "gru"
    layers: int = 1
    hidden: int = 32
    bidirectional: bool = True
    head: str = "mean"
    dropout: float = 0.0
    embedding: int | None = None

    def __post_init__(self) -> None:
        check("recurrent", FIELDS, vars(self))

    def body(self, drawing: Drawing) -> None:
        """Draw the recurrent layers, all of them one operation."""
        drawing.steps()
        drawing.next_block("recurrent")
        drawing.add(self.cell, hidden=self.hidden, layers=self.layers, bidirectional=self.bidirectional)

    def close(self, drawing: Drawing) -> None:
        """Draw what leads from the steps to the outputs."""
        drawing.next_block("head")
        if self.head == "last":
            drawing.add("last_step", form="flat", bidirectional=self.bidirectional)
        else:
            drawing.shrink(self.head)
        drawing.dropout(self.dropout)


def recurrent(
    cell: Any = CELL,
    layers: Any = LAYERS,
    hidden: Any = HIDDEN,
    bidirectional: Any = BIDIRECTIONAL,
    head: Any = HEADS,
    dropout: Any = DROPOUT,
    embedding: Any = None,
) -> Build:
    """Return recurrent networks to be searched; every argument is a value or a hole.

    Parameters
    ----------
    cell : str
        "gru" or "lstm".
    layers : int
        Recurrent layers, one on the other.
    hidden : int
        Numbers that are handed from step to step.
    bidirectional : bool
        Read from the end as well.
    head : str
        What becomes of the steps: their "mean" or "max", or what was known at the "last" one.
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
    >>> compile_space(recurrent(cell="gru", layers=1, head="mean", dropout=0.0)).labels
    ('hidden', 'bidirectional')
    """
    values = {
        "cell": cell,
        "layers": layers,
        "hidden": hidden,
        "bidirectional": bidirectional,
        "head": head,
        "dropout": dropout,
        "embedding": embedding,
    }
    check("recurrent", FIELDS, values)
    return Built(Recurrent, values, **values)
