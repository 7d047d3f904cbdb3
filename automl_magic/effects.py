"""The fewest effects that explain the scores: of parameters alone and of pairs, each above what chance gives."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy.special import ndtr

from automl_magic.additive import scales_of

SHUFFLES = 50  # of what is not explained: that is chance
CHANCE = 0.01  # that chance alone brings a term in
SCREENED = 200  # pairs that stay in view after the first look at all of them
TERMS = 12  # added at the most
DEPENDENT = 0.02  # of a column's square that must be left when the model is taken out of it
EXPLAINED = 0.9995  # beyond which nothing is looked for
RIDGES = (1e-8, 1e-6, 1e-4, 1e-3, 1e-2)
PAIR_GAIN, PAIR_CHANCE = 0.02, 1e-4  # what a pair must add to the told variance of trials left out, and how surely
OWN_GAIN, OWN_CHANCE = 0.01, 1e-2  # the same for a parameter
EULER = 0.5772156649

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


@dataclass(frozen=True)
class Effects:
    """Shares of the variance that the model explains where every parameter is drawn from its prior.

    Attributes
    ----------
    alone : mapping of int to float
        By parameter: of those that matter.
    pairs : mapping of (int, int) to float
        By pair of parameters, the lower one first.
    told : float
        Share of the variance that the model tells of trials left out, on the scale that needs fewest interactions.
    """

    alone: Mapping[int, float]
    pairs: Mapping[tuple[int, int], float]
    told: float


class Term(NamedTuple):
    """A level of one parameter (`other` is -1), or the product of the first levels of two."""

    one: int
    other: int = -1
    level: int = 0

    @property
    def is_pair(self) -> bool:
        """Whether it is a product."""
        return self.other >= 0


def effects_of(columns: Sequence[Columns], scores: Array, rng: np.random.Generator) -> Effects:
    """Explain scores by few effects: an expansion in orthogonal functions, of which only what stands out is kept.

    Parameters
    ----------
    columns : sequence of Columns
        Of each parameter.
    scores : array of shape (n_trials,)
        Higher is better.
    rng : Generator
        For the shuffles.

    Notes
    -----
    Trials that a searcher gathered are no sample of the prior: near the optimum everything is nearly additive, and the
    parameters drift together. So a pair counts only where a model with it foretells trials that were left out better
    than the best model without it, whose effects alone are as fine as wanted.

    References
    ----------
    Blatman and Sudret (2011), "Adaptive sparse polynomial chaos expansion based on least angle regression", Journal of
    Computational Physics 230: sparse expansions, their coefficients as Sobol indices, the error left out. Freedman and
    Lane (1983), "A Nonstochastic Interpretation of Reported Significance Levels", JBES 1: shuffled residuals.
    """
    scale, plain = scales_of(np.concatenate([part for own in columns for part in own.levels[:2]]), scores)
    if not scale.any():
        return Effects({}, {}, 0.0)
    model = _Model(columns, scale, rng)
    alone = model.grown((), with_pairs=False)
    if model.error(alone) > PAIR_GAIN:
        for other in (_Model(columns, plain, rng), model):
            start = other.grown((), with_pairs=False) if other is not model else alone
            found = min((other.grown(begin) for begin in ((), start)), key=other.error)
            found = other.with_sure_pairs(found, start, model.errors(alone))
            if any(term.is_pair for term in found):
                return other.shares(other.that_matter(found))
    return model.shares(model.that_matter(alone))


class _Model:
    """What is explained, and by what it may be explained."""

    def __init__(self, columns: Sequence[Columns], target: Array, rng: np.random.Generator) -> None:
        self.columns, self.target, self.rng = columns, target, rng
        self.pairs = [Term(one, other) for one, other in combinations(range(len(columns)), 2)]
        self._errors: dict[frozenset[Term], Array] = {}

    def rows(self, terms: Iterable[Term]) -> Array:
        """Return the columns of terms under each other."""
        return np.concatenate([np.empty((0, len(self.target))), *map(self._rows, terms)])

    def _rows(self, term: Term) -> Array:
        if not term.is_pair:
            return self.columns[term.one].levels[term.level]
        first, second = self.columns[term.one].levels[0], self.columns[term.other].levels[0]
        return np.asarray((first[:, None, :] * second[None, :, :]).reshape(-1, first.shape[1]))

    # -- forward ----------------------------------------------------------------------------------------------------

    def grown(self, start: Sequence[Term], with_pairs: bool = True) -> tuple[Term, ...]:
        """Add the term that stands out most until none does."""
        chosen, pairs = list(start), self.pairs if with_pairs else []
        for _ in range(TERMS if with_pairs else 2 * TERMS):
            basis = _basis(self.rows(chosen))
            rest = self.target - basis @ (basis.T @ self.target)
            if rest @ rest < (1 - EXPLAINED) * (self.target @ self.target):
                break
            found = self._strongest(self._next_levels(chosen), basis, rest)
            paired = self._strongest([pair for pair in pairs if pair not in chosen], basis, rest)
            if len(pairs) > SCREENED:
                pairs = [name for _, name in paired[:SCREENED]]
            best = max((*found[:1], *paired[:1]), default=(0.0, Term(0)))
            if best[0] <= 0:
                break
            chosen.append(best[1])
        return tuple(chosen)

    def _next_levels(self, chosen: Sequence[Term]) -> list[Term]:
        have = [0] * len(self.columns)
        for term in chosen:
            if not term.is_pair:
                have[term.one] = max(have[term.one], term.level + 1)
        return [
            Term(number, level=level)
            for number, level in enumerate(have)
            if level < len(self.columns[number].levels) and len(self.columns[number].levels[level])
        ]

    def _strongest(self, terms: Sequence[Term], basis: Array, rest: Array) -> list[tuple[float, Term]]:
        """Return the terms and how far beyond chance each stands out, the strongest first."""
        free = len(rest) - basis.shape[1]
        if not terms or free < 8:
            return []
        shuffled = self.rng.permuted(np.repeat(rest[None], SHUFFLES, axis=0), axis=1).T
        tried = np.column_stack([rest, shuffled - basis @ (basis.T @ shuffled)])
        names: list[Term] = []
        found = []
        for members in _by_width(terms, self._rows).values():
            names += [name for name, _ in members]
            found.append(_strength(np.stack([rows for _, rows in members]), basis, tried, free))
        strength = np.concatenate(found)
        beyond = strength[:, 0] - _chance(strength[:, 1:].max(axis=0))
        return sorted(zip(map(float, beyond), names, strict=True), reverse=True)

    # -- backward ---------------------------------------------------------------------------------------------------

    def errors(self, terms: Iterable[Term]) -> Array:
        """Return the error at each trial of the model that was fitted to all the others."""
        key = frozenset(terms)
        if key not in self._errors:
            left, size, _ = self._turned(sorted(key))
            found = [self._left_out(left, size, ridge) for ridge in RIDGES]
            self._errors[key] = min(found, key=lambda errors: float(errors @ errors))
        return self._errors[key]

    def _turned(self, terms: Sequence[Term]) -> tuple[Array, Array, Array]:
        design = np.vstack([np.ones(len(self.target)), self.rows(terms)]).T
        left, size, right = np.linalg.svd(design, full_matrices=False)
        return left, size, right

    def _left_out(self, left: Array, size: Array, ridge: float) -> Array:
        kept = size**2 / (size**2 + ridge * len(left))
        lever = (left**2) @ kept
        return np.asarray((self.target - left @ (kept * (left.T @ self.target))) / np.maximum(1 - lever, 1e-3))

    def error(self, terms: Iterable[Term]) -> float:
        """Return the mean square of the errors; the variance of what is explained is 1."""
        return float((self.errors(terms) ** 2).mean())

    def with_sure_pairs(self, found: Sequence[Term], alone: Sequence[Term], least: Array) -> tuple[Term, ...]:
        """Return `found` with the pairs alone that no model without them can do without; the weaker half goes first.

        `least` are the errors of the best model of effects alone, on whatever scale.
        """
        while (least @ least) / len(least) - self.error(found) >= PAIR_GAIN:
            rivals = {pair: self._without(pair, found, alone, least) for pair in found if pair.is_pair}
            own = self.errors(found)
            unsure = [pair for pair, rival in rivals.items() if not _is_better(own, rival, PAIR_GAIN, PAIR_CHANCE)]
            if not unsure:
                return tuple(found)
            unsure.sort(key=lambda pair: float(rivals[pair] @ rivals[pair]))
            weakest = unsure[: (len(unsure) + 1) // 2]
            found = tuple(term for term in found if term not in weakest)
        return tuple(alone)

    def _without(self, pair: Term, found: Sequence[Term], alone: Sequence[Term], least: Array) -> Array:
        """Return the errors of the best model without a pair: what is left, or with effects as fine as can be."""
        left = tuple(term for term in found if term != pair)
        fine = (Term(number, level=level) for number in pair[:2] for level in range(len(self.columns[number].levels)))
        models = (left, tuple({*left, *alone}), tuple({*left, *alone, *fine}))
        return min((least, *map(self.errors, models)), key=lambda errors: float(errors @ errors))

    def that_matter(self, found: Sequence[Term]) -> tuple[Term, ...]:
        """Return `found` without the parameters that it can do without; the weakest goes first."""
        while True:
            paired = {number for term in found if term.is_pair for number in term[:2]}
            single = {term.one for term in found} - paired
            rivals = {number: tuple(term for term in found if term.one != number) for number in single}
            own = self.errors(found)
            unsure = [
                number
                for number, rival in rivals.items()
                if not _is_better(own, self.errors(rival), OWN_GAIN, OWN_CHANCE)
            ]
            if not unsure:
                return tuple(found)
            weakest = min(unsure, key=lambda number: self.error(rivals[number]))
            found = rivals[weakest]

    # -- shares -----------------------------------------------------------------------------------------------------

    def shares(self, found: Sequence[Term]) -> Effects:
        """Return the variances under the prior, as shares of their sum."""
        pairs = [term for term in found if term.is_pair]
        terms = sorted({*found, *(Term(number) for pair in pairs for number in pair[:2])})
        if not terms:
            return Effects({}, {}, 0.0)
        left, size, right = self._turned(terms)
        ridge = min(RIDGES, key=lambda ridge: float((self._left_out(left, size, ridge) ** 2).sum()))
        weights = right.T @ (size / (size**2 + ridge * len(left)) * (left.T @ self.target))
        ends = np.cumsum([1, *(len(self._rows(term)) for term in terms)])
        variance: dict[tuple[int, ...], float] = {}
        alone: dict[int, Array] = {}
        for term, begin, end in zip(terms, ends, ends[1:], strict=False):
            own = weights[begin:end]
            if term.is_pair:
                variance[term.one, term.other] = float(own @ own)
            else:
                alone[term.one] = alone.get(term.one, 0.0) + own @ self.columns[term.one].prior[term.level]
        variance |= {(number,): float(curve.var()) for number, curve in alone.items()}
        whole = sum(variance.values()) or 1.0
        share = {key: value / whole for key, value in variance.items()}
        told = max(0.0, 1 - self.error(found))
        return Effects(
            {key[0]: value for key, value in share.items() if len(key) == 1},
            {(key[0], key[1]): value for key, value in share.items() if len(key) == 2},
            told,
        )


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


def _by_width(terms: Iterable[Term], rows_of: Any) -> dict[int, list[tuple[Term, Array]]]:
    found: dict[int, list[tuple[Term, Array]]] = {}
    for term in terms:
        rows = rows_of(term)
        found.setdefault(len(rows), []).append((term, rows))
    return found


def _basis(rows: Array) -> Array:
    """Return orthonormal columns that span rows and the constant."""
    basis, upper = np.linalg.qr(np.vstack([np.ones(rows.shape[1]), rows]).T)
    size = np.abs(np.diag(upper))
    return np.asarray(basis[:, size > 1e-6 * math.sqrt(rows.shape[1])], dtype=float)


def _strength(rows: Array, basis: Array, tried: Array, free: int) -> Array:
    """Return how far each candidate explains each column of `tried`, as a normal deviate.

    Parameters
    ----------
    rows : array of shape (n_candidates, n_columns, n_trials)
        The candidates.
    basis : array of shape (n_trials, n)
        Of the model: only what is new in a candidate counts.
    tried : array of shape (n_trials, n_tried)
        Free of the model.
    free : int
        Degrees of freedom left.

    References
    ----------
    Wilson and Hilferty (1931), "The Distribution of Chi-square", PNAS 17.
    """
    candidates, _, trials = rows.shape
    before = np.einsum("gkn,gkn->g", rows, rows) / rows.shape[1]
    rows = rows - (rows @ basis) @ basis.T
    size, turn = np.linalg.eigh(rows @ rows.transpose(0, 2, 1))
    is_left = size > np.maximum(DEPENDENT * before, 1e-12)[:, None]
    scaled = turn / np.sqrt(np.where(is_left, size, np.inf))[:, None, :]
    along = (scaled.transpose(0, 2, 1) @ rows).reshape(-1, trials) @ tried
    explained = (along.reshape(candidates, -1, tried.shape[1]) ** 2).sum(axis=1)
    share = np.clip(explained / np.maximum((tried**2).sum(axis=0), 1e-300), 0, 1 - 1e-9)
    width = is_left.sum(axis=1)[:, None]
    degrees = np.maximum(width, 1)
    spread = 2 / (9 * degrees)
    strength = (np.cbrt(-free * np.log1p(-share) / degrees) - 1 + spread) / np.sqrt(spread)
    return np.where(width > 0, strength, -1e9)


def _chance(strongest: Array) -> float:
    """Return what the strongest of chance exceeds with probability CHANCE, by Gumbel's distribution."""
    scale = float(strongest.std()) * math.sqrt(6) / math.pi
    return float(strongest.mean()) - EULER * scale - scale * math.log(-math.log(1 - CHANCE))
