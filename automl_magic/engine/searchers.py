"""Who proposes the next configuration: one function from a view and a Generator to a configuration."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from automl_magic.engine.configs import identity as identity
from automl_magic.engine.events import Config
from automl_magic.engine.history import View
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace
from automl_magic.extend import SEARCHERS

DRAWS = 100  # duplicates in a row after which a space is taken to be finite and is enumerated
SHUFFLED = 20_000  # a grid up to this size is visited in a fixed random order, a larger one in its own


class Searcher(Protocol):
    """A callable `searcher(view, rng)`; None means that the space is exhausted. `name` is what trials say of it."""

    name: str

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""


class NamedSearcher:
    """A function as a searcher."""

    def __init__(self, name: str, propose: Callable[[View, np.random.Generator], Config | None]) -> None:
        self.name = name
        self._propose = propose

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        return self._propose(view, rng)


def seen_in(view: View) -> set[str]:
    """Return the identities of what was tried, is being tried or was skipped."""
    return {trial.key for trial in view.trials}.union(map(identity, (*view.pending, *view.skipped)))


def sample_new(view: View, rng: np.random.Generator) -> Config | None:
    """Draw from the space what was not tried yet; None when nothing is left."""
    seen = seen_in(view)
    for _ in range(DRAWS):
        config = view.space.sample(rng)
        if identity(config) not in seen:
            return config
    return next((config for config in whole(view.space) if identity(config) not in seen), None)


def whole(space: SearchSpace) -> Iterator[Config]:
    """Enumerate a finite space; for one with continuous parameters, nothing."""
    finite = all(parameter.kind != "float" or parameter.low == parameter.high for parameter in space.parameters)
    widest = max(
        (parameter.high - parameter.low + 1 for parameter in space.parameters if parameter.kind == "int"), default=1
    )
    return space.grid(int(widest)) if finite else iter(())


@SEARCHERS.register("random")
def random() -> Searcher:
    """Draw each configuration from the prior, none twice."""
    return NamedSearcher("random", sample_new)


class GridSearcher:
    """Visit the points of a grid, none twice. A small grid is visited in a fixed random order.

    Parameters
    ----------
    points : int
        Points for each number; choices have all their options.
    """

    name = "grid"

    def __init__(self, points: int) -> None:
        self.points = points
        self._of: SearchSpace | None = None
        self._left: Iterator[Config] = iter(())

    def __call__(self, view: View, rng: np.random.Generator) -> Config | None:
        """Propose the next configuration."""
        if self._of is not view.space:
            self._of, self._left = view.space, self._visit(view.space)
        seen = seen_in(view)
        return next((config for config in self._left if identity(config) not in seen), None)

    def _visit(self, space: SearchSpace) -> Iterator[Config]:
        begin = list(itertools.islice(space.grid(self.points), SHUFFLED + 1))
        if len(begin) > SHUFFLED:
            return space.grid(self.points)
        order = generator_of("grid", space.fingerprint()).permutation(len(begin))
        return iter([begin[place] for place in order])


@SEARCHERS.register("grid")
def grid(points: int = 3) -> Searcher:
    """Visit a grid of `points` values for each number."""
    return GridSearcher(points)
