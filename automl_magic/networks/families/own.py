"""A network of the person's own: the class of a torch module and the values that were chosen for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from automl_magic.networks.graph import Inputs


@dataclass(frozen=True)
class OwnModule:
    """A factory and the values that it is called with; it has no graph.

    Attributes
    ----------
    factory : callable
        Makes a torch module. One that takes `inputs` is told what comes in (an `Inputs`), unless a value is given.
    values : tuple of (str, value)
        What was chosen.
    """

    factory: Callable[..., Any]
    values: tuple[tuple[str, Any], ...]

    @property
    def name(self) -> str:
        """How the factory is called."""
        return str(getattr(self.factory, "__name__", type(self.factory).__name__))

    def make(self, inputs: Inputs) -> Any:
        """Return a fresh module."""
        values = dict(self.values)
        if "inputs" not in values and _takes_inputs(self.factory):
            values["inputs"] = inputs
        return self.factory(**values)


class OwnFactory:
    """Make an `OwnModule` of the values that were chosen; called as the person's factory is."""

    def __init__(self, factory: Callable[..., Any]) -> None:
        self.factory = factory
        self.__name__ = str(getattr(factory, "__name__", type(factory).__name__))
        self.__qualname__ = str(getattr(factory, "__qualname__", self.__name__))

    def __call__(self, **values: Any) -> OwnModule:
        """Return what was chosen."""
        return OwnModule(self.factory, tuple(values.items()))


def _takes_inputs(factory: Callable[..., Any]) -> bool:
    try:
        return "inputs" in inspect.signature(factory).parameters
    except (TypeError, ValueError):  # a class of C has no signature
        return False
