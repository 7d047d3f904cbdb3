"""Permutation importance over folds: what the score loses when columns are shuffled on rows that models did not see."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from automl_magic.engine.seeds import generator_of
from automl_magic.tabular.column_losses import SAMPLES, Array, Fold, Losses, Seen, losses_of

Unit: TypeAlias = tuple[int, ...]  # the places of the columns that are shuffled together

CALL_ROWS, CALL_CELLS = 20_000, 4_000_000  # of a table that is predicted in one call
LEAST = 100  # rows of a fold below which nothing is told
COPIES = 4  # of a fold's rows that tell what a row costs in a long call, where one call seems to take too long
DUST = 1e-12  # what two sums of the same numbers may differ by, as a share


@dataclass(frozen=True)
class Permuting:
    """Measure the permutation importance of columns.

    Attributes
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        The features.
    y : array of shape (n_rows,)
        The target.
    units : sequence of tuple of int
        What is shuffled: a column, or several together.
    predict : callable
        ``predict(model, X)``; a row's prediction must not hang on the other rows.
    scores : callable
        ``scores(y, predictions, weights)`` of several predictions of the same rows on samples of these, higher is
        better, shape (n_samples, n_predictions); see `judges.scores_on`. Where rows have weights, those of the rows
        are a fourth argument.
    seed : int
        Seeds rows and shuffles.
    groups : array of shape (n_rows,), optional
        Rows of one group are drawn together into the samples that tell the error.
    row_weights : array of shape (n_rows,), optional
        What each row counts.
    """

    X: pd.DataFrame
    y: Array
    units: Sequence[Unit]
    predict: Callable[[Any, pd.DataFrame], Array]
    scores: Callable[..., Array]
    seed: int = 0
    groups: Array | None = None
    row_weights: Array | None = None

    def losses(
        self,
        folds: Sequence[Fold],
        repeats: int = 5,
        rows: int = 1_000,
        left: Callable[[], float] = lambda: float("inf"),
        refine: Callable[[], bool] = lambda: True,
    ) -> Losses | None:
        """Return the losses: first every fold once, then again and again.

        Parameters
        ----------
        folds : sequence of Fold
            Where it is measured.
        repeats : int
            Shuffles of each unit on each fold.
        rows : int
            Rows of a fold beyond which as many are drawn.
        left : callable
            Returns the seconds that it may still take: fewer rows, folds or repeats are looked at where they are few.
        refine : callable
            Whether to go on after the first pass.

        Returns
        -------
        Losses or None
            None where the time does not suffice for one fold, or the score is defined on none.

        Notes
        -----
        A unit's loss is the mean over folds of the mean over repeats. With k folds its variance is (1 / k + c) times
        that of a fold, where c is the ratio of scored to learnt rows, since folds share rows that are learnt from. The
        variance of a fold is that of bootstrap samples of its rows, or the variance over folds where that is larger: a
        few folds hardly tell it. On a single fold c is 0: the error tells nothing of what another model would use.
        Where samples are not scored, the interval is Student's over folds.

        References
        ----------
        Breiman (2001), "Random Forests", Machine Learning 45, section 10. Molnar et al. (2023), "Relating the Partial
        Dependence Plot and Permutation Feature Importance to the Data Generating Process", on the variance over
        refitted models; they take the correction from Nadeau and Bengio (2003), "Inference for the Generalization
        Error", Machine Learning 52.
        """
        seen: list[Seen] = []
        cost = 0.0
        for place, fold in enumerate(folds):
            if left() <= cost:
                break
            begun = time.perf_counter()
            known = seen[-1].row_seconds if seen else None
            one = self._begin(place, fold, rows, left, len(folds) - place, known)
            if one is None or not self._shuffle(one, 0, left):
                break
            cost = 1.2 * (time.perf_counter() - begun)
            seen += [one] if one.whole is not None and np.isfinite(one.whole[0, 0]) else []
        if not seen:
            return None
        done = 1
        while done < repeats and refine() and left() > cost * len(seen):
            if not all(self._shuffle(one, done, left) for one in seen):
                break
            done += 1
        return losses_of(seen, done)

    def _begin(
        self, place: int, fold: Fold, rows: int, left: Callable[[], float], folds: int, row_seconds: float | None
    ) -> Seen | None:
        """Return a fold with its model and what it scores; None where not even the fewest rows can be shuffled.

        `folds` of them are still to come, this one included. What a row costs is measured where it is not known yet.
        """
        model = fold.model()
        chosen = self._drawn(place, fold.rows, rows)
        prediction = None
        if row_seconds is None:
            begun = time.perf_counter()
            prediction = self.predict(model, self.X.iloc[chosen])
            row_seconds = self._row_seconds(model, chosen, time.perf_counter() - begun, left)
        fit = 0.8 * max(0.0, left()) / (row_seconds * (len(self.units) + 1))  # rows, in all the time
        fewest = min(LEAST, len(chosen))
        if fit < fewest:
            return None
        if fit / folds < len(chosen):  # a share of the rows of every fold tells more than all rows of a few folds
            kept = generator_of(self.seed, "fewer rows", place).permutation(len(chosen))[
                : max(fewest, int(fit / folds))
            ]
            chosen, prediction = chosen[np.sort(kept)], None if prediction is None else prediction[np.sort(kept)]
        y, weights = self.y[chosen], self._samples(place, chosen)
        counted = None if self.row_weights is None else self.row_weights[chosen]
        frame = self.X.iloc[chosen].reset_index(drop=True)
        whole = None if prediction is None else self._scores(y, [prediction], weights, counted)
        ratio = len(fold.rows) / max(1, fold.learnt)
        return Seen(place, ratio, frame, y, weights, model, whole, row_seconds, counted)

    def _row_seconds(self, model: Any, chosen: Array, once: float, left: Callable[[], float]) -> float:
        """Return what a row costs when all units are shuffled; a long call costs less for each row than a short one."""
        units = len(self.units) + 1
        if units <= 2 * COPIES or once * units < 0.4 * left() or once * (COPIES + 1) > 0.4 * left():
            return once / len(chosen)
        begun = time.perf_counter()
        self.predict(model, self.X.iloc[np.tile(chosen, COPIES)])
        each = max(0.0, time.perf_counter() - begun - once) / (COPIES - 1)
        return min(once, max(each, 0.1 * once) + once / units) / len(chosen)

    def _samples(self, place: int, chosen: Array) -> Array:
        """Return how often each row is in each bootstrap sample; the first holds every row once."""
        rng = generator_of(self.seed, "column samples", place)
        units = (
            np.arange(len(chosen)) if self.groups is None else np.unique(self.groups[chosen], return_inverse=True)[1]
        )
        count = int(units.max()) + 1
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=SAMPLES)
        return np.concatenate([np.ones((1, len(chosen))), drawn[:, units]])

    def _drawn(self, place: int, rows: Array, most: int) -> Array:
        if len(rows) <= most:
            return rows
        return np.sort(generator_of(self.seed, "column rows", place).permutation(rows)[:most])

    def _scores(self, y: Array, predictions: Sequence[Array], weights: Array, counted: Array | None) -> Array:
        """Return the scores; NaN where they are not defined, as of an area on rows of one class."""
        try:
            asked = (y, predictions, weights, *(() if counted is None else (counted,)))
            return np.asarray(self.scores(*asked), dtype=float)
        except ValueError:
            return np.full((len(weights), len(predictions)), np.nan)

    def _shuffle(self, one: Seen, repeat: int, left: Callable[[], float]) -> bool:
        """Shuffle every unit once on a fold; return whether the time sufficed."""
        rng = generator_of(self.seed, "columns", one.place, repeat)
        rows, width = one.frame.shape
        together = max(1, min(CALL_ROWS // rows, CALL_CELLS // max(1, rows * width)))
        orders = [rng.permutation(rows) for _ in self.units]
        wanted = list(self.units)
        if one.whole is None:  # a copy in which nothing is shuffled is predicted along with the others
            wanted, orders = [(), *wanted], [np.arange(rows), *orders]
        found: list[Array] = []
        while len(found) < len(wanted):
            if left() <= one.row_seconds * rows:
                return False
            now = slice(len(found), len(found) + together)
            if np.isfinite(left()):  # a call cannot be ended
                most = int(0.3 * left() / (one.row_seconds * rows))
                now = slice(now.start, now.start + max(1, min(together, most)))
            units = wanted[now]
            prediction = self.predict(one.model, _copies(one.frame, units, orders[now]))
            found += np.split(np.asarray(prediction), len(units))
        scores = self._scores(one.y, found, one.weights, one.row_weights)
        if one.whole is None:
            one.whole, scores = scores[:, :1], scores[:, 1:]
        losses = one.whole - scores
        one.losses.append(np.where(np.abs(losses) < DUST * np.maximum(1.0, np.abs(one.whole)), 0.0, losses))
        return True


def _copies(frame: pd.DataFrame, units: Sequence[Unit], orders: Sequence[Array]) -> pd.DataFrame:
    """Return copies of a table under each other, one for each unit, whose columns are shuffled in it."""
    rows = len(frame)
    plain = np.tile(np.arange(rows), len(units))
    found = frame.iloc[plain].reset_index(drop=True)
    taken: dict[int, Array] = {}
    for number, (unit, order) in enumerate(zip(units, orders, strict=True)):
        for place in unit:
            taken.setdefault(place, plain.copy())[number * rows : (number + 1) * rows] = order
    for place, source in taken.items():
        found.isetitem(place, frame.iloc[:, place].array.take(source))
    return found
