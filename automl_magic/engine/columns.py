"""The labels of a space as columns of numbers: how a value becomes a coordinate and back, and which labels count."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

Settled: TypeAlias = Mapping[int, int]  # the options taken so far, by the place of the column
SLACK = 1e-9  # of a step, within which a bound counts as a multiple of it
DIGITS = 12  # significant digits of a drawn number: the same on every processor, and exact in JSON


@dataclass(frozen=True)
class Column:
    """One label.

    The coordinate of a category is its place among the options. That of a number is `(z - zero) / scale`, where z is
    the number or its logarithm: from 0 to 1 between bounds; without bounds in standard deviations from the mean.

    Attributes
    ----------
    label : str
        The label.
    place : int
        Of the column among all, parents first.
    options : int
        Number of options of a category; 0 for a number.
    first : int
        What hyperopt calls the first option.
    low, high : float
        Bounds of z; infinite for a normal distribution.
    zero, scale : float
        See above.
    log : bool
        Whether z is the logarithm.
    step : float
        Numbers are multiples of it; 0 where any number is allowed.
    whole : bool
        Whether values are told as whole numbers of Python's.
    prior : tuple of float or None
        What a person expects: of a number mean and deviation as coordinates, of a category the options' shares.
    conditions : tuple of tuple of (place, option)
        It counts when all pairs of one alternative hold; ((),) is always.
    is_fork : bool
        Whether other labels hang on its options.
    """

    label: str
    place: int
    options: int = 0
    first: int = 0
    low: float = -math.inf
    high: float = math.inf
    zero: float = 0.0
    scale: float = 1.0
    log: bool = False
    step: float = 0.0
    whole: bool = False
    prior: tuple[float, ...] | None = None
    conditions: tuple[tuple[tuple[int, int], ...], ...] = ((),)
    is_fork: bool = False

    @property
    def is_bounded(self) -> bool:
        """Whether it has bounds; a category has."""
        return bool(self.options) or math.isfinite(self.low)

    def counts(self, settled: Settled) -> bool:
        """Whether the options taken so far make the label count."""
        for pairs in self.conditions:
            for place, option in pairs:
                if settled.get(place) != option:
                    break
            else:
                return True
        return False

    def coordinate(self, value: Any) -> float:
        """Return the coordinate of a value; one outside the bounds is moved to the edge."""
        if self.options:
            return float(int(value) - self.first)
        z = float(value)
        if self.log:
            z = math.log(max(z, self.step / 4 or 1e-300))
        return (min(max(z, self.low), self.high) - self.zero) / self.scale

    def value(self, coordinate: float) -> Any:
        """Return the value at a coordinate: a whole number, or one of 12 significant digits, within bounds and steps.

        Scalar functions only: numpy's vectorised exp differs from processor to processor.
        """
        if self.options:
            return int(coordinate) + self.first
        z = self.zero + self.scale * coordinate
        number = math.exp(min(z, 700.0)) if self.log else z
        if self.step:
            number = self.multiple(round(number / self.step)) * self.step
        else:
            low, high = self.bounds
            number = min(max(float(f"{number:.{DIGITS}g}"), low), high)
        return int(round(number)) if self.whole else float(f"{number:.{DIGITS}g}") if self.step else number

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds of the values."""
        if not self.log:
            return self.low, self.high
        return math.exp(self.low), (math.exp(self.high) if math.isfinite(self.high) else math.inf)

    @property
    def multiples(self) -> tuple[float, float]:
        """The first and last multiple of the step within the bounds; where there is none, what hyperopt rounds to."""
        low, high = (bound / self.step for bound in self.bounds)
        if not self.is_bounded:
            return (0.0 if self.log else -math.inf), math.inf
        first, last = math.ceil(low - SLACK), math.floor(high + SLACK)
        return (first, last) if first <= last else (round(low), round(high))

    def multiple(self, number: float) -> float:
        """Return the multiple nearest to one that is allowed."""
        first, last = self.multiples
        return min(max(number, first), last)

    @property
    def values(self) -> float:
        """Number of values that it can have."""
        if self.options:
            return self.options
        first, last = self.multiples if self.step else (-math.inf, math.inf)
        return last - first + 1


@dataclass(frozen=True, eq=False)
class Columns:
    """All labels of a space, parents first."""

    all: tuple[Column, ...]
    kept: dict[Any, Any] = field(default_factory=dict, repr=False)  # what others work out from it once

    @property
    def forks(self) -> tuple[Column, ...]:
        """The choices on whose options other labels hang."""
        return tuple(column for column in self.all if column.is_fork)

    def counting(self, settled: Settled) -> tuple[Column, ...]:
        """Return the columns that count once every fork that counts is settled."""
        key = ("counting", *sorted(settled.items()))
        if key not in self.kept:
            self.kept[key] = tuple(column for column in self.all if column.counts(settled))
        found: tuple[Column, ...] = self.kept[key]
        return found

    def every(self) -> Iterator[dict[int, float]]:
        """Yield the coordinates of every configuration by place, where their number is finite; else nothing."""
        if any(math.isinf(column.values) for column in self.all):
            return iter(())

        def after(place: int, found: dict[int, float]) -> Iterator[dict[int, float]]:
            while place < len(self.all) and not self.all[place].counts(cast("Settled", found)):
                place += 1
            if place == len(self.all):
                yield found
                return
            column = self.all[place]
            for number in range(int(column.values)):
                if column.prior is not None and column.options and not column.prior[number]:
                    continue
                coordinate = (
                    number if column.options else column.coordinate((column.multiples[0] + number) * column.step)
                )
                yield from after(place + 1, {**found, place: float(coordinate)})

        return after(0, {})

    @property
    def family(self) -> Column | None:
        """The choice of families: of the forks that hang on no other, the first of those with the most labels."""
        if "family" not in self.kept:
            top = [fork for fork in self.forks if not self.above(fork)]
            count = {fork.place: sum(self.below(fork, option) for option in range(fork.options)) for fork in top}
            self.kept["family"] = max(top, key=lambda fork: count[fork.place], default=None)
        found: Column | None = self.kept["family"]
        return found

    def above(self, column: Column) -> frozenset[int]:
        """Return the places of the forks that a column hangs on, at any depth."""
        key = ("above", column.place)
        if key not in self.kept:
            parents = {place for pairs in column.conditions for place, _ in pairs}
            self.kept[key] = frozenset(parents).union(*(self.above(self.all[place]) for place in parents))
        found: frozenset[int] = self.kept[key]
        return found

    def is_of_amounts(self, fork: Column) -> bool:
        """Whether the options of a fork bring more and more of the same labels, as a number of layers does."""
        sets = sorted((self._below(fork, option) for option in range(fork.options)), key=len)
        return all(less < more for less, more in itertools.pairwise(sets))

    def below(self, fork: Column, option: int) -> int:
        """Return the number of labels that an option of a fork can make count, at any depth."""
        return len(self._below(fork, option))

    def _below(self, fork: Column, option: int) -> frozenset[int]:
        key = ("below", fork.place, option)
        if key not in self.kept:
            reached = {(fork.place, option)}
            found: set[int] = set()
            for column in self.all:
                if column.place not in found and any(reached & set(pairs) for pairs in column.conditions):
                    found.add(column.place)
                    reached |= {(column.place, other) for other in range(column.options if column.is_fork else 0)}
            self.kept[key] = frozenset(found)
        places: frozenset[int] = self.kept[key]
        return places
