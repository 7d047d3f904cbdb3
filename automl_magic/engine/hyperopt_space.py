"""To hyperopt and back: the space as `hp.*` nodes of the same labels, configurations as hyperopt's vals."""

from __future__ import annotations

import math
from typing import Any

from automl_magic.engine.events import Config
from automl_magic.engine.holes import Choice, Float, Int, Parameter, rounded, same_key
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import SpaceError


def to_hyperopt(space: SearchSpace) -> dict[str, Any]:
    """Return the space as a tree of hyperopt's nodes, one for each label that is not fixed.

    A whole number is a quantised real one from low - 1/2 to high + 1/2, so that its end values are drawn as often as
    the others (hyperopt's `uniformint` draws them half as often).
    """
    nodes: dict[str, Any] = {}

    def below(pairs: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
        return {
            parameter.label: node_of(parameter)
            for parameter in space.parameters
            if any(_same_pairs(pairs, alternative) for alternative in parameter.conditions)
        }

    def node_of(parameter: Parameter) -> Any:
        if parameter.label not in nodes:
            nodes[parameter.label] = _fork(parameter) if parameter.kind == "choice" else _number(parameter)
        return nodes[parameter.label]

    def _fork(parameter: Parameter) -> Any:
        from hyperopt import hp

        branches = []
        for key in parameter.options:
            inside: dict[str, Any] = {}
            for alternative in parameter.conditions:
                inside.update(below((*alternative, (parameter.label, key))))
            branches.append({"key": str(key), **inside})
        return branches[0] if parameter.is_fixed else hp.choice(parameter.label, branches)

    return below(())


def _same_pairs(one: tuple[tuple[str, Any], ...], other: tuple[tuple[str, Any], ...]) -> bool:
    return len(one) == len(other) and all(a == c and same_key(b, d) for (a, b), (c, d) in zip(one, other, strict=True))


def _number(parameter: Parameter) -> Any:
    from hyperopt import hp

    if parameter.is_fixed:
        return parameter.low
    low, high = parameter.low, parameter.high
    if parameter.kind == "int":
        low, high = low - 0.5, high + 0.5
        if parameter.log:
            return hp.qloguniform(parameter.label, math.log(low), math.log(high), 1)
        return hp.quniform(parameter.label, low, high, 1)
    if parameter.log:
        return hp.loguniform(parameter.label, math.log(low), math.log(high))
    return hp.uniform(parameter.label, low, high)


def domain_of(space: SearchSpace) -> Any:
    """Return hyperopt's Domain of the space; its function is never called."""
    from hyperopt.base import Domain

    return Domain(_never, to_hyperopt(space))


def _never(values: Any) -> float:
    raise AssertionError("hyperopt proposes only; it does not evaluate here")


def config_to_vals(space: SearchSpace, config: Config) -> dict[str, list[Any]]:
    """Return hyperopt's vals: for each label that is not fixed, a list of its value (a choice as an index), or an empty one."""
    vals: dict[str, list[Any]] = {}
    for parameter in space.parameters:
        if parameter.is_fixed:
            continue
        label = parameter.label
        vals[label] = []
        if label in config and parameter.is_active(config):
            value = config[label]
            place = next((place for place, key in enumerate(parameter.options) if same_key(key, value)), None)
            vals[label] = [place if parameter.kind == "choice" else float(value)]
    return vals


def vals_to_config(space: SearchSpace, vals: dict[str, list[Any]]) -> Config:
    """Return the configuration of hyperopt's vals; fixed labels take their one value."""
    config: Config = {}
    for parameter in space.parameters:
        if not parameter.is_active(config):
            continue
        found = vals.get(parameter.label) or []
        config[parameter.label] = _value(parameter, found[0] if len(found) else None)
    return config


def _value(parameter: Parameter, found: Any) -> Any:
    if parameter.kind == "choice":
        return parameter.options[int(found) if found is not None and not parameter.is_fixed else 0]
    number = parameter.low if found is None or parameter.is_fixed else float(found)
    if parameter.kind == "int":
        return min(max(round(number), int(parameter.low)), int(parameter.high))
    return rounded(number, parameter.low, parameter.high)


def from_hyperopt(tree: Any) -> Any:
    """Return a template of holes for a tree of hyperopt's nodes; holes of ours in it stay.

    Raises
    ------
    SpaceError
        For a distribution without bounds, which no slider or grid can hold.
    """
    if isinstance(tree, dict):
        return {key: from_hyperopt(part) for key, part in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(from_hyperopt(part) for part in tree)
    if type(tree).__module__.startswith("hyperopt.pyll"):
        return _from_node(tree)
    return tree


def _from_node(node: Any) -> Any:
    if node.name == "literal":
        return node.obj
    if node.name in ("dict",):
        return {name: _from_node(part) for name, part in node.named_args}
    if node.name in ("pos_args", "list"):
        return tuple(_from_node(part) for part in node.pos_args)
    if node.name == "float" or node.name == "int":
        return _from_node(node.pos_args[0])
    if node.name == "switch":
        label = node.pos_args[0].pos_args[0].obj
        options = {f"option_{place}": _from_node(part) for place, part in enumerate(node.pos_args[1:])}
        literal = [
            option for option in options.values() if option is None or isinstance(option, bool | int | float | str)
        ]
        if len(literal) == len(options):
            return Choice(*options.values(), name=label)
        return Choice(name=label, **options)
    if node.name == "hyperopt_param":
        return _from_distribution(node.pos_args[0].obj, node.pos_args[1])
    raise SpaceError(
        f"hyperopt's {node.name} is no hole here.", "Use hp.uniform, loguniform, quniform, randint, uniformint, choice."
    )


def _from_distribution(label: str, node: Any) -> Any:
    arguments = [part.obj for part in node.pos_args]
    arguments += [part.obj for _, part in node.named_args]
    if node.name == "uniform":
        return Float(arguments[0], arguments[1], name=label)
    if node.name == "loguniform":
        return Float(math.exp(arguments[0]), math.exp(arguments[1]), log=True, name=label)
    if node.name == "randint":
        low, high = (0, arguments[0]) if len(arguments) == 1 else arguments[:2]
        return Int(int(low), int(high) - 1, name=label)
    if node.name in ("quniform", "uniformint") and arguments[2] == 1:
        return Int(math.ceil(arguments[0]), math.floor(arguments[1]), name=label)
    if node.name == "qloguniform" and arguments[2] == 1:
        return Int(max(1, round(math.exp(arguments[0]))), round(math.exp(arguments[1])), log=True, name=label)
    raise SpaceError(
        f'hyperopt\'s {node.name} of "{label}" has no bounds or steps other than 1.',
        "Use hp.uniform, loguniform, randint, uniformint, choice, or Float, Int, Choice.",
    )
