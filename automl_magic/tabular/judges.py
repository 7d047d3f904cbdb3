"""Score many candidates on many bootstrap samples at once: by sums, by ranks, or one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl_magic.tabular.measures import codes_of
from automl_magic.tabular.metrics import Metric

Array: TypeAlias = NDArray[Any]

CHUNK = 4_000_000  # numbers in one block of terms
KEPT = 10_000_000  # numbers that are kept for the next block of samples
NEAR = 0.15  # by which the value may change when every row counts twice, and the metric is a mean all the same
SLOW_DRAWS, SLOW_ROWS, SLOW_CANDIDATES = (30, 100), 400_000, 6  # where each sample is scored by itself


class Judge(Protocol):
    """What the bootstrap asks: how all candidates compare, and the value of one.

    Attributes
    ----------
    draws : int or None
        How many samples there is time for; None: as many as are wanted.
    growth : float or None
        0 where the value does not depend on the number of rows, 1 where it is a sum over rows, which is told for as
        many as a fold has on the mean; None where it depends on that number in another way.
    rows : float
        So many rows are those.
    """

    draws: int | None
    growth: float | None
    rows: float

    def compare(self, weights: Array) -> Array:
        """Return the mean over folds of the scores (higher is better) on samples of shape (n_samples, n_entries).

        The result has the shape (n_samples, n_candidates).
        """

    def value(self, candidate: int, weights: Array) -> Array:
        """Return the natural value of one candidate on each sample, shape (n_samples,)."""


def judge_for(
    metric: Metric,
    y: Array,
    candidates: Sequence[Array],
    folds: Array,
    classes: Sequence[Any],
    row_weights: Array | None = None,
) -> Judge:
    """Return the fastest judge that the metric allows; a row counts by its weight, where there are `row_weights`."""
    if metric.area is not None:
        return ByRanks(metric, y, candidates, folds, classes, row_weights)
    if metric.terms is not None and metric.combine is not None:
        return BySums(metric, y, candidates, folds, classes, row_weights)
    return OneByOne(metric, y, candidates, folds, classes, row_weights)


def scores_on(
    metric: Metric,
    y: Array,
    predictions: Sequence[Array],
    weights: Array,
    classes: Sequence[Any],
    row_weights: Array | None = None,
) -> Array:
    """Return the scores (higher is better) of several predictions of the same rows on samples of these.

    Parameters
    ----------
    weights : array of shape (n_samples, n_rows)
        How often each row is in a sample; those of the first are 1.
    row_weights : array of shape (n_rows,), optional
        What each row counts.

    Returns
    -------
    ndarray of shape (n_samples, n_predictions)
        Where the metric has to be computed sample by sample, NaN but for the first.
    """
    judge = judge_for(metric, y, predictions, np.zeros(len(y), dtype=int), classes, row_weights)
    if judge.draws is None:
        return judge.compare(weights)
    unknown = np.full((len(weights) - 1, len(predictions)), np.nan)
    return np.concatenate([judge.compare(np.ones((1, len(y)))), unknown])


def _mean_over_folds(scores: Sequence[Array] | Array) -> Array:
    """Return the mean over folds, of those where the score is defined."""
    table = np.array(scores)
    known = np.isfinite(table)
    count = known.sum(axis=0)
    total = np.where(known, table, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


class _Judge:
    """What all judges know."""

    draws: int | None = None
    growth: float | None = 0.0

    def __init__(
        self,
        metric: Metric,
        y: Array,
        candidates: Sequence[Array],
        folds: Array,
        classes: Sequence[Any],
        row_weights: Array | None = None,
    ) -> None:
        self.metric, self.y, self.candidates, self.classes = metric, y, candidates, classes
        self.row_weights = row_weights
        self.parts = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
        self.rows = len(y) / max(1, len(self.parts))
        self._held: dict[tuple[int, int], Array] = {}

    def _counted(self, weights: Array) -> Array:
        """Return what each row counts in samples that hold it so often."""
        return weights if self.row_weights is None else weights * self.row_weights

    def _kept(self, key: tuple[int, int], compute: Callable[[], Array]) -> Array:
        """Return what every block of samples needs anew, computed once as long as it is not too large to be kept."""
        found = self._held.get(key)
        if found is None:
            found = compute()
            if sum(kept.size for kept in self._held.values()) + found.size <= KEPT:
                self._held[key] = found
        return found


class BySums(_Judge):
    """Judge metrics that are functions of sums over the rows: samples times terms is one product of matrices."""

    def compare(self, weights: Array) -> Array:
        """Compare all candidates, block by block."""
        weights = self._counted(weights)
        return self.metric.sign * _mean_over_folds(
            [
                np.concatenate(list(self._blocks(number, weights[:, part])), axis=1)
                for number, part in enumerate(self.parts)
            ]
        )

    def _blocks(self, number: int, weights: Array) -> Iterator[Array]:
        part = self.parts[number]
        width = self._terms(0, part[:1]).shape[1]
        size = max(1, CHUNK // (width * len(part)))
        for start in range(0, len(self.candidates), size):
            block = range(start, min(start + size, len(self.candidates)))
            sums = weights @ self._kept((number, start), partial(self._side_by_side, block, part))
            yield self._combine(sums.reshape(len(weights), len(block), width))

    def value(self, candidate: int, weights: Array) -> Array:
        """Score one candidate on the rows of all folds together."""
        return self._combine(self._counted(weights) @ self._terms(candidate, np.arange(len(self.y))))

    def _side_by_side(self, block: Iterable[int], part: Array) -> Array:
        return np.hstack([self._terms(candidate, part) for candidate in block])

    def _terms(self, candidate: int, part: Array) -> Array:
        assert self.metric.terms is not None
        return self.metric.terms(self.y[part], self.candidates[candidate][part], self.classes)

    def _combine(self, sums: Array) -> Array:
        assert self.metric.combine is not None
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.metric.combine(sums)


class ByRanks(_Judge):
    """Judge areas under the ROC curve.

    Fold models differ in scale, so pairs of rows are compared within a fold only. To compare candidates, the area on a
    sample is taken to first order in the sample's weights (each row counts by its placement among the rows of the other
    side: DeLong, DeLong and Clarke-Pearson 1988); the value of the chosen one is computed from the ranks in the sample
    itself, since rows that were drawn must have no part in it.
    """

    def __init__(
        self,
        metric: Metric,
        y: Array,
        candidates: Sequence[Array],
        folds: Array,
        classes: Sequence[Any],
        row_weights: Array | None = None,
    ) -> None:
        super().__init__(metric, y, candidates, folds, classes, row_weights)
        self.codes = codes_of(y, classes)
        self.positives = (1,) if metric.area == "binary" else tuple(range(len(classes)))

    def compare(self, weights: Array) -> Array:
        """Compare all candidates to first order."""
        weights = self._counted(weights)
        return _mean_over_folds([self._areas_in(number, weights[:, part]) for number, part in enumerate(self.parts)])

    def _areas_in(self, number: int, weights: Array) -> Array:
        part = self.parts[number]
        areas, shares = [], []
        for code in self.positives:
            positive = self.codes[part] == code
            if positive.all() or not positive.any():
                continue
            placed = self._kept((number, code), partial(self._placed, part, code, positive))
            areas.append(_first_order(placed, positive, weights, self._of(part)))
            shares.append(self._share(weights, positive))
        if not areas:
            return np.full((len(weights), len(self.candidates)), np.nan)
        return _weighted_mean(np.stack(areas), np.stack(shares)[:, :, None])

    def _placed(self, part: Array, code: int, positive: Array) -> Array:
        values = np.stack([candidate[part, code] for candidate in self.candidates])
        return _placements(values, positive, self._of(part))

    def _of(self, part: Array) -> Array | None:
        return None if self.row_weights is None else self.row_weights[part]

    def _share(self, weights: Array, positive: Array) -> Array:
        return np.ones(len(weights)) if self.metric.area == "plain" else weights @ positive.astype(float)

    def value(self, candidate: int, weights: Array) -> Array:
        """Score one candidate by the pairs of rows within folds; a fold counts by its pairs."""
        weights, areas, shares = self._counted(weights), [], []
        for code in self.positives:
            won, pairs, rows = (np.zeros(len(weights)) for _ in range(3))
            for part in self.parts:
                positive = self.codes[part] == code
                more = _pairs_won(self.candidates[candidate][part, code], positive, weights[:, part])
                won, pairs, rows = won + more[0], pairs + more[1], rows + self._share(weights[:, part], positive)
            areas.append(np.divide(won, pairs, out=np.full(len(won), np.nan), where=pairs > 0))
            shares.append(rows)
        return _weighted_mean(np.stack(areas), np.stack(shares))


def _placements(values: Array, positive: Array, row_weights: Array | None = None) -> Array:
    """Return, for each row, the share of the other side's rows that lie on the right side of it (ties: half).

    `values` has the shape (n_candidates, n_rows), and so has the result. With weights it is the share of their weight.
    """
    order = np.argsort(values, axis=1)
    ordered, is_positive = np.take_along_axis(values, order, axis=1), positive[order]
    place = np.arange(values.shape[1])
    starts = np.ones(values.shape, dtype=bool)
    starts[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=1)  # where the row's ties begin, and after the last
    ends = np.ones(values.shape, dtype=bool)
    ends[:, :-1] = starts[:, 1:]
    after = np.minimum.accumulate(np.where(ends, place + 1, len(place))[:, ::-1], axis=1)[:, ::-1]
    if row_weights is None:
        lower = _below(~is_positive, first, after)
        lower_positives = (first + after) / 2 - lower
        count, rest = int(positive.sum()), int((~positive).sum())
    else:
        ordered_weights = row_weights[order]
        lower = _below(ordered_weights * ~is_positive, first, after)
        lower_positives = _below(ordered_weights * is_positive, first, after)
        count, rest = row_weights[positive].sum(), row_weights[~positive].sum()
    sorted_placed = np.where(is_positive, lower / rest, 1 - lower_positives / count)
    placed = np.empty(values.shape)
    np.put_along_axis(placed, order, sorted_placed, axis=1)
    return placed


def _below(counted: Array, first: Array, after: Array) -> Array:
    """Return the sum of what is counted below each place, and half of that among its ties."""
    sums = np.zeros((len(counted), counted.shape[1] + 1), dtype=np.int64 if counted.dtype == bool else float)
    np.cumsum(counted, axis=1, out=sums[:, 1:])
    return np.asarray((np.take_along_axis(sums, first, axis=1) + np.take_along_axis(sums, after, axis=1)) / 2)


def _first_order(placed: Array, positive: Array, weights: Array, row_weights: Array | None = None) -> Array:
    """Return areas of shape (n_samples, n_candidates) from placements of shape (n_candidates, n_rows)."""
    inside, outside = weights[:, positive], weights[:, ~positive]
    with np.errstate(invalid="ignore", divide="ignore"):
        first = (inside @ placed[:, positive].T) / inside.sum(axis=1)[:, None]
        second = (outside @ placed[:, ~positive].T) / outside.sum(axis=1)[:, None]
    if row_weights is None:
        whole = placed[:, positive].mean(axis=1)
    else:
        whole = np.average(placed[:, positive], axis=1, weights=row_weights[positive])
    return np.asarray(first + second - whole)


def _pairs_won(values: Array, positive: Array, weights: Array) -> tuple[Array, Array]:
    """Return the weight of the pairs in which the positive row has the larger value (ties: half), and of all pairs."""
    order = np.argsort(values, kind="stable")
    _, first, size = np.unique(values[order], return_index=True, return_counts=True)
    ordered, is_positive = weights[:, order], positive[order]
    below = np.zeros((len(weights), len(values) + 1))
    np.cumsum(ordered * ~is_positive, axis=1, out=below[:, 1:])
    half = (below[:, first] + below[:, first + size]) / 2
    won = (ordered[:, is_positive] * np.repeat(half, size, axis=1)[:, is_positive]).sum(axis=1)
    return won, ordered[:, is_positive].sum(axis=1) * below[:, -1]


def _weighted_mean(values: Array, weights: Array) -> Array:
    """Return the mean over the first axis, of the values that are defined."""
    shares = np.where(np.isfinite(values), weights, 0.0)
    total = shares.sum(axis=0)
    filled = np.where(np.isfinite(values), values, 0.0)
    return np.where(total > 0, (filled * shares).sum(axis=0) / np.where(total > 0, total, 1.0), np.nan)


class OneByOne(_Judge):
    """Judge any other metric, sample by sample: the best candidates only, with fewer draws, all folds together."""

    def __init__(
        self,
        metric: Metric,
        y: Array,
        candidates: Sequence[Array],
        folds: Array,
        classes: Sequence[Any],
        row_weights: Array | None = None,
    ) -> None:
        super().__init__(metric, y, candidates, folds, classes, row_weights)
        self.draws = int(np.clip(SLOW_ROWS // len(y), *SLOW_DRAWS))
        by_fold = [[self._score(candidate, part) for candidate in range(len(candidates))] for part in self.parts]
        self._whole = _mean_over_folds(np.array(by_fold))
        self.growth = self._grown()

    def compare(self, weights: Array) -> Array:
        """Compare those candidates that are best on all rows; the others get NaN."""
        if len(weights) == 1 and (weights == 1).all():
            return self._whole[None, :]
        results = np.full((len(weights), len(self.candidates)), np.nan)
        for candidate in np.argsort(-np.nan_to_num(self._whole, nan=-np.inf), kind="stable")[:SLOW_CANDIDATES]:
            results[:, candidate] = self.metric.sign * self.value(int(candidate), weights)
        return results

    def value(self, candidate: int, weights: Array) -> Array:
        """Score one candidate on the rows of all folds together; of a sum, the part of as many as a fold has."""
        rows, found = np.arange(len(self.y)), []
        for times in weights.astype(int):
            score = self._score(candidate, np.repeat(rows, times))
            found.append(score * self.rows / times.sum() if self.growth == 1.0 and times.any() else score)
        return self.metric.sign * np.array(found)

    def _grown(self) -> float | None:
        """Return how the value changes with the number of rows: by what it becomes when each row is there twice."""
        rows = np.arange(len(self.y))
        for candidate in range(len(self.candidates)):
            once = self._score(candidate, rows)
            if not np.isfinite(once) or once == 0.0:
                continue
            more = self._score(candidate, np.repeat(rows, 2)) / once - 1.0
            return 0.0 if abs(more) < NEAR else 1.0 if abs(more - 1.0) < 1e-6 else None
        return 0.0

    def _score(self, candidate: int, rows: Array) -> float:
        if not len(rows):
            return float("nan")
        counts = None if self.row_weights is None else self.row_weights[rows]
        return self.metric.score(self.y[rows], self.candidates[candidate][rows], self.classes, counts)
