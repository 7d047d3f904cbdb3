"""Draws from parameters and grids over them, in an order of its own: how a space is written changes no draw."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence

import numpy as np

from automl_magic.engine.events import Config
from automl_magic.engine.keys import order_of, same_key
from automl_magic.engine.parameters import Parameter, bounded

ATTEMPTS = 100  # draws from a prior that fall outside the bounds, before the last one is moved to the edge


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
    if parameter.is_fixed:
        return parameter.options[0] if parameter.kind == "choice" else parameter.low
    if parameter.kind == "choice":
        return parameter.options[_draw_place(parameter, rng)]
    low, high, whole = parameter.low, parameter.high, parameter.kind == "int"
    if parameter.prior is not None:
        return bounded(_draw_after_prior(parameter, rng), low, high, whole)
    if whole:
        if not parameter.log:
            return min(int(low) + int(rng.random() * (high - low + 1)), int(high))
        low, high = low - 0.5, high + 0.5  # every whole number has its whole share of the scale, the end values too
    if parameter.log:
        drawn = math.exp(math.log(low) + rng.random() * (math.log(high) - math.log(low)))
    else:
        drawn = low + rng.random() * (high - low)
    return bounded(drawn, parameter.low, parameter.high, whole)


def _draw_place(parameter: Parameter, rng: np.random.Generator) -> int:
    share, count = rng.random(), len(parameter.options)
    if parameter.prior is None:
        return int(share * count)
    weights = [next(weight for other, weight in parameter.prior if same_key(key, other)) for key in parameter.options]
    left = share * sum(weights)
    for place, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return place
    return count - 1


def _draw_after_prior(parameter: Parameter, rng: np.random.Generator) -> float:
    centre, deviation = parameter.prior
    half = 0.5 if parameter.kind == "int" else 0.0
    value = centre
    for _ in range(ATTEMPTS):
        value = centre * math.exp(rng.normal(0, deviation)) if parameter.log else rng.normal(centre, deviation)
        if parameter.low - half <= value <= parameter.high + half:
            break
    return float(value)


def spread(parameter: Parameter, points: int) -> list[object]:
    """Return at most `points` values from bound to bound on the parameter's scale, or all options."""
    if parameter.kind == "choice":
        return list(parameter.options)
    low, high, whole = parameter.low, parameter.high, parameter.kind == "int"
    if low == high:
        return [low]
    if whole and points > high - low:
        return list(range(int(low), int(high) + 1))
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


class TooManyStepsError(ValueError):
    """Combinations hang on each other in so many ways that counting them is not worth the time."""


def count(ordered: Sequence[Parameter], points: int, steps: int | None = None) -> int:
    """Return the number of combinations without making them.

    Raises
    ------
    TooManyStepsError
        If that takes more than `steps` steps, where they are limited.
    """
    taken = 0
    sizes = [spread(parameter, points) for parameter in ordered]
    needed: list[frozenset[str]] = [frozenset()] * (
        len(ordered) + 1
    )  # parents that a parameter from here on asks about
    for place in reversed(range(len(ordered))):
        asked = {parent for pairs in ordered[place].conditions for parent, _ in pairs}
        needed[place] = needed[place + 1] | asked
    known: dict[tuple[int, str], int] = {}

    def below(place: int, config: Config) -> int:
        nonlocal taken
        taken += 1
        if steps is not None and taken > steps:
            raise TooManyStepsError(f"more than {steps} steps")
        if place == len(ordered):
            return 1
        seen = {label: value for label, value in config.items() if label in needed[place]}
        key = (place, repr(seen))
        if key not in known:
            parameter = ordered[place]
            if not parameter.is_active(seen):
                known[key] = below(place + 1, seen)
            elif parameter.label not in needed[place + 1]:
                known[key] = len(sizes[place]) * below(place + 1, seen)
            else:
                known[key] = sum(below(place + 1, {**seen, parameter.label: value}) for value in sizes[place])
        return known[key]

    return below(0, {})
