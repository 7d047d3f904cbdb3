"""A graph as a PyTorch module, whose parts have the names of the layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from automl_magic.errors import SpaceError
from automl_magic.networks.families.own import OwnModule
from automl_magic.networks.graph import Graph, Inputs, Layer, X
from automl_magic.networks.shaping import graph_of

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "tanh": torch.tanh,
    "elu": functional.elu,
}


class GraphNetwork(nn.Module):
    """The module of a graph: takes (rows, *inputs.shape) float32 and gives (rows, outputs).

    Parameters
    ----------
    graph : Graph or dict
        The graph, or what its `to_json` gives.

    Examples
    --------
    >>> import torch
    >>> from automl_magic.networks.drawing import Drawing
    >>> from automl_magic.networks.graph import Inputs
    >>> network = GraphNetwork(Drawing("linear", Inputs("table", (4,), outputs=3)).finish())
    >>> network(torch.zeros(2, 4)).shape
    torch.Size([2, 3])
    """

    def __init__(self, graph: Graph | Mapping[str, Any]) -> None:
        super().__init__()
        self.graph = graph if isinstance(graph, Graph) else Graph.from_json(graph)
        for layer in self.graph.layers:
            part = _part(self.graph, layer)
            if part is not None:
                self.add_module(layer.name, part)
        self._ends = _ends(self.graph)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the layers in order; what no later one needs is let go."""
        values = {X: x}
        for layer, ended in zip(self.graph.layers, self._ends, strict=True):
            taken = [values[name] for name in layer.inputs]
            part = self._modules.get(layer.name)
            values[layer.name] = _COMPUTE[layer.op](part, layer, taken)
            for name in ended:
                del values[name]
        return values[self.graph.layers[-1].name]


def module_of(architecture: Any, inputs: Inputs) -> nn.Module:
    """Return the untrained module of a concrete architecture, of our families or the person's own.

    Raises
    ------
    SpaceError
        If the person's own factory makes no module.
    """
    if not isinstance(architecture, OwnModule):
        return GraphNetwork(graph_of(architecture, inputs))
    made = architecture.make(inputs)
    if not isinstance(made, nn.Module):
        raise SpaceError(
            f"{architecture.name} must make a torch.nn.Module. Got {type(made).__name__} instead.",
            "Write Build(MyNetwork, width=Int(8, 64)) with the class of the module.",
        )
    return made


def _ends(graph: Graph) -> list[list[str]]:
    """Return, for each layer, what is needed for the last time there."""
    last = {name: place for place, layer in enumerate(graph.layers) for name in layer.inputs}
    ends: list[list[str]] = [[] for _ in graph.layers]
    for name, place in last.items():
        ends[place].append(name)
    return ends


def _part(graph: Graph, layer: Layer) -> nn.Module | None:
    """Return the module of a layer that has one."""
    shape = graph.input_shape(layer)
    options: dict[str, Any] = dict(layer.options)
    if layer.op == "linear":
        return nn.Linear(shape[-1], options["units"], bias=options["bias"])
    if layer.op in ("conv1d", "conv2d"):
        kind = nn.Conv1d if layer.op == "conv1d" else nn.Conv2d
        return kind(
            shape[0],
            options["channels"],
            options["kernel"],
            stride=options["stride"],
            padding=options["padding"],
            bias=options["bias"],
        )
    if layer.op == "batch_norm":
        return (nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(shape[0])
    if layer.op == "layer_norm":
        return nn.LayerNorm(shape[-1])
    if layer.op == "group_norm":
        return nn.GroupNorm(1, shape[0])
    if layer.op == "dropout":
        return nn.Dropout(options["rate"])
    if layer.op == "embedding":
        return nn.Embedding(options["codes"], options["width"], padding_idx=0 if options["column"] is None else None)
    if layer.op in ("gru", "lstm"):
        recurrent = nn.GRU if layer.op == "gru" else nn.LSTM
        return recurrent(
            shape[-1],
            options["hidden"],
            options["layers"],
            batch_first=True,
            bidirectional=options["bidirectional"],
        )
    return None


def _module(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    result: Tensor = part(taken[0])
    return result


def _activation(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    return ACTIVATIONS[layer.option("function")](taken[0])


def _max_pool(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    pool = functional.max_pool2d if taken[0].dim() == 4 else functional.max_pool1d
    return pool(taken[0], layer.option("kernel"), layer.option("stride"), layer.option("padding"))


def _mean_pool(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    pool = functional.avg_pool2d if taken[0].dim() == 4 else functional.avg_pool1d
    return pool(
        taken[0],
        layer.option("kernel"),
        layer.option("stride"),
        layer.option("padding"),
        count_include_pad=False,
    )


def _global_mean(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    return taken[0].flatten(2).mean(2)


def _global_max(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    return taken[0].flatten(2).amax(2)


def _flatten(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    return taken[0].flatten(1)


def _reshape(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    return taken[0].reshape(-1, *layer.option("sizes"))


def _channels_first(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    return taken[0].movedim(-1, 1)


def _channels_last(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    return taken[0].movedim(1, -1)


def _columns(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    return taken[0][:, layer.option("start") : layer.option("stop")]


def _embedding(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    column = layer.option("column")
    codes = taken[0] if column is None else taken[0][:, column]
    result: Tensor = part(codes.long())
    return result


def _token_mean(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    vectors, codes = taken
    present = (codes > 0).unsqueeze(-1).to(vectors.dtype)
    return (vectors * present).sum(1) / present.sum(1).clamp(min=1)


def _recurrent(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    steps: Tensor = part(taken[0])[0]
    return steps


def _last_step(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    if not layer.option("bidirectional"):
        return taken[0][:, -1]
    half = layer.shape[0] // 2
    return torch.cat([taken[0][:, -1, :half], taken[0][:, 0, half:]], 1)


def _add(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    total = taken[0]
    for other in taken[1:]:
        total = total + other
    return total


def _concat(part: Any, layer: Layer, taken: Sequence[Tensor]) -> Tensor:
    return torch.cat(list(taken), 1)


_COMPUTE: dict[str, Callable[[Any, Layer, Sequence[Tensor]], Tensor]] = {
    **dict.fromkeys(
        ("linear", "conv1d", "conv2d", "batch_norm", "layer_norm", "group_norm", "dropout"),
        _module,
    ),
    "activation": _activation,
    "max_pool": _max_pool,
    "mean_pool": _mean_pool,
    "global_mean": _global_mean,
    "global_max": _global_max,
    "flatten": _flatten,
    "reshape": _reshape,
    "channels_first": _channels_first,
    "channels_last": _channels_last,
    "columns": _columns,
    "embedding": _embedding,
    "token_mean": _token_mean,
    "gru": _recurrent,
    "lstm": _recurrent,
    "last_step": _last_step,
    "add": _add,
    "concat": _concat,
}
