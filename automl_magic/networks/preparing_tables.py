"""From a raw table to the numbers of a network: scaled numbers first, the codes of categories last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from automl_magic.tabular.encoders import SoftScaler
from automl_magic.tabular.steps import CleanTable, DateParts, TextTopics

MOST_LEVELS = 100  # of a category that have a code of their own, the most frequent ones
LEAST_ROWS = 2  # rows of a level that has one
TOPICS = 10  # of each column of texts
ON_CIRCLES = ("yearday_sin", "yearday_cos", "weekday_sin", "weekday_cos", "hour_sin", "hour_cos")
OF_DATE = ("days", "year", *ON_CIRCLES)
OF_TEXT = 2 + TOPICS  # numbers of words and characters, and topics


class AllDateParts(DateParts):
    """Take dates apart into the same parts, whatever the rows of training hold."""

    def __init__(self) -> None:
        super().__init__(cyclic=True)

    def fit(self, X: pd.DataFrame, y: Any = None) -> AllDateParts:
        """Note the columns."""
        super().fit(X, y)
        self.parts_ = [(name, part) for name in X.columns for part in OF_DATE]
        return self


class PrepareTable(TransformerMixin, BaseEstimator):
    """Turn a raw table into numbers; how many comes from the parameters, whatever the rows of training hold.

    Numbers (also of dates and texts) are filled by the median, scaled by median and quartiles and drawn in where they
    lie far out; where a column has gaps, a flag tells them. Each level of a category has a code from 1 on, the most
    frequent first; code 0 stands for gaps, for rare levels and for those that training did not see.

    Parameters
    ----------
    clean : CleanTable
        Reads the columns.
    flagged : sequence of str
        Columns of numbers whose gaps are flagged.
    codes : sequence of int
        How many codes each category has at most.

    Attributes
    ----------
    names_ : list of str
        Names of the columns that come out.
    fill_, center_, scale_ : ndarray of shape (n_numbers,)
        Of the numbers: (filled - center) / scale = z becomes z / sqrt(1 + (z / 3) ** 2).
    levels_ : dict of str to list of str
        Levels of each category in the order of their codes, the first one being code 1.
    """

    def __init__(self, clean: Any = None, flagged: Any = (), codes: Any = ()) -> None:
        self.clean = clean
        self.flagged = flagged
        self.codes = codes

    def fit(self, X: Any, y: Any = None) -> PrepareTable:
        """Learn from the rows of training."""
        self.clean_ = clone(CleanTable() if self.clean is None else self.clean)
        self.feature_names_in_ = self.clean_.fit(X).feature_names_in_
        self.n_features_in_ = len(self.feature_names_in_)
        frame = self.clean_.transform(X)
        dates, texts = list(self.clean_.dates or {}), list(self.clean_.texts)
        self.dates_ = AllDateParts().fit(frame[dates]) if dates else None
        self.texts_ = {name: TextTopics(TOPICS).fit(frame[[name]]) for name in texts}
        numbers = self._numbers(frame)
        gaps = np.isnan(numbers)
        known = ~gaps.all(axis=0)
        self.fill_ = np.zeros(numbers.shape[1])
        if known.any():
            self.fill_[known] = np.nanmedian(numbers[:, known], axis=0)
        numbers[gaps] = np.broadcast_to(self.fill_, numbers.shape)[gaps]
        scaler = SoftScaler()
        if numbers.shape[1]:
            scaler.fit(numbers)
            self.center_, self.scale_ = scaler.center_, scaler.scale_
        else:
            self.center_, self.scale_ = np.zeros(0), np.ones(0)
        self.levels_ = {
            name: _levels(frame[name], most) for name, most in zip(self.clean_.categories, self.codes, strict=True)
        }
        self.names_ = [*self._amounts(), *self._parts(), *(f"{name}_missing" for name in self.flagged), *self.levels_]
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the numbers, shape (n_rows, n_columns)."""
        check_is_fitted(self, "names_")
        frame = self.clean_.transform(X)
        numbers = self._numbers(frame)
        gaps = np.isnan(numbers)
        numbers[gaps] = np.broadcast_to(self.fill_, numbers.shape)[gaps]
        z = (numbers - self.center_) / self.scale_
        amounts = self._amounts()
        flags = gaps[:, [amounts.index(name) for name in self.flagged]]
        codes = [_codes(frame[name], levels) for name, levels in self.levels_.items()]
        return np.asarray(np.column_stack([z / np.sqrt(1 + (z / 3) ** 2), flags, *codes]), dtype=np.float32)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the columns that come out."""
        return np.asarray(self.names_, dtype=object)

    def _amounts(self) -> list[str]:
        clean = self.clean_
        return [*clean.numbers, *clean.booleans, *(clean.ordered or {})]

    def _parts(self) -> list[str]:
        """Return the names of what dates and texts become."""
        of_texts = [
            f"{name}_{part}"
            for name in self.texts_
            for part in ("words", "characters", *(f"topic{place}" for place in range(TOPICS)))
        ]
        return [*([] if self.dates_ is None else self.dates_.get_feature_names_out()), *of_texts]

    def _numbers(self, frame: pd.DataFrame) -> NDArray[Any]:
        """Return all that is a number, NaN where it is missing; topics that there are not are 0."""
        parts: list[NDArray[Any]] = [frame[self._amounts()].to_numpy(dtype=float)]
        if self.dates_ is not None:
            parts.append(self.dates_.transform(frame[list(self.clean_.dates or {})]))
        for name, topics in self.texts_.items():
            found = topics.transform(frame[[name]])
            parts.append(np.pad(found, ((0, 0), (0, OF_TEXT - found.shape[1]))))
        return np.concatenate(parts, axis=1).copy()


def _levels(series: pd.Series[Any], codes: int) -> list[str]:
    """Return the levels that have a code: the most frequent first, equal ones by name."""
    counts = series.value_counts()
    kept = sorted(((-count, str(level)) for level, count in counts.items() if count >= LEAST_ROWS))
    return [level for _, level in kept][: codes - 1]


def _codes(series: pd.Series[Any], levels: list[str]) -> NDArray[Any]:
    by_level = {level: code for code, level in enumerate(levels, 1)}
    return np.asarray([by_level.get(value, 0) if isinstance(value, str) else 0 for value in series], dtype=np.float32)
