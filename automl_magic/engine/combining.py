"""The combinations of a grid: how many there are, and each of them by its number, without making the others."""

from __future__ import annotations

from collections.abc import Sequence

from automl_magic.engine.drawing import spread
from automl_magic.engine.events import Config
from automl_magic.engine.parameters import Parameter

STEPS = 20_000  # of counting combinations that hang on each other: a tenth of a second, and nobody shall wait longer


class TooManyStepsError(ValueError):
    """Combinations hang on each other in so many ways that counting them is not worth the time."""


class Combinations:
    """Every combination of `points` values for each number and all options, in the order of `drawing.combine`.

    Parameters
    ----------
    ordered : sequence of Parameter
        In the order of draws.
    points : int
        Values for each number.
    steps : int, optional
        The most steps that counting may take.

    Attributes
    ----------
    size : int
        Their number.

    Raises
    ------
    TooManyStepsError
        If counting takes more than `steps` steps, where they are limited.
    """

    def __init__(self, ordered: Sequence[Parameter], points: int, steps: int | None = None) -> None:
        self._ordered = ordered
        self._values = [spread(parameter, points) for parameter in ordered]
        self._asked = _asked_about(ordered)
        self._known: dict[tuple[int, str], int] = {}
        self._left = steps
        self.size = self._below(0, {})
        self._left = None

    def __getitem__(self, number: int) -> Config:
        """Return the combination of a number from 0 on."""
        config: Config = {}
        for place, parameter in enumerate(self._ordered):
            if not parameter.is_active(config):
                continue
            for value in self._values[place]:
                below = self._below(place + 1, {**config, parameter.label: value})
                if parameter.label not in self._asked[place + 1]:  # then below each value there is the same number
                    value, number = self._values[place][number // below], number % below
                    break
                if number < below:
                    break
                number -= below
            config[parameter.label] = value
        return config

    def _below(self, place: int, config: Config) -> int:
        """Return the number of combinations of the parameters from `place` on, where those before it are set."""
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise TooManyStepsError("counting the combinations takes too many steps")
        if place == len(self._ordered):
            return 1
        seen = {label: value for label, value in config.items() if label in self._asked[place]}
        key = (place, repr(seen))
        if key not in self._known:
            parameter = self._ordered[place]
            if not parameter.is_active(seen):
                self._known[key] = self._below(place + 1, seen)
            elif parameter.label not in self._asked[place + 1]:
                self._known[key] = len(self._values[place]) * self._below(place + 1, seen)
            else:
                values = self._values[place]
                self._known[key] = sum(self._below(place + 1, {**seen, parameter.label: value}) for value in values)
        return self._known[key]


def _asked_about(ordered: Sequence[Parameter]) -> list[frozenset[str]]:
    """Return for each place the parents that a parameter from there on asks about."""
    asked: list[frozenset[str]] = [frozenset()] * (len(ordered) + 1)
    for place in reversed(range(len(ordered))):
        asked[place] = asked[place + 1] | {parent for pairs in ordered[place].conditions for parent, _ in pairs}
    return asked


def combinations_of(ordered: Sequence[Parameter], points: int) -> Combinations | None:
    """Return the combinations; None where they hang on each other in too many ways to be counted."""
    try:
        return Combinations(ordered, points, STEPS)
    except (TooManyStepsError, RecursionError):  # a step for each parameter goes one deeper
        return None
