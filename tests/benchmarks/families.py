"""The conditional functions of the regret benchmark: a choice of families, each with labels of its own.

All have two labels of preparation that every family shares: a scaling that suits each family differently, and a share
of columns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.benchmarks.functions import FAMILY, Branches, Number, Options, Problem, _affine

SCALING = np.array([[0, 0.1, 0.3], [0.1, 0, 0.3], [0.5, 0, 0.2], [0, 0.2, 0.1]])  # family by scaling


def conditional4(seed: int | None = None) -> Problem:
    """Return a function of four families, where a mediocre one is the easiest to be good in.

    The best family is the third: three labels that must fit together. The second has a broad bowl whose bottom lies
    higher; the last is flat and higher still; the first has three valleys.
    """
    from automl_magic.engine.functions import branin

    rng = np.random.default_rng([0 if seed is None else seed, 4])
    varies = seed is not None
    floors = np.array([0.5, 0.2, 0.0, 0.3]) * (rng.uniform(0.8, 1.25) if varies else 1.0)
    stretch = rng.uniform(0.7, 1.4, 8) if varies else np.ones(8)
    moved = rng.uniform(-0.12, 0.12, 8) if varies else np.zeros(8)  # in shares of each axis
    scaling = SCALING[:, rng.permutation(3)] if varies else SCALING
    kernel = int(rng.integers(3)) if varies else 1
    place = [int(at) for at in rng.permutation(4)] if varies else [0, 1, 2, 3]  # where each family is in the list
    share = rng.uniform(0.4, 0.9) if varies else 0.7
    groups = (
        {"u": Number(-5.0, 10.0), "v": Number(0.0, 15.0)},
        {"rate": Number(1e-6, 1.0, log=True), "depth": Number(1, 12, step=1)},
        {"C": Number(1e-3, 1e3, log=True), "gamma": Number(1e-5, 10.0, log=True), "kernel": Options((0, 1, 2))},
        {"a": Number(0.0, 1.0), "b": Number(0.0, 1.0)},
    )

    def call(values: Mapping[str, Any]) -> float:
        kind = place.index(values[FAMILY])
        loss = scaling[kind][values["scaling"]] + (values["columns"] - share) ** 2 + floors[kind]
        if kind == 0:
            x, y = values["u"] + 15 * moved[0], values["v"] + 15 * moved[1]
            loss += min((branin({"x": x, "y": y}) - 0.39788735772973816) / 50 * stretch[0], 2)
        elif kind == 1:
            loss += 0.2 * stretch[1] * (math.log10(values["rate"]) + 3 + 6 * moved[2]) ** 2
            loss += 0.02 * stretch[2] * (values["depth"] - round(5 + 12 * moved[3])) ** 2
        elif kind == 2:
            first, second = math.log10(values["C"]) - 1 + 6 * moved[4], math.log10(values["gamma"]) + 2 + 6 * moved[5]
            loss += 0.15 * stretch[3] * first**2 + 0.15 * stretch[4] * second**2 + 0.1 * (first + second) ** 2
            loss += 0 if values["kernel"] == kernel else 0.3
        else:
            loss += (values["a"] - 0.2 + moved[6]) ** 2 + (values["b"] - 0.8 + moved[7]) ** 2
        return float(loss)

    ordered = [dict(groups[place.index(at)]) for at in range(4)]
    space = {"scaling": Options((0, 1, 2)), "columns": Number(0.1, 1.0), FAMILY: Branches(tuple(ordered))}
    problem = Problem("conditional4", space, call, best_group=place[2])
    return _affine(problem, rng) if varies else problem


@dataclass(frozen=True)
class Family:
    """A family of the functions of eight: a bowl, or a hole in a plain, above a floor.

    Attributes
    ----------
    floor : float
        Its least value.
    centre : tuple of float
        Where that is, in shares of each axis.
    height : float
        How far the worst lies above the floor.
    width : float
        How near to the centre one must be, in shares of an axis, to be halfway down.
    """

    floor: float
    centre: tuple[float, ...]
    height: float
    width: float

    def value(self, unit: np.ndarray) -> float:
        """Return the value at a place given in shares of each axis."""
        distance = float(((unit - np.array(self.centre)) ** 2).sum()) / self.width**2
        return self.floor + self.height * distance / (1 + distance)


def _eight(name: str, seed: int | None, best_is_plain: bool) -> Problem:
    """Return a function of eight families; the named ones are the drawing of a fixed seed."""
    rng = np.random.default_rng([1_000_003 if seed is None else seed, 8])
    best = int(rng.integers(8))
    families, groups = [], []
    for place in range(8):
        count = 2 if place == best else int(rng.integers(1, 5))
        centre = tuple(float(at) for at in rng.uniform(0.15, 0.85, count))
        if place != best:
            floor, height, width = rng.uniform(0.25, 0.6), rng.uniform(0.3, 1.0), rng.uniform(0.3, 1.0)
            floor += 1.0 if best_is_plain else 0.0
        elif best_is_plain:
            floor, height, width = 0.0, 0.7, rng.uniform(0.3, 0.8)
        else:
            floor, height, width = 0.0, rng.uniform(0.9, 1.3), rng.uniform(0.12, 0.2)
        families.append(Family(float(floor), centre, float(height), float(width)))
        group: dict[str, Any] = {}
        for axis in range(count):
            group[f"p{place}_{axis}"] = (Number(0.0, 1.0), Number(1e-4, 1e2, log=True))[int(rng.integers(2))]
        groups.append(group)
    scaling, share = rng.uniform(0, 0.15, (8, 3)), float(rng.uniform(0.3, 0.9))
    scaling -= scaling.min(axis=1, keepdims=True)

    def call(values: Mapping[str, Any]) -> float:
        at = values[FAMILY]
        unit = np.array([number.unit(values[label]) for label, number in groups[at].items()])
        own = families[at].value(unit)
        return float(own + scaling[at][values["scaling"]] + 0.3 * (values["columns"] - share) ** 2)

    space = {"scaling": Options((0, 1, 2)), "columns": Number(0.1, 1.0), FAMILY: Branches(tuple(groups))}
    problem = Problem(name, space, call, best_group=best)
    return problem if seed is None else _affine(problem, rng)


def conditional8(seed: int | None = None) -> Problem:
    """Return a function of eight families: the best is a narrow hole, so its median draw is among the worst."""
    return _eight("conditional8", seed, best_is_plain=False)


def conditional8plain(seed: int | None = None) -> Problem:
    """Return a function of eight families where the median draw of the best beats the best of every other."""
    return _eight("conditional8plain", seed, best_is_plain=True)


def nested5(seed: int | None = None) -> Problem:
    """Return a function of five families with choices that hold labels above, beside and below the choice of family.

    Two steps of preparation are on or off, each with a label when it is on; two families have a kernel with labels of
    its own. The best family is the one of the narrow hole, with one of its kernels.
    """
    rng = np.random.default_rng([1_000_003 if seed is None else seed, 5])
    best, other = (int(place) for place in rng.permutation(5)[:2])
    with_kernel = (best, other)
    groups: list[dict[str, Any]] = []
    families: list[Family] = []
    for place in range(5):
        count = 2 if place in with_kernel else int(rng.integers(1, 4))
        floor = 0.0 if place == best else float(rng.uniform(0.25, 0.5))
        width = float(rng.uniform(0.2, 0.3) if place == best else rng.uniform(0.3, 1.0))
        centre = tuple(float(at) for at in rng.uniform(0.2, 0.8, count))
        families.append(Family(floor, centre, float(rng.uniform(0.7, 1.2)), width))
        group: dict[str, Any] = {f"p{place}_{axis}": Number(0.0, 1.0) for axis in range(count)}
        if place in with_kernel:
            kernels = ({}, {f"k{place}_1": Number(0.0, 1.0)}, {f"k{place}_2": Number(1e-3, 1e3, log=True)})
            group[f"kernel{place}"] = Branches(kernels)
        groups.append(group)
    good_kernel, where = int(rng.integers(3)), rng.uniform(0.2, 0.8, 6)
    step_pays = rng.uniform(-0.1, 0.1, (2, 5))  # by family, so that the steps interact with it
    least_steps = np.minimum(0.0, step_pays[:, best]).sum()
    space = {
        "first": Branches(({}, {"first_share": Number(0.0, 1.0)})),
        "second": Branches(({}, {"second_share": Number(0.0, 1.0)})),
        FAMILY: Branches(tuple(groups)),
    }

    def call(values: Mapping[str, Any]) -> float:
        at = values[FAMILY]
        numbers = [(label, kind) for label, kind in groups[at].items() if isinstance(kind, Number)]
        loss = families[at].value(np.array([kind.unit(values[label]) for label, kind in numbers])) - least_steps
        for number, step in enumerate(("first", "second")):
            if values[step]:
                loss += step_pays[number, at] + 0.2 * (values[f"{step}_share"] - where[number]) ** 2
        if at in with_kernel:
            kernel = values[f"kernel{at}"]
            loss += 0.0 if kernel == good_kernel else 0.15
            if kernel:
                unit = groups[at][f"kernel{at}"].groups[kernel][f"k{at}_{kernel}"].unit(values[f"k{at}_{kernel}"])
                loss += 0.5 * (unit - where[2 + kernel]) ** 2
        return float(loss)

    problem = Problem("nested5", space, call, best_group=best)
    return problem if seed is None else _affine(problem, rng)


CONDITIONAL = {
    "conditional4": conditional4,
    "conditional8": conditional8,
    "conditional8plain": conditional8plain,
    "nested5": nested5,
}
