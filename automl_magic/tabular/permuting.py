"""Permutation importance over folds: what the score loses when columns are shuffled on rows that models did not see."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from automl_magic.engine.seeds import generator_of

Array: TypeAlias = NDArray[Any]
Unit: TypeAlias = tuple[int, ...]  # the places of the columns that are shuffled together

CALL_ROWS, CALL_CELLS = 20_000, 4_000_000  # of a table that is predicted in one call
LEAST = 100  # rows of a fold below which nothing is told
PARTS = 5  # of the rows of a single fold, for the error
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Fold:
    """A fold: rows that its model did not see, by their places, how many it learnt from, and how to get the model."""

    rows: Array
    learnt: int
    model: Callable[[], Any]


@dataclass(frozen=True)
class Loss:
    """What the score loses when the columns of a unit are shuffled together; NaN where there is no telling."""

    value: float
    error: float
    low: float
    high: float


@dataclass(frozen=True)
class Losses:
    """The losses of all units in their order; from how many folds, repeats and rows."""

    of: tuple[Loss, ...]
    folds: int
    repeats: int
    rows: int


@dataclass
class _Seen:
    """What was measured on one fold: for each repeat the losses of the units, on all its rows and on parts of them."""

    place: int
    ratio: float  # rows that are scored to rows that were learnt from
    frame: pd.DataFrame
    y: Array
    parts: list[Array]
    model: Any
    whole: Array
    row_seconds: float
    losses: list[Array] = field(default_factory=list)
    by_part: list[Array] = field(default_factory=list)


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
        ``scores(y, predictions)`` of several predictions of the same rows, higher is better; NaN where not defined.
    seed : int
        Seeds rows and shuffles.
    """

    X: pd.DataFrame
    y: Array
    units: Sequence[Unit]
    predict: Callable[[Any, pd.DataFrame], Array]
    scores: Callable[[Array, Sequence[Array]], Array]
    seed: int = 0

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
        A unit's loss is the mean over folds of the mean over repeats. With m folds its variance is (1 / m + c) times
        the variance over folds, where c is the ratio of scored to learnt rows, since folds share rows that are learnt
        from; the interval is Student's with m - 1 degrees of freedom. On a single fold the error comes from parts of
        its rows: it tells nothing of what another model would use.

        References
        ----------
        Breiman (2001), "Random Forests", Machine Learning 45, section 10. Molnar et al. (2023), "Relating the Partial
        Dependence Plot and Permutation Feature Importance to the Data Generating Process", on the variance over
        refitted models; they take the correction from Nadeau and Bengio (2003), "Inference for the Generalization
        Error", Machine Learning 52.
        """
        seen: list[_Seen] = []
        cost = 0.0
        for place, fold in enumerate(folds):
            if left() <= cost:
                break
            begun = time.perf_counter()
            one = self._begin(place, fold, rows, left, len(folds) - place)
            if one is None or (np.isfinite(one.whole[0]) and not self._shuffle(one, 0, left)):
                break
            cost = 1.2 * (time.perf_counter() - begun)
            seen += [one] if one.losses else []
        if not seen:
            return None
        done = 1
        while done < repeats and refine() and left() > cost * len(seen):
            if not all(self._shuffle(one, done, left) for one in seen):
                break
            done += 1
        return self._told(seen, done)

    def _begin(self, place: int, fold: Fold, rows: int, left: Callable[[], float], folds: int) -> _Seen | None:
        """Return a fold with its model and what it scores; None where not even the fewest rows can be shuffled.

        `folds` of them are still to come, this one included.
        """
        model = fold.model()
        chosen = self._drawn(place, fold.rows, rows)
        begun = time.perf_counter()
        prediction = self.predict(model, self.X.iloc[chosen])
        row_seconds = (time.perf_counter() - begun) / len(chosen)
        fit = (
            0.8 * max(0.0, left()) / (row_seconds * (len(self.units) + 1))
        )  # rows that can be shuffled in all the time
        fewest = min(LEAST, len(chosen))
        if fit < fewest:
            return None
        if fit / folds < len(chosen):  # a share of the rows of every fold tells more than all rows of a few folds
            kept = generator_of(self.seed, "fewer rows", place).permutation(len(chosen))[
                : max(fewest, int(fit / folds))
            ]
            chosen, prediction = chosen[np.sort(kept)], prediction[np.sort(kept)]
        y = self.y[chosen]
        alone = folds == 1 and place == 0 or fit < fewest * folds  # it may be the only fold: its parts tell the error
        parts = [np.arange(len(chosen)), *(self._parts(place, len(chosen)) if alone else ())]
        whole = np.array([self._scores(y[part], [prediction[part]])[0] for part in parts])
        frame = self.X.iloc[chosen].reset_index(drop=True)
        return _Seen(place, len(fold.rows) / max(1, fold.learnt), frame, y, parts, model, whole, row_seconds)

    def _drawn(self, place: int, rows: Array, most: int) -> Array:
        if len(rows) <= most:
            return rows
        return np.sort(generator_of(self.seed, "column rows", place).permutation(rows)[:most])

    def _parts(self, place: int, rows: int) -> list[Array]:
        order = generator_of(self.seed, "column parts", place).permutation(rows)
        return [np.sort(part) for part in np.array_split(order, PARTS)] if rows >= 2 * PARTS else []

    def _scores(self, y: Array, predictions: Sequence[Array]) -> Array:
        """Return the scores; NaN where they are not defined, as of an area on rows of one class."""
        try:
            return np.asarray(self.scores(y, predictions), dtype=float)
        except ValueError:
            return np.full(len(predictions), np.nan)

    def _shuffle(self, one: _Seen, repeat: int, left: Callable[[], float]) -> bool:
        """Shuffle every unit once on a fold; return whether the time sufficed."""
        rng = generator_of(self.seed, "columns", one.place, repeat)
        rows, width = one.frame.shape
        together = max(1, min(CALL_ROWS // rows, CALL_CELLS // max(1, rows * width)))
        orders = [rng.permutation(rows) for _ in self.units]
        found: list[Array] = []
        while len(found) < len(self.units):
            if left() <= one.row_seconds * rows:
                return False
            now = slice(len(found), len(found) + together)
            if np.isfinite(left()):  # a call cannot be ended
                most = int(0.3 * left() / (one.row_seconds * rows))
                now = slice(now.start, now.start + max(1, min(together, most)))
            units = self.units[now]
            prediction = self.predict(one.model, _copies(one.frame, units, orders[now]))
            found += np.split(np.asarray(prediction), len(units))
        told = [self._scores(one.y[part], [prediction[part] for prediction in found]) for part in one.parts]
        losses = one.whole - np.stack(told, axis=1)
        one.losses.append(losses[:, 0])
        one.by_part.append(losses[:, 1:])
        return True

    def _told(self, seen: list[_Seen], repeats: int) -> Losses:
        means = np.array([np.mean(one.losses[:repeats], axis=0) for one in seen])
        value = means.mean(axis=0)
        factor = 1 / len(seen) + float(np.mean([one.ratio for one in seen]))
        if len(seen) == 1:
            means = np.mean(seen[0].by_part[:repeats], axis=0).T
            means = means[np.isfinite(means).all(axis=1)]
            factor = 1 / max(1, len(means))
        error = np.full(len(value), np.nan)
        width = np.nan
        if len(means) > 1:
            error = np.sqrt(means.var(axis=0, ddof=1) * factor)
            width = float(student.ppf(0.5 + CONFIDENCE / 2, len(means) - 1))
        of = tuple(
            Loss(float(loss), float(own), float(loss - width * own), float(loss + width * own))
            for loss, own in zip(value, error, strict=True)
        )
        return Losses(of, len(seen), repeats, sum(len(one.y) for one in seen))


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
