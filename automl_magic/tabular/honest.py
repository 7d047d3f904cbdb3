"""The score of a search, corrected for having picked the best of many: BBC-CV.

Tsamardinos, Greasidou and Borboudakis (2018), "Bootstrapping the out-of-sample predictions for efficient and accurate
cross-validation", Machine Learning 107, algorithm 5: draw rows with replacement from the out-of-fold predictions, pick
the best candidate on the drawn rows, score it on the rows that were not drawn; the mean over many draws is the
estimate, their quantiles are the interval. No model is fitted again.

All candidates take part, not only the best few: with those alone the correction is too small.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl_magic.engine.events import Artefact
from automl_magic.tabular.artefacts import read_predictions
from automl_magic.tabular.judges import Judge, judge_for
from automl_magic.tabular.metrics import Metric

if TYPE_CHECKING:
    from automl_magic.tabular.splits import Splits
    from automl_magic.tabular.task import Table

Array: TypeAlias = NDArray[Any]

DRAWS = (100, 500)  # fewest and most bootstrap samples
CELLS = 2_000_000  # draws x entries beyond which there are fewer draws
HELD = 1_000_000  # draws x entries that are held at once: larger arrays make the kernel grow with each run's thread
FIRST, FEWEST = 5, 20  # draws that are timed where the time is short, and fewest that make an estimate
NUMBERS = 10_000_000  # candidates x entries x classes that are held at once
ENDLESS: Callable[[], float] = lambda: float("inf")  # noqa: E731
LEVEL = (2.5, 97.5)  # percentiles of the interval
ENOUGH, NORMAL = 200, 1.96  # with fewer draws the interval is so many standard deviations wide on either side


@dataclass(frozen=True)
class Score:
    """An estimate of how the winner of a search does on new rows, in the metric's natural sign.

    Attributes
    ----------
    value : float
        The estimate, corrected for the choice. ``float(score)`` is the same.
    low, high : float
        Its 95 % interval.
    naive : float
        The winner's own cross-validated score: too good, the more so the more candidates there were.
    candidates : int
        Among how many it was chosen.
    draws : int
        Number of bootstrap samples.
    rows : float or None
        Of a metric that is a sum over rows: for how many it is told, as many as a fold has on the mean.
    why : str
        Why it is not corrected, where the metric does not allow it.
    """

    value: float
    low: float
    high: float
    naive: float
    candidates: int = 1
    draws: int = 0
    rows: float | None = field(default=None, repr=False)
    why: str = field(default="", repr=False)

    def __float__(self) -> float:
        return self.value

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) if spec else str(self)

    def __str__(self) -> str:
        return f"{self.value:.4g} (95 % interval {self.low:.4g} to {self.high:.4g}; uncorrected {self.naive:.4g})"


def honest_score(
    predictions: Sequence[Array],
    y: Any,
    folds: Any,
    metric: Metric,
    seed: int = 0,
    *,
    classes: Sequence[Any] = (),
    units: Any = None,
    weights: Any = None,
    left: Callable[[], float] = ENDLESS,
) -> Score:
    """Estimate how the best of many candidates does on new rows.

    The choice is made as the search makes it: by the mean over the folds of the score within each fold.

    Parameters
    ----------
    predictions : sequence of arrays of shape (n_entries,) or (n_entries, n_classes)
        The out-of-fold predictions of each candidate. An entry is one row scored in one fold: with repeated folds a row
        has several. Entries with a NaN in any candidate are left out.
    y : array of shape (n_entries,)
        The truth, in the original labels.
    folds : array of shape (n_entries,)
        The fold of each entry.
    metric : Metric
        The metric of the search.
    seed : int
        Seeds the bootstrap.
    classes : sequence, optional
        All classes of the task, in the order of the probabilities. Default: those of `y`.
    units : array of shape (n_entries,), optional
        Entries that are drawn together: the row's number where folds are repeated, the group where there are groups.
        Default: every entry by itself.
    weights : array of shape (n_entries,), optional
        What each entry counts. Default: all alike.
    left : callable, optional
        Returns the seconds that are left: fewer samples are drawn where they do not suffice, and below 20 there is no
        corrected score.

    Returns
    -------
    Score
    """
    gaps_out = _without_gaps(predictions, np.asarray(y), np.asarray(folds), units, weights)
    truth, fold_of, candidates, unit_of, counted = gaps_out
    if metric.needs != "value" and not len(classes):
        classes = tuple(np.unique(truth).tolist())
    judge = judge_for(metric, truth, candidates, fold_of, classes, counted)
    _, units_there = np.unique(unit_of, return_inverse=True)
    draws = int(np.clip(CELLS // len(truth), *DRAWS)) if judge.draws is None else judge.draws
    whole = judge.compare(np.ones((1, len(truth))))[0]
    best = int(np.nanargmax(whole)) if np.isfinite(whole).any() else 0
    naive = metric.natural(float(whole[best]))
    if judge.growth is None:
        why = f"{metric.label} changes with the number of rows, so that samples of them do not tell it"
        return Score(naive, float("nan"), float("nan"), naive, len(candidates), why=why)
    alone, rows = len(candidates) == 1, judge.rows if judge.growth == 1.0 else None
    values = np.array([])
    for counts in _blocks_of_draws(units_there, draws, np.random.default_rng(seed), left):
        found = judge.value(0, counts) if alone else _out_of_bag(judge, judge.compare(counts), counts)
        values = np.append(values, found[np.isfinite(found)])
    if len(values) < min(draws, FEWEST):
        return Score(naive, float("nan"), float("nan"), naive, len(candidates), 0, rows)
    value = naive if alone else float(values.mean())
    low, high = np.percentile(values, LEVEL)
    if len(values) < ENOUGH:
        low, high = value - NORMAL * values.std(), value + NORMAL * values.std()
    return Score(value, float(low), float(high), naive, len(candidates), len(values), rows)


def score_of_trials(
    folder: str | Path,
    trials: Sequence[Mapping[int, Artefact]],
    table: Table,
    splits: Splits,
    metric: Metric,
    seed: int = 0,
    left: Callable[[], float] = ENDLESS,
    ahead: Sequence[Array] = (),
) -> Score:
    """Estimate the score of a run from the predictions that its trials left.

    Parameters
    ----------
    folder : path
        The run's folder.
    trials : sequence of mappings from fold to Artefact
        The predictions of each trial that was scored on all folds, the best trial first.
    table, splits, metric
        What was searched, on which folds, for what.
    seed : int
        Seeds the bootstrap.
    left : callable, optional
        As of `honest_score`.
    ahead : sequence of arrays, optional
        Predictions of further candidates, ahead of those of the trials.

    Returns
    -------
    Score

    Raises
    ------
    RunError
        If a file is gone or is not the one that was written.
    """
    rows, folds = splits.entries()
    most = max(1, NUMBERS // (len(rows) * max(1, len(table.task.classes))))
    predictions = [*ahead, *(read_predictions(folder, trial) for trial in trials[:most])]
    units = rows if table.groups is None else np.asarray(table.groups)[rows]
    told: dict[str, Any] = {"classes": table.task.classes, "units": units, "left": left}
    weights = None if table.weights is None else np.asarray(table.weights)[rows]
    return honest_score(predictions, np.asarray(table.y)[rows], folds, metric, seed, weights=weights, **told)


def _without_gaps(
    predictions: Sequence[Array], y: Array, folds: Array, units: Any, weights: Any
) -> tuple[Array, Array, list[Array], Array, Array | None]:
    if not len(predictions):
        raise ValueError("The predictions of at least one candidate are needed.")
    whole = np.ones(len(y), dtype=bool)
    for prediction in predictions:
        whole &= np.isfinite(prediction).reshape(len(y), -1).all(axis=1)
    unit_of = np.arange(len(y)) if units is None else np.asarray(units)
    counted = None if weights is None else np.asarray(weights, dtype=float)[whole]
    kept = [np.asarray(prediction)[whole] for prediction in predictions]
    return y[whole], folds[whole], kept, unit_of[whole], counted


def _blocks_of_draws(
    unit_of: Array, draws: int, rng: np.random.Generator, left: Callable[[], float]
) -> Iterator[Array]:
    """Yield samples in blocks that fit into memory, as long as the time that is left allows the next one."""
    most = max(1, HELD // len(unit_of))
    size, done = min(draws, most), 0
    if np.isfinite(left()):
        size = min(size, FIRST)
    while done < draws:
        begun = time.perf_counter()
        yield _draw(unit_of, size, rng)
        done += size
        if np.isfinite(left()):
            affordable = int(0.7 * left() * size / max(1e-6, time.perf_counter() - begun))
            if affordable < 1:
                return
            size = min(affordable, most, draws - done)
        else:
            size = min(most, draws - done)


def _draw(unit_of: Array, draws: int, rng: np.random.Generator) -> Array:
    """Return how often each entry is drawn: shape (draws, n_entries)."""
    units = int(unit_of.max()) + 1
    chosen = rng.integers(0, units, (draws, units)) + np.arange(draws)[:, None] * units
    counts = np.bincount(chosen.ravel(), minlength=draws * units).reshape(draws, units)
    return counts[:, unit_of].astype(float)


def _out_of_bag(judge: Judge, inside: Array, counts: Array) -> Array:
    """Return, for each draw, the value on the rows not drawn of the candidate that is best on those drawn."""
    values = np.full(len(counts), np.nan)
    usable = np.isfinite(inside).any(axis=1)
    picked = np.full(len(counts), -1)
    picked[usable] = np.nanargmax(inside[usable], axis=1)
    for candidate in np.unique(picked[usable]):
        draws = np.flatnonzero(picked == candidate)
        values[draws] = judge.value(int(candidate), (counts[draws] == 0).astype(float))
    return values
