"""The shape that an operation gives, in torch's order and without the rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from automl_magic.networks.graph import Shape

Options: TypeAlias = Mapping[str, Any]


def shape_of(op: str, shapes: Sequence[Shape], options: Options) -> Shape:
    """Return the shape that `op` gives for inputs of these shapes."""
    return _RULES[op](shapes, options)


def _same(shapes: Sequence[Shape], options: Options) -> Shape:
    return shapes[0]


def _linear(shapes: Sequence[Shape], options: Options) -> Shape:
    return (*shapes[0][:-1], options["units"])


def _conv(shapes: Sequence[Shape], options: Options) -> Shape:
    return (options["channels"], *_windows(shapes[0][1:], options))


def _pool(shapes: Sequence[Shape], options: Options) -> Shape:
    return (shapes[0][0], *_windows(shapes[0][1:], options))


def _windows(sizes: Shape, options: Options) -> Shape:
    """Return how many windows fit along each axis."""
    return tuple(
        (size + 2 * padding - kernel) // stride + 1
        for size, kernel, stride, padding in zip(
            sizes, options["kernel"], options["stride"], options["padding"], strict=True
        )
    )


def _channels(shapes: Sequence[Shape], options: Options) -> Shape:
    return (shapes[0][0],)


def _flatten(shapes: Sequence[Shape], options: Options) -> Shape:
    return (math.prod(shapes[0]),)


def _reshape(shapes: Sequence[Shape], options: Options) -> Shape:
    return tuple(options["sizes"])


def _channels_first(shapes: Sequence[Shape], options: Options) -> Shape:
    return (shapes[0][-1], *shapes[0][:-1])


def _channels_last(shapes: Sequence[Shape], options: Options) -> Shape:
    return (*shapes[0][1:], shapes[0][0])


def _columns(shapes: Sequence[Shape], options: Options) -> Shape:
    return (options["stop"] - options["start"],)


def _embedding(shapes: Sequence[Shape], options: Options) -> Shape:
    """One column of codes gives a vector, the tokens of a text one vector each."""
    return (options["width"],) if options["column"] is not None else (*shapes[0], options["width"])


def _features(shapes: Sequence[Shape], options: Options) -> Shape:
    return (shapes[0][-1],)


def _recurrent(shapes: Sequence[Shape], options: Options) -> Shape:
    return (shapes[0][0], options["hidden"] * (2 if options["bidirectional"] else 1))


def _concat(shapes: Sequence[Shape], options: Options) -> Shape:
    return (sum(shape[0] for shape in shapes), *shapes[0][1:])


_RULES: dict[str, Callable[[Sequence[Shape], Options], Shape]] = {
    "linear": _linear,
    "conv1d": _conv,
    "conv2d": _conv,
    "batch_norm": _same,
    "layer_norm": _same,
    "group_norm": _same,
    "activation": _same,
    "dropout": _same,
    "max_pool": _pool,
    "mean_pool": _pool,
    "global_mean": _channels,
    "global_max": _channels,
    "flatten": _flatten,
    "reshape": _reshape,
    "channels_first": _channels_first,
    "channels_last": _channels_last,
    "columns": _columns,
    "embedding": _embedding,
    "token_mean": _features,
    "gru": _recurrent,
    "lstm": _recurrent,
    "last_step": _features,
    "add": _same,
    "concat": _concat,
}
