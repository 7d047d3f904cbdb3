"""A graph as the source of a plain PyTorch class: one line makes a layer, one line computes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from automl_magic.networks.graph import Graph, Layer, X

WIDEST = 108  # of a line of the forward pass, its margin left out
SPARE = "y"  # the second name that a tensor may have, beside x


def class_lines(graph: Graph, name: str = "Network") -> list[str]:
    r"""Return the lines of a class that is the network; its parts have the names of the layers.

    Examples
    --------
    >>> from automl_magic.networks.drawing import Drawing
    >>> from automl_magic.networks.graph import Inputs
    >>> print("\n".join(class_lines(Drawing("linear", Inputs("table", (4,), outputs=3)).finish())))
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            # output
            self.output = nn.Linear(4, 3)
    <BLANKLINE>
        def forward(self, x):  # of the shape (rows, 4)
            x = self.output(x)  # 3
            return x
    """
    sizes = ", ".join(map(str, graph.inputs.shape))
    return [
        f"class {name}(nn.Module):",
        "    def __init__(self):",
        "        super().__init__()",
        *(f"        {line}" for line in _making(graph)),
        "",
        f"    def forward(self, x):  # of the shape (rows, {sizes})",
        *(f"        {line}" for line in _computing(graph)),
    ]


def _making(graph: Graph) -> list[str]:
    """Return the lines that make the parts, block by block."""
    lines, block = [], None
    for layer in graph.layers:
        make = _MAKE.get(layer.op)
        if make is None:
            continue
        if layer.block != block:
            block = layer.block
            lines.append(f"# {block}")
        lines.append(f"self.{layer.name} = {make(graph, layer)}")
    return lines


def _computing(graph: Graph) -> list[str]:
    """Return the lines that compute the layers; a name is used again when what it stood for is no longer needed."""
    last = {name: place for place, layer in enumerate(graph.layers) for name in layer.inputs}
    held = {X: X}  # the name in the code of what a layer gave
    lines = []
    for place, layer in enumerate(graph.layers):
        taken = [held[name] for name in layer.inputs]
        code = _COMPUTE.get(layer.op, _part)(layer, taken)
        for name in set(layer.inputs):
            if last[name] == place:
                del held[name]
        free = [one for one in (taken[0], X, SPARE) if one not in held.values()]
        held[layer.name] = free[0] if free else layer.name
        shape = f"# {' x '.join(map(str, layer.shape))}"
        line = f"{held[layer.name]} = {code}"
        lines += [f"{line}  {shape}"] if len(line) + len(shape) < WIDEST else [shape, line]
    return [*lines, f"return {held[graph.layers[-1].name]}"]


# -- parts ----------------------------------------------------------------------------------------------------------


def _linear(graph: Graph, layer: Layer) -> str:
    return f"nn.Linear({graph.input_shape(layer)[-1]}, {layer.option('units')}{_bias(layer)})"


def _conv(graph: Graph, layer: Layer) -> str:
    kind = "Conv1d" if layer.op == "conv1d" else "Conv2d"
    sizes = f"{graph.input_shape(layer)[0]}, {layer.option('channels')}, {_sizes(layer.option('kernel'))}"
    stride = "" if max(layer.option("stride")) == 1 else f", stride={_sizes(layer.option('stride'))}"
    padding = "" if max(layer.option("padding")) == 0 else f", padding={_sizes(layer.option('padding'))}"
    return f"nn.{kind}({sizes}{stride}{padding}{_bias(layer)})"


def _batch_norm(graph: Graph, layer: Layer) -> str:
    return f"nn.BatchNorm{2 if len(layer.shape) == 3 else 1}d({layer.shape[0]})"


def _layer_norm(graph: Graph, layer: Layer) -> str:
    return f"nn.LayerNorm({layer.shape[-1]})"


def _group_norm(graph: Graph, layer: Layer) -> str:
    return f"nn.GroupNorm(1, {layer.shape[0]})"


def _dropout(graph: Graph, layer: Layer) -> str:
    return f"nn.Dropout({layer.option('rate')!r})"


def _embedding(graph: Graph, layer: Layer) -> str:
    padding = ", padding_idx=0" if layer.option("column") is None else ""
    return f"nn.Embedding({layer.option('codes')}, {layer.option('width')}{padding})"


def _recurrent(graph: Graph, layer: Layer) -> str:
    sizes = f"{graph.input_shape(layer)[-1]}, {layer.option('hidden')}"
    layers = f", num_layers={layer.option('layers')}" if layer.option("layers") > 1 else ""
    both = ", bidirectional=True" if layer.option("bidirectional") else ""
    return f"nn.{layer.op.upper()}({sizes}{layers}, batch_first=True{both})"


def _bias(layer: Layer) -> str:
    return "" if layer.option("bias") else ", bias=False"


def _sizes(sizes: Sequence[int]) -> str:
    """Return sizes along the axes: one number where they are alike."""
    return str(sizes[0]) if len(set(sizes)) == 1 else f"({', '.join(map(str, sizes))})"


_MAKE: dict[str, Callable[[Graph, Layer], str]] = {
    "linear": _linear,
    "conv1d": _conv,
    "conv2d": _conv,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "dropout": _dropout,
    "embedding": _embedding,
    "gru": _recurrent,
    "lstm": _recurrent,
}


# -- what is computed -----------------------------------------------------------------------------------------------


def _part(layer: Layer, taken: Sequence[str]) -> str:
    return f"self.{layer.name}({taken[0]})"


def _activation(layer: Layer, taken: Sequence[str]) -> str:
    function = layer.option("function")
    return f"torch.tanh({taken[0]})" if function == "tanh" else f"functional.{function}({taken[0]})"


def _pool(layer: Layer, taken: Sequence[str]) -> str:
    kind = f"{'max' if layer.op == 'max_pool' else 'avg'}_pool{len(layer.shape) - 1}d"
    kernel, stride, padding = (layer.option(name) for name in ("kernel", "stride", "padding"))
    more = "" if stride == kernel else f", stride={_sizes(stride)}"
    more += "" if max(padding) == 0 else f", padding={_sizes(padding)}"
    more += "" if layer.op == "max_pool" else ", count_include_pad=False"
    return f"functional.{kind}({taken[0]}, {_sizes(kernel)}{more})"


def _called(code: str) -> Callable[[Layer, Sequence[str]], str]:
    """Return the writer of a method that is called on what is taken."""
    return lambda layer, taken: f"{taken[0]}{code}"


def _reshape(layer: Layer, taken: Sequence[str]) -> str:
    return f"{taken[0]}.reshape(-1, {', '.join(map(str, layer.option('sizes')))})"


def _columns(layer: Layer, taken: Sequence[str]) -> str:
    return f"{taken[0]}[:, {layer.option('start')}:{layer.option('stop')}]"


def _embed(layer: Layer, taken: Sequence[str]) -> str:
    column = layer.option("column")
    codes = taken[0] if column is None else f"{taken[0]}[:, {column}]"
    return f"self.{layer.name}({codes}.long())"


def _token_mean(layer: Layer, taken: Sequence[str]) -> str:
    return f"mean_of_tokens({taken[0]}, {taken[1]})"


def _recur(layer: Layer, taken: Sequence[str]) -> str:
    return f"self.{layer.name}({taken[0]})[0]"


def _last_step(layer: Layer, taken: Sequence[str]) -> str:
    if not layer.option("bidirectional"):
        return f"{taken[0]}[:, -1]"
    half = layer.shape[0] // 2
    return f"torch.cat([{taken[0]}[:, -1, :{half}], {taken[0]}[:, 0, {half}:]], 1)"


def _add(layer: Layer, taken: Sequence[str]) -> str:
    return " + ".join(taken)


def _concat(layer: Layer, taken: Sequence[str]) -> str:
    return f"torch.cat([{', '.join(taken)}], 1)"


_COMPUTE: dict[str, Callable[[Layer, Sequence[str]], str]] = {
    "activation": _activation,
    "max_pool": _pool,
    "mean_pool": _pool,
    "global_mean": _called(".flatten(2).mean(2)"),
    "global_max": _called(".flatten(2).amax(2)"),
    "flatten": _called(".flatten(1)"),
    "reshape": _reshape,
    "channels_first": _called(".movedim(-1, 1)"),
    "channels_last": _called(".movedim(1, -1)"),
    "columns": _columns,
    "embedding": _embed,
    "token_mean": _token_mean,
    "gru": _recur,
    "lstm": _recur,
    "last_step": _last_step,
    "add": _add,
    "concat": _concat,
}

MEAN_OF_TOKENS = '''
def mean_of_tokens(vectors, codes):
    """Return the mean of the vectors of a text's tokens; padding, code 0, does not count."""
    there = (codes > 0).unsqueeze(-1).to(vectors.dtype)
    return (vectors * there).sum(1) / there.sum(1).clamp(min=1)
'''


def needed(graph: Graph) -> list[Any]:
    """Return the sources of the functions that the class calls."""
    return [MEAN_OF_TOKENS] if any(layer.op == "token_mean" for layer in graph.layers) else []
