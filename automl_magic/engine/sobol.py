"""Sobol's sequence: points that fill the space more evenly than random ones, with no look at the results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from automl_magic.engine.configs import identity
from automl_magic.engine.cube import config_at
from automl_magic.engine.events import Config
from automl_magic.engine.history import View
from automl_magic.engine.room import DRAWS as REFUSED
from automl_magic.engine.searchers import DRAWS, Searcher, Walk, import_ahead, sample_new, seen_in
from automl_magic.engine.seeds import seed_of
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
        self._walk = Walk(iter(()))
        import_ahead("scipy.stats.qmc")

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        if self._of[0] is not view.space or self._of[1] != view.seed:
            self._of, self._walk = (view.space, view.seed), Walk(_visit(view.space, view.seed))
        config = self._walk.first_beside(seen_in(view))
        return config if config is not None else sample_new(view, rng)  # of a finite space nearly everything was tried


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


@SEARCHERS.register("sobol")
def sobol() -> Searcher:
    """Visit a scrambled Sobol sequence, none of its points twice."""
    return SobolSearcher()
