"""The fewest effects that explain the scores: of parameters alone and of pairs, each above what chance gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from automl_magic.additive import scales_of
from automl_magic.expansion import Array, Columns, Expansion, Term
from automl_magic.growing import grown
from automl_magic.thinning import PAIR_GAIN, LeftOut, that_matter, with_sure_pairs


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
    expansion = Expansion(columns, len(scores))
    on_scale = LeftOut(expansion, scale)
    alone = grown(expansion, scale, rng, with_pairs=False)
    if on_scale.error(alone) > PAIR_GAIN:
        for models in (LeftOut(expansion, plain), on_scale):
            start = alone if models is on_scale else grown(expansion, plain, rng, with_pairs=False)
            tried = [grown(expansion, models.target, rng, begin) for begin in ((), start)]
            found = with_sure_pairs(models, min(tried, key=models.error), start, on_scale.errors(alone))
            if any(term.is_pair for term in found):
                return _shares(models, that_matter(models, found))
    return _shares(on_scale, that_matter(on_scale, alone))


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
