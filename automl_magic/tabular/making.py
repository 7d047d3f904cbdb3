"""Make columns out of others: arithmetic of numbers, statistics of groups, crosses of categories.

Exported scripts hold their source, so nothing of ours is imported here but what they hold as well.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from automl_magic.tabular.choosing import gains, some_rows, within_range
from automl_magic.tabular.encoders import LevelMeans
from automl_magic.tabular.material import ReadColumns, frame_of_columns, side_by_side

NUMBERS = 7  # that arithmetic combines: those from which a quick model gains most
GROUPED = (3, 4)  # categories and numbers whose statistics are looked at
CROSSED = 5  # categories that are crossed
FEW = 10  # values up to which a number is a category as well
PULL = 5.0  # rows that the mean of all counts within a level


class Made(TransformerMixin, BaseEstimator):
    """Columns made of others. Only the made ones are returned, so that it stands beside what passes the others on.

    Columns of a DataFrame that are not numbers are categories; of numbers with at most ten values each value is a level
    too. Levels and gaps that training did not see are borne, and so is a table of which nothing can be made: then no
    column is returned.

    Parameters
    ----------
    target : "classes" or "numbers"
        What the target is.
    ranking : "lightgbm" or "forest"
        The quick model that chooses what columns are made of, on at most 4,000 rows (`gains`).
    most : int
        How many columns are made.
    random_state : int
        Seeds the draw of rows, the model and the folds.
    """

    recipes_: list[Any]

    def __init__(
        self, target: str = "classes", ranking: str = "forest", most: int = 20, random_state: int | None = 0
    ) -> None:
        self.target = target
        self.ranking = ranking
        self.most = most
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Made:
        """Choose what is made, and learn what it takes."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Any, y: Any) -> np.ndarray[Any, Any]:
        """Choose what is made, and return it for the rows that it was learnt from."""
        frame, y = frame_of_columns(X), np.asarray(y)
        self.feature_names_in_ = np.asarray(frame.columns, dtype=object)
        self.n_features_in_ = frame.shape[1]
        self.is_number_ = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
        rows = some_rows(len(frame), self.random_state)
        self.levels_ = {
            place: pd.Index(frame.iloc[:, place].dropna().unique())
            for place, is_number in enumerate(self.is_number_)
            if not is_number or frame.iloc[rows, place].nunique() <= FEW
        }
        looked_at = self._ranked(self._read(frame.iloc[rows]), y[rows])
        return self._learn(self._read(frame), y, rows, looked_at)

    def transform(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the made columns, shape (n_rows, n_made)."""
        check_is_fitted(self, "recipes_")
        return self._make(self._read(frame_of_columns(X)))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray[Any, Any]:
        """Return what each made column is: "width / height"."""
        check_is_fitted(self, "recipes_")
        names = [f"x{name}" if isinstance(name, int | np.integer) else str(name) for name in self.feature_names_in_]
        return np.asarray(self._named(names), dtype=object)

    def _ranked(self, read: ReadColumns, y: np.ndarray[Any, Any]) -> list[int]:
        """Return the places of the columns that are of use, those with the most gain first."""
        places = range(self.n_features_in_)
        columns = [read.number(place) if self.is_number_[place] else 1.0 * read.codes(place) for place in places]
        if not columns:
            return []
        found = gains(np.column_stack(columns), y, self.target, self.ranking, self.random_state)
        return [int(place) for place in np.argsort(-found, kind="stable") if found[place] > 0]

    def _gained(self, beside: list[Any], made: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> tuple[Any, Any]:
        """Return what a model gains from columns when the made ones stand beside them, and from the made ones."""
        if not made.shape[1]:
            return np.zeros(len(beside)), np.zeros(0)
        found = gains(np.column_stack([*beside, made]), y, self.target, self.ranking, self.random_state)
        return found[: len(beside)], found[len(beside) :]

    def _best(self, gained: np.ndarray[Any, Any]) -> list[Any]:
        """Return the recipes of the most gain, in their order."""
        best = np.argsort(-gained, kind="stable")[: self.most]
        return [self.recipes_[place] for place in np.sort(best) if gained[place] > 0]

    def _read(self, frame: pd.DataFrame) -> ReadColumns:
        return ReadColumns(frame, self.levels_)

    def _learn(self, read: ReadColumns, y: Any, rows: Any, looked_at: list[int]) -> np.ndarray[Any, Any]:
        raise NotImplementedError

    def _make(self, read: ReadColumns) -> np.ndarray[Any, Any]:
        raise NotImplementedError

    def _named(self, names: list[str]) -> list[str]:
        raise NotImplementedError


class Arithmetic(Made):
    """Make quotients, differences and products of the numbers from which a quick model gains most.

    Of seven numbers there are 63; when all stand side by side, those are kept from which the model gains more than from
    their two numbers on average. Of a pair the number that keeps away from 0 is divided by; where it is 0, the quotient
    is missing.
    """

    def _learn(self, read: ReadColumns, y: Any, rows: Any, looked_at: list[int]) -> np.ndarray[Any, Any]:
        some = read.only(rows)
        numbers = [place for place in looked_at if self.is_number_[place] and len(self.levels_.get(place, "abc")) > 2]
        numbers = numbers[:NUMBERS]
        self.recipes_ = []
        for pair in combinations(numbers, 2):
            one, other = sorted(pair, key=lambda place: _steadiness(some.number(place)))
            self.recipes_ += [("/", one, other), ("-", one, other), ("*", one, other)]
        own, gained = self._gained([some.number(place) for place in numbers], self._make(some), y[rows])
        alone = dict(zip(numbers, own, strict=True))
        is_more = [
            gain > max(alone[one], alone[other]) for gain, (_, one, other) in zip(gained, self.recipes_, strict=True)
        ]
        self.recipes_ = self._best(gained * is_more)
        return self._make(read)

    def _make(self, read: ReadColumns) -> np.ndarray[Any, Any]:
        made = [_combined(sign, read.number(one), read.number(other)) for sign, one, other in self.recipes_]
        return within_range(side_by_side(made, read))

    def _named(self, names: list[str]) -> list[str]:
        return [f"{names[one]} {sign} {names[other]}" for sign, one, other in self.recipes_]


class Groups(Made):
    """Make statistics of a number within each level of a category, and the number's difference to the level's mean.

    Means and deviations of levels with few rows are drawn towards those of all rows. The target has no part in them: it
    only helps to choose which are made.
    """

    def _learn(self, read: ReadColumns, y: Any, rows: Any, looked_at: list[int]) -> np.ndarray[Any, Any]:
        some = read.only(rows)
        most = max(2, len(rows) // 4)  # levels of which there is something to tell
        categories = [place for place in looked_at if 2 <= len(self.levels_.get(place, "")) <= most][: GROUPED[0]]
        numbers = [place for place in looked_at if self.is_number_[place]]
        pairs = [(one, other) for one in categories for other in numbers[: GROUPED[1]] if one != other]
        self.recipes_ = [(*pair, kind) for pair in pairs for kind in _WITHIN]
        self._measure(some)
        beside = [some.number(place) for place in numbers[: GROUPED[1]]]
        beside += [1.0 * some.codes(place) for place in categories]
        self.recipes_ = self._best(self._gained(beside, self._make(some), y[rows])[1])
        self._measure(read)
        return self._make(read)

    def _measure(self, read: ReadColumns) -> None:
        self.within_ = {}
        for one, other in dict.fromkeys(recipe[:2] for recipe in self.recipes_):
            slots = len(self.levels_[one]) + 2
            self.within_[one, other] = _within(read.codes(one), read.number(other), slots)

    def _make(self, read: ReadColumns) -> np.ndarray[Any, Any]:
        made = []
        for one, other, kind in self.recipes_:
            found = self.within_[one, other][:, max(0, _WITHIN.index(kind) - 1)][read.codes(one)]
            made.append(read.number(other) - found if kind == "difference to the mean" else found)
        return within_range(side_by_side(made, read))

    def _named(self, names: list[str]) -> list[str]:
        return [f"{names[other]}: {kind} within {names[one]}" for one, other, kind in self.recipes_]


_WITHIN = ("difference to the mean", "mean", "deviation", "median")


class Crosses(Made):
    """Make pairs of categories, each replaced by the mean target of other rows with the same two levels (`LevelMeans`).

    Pairs have more levels together than either alone, and at least five rows a level on average.
    """

    def _learn(self, read: ReadColumns, y: Any, rows: Any, looked_at: list[int]) -> np.ndarray[Any, Any]:
        categories = [place for place in looked_at if len(self.levels_.get(place, "")) >= 2][:CROSSED]
        self.outputs_ = 1 if self.target == "numbers" else len(np.unique(y))
        self.outputs_ = 1 if self.outputs_ == 2 else self.outputs_
        self.recipes_ = []
        for one, other in sorted(combinations(range(len(categories)), 2), key=sum):
            pair = (categories[one], categories[other])
            levels = len(np.unique(self._pair(read, *pair)))
            is_more = levels > max(len(np.unique(read.codes(place))) for place in pair)
            if is_more and levels <= len(y) // 5 and (len(self.recipes_) + 1) * self.outputs_ <= self.most:
                self.recipes_.append(pair)
        self.means_ = LevelMeans(self.target, self.random_state)
        return self.means_.fit_transform(self._pairs(read), y) if self.recipes_ else side_by_side([], read)

    def _make(self, read: ReadColumns) -> np.ndarray[Any, Any]:
        return self.means_.transform(self._pairs(read)) if self.recipes_ else side_by_side([], read)

    def _pairs(self, read: ReadColumns) -> pd.DataFrame:
        return pd.DataFrame({place: self._pair(read, *pair) for place, pair in enumerate(self.recipes_)})

    def _pair(self, read: ReadColumns, one: int, other: int) -> np.ndarray[Any, Any]:
        return np.asarray(read.codes(one) * (len(self.levels_[other]) + 2) + read.codes(other))

    def _named(self, names: list[str]) -> list[str]:
        pairs = [f"{names[one]} x {names[other]}" for one, other in self.recipes_]
        if not self.recipes_ or len(self.means_.get_feature_names_out()) == len(pairs):
            return pairs
        return [f"{pair}: class {place}" for pair in pairs for place in range(self.outputs_)]


def _steadiness(numbers: np.ndarray[Any, Any]) -> float:
    """Return how far a number keeps from 0: the 5 % of least size against the mean size."""
    sizes = np.abs(numbers[~np.isnan(numbers)])
    return float(np.quantile(sizes, 0.05) / max(sizes.mean(), 1e-300)) if len(sizes) else 0.0


def _combined(sign: str, one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if sign == "-":
        return np.asarray(one - other)
    if sign == "*":
        return np.asarray(one * other)
    return np.asarray(one / np.where(np.abs(other) < 1e-12, np.nan, other))


def _within(codes: np.ndarray[Any, Any], numbers: np.ndarray[Any, Any], slots: int) -> np.ndarray[Any, Any]:
    """Return mean, deviation and median of a number for each code, shape (slots, 3); of codes without rows, of all."""
    is_known = ~np.isnan(numbers)
    codes, numbers = codes[is_known], numbers[is_known]
    if not len(numbers):
        return np.full((slots, 3), np.nan)
    rows = np.bincount(codes, minlength=slots)
    mean, variance, median = numbers.mean(), numbers.var(), float(np.median(numbers))
    means = np.bincount(codes, numbers - mean, slots) / np.maximum(rows, 1)
    spread = np.bincount(codes, (numbers - mean - means[codes]) ** 2, slots)
    starts = np.cumsum(rows) - rows
    ordered = np.append(numbers[np.lexsort((numbers, codes))], 0.0)
    low, high = starts + np.maximum(rows - 1, 0) // 2, starts + rows // 2
    medians = np.where(rows > 2, (ordered[low] + ordered[np.minimum(high, len(numbers))]) / 2, median)
    means = mean + means * rows / (rows + PULL)
    return np.column_stack([means, np.sqrt((spread + PULL * variance) / (rows + PULL)), medians])
