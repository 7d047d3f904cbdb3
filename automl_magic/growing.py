"""Terms are added to a model as long as one stands out from what chance gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from automl_magic.expansion import Array, Expansion, Term

SHUFFLES = 50  # of what is not explained: that is chance
CHANCE = 0.01  # that chance alone brings a term in
SCREENED = 200  # pairs that stay in view after the first look at all of them
TERMS = 12  # added at the most
DEPENDENT = 0.02  # of a column's square that must be left when the model is taken out of it
EXPLAINED = 0.9995  # beyond which nothing is looked for
EULER = 0.5772156649

T = TypeVar("T")


def grown(
    expansion: Expansion, target: Array, rng: np.random.Generator, start: Sequence[Term] = (), with_pairs: bool = True
) -> tuple[Term, ...]:
    """Return `start` with the term added that stands out most, until none does.

    Parameters
    ----------
    expansion : Expansion
        What terms there are.
    target : array of shape (n_trials,)
        What they are to explain.
    rng : Generator
        For the shuffles.
    start : sequence of Term
        The model to begin with.
    with_pairs : bool
        Whether products are added too.

    References
    ----------
    Blatman and Sudret (2011), "Adaptive sparse polynomial chaos expansion based on least angle regression", Journal of
    Computational Physics 230. Freedman and Lane (1983), "A Nonstochastic Interpretation of Reported Significance
    Levels", Journal of Business and Economic Statistics 1: shuffled residuals.
    """
    chosen, pairs = list(start), expansion.pairs() if with_pairs else []
    for _ in range(TERMS if with_pairs else 2 * TERMS):
        basis = basis_of(expansion.rows(chosen))
        rest = target - basis @ (basis.T @ target)
        if rest @ rest < (1 - EXPLAINED) * (target @ target):
            break
        found = _strongest(expansion, _next_levels(expansion, chosen), basis, rest, rng)
        paired = _strongest(expansion, [pair for pair in pairs if pair not in chosen], basis, rest, rng)
        if len(pairs) > SCREENED:
            pairs = [name for _, name in paired[:SCREENED]]
        best = max((*found[:1], *paired[:1]), default=(0.0, Term(0)))
        if best[0] <= 0:
            break
        chosen.append(best[1])
    return tuple(chosen)


def _next_levels(expansion: Expansion, chosen: Sequence[Term]) -> list[Term]:
    have = [0] * len(expansion.columns)
    for term in chosen:
        if not term.is_pair:
            have[term.one] = max(have[term.one], term.level + 1)
    return [
        Term(number, level=level)
        for number, level in enumerate(have)
        if level < len(expansion.columns[number].levels) and len(expansion.columns[number].levels[level])
    ]


def _strongest(
    expansion: Expansion, terms: Sequence[Term], basis: Array, rest: Array, rng: np.random.Generator
) -> list[tuple[float, Term]]:
    """Return the terms and how far beyond chance each stands out, the strongest first."""
    free = len(rest) - basis.shape[1]
    if not terms or free < 8:
        return []
    shuffled = rng.permuted(np.repeat(rest[None], SHUFFLES, axis=0), axis=1).T
    tried = np.column_stack([rest, shuffled - basis @ (basis.T @ shuffled)])
    names: list[Term] = []
    found = []
    for members in by_width(terms, expansion.rows_of).values():
        names += [name for name, _ in members]
        found.append(strength_of(np.stack([rows for _, rows in members]), basis, tried, free))
    strength = np.concatenate(found)
    beyond = strength[:, 0] - _chance(strength[:, 1:].max(axis=0))
    return sorted(zip(map(float, beyond), names, strict=True), reverse=True)


def by_width(candidates: Iterable[T], rows_of: Callable[[T], Array]) -> dict[int, list[tuple[T, Array]]]:
    """Return candidates with their rows, by how many rows they have."""
    found: dict[int, list[tuple[T, Array]]] = {}
    for candidate in candidates:
        rows = rows_of(candidate)
        found.setdefault(len(rows), []).append((candidate, rows))
    return found


def basis_of(rows: Array) -> Array:
    """Return orthonormal columns that span rows and the constant."""
    basis, upper = np.linalg.qr(np.vstack([np.ones(rows.shape[1]), rows]).T)
    size = np.abs(np.diag(upper))
    return np.asarray(basis[:, size > 1e-6 * math.sqrt(rows.shape[1])], dtype=float)


def strength_of(rows: Array, basis: Array, tried: Array, free: int) -> Array:
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
