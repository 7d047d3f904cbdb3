"""A network as data: its inputs and its layers in order. Module, counts, picture and script are all made from it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

from automl_magic.errors import AutoMLError

Kind: TypeAlias = Literal["table", "sequence", "image", "text"]
Shape: TypeAlias = tuple[int, ...]
X = "x"  # the name of the input
SIZES = {"table": 1, "sequence": 2, "image": 3, "text": 1}
FUNCTIONS = ("relu", "gelu", "silu", "tanh", "elu")
BLOCK = re.compile(r"[a-z_]+\d*(\.[a-z_]+\d*)?")
OPS = (
    "linear",
    "conv1d",
    "conv2d",
    "batch_norm",
    "layer_norm",
    "group_norm",
    "activation",
    "dropout",
    "max_pool",
    "mean_pool",
    "global_mean",
    "global_max",
    "flatten",
    "reshape",
    "channels_first",
    "channels_last",
    "columns",
    "embedding",
    "token_mean",
    "gru",
    "lstm",
    "last_step",
    "add",
    "concat",
)


@dataclass(frozen=True)
class Inputs:
    """What a network takes for each row, and how many numbers it gives.

    Attributes
    ----------
    kind : str
        "table", "sequence", "image" or "text".
    shape : tuple of int
        Of one row, channels last: a table (columns,), a sequence (steps, channels), an image (height, width,
        channels), a text (length,).
    categories : tuple of int
        Of a table: how many codes each of its last columns has; code 0 stands for unknown and missing.
    vocabulary : int
        Of a text: how many codes there are; 0 is padding, 1 an unknown token.
    outputs : int
        Classes, or 1 for a number.

    Examples
    --------
    >>> Inputs("image", (28, 28, 1), outputs=10).size
    784
    """

    kind: Kind
    shape: Shape
    categories: tuple[int, ...] = ()
    vocabulary: int = 0
    outputs: int = 1

    def __post_init__(self) -> None:
        if self.kind not in SIZES:
            raise AutoMLError(f"Inputs: kind must be one of {', '.join(SIZES)}. Got {self.kind!r} instead.")
        for name in ("shape", "categories"):
            object.__setattr__(self, name, tuple(int(size) for size in getattr(self, name)))
        for name in ("vocabulary", "outputs"):
            object.__setattr__(self, name, int(getattr(self, name)))
        if len(self.shape) != SIZES[self.kind] or min(self.shape) < 1:
            raise AutoMLError(
                f"Inputs: the shape of one row of {self.kind} must be {SIZES[self.kind]} sizes of 1 or more. "
                f"Got {self.shape} instead."
            )
        if len(self.categories) > (self.shape[0] if self.kind == "table" else 0) or min((1, *self.categories)) < 1:
            raise AutoMLError(f"Inputs: categories must be numbers of codes of columns. Got {self.categories} instead.")
        if self.outputs < 1:
            raise AutoMLError(f"Inputs: outputs must be 1 or more. Got {self.outputs} instead.")
        if self.kind == "text" and self.vocabulary < 2:
            raise AutoMLError(f"Inputs: a text must have a vocabulary of 2 codes or more. Got {self.vocabulary}.")

    @property
    def size(self) -> int:
        """Numbers in one row."""
        return math.prod(self.shape)

    def to_json(self) -> dict[str, Any]:
        """Return the inputs as JSON values."""
        return {
            "kind": self.kind,
            "shape": list(self.shape),
            "categories": list(self.categories),
            "vocabulary": self.vocabulary,
            "outputs": self.outputs,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Inputs:
        """Return the inputs that `to_json` wrote."""
        return cls(**{**values, "shape": tuple(values["shape"]), "categories": tuple(values["categories"])})


@dataclass(frozen=True)
class Layer:
    """One operation of a network.

    Attributes
    ----------
    name : str
        A Python identifier of its own; in the module and in the script the layer is called so.
    op : str
        One of `OPS`.
    inputs : tuple of str
        Names of the layers that it takes; "x" is the input of the network.
    options : tuple of (str, JSON value)
        Of the operation, as units, kernel or rate; lists are tuples here.
    shape : tuple of int
        What it gives for one row, in torch's order: channels first in maps.
    block : str
        The part of the network that it belongs to, one box of the picture.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    options: tuple[tuple[str, Any], ...]
    shape: Shape
    block: str

    def option(self, name: str) -> Any:
        """Return the value of an option.

        Raises
        ------
        KeyError
            If the layer has none of that name.
        """
        return dict(self.options)[name]

    @property
    def size(self) -> int:
        """Numbers that it gives for one row."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Graph:
    """A network: layers in the order in which they are computed; the last one gives the outputs.

    Raises
    ------
    AutoMLError
        If a layer has no name of its own, an unknown operation, or an input that does not come before it.
    """

    family: str
    inputs: Inputs
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        known = {X}
        if not self.family.isidentifier():
            raise AutoMLError(f"The family of a network must be a name. Got {self.family!r} instead.")
        for layer in self.layers:
            _check_plain(layer)
            if not layer.name.isidentifier() or layer.name in known:
                raise AutoMLError(f"A layer must have a name of its own. Got {layer.name!r}.")
            if layer.op not in OPS:
                raise AutoMLError(f'The layer "{layer.name}" has the operation {layer.op!r}, which is not known.')
            if not layer.inputs or not set(layer.inputs) <= known:
                raise AutoMLError(f'The layer "{layer.name}" takes {layer.inputs!r}, which must come before it.')
            known.add(layer.name)
        if not self.layers or self.layers[-1].shape != (self.inputs.outputs,):
            raise AutoMLError(f"The last layer of a network must give {self.inputs.outputs} numbers.")

    @cached_property
    def _by_name(self) -> dict[str, Layer]:
        return {layer.name: layer for layer in self.layers}

    def layer(self, name: str) -> Layer:
        """Return the layer of that name."""
        return self._by_name[name]

    def shape_of(self, name: str) -> Shape:
        """Return the shape of what a layer, or the input, gives for one row."""
        return self.inputs.shape if name == X else self._by_name[name].shape

    def input_shape(self, layer: Layer) -> Shape:
        """Return the shape of the first thing that a layer takes."""
        return self.shape_of(layer.inputs[0])

    def __getstate__(self) -> dict[str, Any]:
        return {"family": self.family, "inputs": self.inputs, "layers": self.layers}

    def to_json(self) -> dict[str, Any]:
        """Return the network as JSON values."""
        return {
            "family": self.family,
            "inputs": self.inputs.to_json(),
            "layers": [
                {
                    "name": layer.name,
                    "op": layer.op,
                    "inputs": list(layer.inputs),
                    "options": {name: _listed(value) for name, value in layer.options},
                    "shape": list(layer.shape),
                    "block": layer.block,
                }
                for layer in self.layers
            ],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Graph:
        """Return the network that `to_json` wrote."""
        layers = tuple(
            Layer(
                layer["name"],
                layer["op"],
                tuple(layer["inputs"]),
                tuple((name, _frozen(value)) for name, value in layer["options"].items()),
                tuple(layer["shape"]),
                layer["block"],
            )
            for layer in values["layers"]
        )
        return cls(values["family"], Inputs.from_json(values["inputs"]), layers)


def _check_plain(layer: Layer) -> None:
    """Refuse what is no number: a graph may come out of a file, and a script is written from it."""
    for name, value in layer.options:
        is_known = name == "function" and value in FUNCTIONS
        if not name.isidentifier() or not (is_known or _is_number(value) or value is None):
            raise AutoMLError(f'The layer "{layer.name}" has the option {name!r}: {value!r}, which is not known.')
    if not all(_is_number(size) for size in layer.shape) or not BLOCK.fullmatch(layer.block):
        raise AutoMLError(f'The layer "{layer.name}" must have a shape of numbers and a block with a name.')


def _is_number(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_is_number(part) for part in value)
    return isinstance(value, int | float)


def _listed(value: Any) -> Any:
    return [_listed(part) for part in value] if isinstance(value, tuple) else value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
