"""Test functions whose minimum is known: a race on them costs next to nothing and shows where each searcher looks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.network_tables import NetworkTable, network_of, network_space
from automl_magic.errors import OptionError, did_you_mean


@dataclass(frozen=True)
class TestFunction:
    """A function that is made small.

    Attributes
    ----------
    name : str
        Its name.
    call : callable
        Takes a dict of values, returns a number.
    space : mapping
        Holes by label.
    minimum : float
        The least value.
    places : tuple of mapping
        Where it is taken.
    says : str
        What it is and where it comes from.
    check : callable, optional
        Called when it is chosen: raises an OptionError where something that it needs is not installed.
    """

    __test__ = False  # no test of pytest's

    name: str
    call: Callable[[Mapping[str, Any]], float]
    space: Mapping[str, Any]
    minimum: float
    places: tuple[Mapping[str, Any], ...]
    says: str
    check: Callable[[], object] | None = None


def branin(values: Mapping[str, Any]) -> float:
    """Return Branin's function of x and y: three valleys of equal depth.

    Examples
    --------
    >>> round(branin({"x": math.pi, "y": 2.275}), 5)
    0.39789
    """
    x, y = values["x"], values["y"]
    valley = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return float(valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


_HARTMANN_A = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
_HARTMANN_C = (1.0, 1.2, 3.0, 3.2)
_HARTMANN_P = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)  # fmt: skip


def hartmann6(values: Mapping[str, Any]) -> float:
    """Return Hartmann's function of x1 to x6: six local minima, one of them the least.

    Examples
    --------
    >>> place = (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573)
    >>> round(hartmann6({f"x{number}": value for number, value in enumerate(place, start=1)}), 4)
    -3.3224
    """
    x = [values[f"x{number}"] for number in range(1, 7)]
    total = 0.0
    for weight, widths, centre in zip(_HARTMANN_C, _HARTMANN_A, _HARTMANN_P, strict=True):
        total += weight * math.exp(-sum(a * (one - p) ** 2 for a, one, p in zip(widths, x, centre, strict=True)))
    return -total


def rosenbrock5(values: Mapping[str, Any]) -> float:
    """Return Rosenbrock's function of x1 to x5: a bent valley, easy to enter and slow to follow.

    Examples
    --------
    >>> rosenbrock5({f"x{number}": 1.0 for number in range(1, 6)})
    0.0
    """
    x = [values[f"x{number}"] for number in range(1, 6)]
    pairs = zip(x, x[1:], strict=False)
    return float(sum(100 * (after - one**2) ** 2 + (1 - one) ** 2 for one, after in pairs))


def branches(values: Mapping[str, Any]) -> float:
    """Return a function whose parameters hang on a choice, as those of pipelines do.

    The bowl has two numbers, the ladder a whole number and a number, the flat nothing to choose and a middling value.

    Examples
    --------
    >>> branches({"branch": {"kind": "bowl", "x": 0.3, "y": 0.01}})
    0.0
    >>> branches({"branch": {"kind": "ladder", "step": 5, "x": -0.5}}), branches({"branch": {"kind": "flat"}})
    (0.5, 1.0)
    """
    branch = values["branch"]
    if branch["kind"] == "bowl":
        return float(4 * (branch["x"] - 0.3) ** 2 + 0.5 * (math.log10(branch["y"]) + 2) ** 2)
    if branch["kind"] == "ladder":
        return float(0.5 + 0.2 * abs(branch["step"] - 5) + 2 * (branch["x"] + 0.5) ** 2)
    return 1.0


def _unit(count: int, low: float = 0.0, high: float = 1.0) -> dict[str, Any]:
    return {f"x{number}": Float(low, high) for number in range(1, count + 1)}


def _branches_space() -> dict[str, Any]:
    bowl = {"kind": "bowl", "x": Float(-1.0, 1.0), "y": Float(1e-4, 1.0, log=True)}
    ladder = {"kind": "ladder", "step": Int(1, 9), "x": Float(-1.0, 1.0)}
    return {"branch": Choice(bowl=bowl, ladder=ladder, flat={"kind": "flat"})}


def _networks(data: str, title: str, minimum: float, best: str) -> TestFunction:
    """Return a table of NAS-Bench-201; its least value is told here, so that a saved race needs no table."""
    table = NetworkTable(data, title)
    says = (
        f"six operations of a network's cell, validation error on {title} in percent, of networks that were trained "
        "beforehand: NAS-Bench-201, Dong and Yang (2020), arXiv 2001.00326"
    )
    return TestFunction(
        f"nasbench201-{data}", table, network_space(), minimum, (network_of(best),), says, check=table.errors
    )


_BEST_HARTMANN = {
    f"x{number}": value
    for number, value in enumerate((0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573), start=1)
}
FUNCTIONS = {
    function.name: function
    for function in (
        TestFunction(
            "branin",
            branin,
            {"x": Float(-5.0, 10.0), "y": Float(0.0, 15.0)},
            0.39788735772973816,
            ({"x": -math.pi, "y": 12.275}, {"x": math.pi, "y": 2.275}, {"x": 3 * math.pi, "y": 2.475}),
            "two numbers, three valleys of equal depth: Branin (1972), as in Dixon and Szego (1978), "
            '"Towards global optimisation 2"',
        ),
        TestFunction(
            "hartmann6",
            hartmann6,
            _unit(6),
            -3.322368011415511,
            (_BEST_HARTMANN,),
            "six numbers, six local minima: Hartman (1973), as in Dixon and Szego (1978)",
        ),
        TestFunction(
            "rosenbrock5",
            rosenbrock5,
            _unit(5, -2.0, 2.0),
            0.0,
            ({f"x{number}": 1.0 for number in range(1, 6)},),
            "five numbers, one bent valley: Rosenbrock (1960), The Computer Journal 3",
        ),
        TestFunction(
            "branches",
            branches,
            _branches_space(),
            0.0,
            ({"branch": {"kind": "bowl", "x": 0.3, "y": 0.01}},),
            "a choice of three, each with parameters of its own, as a choice of models has: made for this package",
        ),
        _networks("cifar10", "CIFAR-10", 8.393333349609364, "333132"),
        _networks("cifar100", "CIFAR-100", 26.50666667480469, "333133"),
        _networks("imagenet", "ImageNet16-120", 53.26666678365072, "322133"),
    )
}


def function_named(name: str) -> TestFunction:
    """Return a test function.

    Raises
    ------
    OptionError
        If there is none of that name, or what it needs is not installed.
    """
    if name not in FUNCTIONS:
        known = ", ".join(FUNCTIONS)
        raise OptionError(f'No test function named "{name}".{did_you_mean(name, FUNCTIONS)}', f"Known: {known}.")
    found = FUNCTIONS[name]
    if found.check is not None:
        found.check()
    return found
