"""A parameter as a few functions of its value, and two as their products: what effects are made of."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple, TypeAlias, TypeGuard

import numpy as np
from numpy.polynomial import legendre

DEGREES = ((1, 2), (3, 4))  # of the polynomials of the first two levels
KNOTS = 10  # of the last level: straight between places that part the trials equally
PLACES = 64  # that stand for the prior of a number
GROUPS = 5  # into which the options of a choice are put at the most

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Columns:
    """One parameter as functions, the coarse ones first: the first level is orthonormal under the prior.

    Attributes
    ----------
    levels : tuple of arrays of shape (n_columns, n_trials)
        At the trials.
    prior : tuple of arrays of shape (n_columns, n_places)
        At places that stand for the prior.
    """

    levels: tuple[Array, ...]
    prior: tuple[Array, ...]


class Term(NamedTuple):
    """A level of one parameter (`other` is -1), or the product of the first levels of two."""

    one: int
    other: int = -1
    level: int = 0

    @property
    def is_pair(self) -> bool:
        """Whether it is a product."""
        return self.other >= 0


@dataclass(frozen=True)
class Expansion:
    """All parameters as functions, and the terms that can be made of them.

    Attributes
    ----------
    columns : sequence of Columns
        Of each parameter.
    trials : int
        Number of trials.
    """

    columns: Sequence[Columns]
    trials: int

    def pairs(self) -> list[Term]:
        """Return every product of two parameters."""
        return [Term(one, other) for one, other in combinations(range(len(self.columns)), 2)]

    def fine(self, number: int) -> list[Term]:
        """Return every level of a parameter."""
        return [Term(number, level=level) for level in range(len(self.columns[number].levels))]

    def rows(self, terms: Iterable[Term]) -> Array:
        """Return the functions of terms at the trials, under each other."""
        return np.concatenate([np.empty((0, self.trials)), *map(self.rows_of, terms)])

    def rows_of(self, term: Term) -> Array:
        """Return the functions of one term at the trials."""
        if not term.is_pair:
            return self.columns[term.one].levels[term.level]
        first, second = self.columns[term.one].levels[0], self.columns[term.other].levels[0]
        return np.asarray((first[:, None, :] * second[None, :, :]).reshape(-1, first.shape[1]))


def columns_of(parameter: Mapping[str, Any], configs: Sequence[Mapping[str, Any]]) -> Columns | None:
    """Return the functions of a parameter at the trials; 0 where it does not count. None where it did not vary.

    Parameters
    ----------
    parameter : dict
        As `SearchSpace.to_json` has it.
    configs : sequence of dict
        Of the trials.
    """
    values = [config.get(parameter["label"]) for config in configs]
    is_there = np.array([parameter["label"] in config for config in configs], dtype=bool)
    if parameter["kind"] == "choice":
        return _of_choice(parameter, values, is_there)
    is_there &= np.array([is_number(value) for value in values], dtype=bool)
    return _of_number(parameter, values, is_there)


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value is a number: what was a choice before may hold others."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def key_of(value: Any) -> str:
    """Return a text that is equal for equal options only."""
    return json.dumps(value, sort_keys=True, default=repr)


def unit_places(parameter: Mapping[str, Any], values: Sequence[float]) -> Array:
    """Return the places of numbers on the declared range, on its own scale: 0 at its low end, 1 at its high end."""
    given = np.asarray(values, dtype=float)
    low, high = min(float(parameter["full_low"]), *given), max(float(parameter["full_high"]), *given)
    if parameter["log"] and low > 0:
        given, low, high = np.log(given), math.log(low), math.log(high)
    return np.asarray((given - low) / (high - low) if high > low else np.zeros(len(given)), dtype=float)


def _of_number(parameter: Mapping[str, Any], values: Sequence[Any], is_there: Array) -> Columns | None:
    found = [value for value, is_own in zip(values, is_there, strict=True) if is_own]
    if len(set(found)) < 2:
        return None
    places = unit_places(parameter, found)
    knots = np.unique(np.quantile(places, np.linspace(0, 1, KNOTS)))
    prior = (np.arange(PLACES) + 0.5) / PLACES
    degrees = [degrees for degrees in DEGREES if degrees[0] < len(set(found))]
    levels = [(_spread(_polynomials(places, *two), is_there), _polynomials(prior, *two)) for two in degrees]
    if len(set(found)) > 2 * DEGREES[-1][-1]:
        levels.append((_spread(_hats(places, knots), is_there), _hats(prior, knots)))
    return Columns(tuple(level for level, _ in levels), tuple(level for _, level in levels))


def _polynomials(places: Array, lowest: int, highest: int) -> Array:
    """Return Legendre's polynomials, orthonormal where every place is equally likely, as rows."""
    size = np.sqrt(2 * np.arange(highest + 1) + 1)[:, None]
    return np.asarray((legendre.legvander(2 * places - 1, highest).T * size)[lowest:])


def _hats(places: Array, knots: Array) -> Array:
    """Return functions that are 1 at one knot, 0 at the others and straight between them, as rows."""
    return np.array([np.interp(places, knots, own) for own in np.eye(len(knots))[1:]])


def _of_choice(parameter: Mapping[str, Any], values: Sequence[Any], is_there: Array) -> Columns | None:
    keys = [key_of(value) for value, is_own in zip(values, is_there, strict=True) if is_own]
    counted = Counter(keys)
    if len(counted) < 2:
        return None
    options = list(dict.fromkeys([*map(key_of, parameter["full_options"]), *keys]))
    if len(options) > GROUPS:
        often = {key for key, _ in counted.most_common(GROUPS - 1)}
        group = {key: (sorted(often).index(key) if key in often else GROUPS - 1) for key in options}
    else:
        group = {key: place for place, key in enumerate(options)}
    prior = np.array([group[key] for key in options])
    contrasts = _contrasts(np.bincount(prior) / len(prior))
    level = _spread(contrasts[:, [group[key] for key in keys]], is_there)
    return Columns((level,), (contrasts[:, prior],))


def _contrasts(weights: Array) -> Array:
    """Return rows over groups of options: orthonormal, and of mean 0, under the weights."""
    root = np.sqrt(weights)
    basis, _ = np.linalg.qr(np.column_stack([root, np.eye(len(weights))[:, 1:] * root[:, None]]))
    return np.asarray((basis[:, 1:] / root[:, None]).T)


def _spread(rows: Array, is_there: Array) -> Array:
    """Return rows over all trials: 0 where the parameter does not count."""
    whole = np.zeros((len(rows), len(is_there)))
    whole[:, is_there] = rows
    return whole
