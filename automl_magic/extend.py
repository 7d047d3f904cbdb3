"""Registries: how models, steps, searchers, schedulers, metrics, splitters and charts are added, by anybody."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar, cast

from automl_magic.errors import OptionError, did_you_mean

T = TypeVar("T")
M = TypeVar("M")


class Registry(Generic[T]):
    """Map a key to what was registered under it.

    Another package adds its own through the entry point group ``automl_magic.<kind>s``: the entry point's name is the
    key, its object the value. Entry points are read at the first look-up that needs them.

    Parameters
    ----------
    kind : str
        The word for one member, used in messages: "model", "metric".
    *homes : str
        Modules of ours that register members; imported at the first look-up.

    Examples
    --------
    >>> greetings = Registry("greeting")
    >>> @greetings.register("hello")
    ... def hello():
    ...     return "hello"
    >>> greetings.get("hello")()
    'hello'
    """

    def __init__(self, kind: str, *homes: str) -> None:
        self.kind = kind
        self._homes = homes
        self._members: dict[str, T] = {}
        self._loaded = False

    def register(self, key: str) -> Callable[[M], M]:
        """Return a decorator that registers its argument under `key`; a second one under a key replaces the first."""

        def keep(member: M) -> M:
            self._members[key] = cast(T, member)
            return member

        return keep

    def keys(self) -> tuple[str, ...]:
        """Return every key, those of other packages included, in order of registration."""
        self._load()
        return tuple(self._members)

    def get(self, key: str) -> T:
        """Return the member under `key`.

        Raises
        ------
        OptionError
            If there is none; the message names the nearest keys.
        """
        if key not in self._members:
            self._load()
        if key not in self._members:
            known = ", ".join(sorted(self._members))
            raise OptionError(f'No {self.kind} named "{key}".{did_you_mean(key, self._members)}', f"Known: {known}.")
        return self._members[key]

    def __contains__(self, key: object) -> bool:
        self._load()
        return key in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        for home in self._homes:
            importlib.import_module(home)
        for point in entry_points(group=f"automl_magic.{self.kind}s"):
            try:
                member = point.load()
            except Exception as error:  # another package's fault must not end ours, but it must be heard
                warnings.warn(
                    f"The {self.kind} {point.name!r} of {point.value!r} could not be loaded: {error!r}", stacklevel=3
                )
                continue
            self._members.setdefault(point.name, member)


MODELS: Registry[Callable[..., Any]] = Registry("model", "automl_magic.tabular.models", "automl_magic.networks.family")
COSTS: Registry[Callable[..., float]] = Registry("cost", "automl_magic.tabular.costs", "automl_magic.networks.family")
STEPS: Registry[Callable[..., object]] = Registry("step")
SEARCHERS: Registry[Callable[..., Any]] = Registry(
    "searcher",
    "automl_magic.engine.tpe",
    "automl_magic.engine.searchers",
    "automl_magic.engine.grid",
    "automl_magic.engine.sobol",
    "automl_magic.engine.hyperopt_tpe",
    "automl_magic.engine.evolution",
    "automl_magic.engine.differential",
    "automl_magic.engine.local",
    "automl_magic.engine.reinforce",
    "automl_magic.engine.hybrid",
)
SCHEDULERS: Registry[Callable[..., Any]] = Registry(
    "scheduler", "automl_magic.engine.schedulers", "automl_magic.engine.halving", "automl_magic.engine.first_fold"
)
METRICS: Registry[object] = Registry("metric", "automl_magic.tabular.metrics")
SPLITTERS: Registry[Any] = Registry("splitter")
CHARTS: Registry[Callable[..., object]] = Registry(
    "chart",
    "automl_magic.notebook.charts",
    "automl_magic.notebook.race_chart",
    "automl_magic.notebook.column_chart",
)
