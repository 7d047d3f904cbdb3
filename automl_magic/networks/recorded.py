"""Concrete architectures as JSON values, for the record of a run, and made of them again."""

from __future__ import annotations

import dataclasses
from typing import Any

from automl_magic.errors import AutoMLError
from automl_magic.networks.families.bag import Bag
from automl_magic.networks.families.cell import Cell, CellNode
from automl_magic.networks.families.conv import Conv, ConvLayer
from automl_magic.networks.families.mlp import DenseLayer, Mlp
from automl_magic.networks.families.own import OwnModule
from automl_magic.networks.families.recurrent import Recurrent
from automl_magic.networks.families.repeat import Block, Repeat
from automl_magic.networks.families.residual_mlp import ResidualMlp

PARTS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (Bag, Cell, CellNode, Conv, ConvLayer, DenseLayer, Mlp, Recurrent, Repeat, ResidualMlp)
}
KIND = "is"  # the key under which a part says what it is


def architecture_to_json(architecture: Block | OwnModule) -> dict[str, Any] | None:
    """Return an architecture as JSON values; None of a module of the person's own.

    Examples
    --------
    >>> architecture_to_json(Mlp((DenseLayer(8),), norm="none"))["layers"]
    [{'is': 'DenseLayer', 'units': 8, 'skip': False}]
    """
    if isinstance(architecture, OwnModule):
        return None
    written: dict[str, Any] = _written(architecture)
    return written


def architecture_from_json(values: Any) -> Block:
    """Return the architecture that `architecture_to_json` wrote.

    Raises
    ------
    AutoMLError
        If it is none, or has a field that is not allowed.
    """
    try:
        made = _read(values)
    except (TypeError, KeyError, ValueError) as error:
        raise AutoMLError(f"This is no architecture of ours ({error}). Got {str(values)[:100]}.") from error
    if not hasattr(made, "body"):
        raise AutoMLError(f"This is no architecture of ours. Got {str(values)[:100]}.")
    found: Block = made
    return found


def _written(part: Any) -> Any:
    if dataclasses.is_dataclass(part):
        fields = {field.name: _written(getattr(part, field.name)) for field in dataclasses.fields(part)}
        return {KIND: type(part).__name__, **fields}
    return [_written(one) for one in part] if isinstance(part, tuple) else part


def _read(values: Any) -> Any:
    if isinstance(values, dict):
        fields = {name: _read(value) for name, value in values.items() if name != KIND}
        return PARTS[values[KIND]](**fields)
    return tuple(_read(one) for one in values) if isinstance(values, list) else values
