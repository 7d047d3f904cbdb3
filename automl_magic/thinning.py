"""Terms that a model can do without are taken out: those without which it foretells trials left out as well."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.special import ndtr

from automl_magic.expansion import Array, Expansion, Term

RIDGES = (1e-8, 1e-6, 1e-4, 1e-3, 1e-2)
PAIR_GAIN, PAIR_CHANCE = 0.02, 1e-4  # what a pair must add to the told variance of trials left out, and how surely
OWN_GAIN, OWN_CHANCE = 0.01, 1e-2  # the same for a parameter


class LeftOut:
    """Errors of models at trials that were left out.

    Parameters
    ----------
    expansion : Expansion
        What terms there are.
    target : array of shape (n_trials,)
        What they are to explain, of mean 0 and variance 1.
    """

    def __init__(self, expansion: Expansion, target: Array) -> None:
        self.expansion, self.target = expansion, target
        self._errors: dict[frozenset[Term], Array] = {}

    def errors(self, terms: Iterable[Term]) -> Array:
        """Return the error at each trial of the model that was fitted to all the others."""
        key = frozenset(terms)
        if key not in self._errors:
            left, size, _ = self._turned(sorted(key))
            found = [self._left_out(left, size, ridge) for ridge in RIDGES]
            self._errors[key] = min(found, key=lambda errors: float(errors @ errors))
        return self._errors[key]

    def error(self, terms: Iterable[Term]) -> float:
        """Return the mean square of the errors; the variance of what is explained is 1."""
        return float((self.errors(terms) ** 2).mean())

    def weights(self, terms: Sequence[Term]) -> Array:
        """Return the weight of each function of the terms in turn, behind that of the constant."""
        left, size, right = self._turned(terms)
        ridge = min(RIDGES, key=lambda ridge: float((self._left_out(left, size, ridge) ** 2).sum()))
        return np.asarray(right.T @ (size / (size**2 + ridge * len(left)) * (left.T @ self.target)))

    def _turned(self, terms: Sequence[Term]) -> tuple[Array, Array, Array]:
        design = np.vstack([np.ones(len(self.target)), self.expansion.rows(terms)]).T
        left, size, right = np.linalg.svd(design, full_matrices=False)
        return left, size, right

    def _left_out(self, left: Array, size: Array, ridge: float) -> Array:
        kept = size**2 / (size**2 + ridge * len(left))
        lever = (left**2) @ kept
        return np.asarray((self.target - left @ (kept * (left.T @ self.target))) / np.maximum(1 - lever, 1e-3))


def with_sure_pairs(models: LeftOut, found: Sequence[Term], alone: Sequence[Term], least: Array) -> tuple[Term, ...]:
    """Return `found` with the pairs alone that no model without them can do without; the weaker half goes first.

    Parameters
    ----------
    models : LeftOut
        The errors of any model.
    found : sequence of Term
        The model.
    alone : sequence of Term
        The best model of effects alone.
    least : array of shape (n_trials,)
        The errors of the best model of effects alone, on whatever scale.
    """
    while (least @ least) / len(least) - models.error(found) >= PAIR_GAIN:
        rivals = {pair: _without(models, pair, found, alone, least) for pair in found if pair.is_pair}
        own = models.errors(found)
        unsure = [pair for pair, rival in rivals.items() if not _is_better(own, rival, PAIR_GAIN, PAIR_CHANCE)]
        if not unsure:
            return tuple(found)
        unsure.sort(key=lambda pair: float(rivals[pair] @ rivals[pair]))
        weakest = unsure[: (len(unsure) + 1) // 2]
        found = tuple(term for term in found if term not in weakest)
    return tuple(alone)


def _without(models: LeftOut, pair: Term, found: Sequence[Term], alone: Sequence[Term], least: Array) -> Array:
    """Return the errors of the best model without a pair: what is left, or with effects as fine as can be."""
    left = tuple(term for term in found if term != pair)
    fine = [term for number in pair[:2] for term in models.expansion.fine(number)]
    rivals = (left, tuple({*left, *alone}), tuple({*left, *alone, *fine}))
    return min((least, *map(models.errors, rivals)), key=lambda errors: float(errors @ errors))


def that_matter(models: LeftOut, found: Sequence[Term]) -> tuple[Term, ...]:
    """Return `found` without the parameters that it can do without; the weakest goes first."""
    while True:
        paired = {number for term in found if term.is_pair for number in term[:2]}
        single = {term.one for term in found} - paired
        rivals = {number: tuple(term for term in found if term.one != number) for number in single}
        own = models.errors(found)
        unsure = [
            number
            for number, rival in rivals.items()
            if not _is_better(own, models.errors(rival), OWN_GAIN, OWN_CHANCE)
        ]
        if not unsure:
            return tuple(found)
        weakest = min(unsure, key=lambda number: models.error(rivals[number]))
        found = rivals[weakest]


def _is_better(errors: Array, rival: Array, gain: float, chance: float) -> bool:
    """Whether errors are smaller than a rival's, by so much and so surely, trial by trial."""
    if (rival @ rival - errors @ errors) / len(errors) < gain:
        return False
    return _signed_rank(np.abs(rival) - np.abs(errors)) < chance


def _signed_rank(differences: Array) -> float:
    """Return the chance that differences are so much above 0, by the normal form of the signed-rank test.

    Wilcoxon (1945), "Individual Comparisons by Ranking Methods", Biometrics Bulletin 1. scipy.stats has it, and takes a
    second to import.
    """
    told = differences[differences != 0]
    if len(told) < 10:
        return 1.0
    ranks = np.abs(told).argsort(kind="stable").argsort(kind="stable") + 1.0
    number = len(told)
    spread = math.sqrt(number * (number + 1) * (2 * number + 1) / 24)
    return float(ndtr((number * (number + 1) / 4 - ranks[told > 0].sum()) / spread))
