"""The fewest effects that explain the scores: of parameters alone and of pairs, each above what chance gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from automl_magic.additive import scales_of
from automl_magic.expansion import Array, Columns, Expansion, Term
from automl_magic.growing import grown
from automl_magic.left_out import LITTLE, LeftOut, is_better
from automl_magic.pairing import exchanged, with_best_pair, with_sure_pairs

GAIN, CHANCE = 0.01, 1e-2  # what a parameter must add to the told variance of trials left out, and how surely


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
    than the best model without it, whose effects alone are as fine as wanted, and than one with any other pair in its
    place. It is looked for on the scores' own scale, on that on which pairs foretell most, and on that on which effects
    alone do; their best is the one to beat on each.

    References
    ----------
    Blatman and Sudret (2011), "Adaptive sparse polynomial chaos expansion based on least angle regression", Journal of
    Computational Physics 230: sparse expansions, their coefficients as Sobol indices, the error left out. Freedman and
    Lane (1983), "A Nonstochastic Interpretation of Reported Significance Levels", JBES 1: shuffled residuals.
    """
    scales, number = scales_of(np.concatenate([part for own in columns for part in own.levels[:2]]), scores)
    if not scales[number].any():
        return Effects({}, {}, 0.0)
    expansion = Expansion(columns, len(scores))
    on_scale = LeftOut(expansion, scales[number])
    alone = grown(expansion, scales[number], rng, with_pairs=False)
    if on_scale.error(alone) > LITTLE:
        plain = LeftOut(expansion, scales[0])
        others = [LeftOut(expansion, scale) for scale in scales[1:]]
        start = grown(expansion, plain.target, rng, with_pairs=False)
        begun = [with_best_pair(plain, terms) for terms in ((), start)]
        begun += [with_best_pair(on_scale, terms) for terms in ((), alone)]
        best = min((plain, *others), key=lambda models: min(map(models.error, begun)))
        least = _least([plain, *others], on_scale, alone)
        for models in _different(plain, best, on_scale):
            found = _paired(models, rng, least)
            if any(term.is_pair for term in found):
                return _shares(models, _that_matter(models, found))
    return _shares(on_scale, _that_matter(on_scale, alone))


def _least(all_models: Sequence[LeftOut], on_scale: LeftOut, alone: Sequence[Term]) -> Array:
    """Return the errors of the best model of effects alone, as fine as can be, on whatever scale."""
    fine = [term for number in sorted({term.one for term in alone}) for term in on_scale.expansion.fine(number)]
    tried = [on_scale.errors(alone), *(models.errors(terms) for models in all_models for terms in (alone, fine))]
    return min(tried, key=lambda errors: float(errors @ errors))


def _different(*all_models: LeftOut) -> list[LeftOut]:
    """Return the models of scales that differ."""
    found: list[LeftOut] = []
    for models in all_models:
        if not any(np.array_equal(models.target, other.target) for other in found):
            found.append(models)
    return found


def _paired(models: LeftOut, rng: np.random.Generator, least: Array) -> tuple[Term, ...]:
    """Return the model with the pairs that it needs on a scale."""
    start = grown(models.expansion, models.target, rng, with_pairs=False)
    begun = [with_best_pair(models, terms) for terms in ((), start)]
    tried = [grown(models.expansion, models.target, rng, terms) for terms in ((), start, *begun)]
    best = exchanged(models, min((*begun, *tried), key=models.error))
    return with_sure_pairs(models, best, start, least)


def _that_matter(models: LeftOut, found: Sequence[Term]) -> tuple[Term, ...]:
    """Return `found` without the parameters that it can do without; the weakest goes first."""
    while True:
        paired = {number for term in found if term.is_pair for number in term[:2]}
        single = {term.one for term in found} - paired
        rivals = {number: tuple(term for term in found if term.one != number) for number in single}
        own = models.errors(found)
        unsure = [number for number, rival in rivals.items() if not is_better(own, models.errors(rival), GAIN, CHANCE)]
        if not unsure:
            return tuple(found)
        weakest = min(unsure, key=lambda number: models.error(rivals[number]))
        found = rivals[weakest]


def _shares(models: LeftOut, found: Sequence[Term]) -> Effects:
    """Return the variances under the prior, as shares of their sum."""
    pairs = [term for term in found if term.is_pair]
    terms = sorted({*found, *(Term(number) for pair in pairs for number in pair[:2])})
    if not terms:
        return Effects({}, {}, 0.0)
    weights = models.weights(terms)
    ends = np.cumsum([1, *(len(models.expansion.rows_of(term)) for term in terms)])
    variance: dict[tuple[int, ...], float] = {}
    alone: dict[int, Array] = {}
    for term, begin, end in zip(terms, ends, ends[1:], strict=False):
        own = weights[begin:end]
        if term.is_pair:
            variance[term.one, term.other] = float(own @ own)
        else:
            alone[term.one] = alone.get(term.one, 0.0) + own @ models.expansion.columns[term.one].prior[term.level]
    variance |= {(number,): float(curve.var()) for number, curve in alone.items()}
    whole = sum(variance.values()) or 1.0
    share = {key: value / whole for key, value in variance.items()}
    return Effects(
        {key[0]: value for key, value in share.items() if len(key) == 1},
        {(key[0], key[1]): value for key, value in share.items() if len(key) == 2},
        max(0.0, 1 - models.error(found)),
    )
