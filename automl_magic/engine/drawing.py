"""Draws from parameters and grids over them, in an order of its own: how a space is written changes no draw."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence

import numpy as np

from automl_magic.engine.cube import value_at
from automl_magic.engine.events import Config
from automl_magic.engine.keys import order_of
from automl_magic.engine.parameters import Parameter, bounded


def in_order(parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """Return the parameters by label, but parents before children, and each choice's options by key."""
    waiting = {
        parameter.label: {parent for pairs in parameter.conditions for parent, _ in pairs} for parameter in parameters
    }
    children: dict[str, list[str]] = {}
    for label, parents in waiting.items():
        for parent in parents:
            children.setdefault(parent, []).append(label)
    by_label = {parameter.label: parameter for parameter in parameters}
    ready = [label for label, parents in waiting.items() if not parents]
    heapq.heapify(ready)
    ordered = []
    while ready:
        label = heapq.heappop(ready)
        ordered.append(_sorted_options(by_label[label]))
        for child in children.get(label, ()):
            waiting[child].discard(label)
            if not waiting[child]:
                heapq.heappush(ready, child)
    return tuple(ordered)


def _sorted_options(parameter: Parameter) -> Parameter:
    if parameter.kind != "choice":
        return parameter
    return Parameter(**{**parameter.__dict__, "options": tuple(sorted(parameter.options, key=order_of))})


def draw(ordered: Sequence[Parameter], rng: np.random.Generator) -> Config:
    """Draw a value for every active parameter."""
    config: Config = {}
    for parameter in ordered:
        if parameter.is_active(config):
            config[parameter.label] = draw_one(parameter, rng)
    return config


def draw_one(parameter: Parameter, rng: np.random.Generator) -> object:
    """Draw a value of one parameter: uniform on its scale, or after its prior."""
    return value_at(parameter, 0.0 if parameter.is_fixed else rng.random())


def spread(parameter: Parameter, points: int) -> Sequence[object]:
    """Return at most `points` values from bound to bound on the parameter's scale, or all options."""
    if parameter.kind == "choice":
        return list(parameter.options)
    low, high, whole = parameter.low, parameter.high, parameter.kind == "int"
    if low == high:
        return [low]
    if whole and points > high - low:
        return range(int(low), int(high) + 1)
    shares = [place / (points - 1) for place in range(points)] if points > 1 else [0.5]
    if parameter.log:
        values = [math.exp(math.log(low) + share * (math.log(high) - math.log(low))) for share in shares]
    else:
        values = [low + share * (high - low) for share in shares]
    return list(dict.fromkeys(bounded(value, low, high, whole) for value in values))


def combine(ordered: Sequence[Parameter], points: int) -> Iterator[Config]:
    """Yield every combination of `spread` values of the active parameters."""
    values = [spread(parameter, points) for parameter in ordered]

    def below(place: int, config: Config) -> Iterator[Config]:
        while place < len(ordered) and not ordered[place].is_active(config):
            place += 1
        if place == len(ordered):
            yield config
            return
        for value in values[place]:
            yield from below(place + 1, {**config, ordered[place].label: value})

    return below(0, {})
