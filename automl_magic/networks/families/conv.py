"""The convolutional network: over the steps of a sequence or the pixels of an image."""

from __future__ import annotations

from dataclasses import dataclass

from automl_magic.networks.drawing import Drawing


@dataclass(frozen=True)
class ConvLayer:
    """One layer: its channels and kernel, how it makes the maps smaller, and whether it adds what goes in."""

    channels: int
    kernel: int = 3
    down: str = "none"
    skip: bool = False


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

    def body(self, drawing: Drawing) -> None:
        """Draw the layers: convolution, norm, activation, the skip over them, pool."""
        for layer in self.layers:
            drawing.next_block("conv")
            before = drawing.maps()
            stride = 2 if layer.down == "stride" else 1
            after = drawing.conv(layer.channels, layer.kernel, stride=stride, bias=self.norm != "batch")
            drawing.norm(self.norm)
            after = drawing.activation(self.activation)
            if layer.skip:
                if drawing.shape_at(before) != drawing.shape:
                    before = drawing.conv(layer.channels, 1, before, stride=stride, bias=False, name="shortcut")
                drawing.add("add", after, before)
            if layer.down == "pool":
                drawing.pool("max_pool")

    def close(self, drawing: Drawing) -> None:
        """Draw what leads from the maps to the outputs."""
        drawing.block = "head"
        if self.head == "mean":
            drawing.maps()
            drawing.add("global_mean", form="flat")
        else:
            drawing.flat()
        if self.dense:
            drawing.add("linear", units=self.dense, bias=True)
            drawing.activation(self.activation)
        drawing.dropout(self.dropout)
