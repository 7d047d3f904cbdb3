"""Who proposes the next configuration: one function from a view and a Generator to a configuration.

A searcher decides from the view and the Generator alone. What it keeps besides is a cache that it could make again: so
a run that is resumed, or made again with other workers, goes the same way.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from automl_magic.engine.configs import identity as identity
from automl_magic.engine.events import Config
from automl_magic.engine.history import View
from automl_magic.engine.room import mended
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import SpaceError
from automl_magic.extend import SEARCHERS

_BEGUN: set[str] = set()  # modules that a thread imports, or has tried to
DRAWS = 100  # duplicates in a row after which a space is taken to be finite and is enumerated
REDRAWS = 20  # proposals that break a rule or were tried already, before a random draw takes their place
WALKS = 3  # towards the rules, where no draw meets them
FEW = 20_000  # configurations that are gone through one by one where rules leave nothing to draw


class Searcher(Protocol):
    """A callable `searcher(view, rng)`; None means that the space is exhausted. `name` is what trials say of it.

    Three more are asked for where a searcher has them: `is_starting(view)`, whether what it proposes there is a random
    draw that comes before its own method; `announce(space, trials)`, a sentence for the run's first note, or None; and
    `ended`, the reason in words why a run ends when it has returned None.
    """

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


class Walk:
    """Configurations in a fixed order, made one by one when their turn comes.

    Parameters
    ----------
    configs : iterator of dict
        In the order in which they are to be tried.
    """

    def __init__(self, configs: Iterator[Config]) -> None:
        self._made: list[tuple[str, Config]] = []
        self._more = configs

    def first_beside(self, seen: set[str]) -> Config | None:
        """Return the first configuration that is not among those seen; None when all are."""
        for key, config in self._made:
            if key not in seen:
                return config
        for config in self._more:
            key = identity(config)
            self._made.append((key, config))
            if key not in seen:
                return config
        return None


def import_ahead(module: str) -> None:
    """Begin to import a module that takes a second, in a thread: the first proposal shall not wait for it."""

    def load() -> None:
        with contextlib.suppress(ImportError):  # the first proposal says it
            importlib.import_module(module)

    if module not in sys.modules and module not in _BEGUN:
        _BEGUN.add(module)
        threading.Thread(target=load, name=f"automl-import-{module}", daemon=True).start()


def origin_of(searcher: Searcher, view: View) -> str:
    """Return what a trial says of where it comes from: the searcher's name, and whether it still draws at random."""
    name = str(getattr(searcher, "name", "search"))
    is_starting = getattr(searcher, "is_starting", None)
    return f"{name} (random start)" if is_starting is not None and is_starting(view) else name


def seen_in(view: View) -> set[str]:
    """Return the identities of what was tried, is being tried or was skipped."""
    return {trial.key for trial in view.trials}.union(map(identity, (*view.pending, *view.skipped)))


def first_new(view: View, rng: np.random.Generator, propose: Callable[[], Config]) -> Config | None:
    """Return the first of a few proposals that meets the rules and was not tried yet, else a random draw."""
    seen = seen_in(view)
    for _ in range(REDRAWS):
        config = propose()
        if identity(config) not in seen and view.space.contains(config):
            return config
    return sample_new(view, rng)


def sample_new(view: View, rng: np.random.Generator) -> Config | None:
    """Draw from the space what was not tried yet; None when nothing is left.

    Raises
    ------
    SpaceError
        If rules leave nothing that can be drawn; the one that refuses most is named.
    """
    seen = seen_in(view)
    for _ in range(DRAWS):
        try:
            config = view.space.sample(rng)
        except SpaceError:
            if is_small(view.space) and any(True for _ in whole(view.space)):
                break
            walked = (mended(view.space, view.space.ordered, rng) for _ in range(WALKS))
            found = next((one for one in walked if one is not None and identity(one) not in seen), None)
            if found is None:
                raise
            return found
        if identity(config) not in seen:
            return config
    return next((config for config in whole(view.space) if identity(config) not in seen), None)


def is_small(space: SearchSpace) -> bool:
    """Whether a space is finite and has so few configurations, rules aside, that all can be gone through."""
    points = _widest(space)
    size = None if points is None else space.grid_size(points)
    return size is not None and size <= FEW


def whole(space: SearchSpace) -> Iterator[Config]:
    """Enumerate a finite space; for one with continuous parameters, nothing."""
    points = _widest(space)
    return iter(()) if points is None else space.grid(points)


def _widest(space: SearchSpace) -> int | None:
    """Return how many whole numbers the widest parameter has; None where one is continuous."""
    if any(parameter.kind == "float" and not parameter.is_fixed for parameter in space.parameters):
        return None
    widths = (int(parameter.high - parameter.low) + 1 for parameter in space.parameters if parameter.kind == "int")
    return max(widths, default=1)


@SEARCHERS.register("random")
def random() -> Searcher:
    """Draw each configuration from the prior, none twice."""
    return NamedSearcher("random", sample_new)
