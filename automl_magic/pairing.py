"""Which pairs a model needs: those that no other pair, no finer effect and no other scale can stand in for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from automl_magic.expansion import Array, Term
from automl_magic.growing import basis_of, by_width, strength_of
from automl_magic.left_out import LeftOut, gains, is_better

CLOSE = 20  # pairs that are compared by trials left out
EXCHANGES = 4  # rounds of them at the most
FEW = 4  # pairs of a model in which any is exchanged
LEAST = 20  # degrees of freedom that a model must leave
GAIN, CHANCE = 0.02, 1e-4  # what a pair must add to the told variance of trials left out, and how surely
ALIKE = 3.0  # times the error: another pair that comes nearer could as well be the one


def with_best_pair(models: LeftOut, start: Sequence[Term], but: Term | None = None) -> tuple[Term, ...]:
    """Return `start` with the pair added, other than `but`, that foretells most beside its parameters' own effects."""
    expansion, target = models.expansion, models.target
    basis = basis_of(expansion.rows(start))
    rest = target - basis @ (basis.T @ target)
    free = len(rest) - basis.shape[1]
    groups = [(Term(pair.one), Term(pair.other), pair) for pair in expansion.pairs() if pair not in {*start, but}]
    if not groups or free < LEAST or rest @ rest < 1e-12 * len(rest):
        return tuple(start)
    names: list[tuple[Term, ...]] = []
    found: list[Array] = []
    for members in by_width(groups, expansion.rows).values():
        names += [name for name, _ in members]
        found.append(strength_of(np.stack([rows for _, rows in members]), basis, rest[:, None], free)[:, 0])
    close = np.argsort(-np.concatenate(found), kind="stable")[:CLOSE]
    return min((tuple(dict.fromkeys([*start, *names[place]])) for place in close), key=models.error)


def exchanged(models: LeftOut, found: Sequence[Term]) -> tuple[Term, ...]:
    """Return `found` with pairs exchanged for others as long as that foretells more.

    References
    ----------
    Miller (2002), "Subset Selection in Regression", second edition, section 3.5: replacement.
    """
    best = tuple(found)
    for _ in range(EXCHANGES if sum(term.is_pair for term in best) <= FEW else 0):
        tried = [with_best_pair(models, _but(best, pair)) for pair in best if pair.is_pair]
        other = min(tried, key=models.error, default=best)
        if models.error(other) >= 0.999 * models.error(best):
            break
        best = other
    return best


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
    while gains(models.errors(found), least, GAIN):
        rivals = {pair: _without(models, pair, found, alone, least) for pair in found if pair.is_pair}
        own = models.errors(found)
        unsure = [pair for pair, rival in rivals.items() if not is_better(own, rival, GAIN, CHANCE)]
        unsure = unsure or [pair for pair in rivals if _has_a_double(models, pair, found)]
        if not unsure:
            return tuple(found)
        unsure.sort(key=lambda pair: float(rivals[pair] @ rivals[pair]))
        weakest = unsure[: (len(unsure) + 1) // 2]
        found = tuple(term for term in found if term not in weakest)
    return tuple(alone)


def _without(models: LeftOut, pair: Term, found: Sequence[Term], alone: Sequence[Term], least: Array) -> Array:
    """Return the errors of the best model without a pair: what is left, or with effects as fine as can be."""
    left = _but(found, pair)
    fine = [term for number in pair[:2] for term in models.expansion.fine(number)]
    rivals = (left, tuple({*left, *alone}), tuple({*left, *alone, *fine}))
    return min((least, *map(models.errors, rivals)), key=lambda errors: float(errors @ errors))


def _has_a_double(models: LeftOut, pair: Term, found: Sequence[Term]) -> bool:
    """Whether another pair in its place foretells nearly as much: then it may be neither."""
    other = with_best_pair(models, _but(found, pair), but=pair)
    return models.error(other) < ALIKE * models.error(found)


def _but(terms: Sequence[Term], pair: Term) -> tuple[Term, ...]:
    return tuple(term for term in terms if term != pair)
