"""The scale of scores on which effects of parameters alone come nearest to adding up."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from scipy.special import ndtri

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

RIDGES = (1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0)
EDGES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # how far beyond the range of scores a logarithm starts, in ranges
TELLING = 0.1  # of the variance that effects alone must tell before they choose the scale


def scales_of(columns: Array, scores: Array) -> tuple[Array, int]:
    """Return the scores on increasing scales, and on which of them the columns tell most of trials left out.

    Whether parameters interact depends on the scale of the scores: the logarithm of a product is a sum. An interaction
    that another scale takes away says nothing about the parameters, so it is looked for on the scale that needs fewest.

    Parameters
    ----------
    columns : array of shape (n_columns, n_trials)
        Functions of one parameter each.
    scores : array of shape (n_trials,)
        Higher is better.

    Returns
    -------
    array of shape (n_scales, n_trials)
        Of mean 0 and deviation 1; all 0 where the scores are equal. The first is their own.
    int
        The number of the scale.

    References
    ----------
    Breiman and Friedman (1985), "Estimating Optimal Transformations for Multiple Regression and Correlation", JASA 80:
    the idea; the scales tried here are few and fixed.
    """
    scales = np.array([_standard(scale) for scale in _scales(scores)])
    told = _told(columns.T, scales.T)
    best = int(told.argmax())
    return scales, best if told[best] > TELLING else len(scales) - 1


def _scales(scores: Array) -> list[Array]:
    """Return the scores as they are but for far outliers, on logarithmic scales from either end, and as ranks."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    normal = ndtri((ranks - 0.5) / len(scores))
    low, high = np.quantile(scores, [0.02, 0.98])
    if high <= low:
        return [normal]
    held = np.clip(scores, low - (high - low), high + (high - low))
    share = (held - held.min()) / (held.max() - held.min())
    logs = [scale for edge in EDGES for scale in (np.log(share + edge), -np.log(1 + edge - share))]
    return [held, *logs, ranks, normal]


def _standard(values: Array) -> Array:
    spread = float(values.std())
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0), dtype=float)


def _told(columns: Array, targets: Array) -> Array:
    """Return for each target the share of its variance that a ridge regression tells of trials left out."""
    trials = len(columns)
    left, size, _ = np.linalg.svd(columns - columns.mean(axis=0), full_matrices=False)
    turned = left.T @ targets
    found = []
    for ridge in RIDGES:
        kept = size**2 / (size**2 + ridge * trials)
        lever = 1 / trials + (left**2) @ kept
        errors = (targets - left @ (kept[:, None] * turned)) / np.maximum(1 - lever, 1e-3)[:, None]
        found.append(1 - (errors**2).mean(axis=0))
    return np.asarray(np.max(found, axis=0), dtype=float)
