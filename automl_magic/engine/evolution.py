"""Regularized evolution: the best of a few recent trials is changed in one place; the oldest are forgotten."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from automl_magic.engine.cube import share_of, value_at
from automl_magic.engine.drawing import draw_one
from automl_magic.engine.events import Config
from automl_magic.engine.history import Trial, View
from automl_magic.engine.keys import same_key
from automl_magic.engine.order import order_of_trial
from automl_magic.engine.parameters import Parameter
from automl_magic.engine.search_options import whole_number
from automl_magic.engine.searchers import Searcher, first_new, sample_new
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import OptionError
from automl_magic.extend import SEARCHERS

LAST = math.nextafter(1.0, 0.0)  # the share 1 itself is excluded
STEP = 0.15  # standard deviation of a number's change, as a share of its range


class Evolution:
    """Propose a changed copy of the best of a few trials, drawn from the latest ones.

    The population is the last `population` trials by step, whatever came of them: to die of age and not of a low score
    is what "regularized" means, and what keeps a lucky score from staying for ever. A failed trial is a member, the
    worst one.

    Parameters
    ----------
    population : int
        The number of trials that may become parents; so many are drawn at random first.
    tournament : int
        How many of them are drawn, with replacement, for each proposal; the best of them is the parent.

    References
    ----------
    Real, Aggarwal, Huang, Le (2019), "Regularized Evolution for Image Classifier Architecture Search",
    arXiv 1802.01548, algorithm 1.
    """

    name = "evolution"

    def __init__(self, population: int, tournament: int) -> None:
        self.population = whole_number(self.name, "population", population, 2)
        self.tournament = whole_number(self.name, "tournament", tournament, 1)
        if self.tournament > self.population:
            raise OptionError(
                f"tournament of evolution must be at most its population, {population}. Got {tournament}.",
                f"Example: evolution(population={tournament * 2}, tournament={tournament}).",
            )

    def is_starting(self, view: View) -> bool:
        """Whether there is no whole population yet."""
        return len(view.trials) < self.population

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        if self.is_starting(view):
            return sample_new(view, rng)
        return first_new(view, rng, lambda: mutated(view.space, self._parent(view, rng).config, rng))

    def _parent(self, view: View, rng: np.random.Generator) -> Trial:
        living = view.trials[-self.population :]
        drawn = [living[int(place)] for place in rng.integers(len(living), size=self.tournament)]
        return min(drawn, key=order_of_trial)


def mutated(space: SearchSpace, config: Config, rng: np.random.Generator) -> Config:
    """Return a copy of a configuration with one active parameter changed.

    Where an option brings in other parameters, they are drawn; those that no longer count are left out.
    """
    active = [parameter for parameter in space.ordered if parameter.label in config and not parameter.is_fixed]
    if not active:
        return dict(config)
    chosen = active[rng.integers(len(active))]
    wanted = {**config, chosen.label: _changed(chosen, config[chosen.label], rng)}
    child: Config = {}
    for parameter in space.ordered:
        if parameter.is_active(child):
            label = parameter.label
            child[label] = wanted[label] if label in wanted else draw_one(parameter, rng)
    return child


def _changed(parameter: Parameter, value: Any, rng: np.random.Generator) -> object:
    """Return another option, or a number near by on its scale."""
    if parameter.kind == "choice":
        others = tuple(option for option in parameter.options if not same_key(option, value))
        return others[rng.integers(len(others))]
    share = share_of(parameter, value) + float(rng.normal(0.0, STEP))
    return value_at(parameter, reflected(share))


def reflected(share: float) -> float:
    """Return a share within 0 and 1: what goes beyond an end is thrown back from it."""
    share = abs(share) % 2.0
    return min(2.0 - share if share > 1.0 else share, LAST)


@SEARCHERS.register("evolution")
def evolution(population: int = 20, tournament: int = 5) -> Searcher:
    """Evolve: change the best of a few recent trials in one place."""
    return Evolution(population, tournament)
