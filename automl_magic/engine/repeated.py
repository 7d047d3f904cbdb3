"""How many of a part there are: a choice whose option k brings parts 1 to k, each the same part under every option."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from automl_magic.engine.holes import Build, Choice, Int, as_hole
from automl_magic.engine.keys import is_number, plain
from automl_magic.engine.parameters import middle
from automl_magic.errors import SpaceError

MOST = 64  # a choice of up to k parts holds k (k + 1) / 2 of them


class Repeated(Choice):
    """A number of parts to be found, and what is to be found in each of them.

    The object made is a tuple of the parts. Part 2 has one label whatever the number: it counts where there are two
    or more. Parts stand beside the choice, not below it.

    Parameters
    ----------
    counts : int, Int or Choice of int
        How many parts there may be.
    part : callable
        Called with a number from 1 on; returns the template of that part.
    noun : str
        How a part is called: "layer" gives the labels layer1, layer2, …
    label : str
        How their number is called.
    least : int
        The smallest number that has a meaning.

    Raises
    ------
    SpaceError
        If the counts are no whole numbers from `least` to 64.

    Examples
    --------
    >>> from automl_magic.engine.space import compile_space
    >>> layers = Repeated(Int(1, 2), lambda number: {"units": Choice(16, 32)}, "layer", "depth")
    >>> space = compile_space(Build(dict, layers=layers))
    >>> space.labels
    ('depth', 'layer1.units', 'layer2.units')
    >>> space.make({"depth": 1, "layer1.units": 32})
    {'layers': ({'units': 32},)}
    """

    def __init__(self, counts: Any, part: Callable[[int], Any], noun: str, label: str, least: int = 1) -> None:
        numbers, default = _numbers(counts, label, least)
        self.part, self.noun, self.label, self.least = part, noun, label, least
        pairs = [(count, Build(_row, **{f"{noun}{k}": part(k) for k in range(1, count + 1)})) for count in numbers]
        self._set(pairs, default, None)

    def instead(self, value: Any) -> Any:
        """Return the choice with other numbers of the same parts."""
        return Repeated(value, self.part, self.noun, self.label, self.least)

    def __repr__(self) -> str:
        more = "" if self.default == self.keys[0] else f", default={self.default!r}"
        return f"Choice({', '.join(map(repr, self.keys))}{more})"


def _row(**parts: Any) -> tuple[Any, ...]:
    return tuple(parts.values())


def _numbers(counts: Any, label: str, least: int) -> tuple[list[int], int]:
    """Return the counts that may be, and the one that is tried first."""
    hole = as_hole(counts)
    if hole is not None and hole.name is not None:
        raise SpaceError(
            f"{label} must be a hole without a name of its own. Got {counts!r} instead.", "Leave name out."
        )
    if isinstance(hole, Int) and least <= hole.low and hole.high <= MOST:
        return list(range(hole.low, hole.high + 1)), middle(hole)
    options = hole.options if isinstance(hole, Choice) else (counts,)
    numbers = [plain(option) for option in options]
    if not all(is_number(number) and least <= number <= MOST and number == int(number) for number in numbers):
        raise SpaceError(
            f"{label} must be a whole number from {least} to {MOST}, or a hole of them. Got {counts!r} instead.",
            f"Write for example {label}=Int({max(least, 1)}, 4).",
        )
    whole = [int(number) for number in numbers]
    return whole, int(hole.default) if isinstance(hole, Choice) else whole[0]
