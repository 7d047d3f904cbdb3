"""A search space written for hyperopt (`hp.*` nodes in dicts and lists) as a template of holes."""

from __future__ import annotations

import math
from typing import Any

from automl_magic.engine.holes import Choice, Float, Int, as_hole, key_of
from automl_magic.engine.keys import is_scalar, plain
from automl_magic.errors import SpaceError

STEPS = 50  # a quantised range of more values than this is no list of options that a person can read
SIGMAS = 3  # a normal distribution is cut at this many standard deviations
FIX = "Use hp.uniform, loguniform, normal, lognormal, quniform, randint, uniformint, choice, or Float, Int, Choice."


def from_hyperopt(tree: Any) -> Any:
    """Return a template of holes for a tree of hyperopt's nodes; holes of ours in it stay, plain values too.

    A hole has hyperopt's label. `normal` and `lognormal` become ranges of three standard deviations to each side, with
    the distribution as prior. A quantised range with step 1 becomes an `Int`, with another step the list of its values.
    The key of an option that is a dict or a tuple is the text that tells it from the others ({"type": "svm", …}),
    else "option_0", "option_1" and so on.

    Raises
    ------
    SpaceError
        For an expression of nodes, or a distribution that has no bounds.

    Examples
    --------
    >>> from hyperopt import hp
    >>> from_hyperopt({"x": hp.uniform("x", -5, 10), "kernel": hp.choice("kernel", ["rbf", "linear"])})
    {'x': Float(-5.0, 10.0, name='x'), 'kernel': Choice('rbf', 'linear', name='kernel')}
    """
    if isinstance(tree, dict):
        return {key: from_hyperopt(part) for key, part in tree.items()}
    if isinstance(tree, list | tuple):
        parts = [from_hyperopt(part) for part in tree]
        return type(tree)._make(parts) if hasattr(tree, "_make") else type(tree)(parts)
    return _of_node(tree) if type(tree).__module__.startswith("hyperopt.pyll") else tree


def _of_node(node: Any) -> Any:
    if node.name == "literal":
        return from_hyperopt(node.obj)
    if node.name == "dict":
        return {name: _of_node(part) for name, part in node.named_args}
    if node.name in ("pos_args", "list"):
        return tuple(_of_node(part) for part in node.pos_args)
    if node.name == "float":
        return _of_node(node.pos_args[0])
    if node.name == "int":
        return _whole(_of_node(node.pos_args[0]))
    if node.name == "switch" and node.pos_args[0].name == "hyperopt_param":
        return _choice(node.pos_args[0], [_of_node(part) for part in node.pos_args[1:]])
    if node.name == "hyperopt_param":
        return _distribution(node.pos_args[0].obj, node.pos_args[1])
    raise SpaceError(
        f"An expression of hyperopt's nodes (here {node.name!r}) must be computed in the function instead.", FIX
    )


def _whole(hole: Any) -> Any:
    """Return what `scope.int(...)` makes of a hole: a range of whole numbers stays, a list of values is made whole."""
    if isinstance(hole, Choice):
        return Choice(*(int(option) for option in hole.options), name=hole.name)
    if isinstance(hole, Int):
        return hole
    raise SpaceError(
        "scope.int must be given a quantised range: it cuts the others off.", "Use hp.uniformint or hp.randint."
    )


def _choice(parameter: Any, options: list[Any]) -> Choice:
    label, drawn = parameter.pos_args[0].obj, parameter.pos_args[1]
    choice = Choice.of(zip(_keys(options), options, strict=True), name=label)
    if drawn.name == "categorical":
        weights = [float(weight.obj) for weight in _arguments(drawn, ("p", "upper"))["p"].pos_args]
        choice.prior = tuple(zip(choice.keys, weights, strict=True))
    return choice


def _keys(options: list[Any]) -> list[Any]:
    """Return keys for the options: the literals themselves, what tells dicts or tuples apart, else their places."""
    tellers: list[list[Any]] = []
    if all(is_scalar(plain(option)) or as_hole(option) is not None for option in options):
        tellers.append([key_of(option) for option in options])
    if all(isinstance(option, dict) for option in options):
        tellers += [[option.get(name) for option in options] for name in options[0]]
    if all(isinstance(option, tuple | list) and option for option in options):
        tellers.append([option[0] for option in options])
    literal = len(tellers) == 1 and not isinstance(options[0], dict | tuple | list)
    for keys in tellers:
        if len({repr(key) for key in keys}) == len(keys) and (literal or all(isinstance(key, str) for key in keys)):
            return keys
    return [f"option_{place}" for place in range(len(options))]


def _arguments(node: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the argument nodes of a distribution by name."""
    return {**dict(zip(names, node.pos_args, strict=False)), **dict(node.named_args)}


def _numbers(label: str, node: Any, *names: str) -> list[float]:
    found = _arguments(node, names)
    if any(name not in found or found[name].name != "literal" for name in names):
        raise SpaceError(f'The {node.name} of "{label}" must have numbers as its arguments.', FIX)
    return [found[name].obj for name in names]


def _distribution(label: str, node: Any) -> Any:
    if node.name == "uniform":
        low, high = _numbers(label, node, "low", "high")
        return Float(low, high, name=label)
    if node.name == "loguniform":
        low, high = _numbers(label, node, "low", "high")
        return Float(math.exp(low), math.exp(high), log=True, name=label)
    if node.name == "randint":
        ends = (
            [0, node.pos_args[0].obj]
            if len(_arguments(node, ("low", "high"))) == 1
            else _numbers(label, node, "low", "high")
        )
        return Int(int(ends[0]), int(ends[1]) - 1, name=label)
    if node.name in ("normal", "lognormal"):
        return _normal(label, node.name == "lognormal", *_numbers(label, node, "mu", "sigma"))
    if node.name in ("quniform", "qloguniform"):
        return _quantised(label, node.name == "qloguniform", *_numbers(label, node, "low", "high", "q"))
    raise SpaceError(f'hyperopt\'s {node.name} of "{label}" cannot be searched here.', FIX)


def _normal(label: str, log: bool, centre: float, deviation: float) -> Float:
    low, high = centre - SIGMAS * deviation, centre + SIGMAS * deviation
    if log:
        middle = math.exp(centre)
        return Float(math.exp(low), math.exp(high), True, middle, (middle, deviation), label)
    return Float(low, high, False, centre, (centre, deviation), label)


def _quantised(label: str, log: bool, low: float, high: float, step: float) -> Int | Choice:
    """Return the range of a quantised distribution: hyperopt rounds to multiples of the step."""
    if log:
        low, high = math.exp(low), math.exp(high)
    first, last = round(low / step), round(high / step)
    if step == 1 and not (log and first < 1):
        return Int(first, last, log=log, name=label)
    if last - first >= STEPS:
        raise SpaceError(
            f'"{label}" must have at most {STEPS} steps of {step:g}. Got {last - first + 1}.',
            "Use Float or Int instead.",
        )
    values = [float(f"{place * step:.12g}") for place in range(first, last + 1)]
    return Choice(*(int(value) if step == int(step) else value for value in values), name=label)
