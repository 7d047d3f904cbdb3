"""Sobol's sequence: points that fill the space more evenly than random ones, with no look at the results."""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from automl_magic.engine.configs import identity
from automl_magic.engine.cube import config_at
from automl_magic.engine.events import Config
from automl_magic.engine.history import View
from automl_magic.engine.searchers import DRAWS, Searcher, sample_new, seen_in
from automl_magic.engine.seeds import seed_of
from automl_magic.engine.space import DRAWS as REFUSED
from automl_magic.engine.space import SearchSpace
from automl_magic.extend import SEARCHERS

BLOCK = 64  # points that are made at once: a power of two, as the sequence wants it


class SobolSearcher:
    """Visit a scrambled Sobol sequence in the unit cube, which priors, scales and conditions turn into the space.

    The first point of the sequence that meets the rules and was not tried is the next one. Every parameter that varies
    has a coordinate of its own, whether it counts in a configuration or not. An edited space begins a new sequence.

    References
    ----------
    Sobol (1967), "On the distribution of points in a cube"; scrambled after Owen (1998), as scipy does it.
    """

    name = "sobol"

    def __init__(self) -> None:
        self._of: tuple[SearchSpace | None, int] = (None, 0)
        self._found: list[tuple[str, Config]] = []
        self._more: Iterator[Config] = iter(())
        if "scipy.stats" not in sys.modules:  # it takes a second: the first proposal shall not wait for it
            threading.Thread(target=_import_ahead, name="automl-scipy", daemon=True).start()

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        if self._of[0] is not view.space or self._of[1] != view.seed:
            self._of = (view.space, view.seed)
            self._found, self._more = [], _visit(view.space, view.seed)
        seen = seen_in(view)
        for key, config in self._found:
            if key not in seen:
                return config
        for config in self._more:
            self._found.append((identity(config), config))
            if self._found[-1][0] not in seen:
                return config
        return sample_new(view, rng)  # of a finite space nearly everything was tried


def _visit(space: SearchSpace, seed: int) -> Iterator[Config]:
    """Yield the different configurations of the sequence that meet the rules, until new ones are too rare."""
    from scipy.stats import qmc

    varying = [parameter.label for parameter in space.ordered if not parameter.is_fixed]
    if not varying:
        return
    sequence: Any = qmc.Sobol(len(varying), scramble=True, seed=seed_of(seed, "sobol"))
    fixed = {parameter.label: 0.5 for parameter in space.ordered if parameter.is_fixed}
    known: set[str] = set()
    repeated = refused = 0
    while repeated < DRAWS and refused < REFUSED:
        for point in sequence.random(BLOCK):
            config = config_at(space.ordered, {**fixed, **dict(zip(varying, map(float, point), strict=True))})
            if space.broken_rules(config):
                refused += 1
                continue
            refused = 0
            key = identity(config)
            if key in known:
                repeated += 1
                continue
            known.add(key)
            repeated = 0
            yield config


def _import_ahead() -> None:
    with contextlib.suppress(ImportError):  # the first proposal says it
        importlib.import_module("scipy.stats.qmc")


@SEARCHERS.register("sobol")
def sobol() -> Searcher:
    """Visit a scrambled Sobol sequence, none of its points twice."""
    return SobolSearcher()
