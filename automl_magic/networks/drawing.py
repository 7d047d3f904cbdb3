"""A graph drawn layer by layer: names are given, shapes worked out, and tensors brought into the form a layer needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from automl_magic.networks.graph import Graph, Inputs, Layer, Shape, X
from automl_magic.networks.shapes import shape_of

FLAT, FIRST, LAST = "flat", "channels first", "channels last"
TEXT_WIDTH = 32  # of the vector of a token, where none is asked for
WIDEST = 32  # of the vector of a category


class Drawing:
    """Draw a network.

    Attributes
    ----------
    at : str
        The layer that was drawn last on the way from the input to the outputs, or "x".
    block : str
        The part of the network that is being drawn.

    Examples
    --------
    >>> drawing = Drawing("small", Inputs("sequence", (40, 1), outputs=10))
    >>> drawing.flat()
    'flatten1'
    >>> drawing.add("linear", units=32, bias=True)
    'linear1'
    >>> [layer.name for layer in drawing.finish().layers]
    ['flatten1', 'linear1', 'output']
    """

    def __init__(self, family: str, inputs: Inputs, embedding: int | None = None) -> None:
        self.family = family
        self.inputs = inputs
        self.at = X
        self.block = "input"
        self._layers: list[Layer] = []
        self._shapes: dict[str, Shape] = {X: inputs.shape}
        self._forms = {X: LAST if inputs.kind in ("sequence", "image") else FLAT}
        self._names: Counter[str] = Counter()
        self._blocks: Counter[str] = Counter()
        if inputs.kind == "text":
            self._embed_tokens(TEXT_WIDTH if embedding is None else embedding)
        elif inputs.categories:
            self._embed_categories(embedding)

    # -- layers -----------------------------------------------------------------------------------------------------

    def add(self, op: str, *inputs: str, name: str | None = None, form: str | None = None, **options: Any) -> str:
        """Draw a layer after `inputs`, or after the last one, and go on from it; return its name.

        Its form is that of what it takes, unless given.
        """
        taken = inputs or (self.at,)
        shape = shape_of(op, [self._shapes[one] for one in taken], options)
        stem = name or op
        self._names[stem] += 1
        whole = stem if stem == "output" else f"{stem}{self._names[stem]}"
        self._layers.append(Layer(whole, op, taken, tuple(options.items()), shape, self.block))
        self._shapes[whole] = shape
        self._forms[whole] = form or self._forms[taken[0]]
        self.at = whole
        return whole

    def next_block(self, name: str) -> None:
        """Begin the next part of the network of that name."""
        self._blocks[name] += 1
        self.block = f"{name}{self._blocks[name]}"

    def sub_block(self, name: str) -> None:
        """Go on in a part of the block of now."""
        self.block = f"{self.block.partition('.')[0]}.{name}"

    def block_of(self, name: str) -> str:
        """Return the block of a layer drawn before."""
        return next((layer.block for layer in self._layers if layer.name == name), "input")

    def conv(
        self, channels: int, kernel: int, *inputs: str, stride: int = 1, bias: bool = True, name: str = "conv"
    ) -> str:
        """Draw a convolution over the maps of now that keeps their size, or halves it with a stride of 2.

        A kernel is no larger than what it can see: 2 * size - 1.
        """
        sizes = self._shapes[inputs[0] if inputs else self.at][1:]
        kernels = tuple(min(kernel, 2 * size - 1) for size in sizes)
        return self.add(
            f"conv{len(sizes)}d",
            *inputs,
            name=name,
            channels=channels,
            kernel=kernels,
            stride=tuple(stride if size > 1 else 1 for size in sizes),
            padding=tuple(size // 2 for size in kernels),
            bias=bias,
        )

    def pool(self, op: str) -> str:
        """Draw a pool that halves every axis longer than 1; without such an axis nothing is drawn."""
        kernel = tuple(min(2, size) for size in self.shape[1:])
        if max(kernel) == 1:
            return self.at
        return self.add(op, kernel=kernel, stride=kernel, padding=tuple(0 for _ in kernel))

    def shrink(self, head: str) -> str:
        """Draw what makes one row of maps or steps: their "mean" or "max" over all places, or "flatten"."""
        if head == "flatten":
            return self.flat()
        self.maps()
        return self.add("global_mean" if head == "mean" else "global_max", form=FLAT)

    def smooth(self, op: str, *inputs: str) -> str:
        """Draw a pool over 3 neighbours along each axis that keeps the size."""
        sizes = self._shapes[inputs[0] if inputs else self.at][1:]
        kernel = tuple(3 if size > 1 else 1 for size in sizes)
        return self.add(
            op, *inputs, kernel=kernel, stride=tuple(1 for _ in sizes), padding=tuple(one // 2 for one in kernel)
        )

    def norm(self, kind: str) -> str:
        """Draw a norm: "batch" or "layer" ("none" draws nothing)."""
        if kind == "none":
            return self.at
        if kind == "batch":
            return self.add("batch_norm", name="norm")
        return self.add("group_norm" if self.form == FIRST else "layer_norm", name="norm")

    def activation(self, function: str) -> str:
        """Draw an activation: relu, gelu, silu, tanh or elu."""
        return self.add("activation", function=function)

    def dropout(self, rate: float) -> str:
        """Draw dropout; a rate of 0 draws nothing."""
        return self.add("dropout", rate=rate) if rate > 0 else self.at

    def finish(self) -> Graph:
        """Draw the outputs after a flat layer and return the graph."""
        self.block = "output"
        self.flat()
        self.add("linear", name="output", units=self.inputs.outputs, bias=True)
        return Graph(self.family, self.inputs, tuple(self._layers))

    # -- forms ------------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Shape:
        """The shape of what was drawn last."""
        return self._shapes[self.at]

    @property
    def form(self) -> str:
        """The form of what was drawn last: flat, channels first or channels last."""
        return self._forms[self.at]

    def shape_at(self, name: str) -> Shape:
        """Return the shape of a layer drawn before."""
        return self._shapes[name]

    def flat(self) -> str:
        """Go on with one row of numbers."""
        return self.at if len(self.shape) == 1 else self.add("flatten", form=FLAT)

    def maps(self) -> str:
        """Go on with maps, channels first; a row of numbers is a map of one channel."""
        if self.form == FLAT:
            return self.add("reshape", form=FIRST, sizes=(1, *self.shape))
        return self.at if self.form == FIRST else self.add("channels_first", form=FIRST)

    def steps(self) -> str:
        """Go on with steps in time, channels last; the rows of an image are steps, so are the numbers of a row."""
        if self.form == FLAT:
            return self.add("reshape", form=LAST, sizes=(*self.shape, 1))
        if self.form == FIRST:
            self.add("channels_last", form=LAST)
        if len(self.shape) == 3:
            height, width, channels = self.shape
            self.add("reshape", form=LAST, sizes=(height, width * channels))
        return self.at

    # -- codes ------------------------------------------------------------------------------------------------------

    def _embed_tokens(self, width: int) -> None:
        self.add("embedding", X, form=LAST, codes=self.inputs.vocabulary, width=width, column=None)

    def _embed_categories(self, width: int | None) -> None:
        """Draw a vector for the code of each category, and join them to the numbers."""
        count = self.inputs.shape[0] - len(self.inputs.categories)
        parts: list[str] = [self.add("columns", X, start=0, stop=count)] if count else []
        for place, codes in enumerate(self.inputs.categories, start=count):
            wide = category_width(codes) if width is None else width
            parts.append(self.add("embedding", X, codes=codes, width=wide, column=place))
        self.join(parts)

    def join(self, parts: Sequence[str]) -> str:
        """Go on with the parts beside one another."""
        if len(parts) > 1:
            return self.add("concat", *parts)
        self.at = parts[0]
        return self.at


def category_width(codes: int) -> int:
    """Return the width of the vector of a category of so many codes.

    The rule of thumb of the fastai library, 1.6 * codes ** 0.56, and at most 32.
    """
    return int(min(WIDEST, max(1, round(1.6 * codes**0.56))))
