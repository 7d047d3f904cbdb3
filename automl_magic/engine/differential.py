"""Differential evolution: a trial moves along the difference of two others."""

from __future__ import annotations

import numpy as np

from automl_magic.engine.cube import config_at, share_of
from automl_magic.engine.events import Config
from automl_magic.engine.history import Trial, View
from automl_magic.engine.order import order_of_trial
from automl_magic.engine.search_options import number_within, whole_number
from automl_magic.engine.searchers import Searcher, first_new, sample_new
from automl_magic.engine.seeds import generator_of
from automl_magic.extend import SEARCHERS

PARENTS = 3  # members besides the target that a mutant needs


class DifferentialEvolution:
    """Propose by rand/1/bin in the unit cube.

    The population has so many places, and the trial of step s stands for place s mod `population`. Whoever is better
    keeps the place, so its member is simply the best trial that ever stood for it: nothing need be remembered. A new
    trial for a place is made of three members of others, a + F (b - c), of which it takes each coordinate with
    probability `crossover`, and the rest from the member of its place.

    An option has a share of its coordinate, as large as its weight. A parameter that does not count in a member has a
    coordinate all the same, drawn once for that member, so that places differ there too.

    Parameters
    ----------
    population : int
        The number of places; so many trials are drawn at random first.
    differential : float
        F, by how much a difference moves.
    crossover : float
        Probability that a coordinate is taken from the mutant.

    References
    ----------
    Storn, Price (1997), "Differential Evolution", J. Global Optimization 11. For search spaces of all kinds: Awad,
    Mallik, Hutter (2020), "Differential Evolution for Neural Architecture Search", arXiv 2012.06400, section 3.
    """

    name = "de"

    def __init__(self, population: int, differential: float, crossover: float) -> None:
        self.population = whole_number(self.name, "population", population, PARENTS + 1)
        self.differential = number_within(self.name, "differential", differential, 0.0, 2.0)
        self.crossover = number_within(self.name, "crossover", crossover, 0.0, 1.0)

    def is_starting(self, view: View) -> bool:
        """Whether the place that is due has no member yet, or too few other places have one."""
        members = self.members(view)
        return self._due(view) not in members or len(members) <= PARENTS

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        if self.is_starting(view):
            return sample_new(view, rng)
        members, due = self.members(view), self._due(view)
        points = {place: _point_of(view, trial) for place, trial in members.items()}
        others = [place for place in sorted(members) if place != due]
        return first_new(view, rng, lambda: self._child(view, points, due, others, rng))

    def members(self, view: View) -> dict[int, Trial]:
        """Return the best trial of each place that has one."""
        best: dict[int, Trial] = {}
        for trial in view.trials:
            place = trial.id % self.population
            if place not in best or order_of_trial(trial) < order_of_trial(best[place]):
                best[place] = trial
        return best

    def _due(self, view: View) -> int:
        return view.asked % self.population

    def _child(
        self, view: View, points: dict[int, np.ndarray], due: int, others: list[int], rng: np.random.Generator
    ) -> Config:
        one, two, three = (points[others[place]] for place in rng.permutation(len(others))[:PARENTS])
        mutant = one + self.differential * (two - three)
        outside = (mutant < 0) | (mutant >= 1)
        mutant[outside] = rng.random(int(outside.sum()))  # drawn anew, so that the walls attract nobody
        taken = rng.random(len(mutant)) < self.crossover
        taken[rng.integers(len(mutant))] = True  # of one coordinate at least, that it be another point
        child = np.where(taken, mutant, points[due])
        return config_at(view.space.ordered, dict(zip(_labels(view), map(float, child), strict=True)))


def _labels(view: View) -> list[str]:
    return [parameter.label for parameter in view.space.ordered]


def _point_of(view: View, trial: Trial) -> np.ndarray:
    """Return the point of a trial in the cube; coordinates of what does not count in it are drawn, once for all."""
    drawn = generator_of("de", view.seed, trial.id).random(len(view.space.ordered))
    for place, parameter in enumerate(view.space.ordered):
        if parameter.label in trial.config:
            drawn[place] = share_of(parameter, trial.config[parameter.label])
    return drawn


@SEARCHERS.register("de")
def de(population: int = 10, differential: float = 0.5, crossover: float = 0.5) -> Searcher:
    """Evolve by differences between trials."""
    return DifferentialEvolution(population, differential, crossover)
