"""How well a model foretells trials that were left out, and whether one does so clearly better than another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.special import ndtr

from automl_magic.expansion import Array, Expansion, Term

RIDGES = (1e-8, 1e-6, 1e-4, 1e-3, 1e-2)
MOST = 0.9  # of what a rival leaves: so much less is clear however little it is ...
LITTLE = 0.001  # ... but for this share of the variance


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


def gains(errors: Array, rival: Array, gain: float) -> bool:
    """Whether errors are smaller than a rival's by a share of the variance, or by most of what the rival leaves."""
    before, after = float(rival @ rival) / len(rival), float(errors @ errors) / len(errors)
    return before - after >= min(gain, max(MOST * before, LITTLE))


def is_better(errors: Array, rival: Array, gain: float, chance: float) -> bool:
    """Whether errors are smaller than a rival's, by so much and so surely, trial by trial."""
    if not gains(errors, rival, gain):
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
