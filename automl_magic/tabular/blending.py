"""How to average trials: weights by greedy selection, and what the average would have said of rows unseen by them.

Caruana, Niculescu-Mizil, Crew, Ksikes (2004), "Ensemble Selection from Libraries of Models", ICML, sections 2 and 2.2:
start from nothing, add again and again the candidate, out of all of them, with which the average is best, and keep the
best of the averages on the way. Cleverer weights overfit (Purucker and Beel 2023, arXiv 2307.00286).

The weights are chosen on out-of-fold predictions. To be told how good the average is, the rows of each fold are
predicted with weights that were chosen on the others: the choice of weights is counted as the fits are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl_magic.tabular.measures import codes_of
from automl_magic.tabular.metrics import Metric

Array: TypeAlias = NDArray[Any]

STEPS = 40  # candidates that are added
PATIENCE = 10  # steps without gain after which none is added
ROWS = 10_000  # entries on which weights are chosen at most: a fixed sample of more
PARTS = 5  # into which the rows of a single fold are divided
LEAST = 1e-6  # a probability counts as so much at least: one row is not to decide
FAR = 1e100  # beyond which no error is told from a larger one
SQUARED = ("neg_root_mean_squared_error", "neg_mean_squared_error", "r2", "explained_variance")


@dataclass(frozen=True, eq=False)
class Blend:
    """A weighted mean of candidates.

    Attributes
    ----------
    weights : array of shape (n_candidates,)
        They sum to 1; most are 0.
    prediction : array of shape (n_entries,) or (n_entries, n_classes)
        What it says of each entry with weights that were chosen without it.
    """

    weights: Array
    prediction: Array


@dataclass(frozen=True, eq=False)
class Room:
    """What the candidates of a mean may cost together: each is asked for every prediction, and kept whole.

    Attributes
    ----------
    costs : array of shape (n_limits, n_candidates)
        What each candidate costs; none by itself more than the limit.
    most : array of shape (n_limits,)
        The limits.
    """

    costs: Array
    most: Array

    def has(self, counts: Array) -> Array:
        """Return whether each candidate may be added to those with a count, shape (n_candidates,)."""
        is_in = counts > 0
        free = self.most - self.costs @ is_in
        return np.asarray(is_in | (self.costs <= free[:, None]).all(axis=0))


class Losses(Protocol):
    """What the greedy selection asks: how bad the means of candidates are on some entries."""

    def begin(self, entries: Array) -> Any:
        """Return what `of` needs for these entries."""

    def of(self, begun: Any, counts: Array) -> Array:
        """Return the loss of the mean with each candidate added once to `counts`; shape (n_candidates,)."""


def blend(
    predictions: Sequence[Array],
    y: Array,
    folds: Array,
    metric: Metric,
    *,
    classes: Sequence[Any] = (),
    units: Array | None = None,
    weights: Array | None = None,
    is_ordered: bool = False,
    room: Room | None = None,
    left: Callable[[], float] = lambda: float("inf"),
) -> Blend | None:
    """Choose weights, and predict each entry without its own help.

    Parameters
    ----------
    predictions : sequence of arrays of shape (n_entries,) or (n_entries, n_classes)
        The out-of-fold predictions of the candidates.
    y : array of shape (n_entries,)
        The truth, in the original labels.
    folds : array of shape (n_entries,)
        The fold of each entry.
    metric : Metric
        Its own loss is made small where numbers are predicted and it is a mean over rows; of classes the log loss,
        whatever the metric: it is smooth, and as good for areas and shares of hits.
    classes : sequence
        All classes, in the order of the probabilities.
    units : array of shape (n_entries,), optional
        What the same number has says something of the same row or group: the weights for an entry are chosen without
        its unit. Default: every entry by itself.
    weights : array of shape (n_entries,), optional
        What each entry counts. Default: all alike.
    is_ordered : bool
        Whether folds follow each other in time: then weights for a fold are chosen on those before it, where there are
        any.
    room : Room, optional
        What the candidates of a mean may cost together.
    left : callable, optional
        Returns the seconds that are left; without any there is no blend.

    Returns
    -------
    Blend or None
        None where the time did not suffice.
    """
    losses = _losses_of(predictions, y, metric, classes, weights)
    stacked = np.stack([np.asarray(prediction, dtype=float) for prediction in predictions])
    unit_of = np.arange(len(y)) if units is None else np.asarray(units)
    told = np.empty(stacked.shape[1:])
    for inside, chosen in others_of(np.asarray(folds), unit_of, is_ordered):
        if left() <= 0:
            return None
        found = greedy_weights(losses, chosen, len(predictions), room=room)
        told[inside] = np.tensordot(found, stacked[:, inside], axes=1)
    if left() <= 0:
        return None
    return Blend(greedy_weights(losses, np.arange(len(y)), len(predictions), room=room), told)


def greedy_weights(
    losses: Losses, entries: Array, candidates: int, steps: int = STEPS, room: Room | None = None
) -> Array:
    """Return the weights of the best of the means that the greedy selection passes, shape (n_candidates,).

    With `room`, a candidate is passed over that would make the mean cost too much.
    """
    counts = np.zeros(candidates)
    alike = np.full(candidates, 1 / candidates) if room is None else np.eye(candidates)[0]
    if not len(entries):
        return alike
    if len(entries) > ROWS:
        entries = np.sort(np.random.default_rng(0).choice(entries, ROWS, replace=False))
    begun, least, best, waited = losses.begin(entries), np.inf, counts, 0
    for _ in range(steps):
        found = np.round(losses.of(begun, counts), 12)  # the last digits differ from processor to processor
        found = found if room is None else np.where(room.has(counts), found, np.inf)
        chosen = int(np.argmin(found))
        counts = counts.copy()
        counts[chosen] += 1
        waited += 1
        if found[chosen] < least:
            least, best, waited = float(found[chosen]), counts, 0
        if waited >= PATIENCE:
            break
    return best / best.sum() if best.any() else alike


def others_of(folds: Array, units: Array, is_ordered: bool = False) -> Iterator[tuple[Array, Array]]:
    """Yield the entries of each fold, and those by which something is chosen for them; parameters as of `blend`."""
    for inside in _parts(folds, units):
        others = ~np.isin(units, units[inside])
        before = others & (folds < folds[inside[0]])
        yield inside, np.flatnonzero(before if is_ordered and before.any() else others)


def _parts(folds: Array, units: Array) -> list[Array]:
    """Return the entries that are predicted with the same weights: those of a fold, or a part of a single one."""
    numbers = np.unique(folds)
    if len(numbers) > 1:
        return [np.flatnonzero(folds == number) for number in numbers]
    drawn = np.unique(units, return_inverse=True)[1]
    part_of = np.random.default_rng(0).permutation(drawn.max() + 1)[drawn] % PARTS
    return [np.flatnonzero(part_of == part) for part in np.unique(part_of)]


def _losses_of(
    predictions: Sequence[Array], y: Array, metric: Metric, classes: Sequence[Any], weights: Array | None
) -> Losses:
    if metric.needs != "value":
        codes = codes_of(y, classes)
        rows = np.arange(len(codes))
        return LogLosses(np.stack([np.asarray(one, dtype=float)[rows, codes] for one in predictions]), weights)
    values = np.stack([np.asarray(one, dtype=float) for one in predictions])
    truth = np.asarray(y, dtype=float)
    if metric.name in SQUARED:
        return SquaredErrors(values - truth, weights)
    return OwnLosses(values, truth, metric, weights)


class LogLosses:
    """The log loss of means of probabilities; `chances` of shape (n_candidates, n_entries) are of the true class."""

    def __init__(self, chances: Array, weights: Array | None = None) -> None:
        self.chances, self.weights = chances, weights

    def begin(self, entries: Array) -> Any:
        """Return the chances, and what each counts."""
        return self.chances[:, entries], _of(self.weights, entries)

    def of(self, begun: Any, counts: Array) -> Array:
        """Return the mean of -log."""
        chances, weights = begun
        means = (counts @ chances + chances) / (counts.sum() + 1)
        return _mean(-np.log(np.clip(means, LEAST, 1.0)), weights)


class SquaredErrors:
    """The mean square of means of `residuals` of shape (n_candidates, n_entries): a matter of their products."""

    def __init__(self, residuals: Array, weights: Array | None = None) -> None:
        self.residuals, self.weights = residuals, weights

    def begin(self, entries: Array) -> Any:
        """Return the mean products of all pairs of candidates, in units of the least square.

        What is larger than `FAR` of these units is cut off, so that no product is too large for a number.
        """
        of = self.residuals[:, entries]
        if self.weights is not None:  # a square counts so often, whose mean counts 1
            counted = self.weights[entries]
            of = of * np.sqrt(counted / counted.mean())
        largest = np.abs(of).max(axis=1)
        shares = of / np.where(largest > 0, largest, 1.0)[:, None]
        least = float((largest * np.sqrt((shares**2).mean(axis=1))).min())
        scaled = np.clip(of / least if least > 0 else of, -FAR, FAR)
        return scaled @ scaled.T / len(entries)

    def of(self, begun: Any, counts: Array) -> Array:
        """Return the mean square."""
        total = counts @ begun @ counts + 2 * (begun @ counts) + np.diag(begun)
        return np.asarray(total / (counts.sum() + 1) ** 2)


class OwnLosses:
    """The metric itself where it is a mean over rows, else the mean distance; `values` (n_candidates, n_entries)."""

    def __init__(self, values: Array, truth: Array, metric: Metric, weights: Array | None = None) -> None:
        self.values, self.truth, self.metric, self.weights = values, truth, metric, weights

    def begin(self, entries: Array) -> Any:
        """Return the values, the truth, and what each counts."""
        return self.values[:, entries], self.truth[entries], _of(self.weights, entries)

    def of(self, begun: Any, counts: Array) -> Array:
        """Return the loss of each mean."""
        values, truth, weights = begun
        means = (counts @ values + values) / (counts.sum() + 1)
        if self.metric.terms is None:
            return _mean(np.abs(means - truth), weights)
        found = np.array([-self.metric.score(truth, mean, weights=weights) for mean in means])
        return np.where(np.isfinite(found), found, np.inf)


def _of(weights: Array | None, entries: Array) -> Array | None:
    return None if weights is None else weights[entries]


def _mean(losses: Array, weights: Array | None) -> Array:
    """Return the mean over the entries, shape (n_candidates,)."""
    return np.asarray(losses.mean(axis=1) if weights is None else np.average(losses, axis=1, weights=weights))
