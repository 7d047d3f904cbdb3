"""The functions of the regret benchmark: each with its least value, its space, and variants of the same kind.

A variant moves the optimum, stretches the axes, puts families in another order and puts the objective through an affine
transform. What is chosen by experiment is chosen on variants; the named functions only judge it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np


@dataclass(frozen=True)
class Number:
    """A number between two bounds; with `log` its logarithm is uniform, with `step` it is a multiple of it."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def unit(self, value: float) -> float:
        """Return where a value lies between the bounds, from 0 to 1."""
        low, high, value = (math.log(x) if self.log else x for x in (self.low, self.high, value))
        return (value - low) / (high - low)


@dataclass(frozen=True)
class Options:
    """One of several values without an order."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class Branches:
    """One of several groups of labels; the value is the number of the group."""

    groups: tuple[Mapping[str, Any], ...]


Space: TypeAlias = Mapping[str, Number | Options | Branches]


@dataclass(frozen=True)
class Problem:
    """What is made small: a function of a flat mapping from label to value.

    Attributes
    ----------
    name : str
        Its name.
    space : mapping
        Labels; a group of a branch holds further ones. No label has a name twice.
    call : callable
        Takes the values of the active labels; a branch's value is the number of its group.
    minimum, scale : float
        The least value, and what a regret is divided by, so that a variant's affine transform does not show.
    best_group : int, optional
        The number of the family that holds the minimum, for the problems with families.
    """

    name: str
    space: Space
    call: Callable[[Mapping[str, Any]], float]
    minimum: float = 0.0
    scale: float = 1.0
    best_group: int | None = None


def draw(space: Space, rng: np.random.Generator) -> dict[str, Any]:
    """Return a random point of a space as a flat mapping of the active labels."""
    made: dict[str, Any] = {}
    for label, kind in space.items():
        if isinstance(kind, Options):
            made[label] = kind.values[int(rng.integers(len(kind.values)))]
        elif isinstance(kind, Branches):
            made[label] = int(rng.integers(len(kind.groups)))
            made.update(draw(kind.groups[made[label]], rng))
        else:
            low, high = (math.log(kind.low), math.log(kind.high)) if kind.log else (kind.low, kind.high)
            value = float(rng.uniform(low, high))
            value = math.exp(value) if kind.log else value
            made[label] = value if kind.step is None else float(round(value / kind.step) * kind.step)
    return made


FAMILY = "family"  # the label of the choice of families in the conditional problems


def _affine(problem: Problem, rng: np.random.Generator | None) -> Problem:
    """Put a variant's objective through an affine transform; the named function stays as it is."""
    if rng is None:
        return problem
    factor, offset = float(10 ** rng.uniform(-3, 3)), float(rng.normal(0, 100))
    inner = problem.call

    def call(values: Mapping[str, Any]) -> float:
        return factor * inner(values) + offset

    return replace(
        problem,
        name=f"{problem.name}~",
        call=call,
        minimum=factor * problem.minimum + offset,
        scale=factor * problem.scale,
    )


def _moved(
    name: str, box: Space, function: Callable[[np.ndarray], float], minimum: float, shift: float, seed: int | None
) -> Problem:
    """Return a function of the numbers of a box; a variant moves it by up to `shift` of the width of each axis.

    A variant also swaps axes, turns some of them round and gives them other bounds.
    """
    rng = None if seed is None else np.random.default_rng([seed, 1])
    low = np.array([number.low for number in box.values()])
    wide = np.array([number.high for number in box.values()]) - low
    if rng is None:
        return Problem(name, box, lambda values: function(np.array([values[label] for label in box])), minimum)
    count = len(box)
    order, turned = rng.permutation(count), rng.random(count) < 0.5
    moved = rng.uniform(-shift, shift, count)
    begin, width = rng.normal(0, 10, count), 10 ** rng.uniform(-2, 2, count)
    labels = {f"x{place}": Number(float(begin[place]), float(begin[place] + width[place])) for place in range(count)}

    def call(values: Mapping[str, Any]) -> float:
        unit = (np.array([values[label] for label in labels]) - begin) / width
        unit = np.where(turned, 1 - unit, unit)[order] + moved
        return function(low + unit * wide)

    return _affine(Problem(name, labels, call, minimum), rng)


def branin(seed: int | None = None) -> Problem:
    """Return Branin's function: two numbers, three valleys of equal depth (Dixon and Szego 1978)."""
    from automl_magic.engine.functions import branin as function

    box = {"x": Number(-5.0, 10.0), "y": Number(0.0, 15.0)}
    return _moved("branin", box, lambda x: function({"x": x[0], "y": x[1]}), 0.39788735772973816, 0.15, seed)


def hartmann6(seed: int | None = None) -> Problem:
    """Return Hartmann's function: six numbers, six local minima (Dixon and Szego 1978)."""
    from automl_magic.engine.functions import hartmann6 as function

    def call(x: np.ndarray) -> float:
        return function({f"x{place}": value for place, value in enumerate(x, start=1)})

    return _moved("hartmann6", {f"x{place}": Number(0.0, 1.0) for place in range(6)}, call, -3.32236801, 0.12, seed)


def rosenbrock5(seed: int | None = None) -> Problem:
    """Return Rosenbrock's function of five numbers: one bent valley."""

    def call(x: np.ndarray) -> float:
        return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())

    return _moved("rosenbrock5", {f"x{place}": Number(-2.0, 2.0) for place in range(5)}, call, 0.0, 0.2, seed)


def levy10(seed: int | None = None) -> Problem:
    """Return Levy's function of ten numbers: a bowl with ripples (Laguna and Marti 2005)."""

    def call(x: np.ndarray) -> float:
        w = 1 + (x - 1) / 4
        ripples = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2)
        last = (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2)
        return float(np.sin(np.pi * w[0]) ** 2 + ripples.sum() + last)

    return _moved("levy10", {f"x{place}": Number(-10.0, 10.0) for place in range(10)}, call, 0.0, 0.3, seed)


PLAIN = {"branin": branin, "hartmann6": hartmann6, "rosenbrock5": rosenbrock5, "levy10": levy10}
