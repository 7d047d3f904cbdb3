"""To hyperopt and back: the space as `hp.*` nodes of the same labels, configurations as hyperopt's vals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from automl_magic.engine.events import Config
from automl_magic.engine.hyperopt_tree import from_hyperopt
from automl_magic.engine.keys import find_key, same_key
from automl_magic.engine.parameters import Pairs, Parameter, bounded, nearest
from automl_magic.engine.space import SearchSpace

__all__ = ["config_to_vals", "domain_of", "from_hyperopt", "to_hyperopt", "vals_to_config"]


def to_hyperopt(space: SearchSpace) -> dict[str, Any]:
    """Return the space as a tree of hyperopt's nodes, one for each label that is not fixed.

    What is below an option of a choice stands in that branch of an `hp.choice` over the options of now; a node that
    counts in several branches is the same object in each. A parameter with one value left is a constant.

    A whole number is a quantised real one from low - 1/2 to high + 1/2, so that its end values are drawn as often as
    the others: hyperopt's `uniformint` draws them half as often, and to `randint` neighbours mean nothing to TPE.
    """
    nodes: dict[str, Any] = {}

    def below(pairs: Pairs) -> dict[str, Any]:
        inside = (
            parameter for parameter in space.parameters if any(_same(pairs, other) for other in parameter.conditions)
        )
        return {parameter.label: node_of(parameter) for parameter in inside}

    def node_of(parameter: Parameter) -> Any:
        if parameter.label not in nodes:
            nodes[parameter.label] = fork(parameter) if parameter.kind == "choice" else _number(parameter)
        return nodes[parameter.label]

    def fork(parameter: Parameter) -> Any:
        branches = []
        for key in parameter.options:
            branch: dict[str, Any] = {"key": str(key)}
            for alternative in parameter.conditions:
                branch.update(below((*alternative, (parameter.label, key))))
            branches.append(branch)
        return branches[0] if parameter.is_fixed else _choice(parameter, branches)

    return below(())


def _same(one: Pairs, other: Pairs) -> bool:
    return len(one) == len(other) and all(a == c and same_key(b, d) for (a, b), (c, d) in zip(one, other, strict=True))


def _choice(parameter: Parameter, branches: list[dict[str, Any]]) -> Any:
    from hyperopt import hp

    if parameter.prior is None:
        return hp.choice(parameter.label, branches)
    weights = [next(weight for other, weight in parameter.prior if same_key(key, other)) for key in parameter.options]
    return hp.pchoice(
        parameter.label, [(weight / sum(weights), branch) for weight, branch in zip(weights, branches, strict=True)]
    )


def _number(parameter: Parameter) -> Any:
    from hyperopt import hp

    label, low, high, whole = parameter.label, parameter.low, parameter.high, parameter.kind == "int"
    if parameter.is_fixed:
        return low
    if (
        parameter.prior is not None
    ):  # hyperopt's is without bounds; `vals_to_config` moves what lies outside to the edge
        centre, deviation = parameter.prior
        if parameter.log:
            centre = math.log(centre)
            return hp.qlognormal(label, centre, deviation, 1) if whole else hp.lognormal(label, centre, deviation)
        return hp.qnormal(label, centre, deviation, 1) if whole else hp.normal(label, centre, deviation)
    if whole:
        low, high = low - 0.5, high + 0.5
    if parameter.log:
        low, high = math.log(low), math.log(high)
        return hp.qloguniform(label, low, high, 1) if whole else hp.loguniform(label, low, high)
    return hp.quniform(label, low, high, 1) if whole else hp.uniform(label, low, high)


def domain_of(space: SearchSpace) -> Any:
    """Return hyperopt's Domain of the space; its function is never called."""
    from hyperopt.base import Domain

    return Domain(_never, to_hyperopt(space))


def _never(values: Any) -> float:
    raise AssertionError("hyperopt proposes only; it does not evaluate here")


def sampled(space: SearchSpace) -> tuple[Parameter, ...]:
    """Return the parameters that hyperopt samples: more than one value left, and below options that are left."""
    reached: set[str] = set()
    for parameter in space.parameters:
        for pairs in parameter.conditions:
            if all(label in reached and find_key(key, space[label].options) is not None for label, key in pairs):
                reached.add(parameter.label)
                break
    return tuple(parameter for parameter in space.parameters if parameter.label in reached and not parameter.is_fixed)


def config_to_vals(space: SearchSpace, config: Config) -> dict[str, list[Any]]:
    """Return hyperopt's vals: for each label that it samples a list of its value, or an empty one.

    The value of a choice is the index among the options of now.
    """
    vals: dict[str, list[Any]] = {}
    for parameter in sampled(space):
        value: Any = config.get(parameter.label)
        vals[parameter.label] = []
        if parameter.is_active(config) and parameter.allows(value):
            place = find_key(value, parameter.options)
            vals[parameter.label] = [place if parameter.kind == "choice" else float(value)]
    return vals


def vals_to_config(space: SearchSpace, vals: Mapping[str, Any]) -> Config:
    """Return the configuration of hyperopt's vals; fixed labels take their one value, missing ones their default.

    Real numbers are cut to 12 significant digits, as all draws are: so a drawn configuration comes back as it was.
    """
    config: Config = {}
    for parameter in space.parameters:
        if parameter.is_active(config):
            found = vals.get(parameter.label, ())
            config[parameter.label] = _value(parameter, found[0] if len(found) else None)
    return config


def _value(parameter: Parameter, found: Any) -> Any:
    if parameter.is_fixed or found is None:
        return nearest(parameter, parameter.default)
    if parameter.kind == "choice":
        return parameter.options[int(found)]
    return bounded(float(found), parameter.low, parameter.high, parameter.kind == "int")
