"""The multilayer perceptron: linear layers one after the other, on one row of numbers."""

from __future__ import annotations

from dataclasses import dataclass

from automl_magic.networks.drawing import Drawing


@dataclass(frozen=True)
class DenseLayer:
    """One layer: its units, and whether what goes in is added to what comes out."""

    units: int
    skip: bool = False


@dataclass(frozen=True)
class Mlp:
    """A concrete multilayer perceptron; see `mlp` for the fields."""

    layers: tuple[DenseLayer, ...] = (DenseLayer(128), DenseLayer(128))
    norm: str = "batch"
    activation: str = "relu"
    dropout: float = 0.0
    embedding: int | None = None

    def body(self, drawing: Drawing) -> None:
        """Draw the layers: linear, norm, activation, dropout, and the skip over them all."""
        drawing.flat()
        for layer in self.layers:
            drawing.next_block("dense")
            before = drawing.flat()
            drawing.add("linear", units=layer.units, bias=self.norm != "batch")
            drawing.norm(self.norm)
            drawing.activation(self.activation)
            after = drawing.dropout(self.dropout)
            if layer.skip:
                if drawing.shape_at(before) != drawing.shape:
                    before = drawing.add("linear", before, name="shortcut", units=layer.units, bias=False)
                drawing.add("add", after, before)

    def close(self, drawing: Drawing) -> None:
        """Draw nothing: the outputs follow the last layer."""
