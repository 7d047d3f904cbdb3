"""Steps of the preparation that scikit-learn lacks.

Exported scripts hold their source and that of what they use of `converting.py` and `written.py`.
"""

from __future__ import annotations

import difflib
import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from automl_magic.tabular.converting import (
    LARGEST,
    MISSING_WORDS,
    dates_from,
    flags_from,
    frame_from,
    holds_words,
    numbers_from,
    places_from,
    quoted,
    rows_of_dicts,
    words_from,
)

PARTS = {
    "year": "year",
    "month": "month",
    "day": "day",
    "yearday": "day_of_year",
    "weekday": "day_of_week",
    "hour": "hour",
}  # by name, the attribute of a date
CYCLES = {"yearday": 365.25, "weekday": 7.0, "hour": 24.0}


class CleanTable(TransformerMixin, BaseEstimator):
    """Read a raw table: pick the columns that are used and give each one type.

    Columns may come in another order, as a DataFrame or as an array; numbers as texts, infinite values, whole numbers
    as floats and the reverse are read as what they are. Columns that training did not see are ignored with a warning.

    Parameters
    ----------
    numbers, booleans, categories, texts : list of str
        Names of columns by what they mean.
    ordered : dict of str to list of str
        Columns of ordered levels, the lowest level first.
    dates : dict of str to (str or None)
        Columns of dates, and how they are written where they are texts.
    left_out : list of str
        Columns that may stand in the table and are not looked at.
    written : dict of str to str
        Of the numbers that texts write in another way than Python: the number 1234.5 as they write it.

    Attributes
    ----------
    feature_names_in_ : ndarray of str
        All columns of the table that was learnt from, used or not.
    words_ : list of str
        Categories, ordered levels and texts that are no numbers.
    """

    refusal: type[ValueError] = ValueError  # what is raised for a table that cannot be read

    def __init__(
        self,
        numbers: Any = (),
        booleans: Any = (),
        ordered: Any = None,
        categories: Any = (),
        dates: Any = None,
        texts: Any = (),
        left_out: Any = (),
        written: Any = None,
    ) -> None:
        self.numbers = numbers
        self.booleans = booleans
        self.ordered = ordered
        self.categories = categories
        self.dates = dates
        self.texts = texts
        self.left_out = left_out
        self.written = written

    def fit(self, X: Any, y: Any = None) -> CleanTable:
        """Note the columns."""
        frame = frame_from(X)
        self.feature_names_in_ = np.asarray(frame.columns, dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)
        self._check_columns(frame)
        self.words_ = [
            name for name in (*self.categories, *(self.ordered or {}), *self.texts) if holds_words(frame[name])
        ]
        return self

    def transform(self, X: Any) -> pd.DataFrame:
        """Return the used columns, numbers and codes first, each of one type."""
        check_is_fitted(self, "feature_names_in_")
        frame = self._named(X)
        self._check_columns(frame)
        self._check_words(frame)
        rest: dict[str, Any] = {name: flags_from(frame[name]) for name in self.booleans}
        for name in self.booleans:
            self._check_read(frame[name], np.isnan(rest[name]), "true and false")
        rest.update({name: places_from(frame[name], order) for name, order in (self.ordered or {}).items()})
        for name in self.categories:
            rest[name] = pd.Series(words_from(frame[name]), dtype=object)
        for name, layout in (self.dates or {}).items():
            day = pd.Timestamp(2026, 1, 31)
            kind = f'dates like "{day.date() if layout in (None, "ISO8601") else day.strftime(layout)}"'
            if pd.api.types.is_numeric_dtype(frame[name].dtype) and frame[name].notna().any():
                self._refuse(frame[name], kind)
            rest[name] = dates_from(frame[name], layout)
            self._check_read(frame[name], pd.isna(rest[name]), kind)
        for name in self.texts:
            rest[name] = pd.Series(words_from(frame[name]), dtype=object).fillna("")
        parts = [self._numbers(frame), pd.DataFrame(rest)] if rest else [self._numbers(frame)]
        clean = pd.concat(parts, axis=1) if len(self.numbers) else parts[-1]
        return clean.set_axis(frame.index, axis=0)

    def reads_like(self, other: Any) -> bool:
        """Whether another such step, fitted as this one is, makes the same of every table."""
        if type(other) is not type(self):
            return False
        mine, others = (
            {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in vars(step).items()}
            for step in (self, other)
        )
        return mine == others

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray[Any, Any]:
        """Return the names of the columns that are used."""
        groups = (self.numbers, self.booleans, self.ordered or {}, self.categories, self.dates or {}, self.texts)
        return np.asarray([name for group in groups for name in group], dtype=object)

    def _named(self, X: Any) -> pd.DataFrame:
        X = rows_of_dicts(X)
        is_named = hasattr(X, "columns") or hasattr(X, "to_pandas")
        dimensions = np.ndim(X[:1]) if isinstance(X, list | tuple) else getattr(X, "ndim", 0)
        if not is_named and dimensions != 2:
            raise self.refusal(
                f"Rows to predict must be a table. Got {type(X).__name__} instead: give a DataFrame (of one row: "
                "df.iloc[[0]]), an array of two dimensions, or a list of dicts."
            )
        frame = frame_from(X)
        if len(frame) == 0:
            raise self.refusal("The table has no rows, so there is nothing to predict. Give at least one.")
        if is_named:
            return frame
        if frame.shape[1] != self.n_features_in_:
            raise self.refusal(f"The table must have {self.n_features_in_} columns. Got {frame.shape[1]} instead.")
        return frame.set_axis(list(self.feature_names_in_), axis=1)

    def _check_columns(self, frame: pd.DataFrame) -> None:
        there = set(frame.columns)
        missing = [name for name in self.get_feature_names_out() if name not in there]
        if missing:
            near = difflib.get_close_matches(missing[0], list(there), n=1)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            raise self.refusal(
                f"No column named {quoted(missing)} in the table.{hint} It was there in training: "
                "give the table the same columns, or fill those that you do not know with None."
            )
        if len(there) != len(frame.columns):
            twice = frame.columns[frame.columns.duplicated()].unique()
            raise self.refusal(f"More than one column is named {quoted(twice)}. Rename or drop one of each.")
        known = {*self.feature_names_in_, *self.left_out}
        extra = [name for name in frame.columns if name not in known]
        if extra:
            warnings.warn(f"Ignored columns that were not there in training: {quoted(extra)}.", stacklevel=3)

    def _check_words(self, frame: pd.DataFrame) -> None:
        for name in self.words_:
            if pd.api.types.is_numeric_dtype(frame[name].dtype) and frame[name].notna().any():
                self._refuse(frame[name], "words")

    def _check_read(self, series: pd.Series[Any], is_missing: np.ndarray[Any, Any], kind: str) -> None:
        """Refuse a column of which nothing could be read; warn of values that could not."""
        unread = int((is_missing & np.asarray(series.notna())).sum())
        if unread:
            words = pd.Series(words_from(series[is_missing & np.asarray(series.notna())]), dtype=object)
            unread = int((~words.str.strip().str.lower().isin([*MISSING_WORDS, "inf", "-inf"])).sum())
        if unread and is_missing.all():
            self._refuse(series, kind)
        if unread:
            warnings.warn(
                f'Column "{series.name}" held {kind} in training; {unread} values are none and count as missing.',
                stacklevel=4,
            )

    def _refuse(self, series: pd.Series[Any], kind: str) -> None:
        raise self.refusal(
            f'Column "{series.name}" held {kind} in training. Got values of type {series.dtype} that are none: '
            "give it as it was then."
        )

    def _numbers(self, frame: pd.DataFrame) -> pd.DataFrame:
        names = list(self.numbers)
        columns = frame[names]
        if all(isinstance(dtype, np.dtype) and dtype.kind in "iufb" for dtype in columns.dtypes):
            values = np.array(columns.to_numpy(dtype=float))
        else:
            values = np.column_stack([self._number(columns[name]) for name in names])
        values[np.isinf(values)] = np.nan
        return pd.DataFrame(np.clip(values, -LARGEST, LARGEST, out=values), columns=names)

    def _number(self, series: pd.Series[Any]) -> np.ndarray[Any, Any]:
        layout = (self.written or {}).get(str(series.name))
        values = numbers_from(series, layout)
        self._check_read(series, np.isnan(values), "numbers" if layout is None else f'numbers like "{layout}"')
        return values


class DateParts(TransformerMixin, BaseEstimator):
    """Take dates apart: days since 1970, year, month, day, day of the year, weekday, hour.

    A part that is the same in all rows of training is left out.

    Parameters
    ----------
    cyclic : bool
        Give day of the year, weekday and hour as points on a circle as well, for models that add up.
    """

    def __init__(self, cyclic: bool = False) -> None:
        self.cyclic = cyclic

    def fit(self, X: pd.DataFrame, y: Any = None) -> DateParts:
        """Note which parts differ between rows."""
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self.parts_ = [
            (name, part)
            for name in X.columns
            for part, values in self._parts(X[name]).items()
            if part == "days" or len(np.unique(values[~np.isnan(values)])) > 1
        ]
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray[Any, Any]:
        """Return the parts, shape (n_rows, n_parts), NaN where the date is missing."""
        check_is_fitted(self, "parts_")
        parts = {name: self._parts(X[name]) for name in X.columns}
        return np.column_stack([parts[name][part] for name, part in self.parts_])

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray[Any, Any]:
        """Return the names: column_part."""
        return np.asarray([f"{name}_{part}" for name, part in self.parts_], dtype=object)

    def _parts(self, dates: pd.Series[Any]) -> dict[str, np.ndarray[Any, Any]]:
        when = dates.dt
        days = (dates - pd.Timestamp(0)).dt.total_seconds().to_numpy() / 86_400
        parts = {"days": np.asarray(days, dtype=float)}
        for part, attribute in PARTS.items():
            values = parts[part] = np.asarray(getattr(when, attribute), dtype=float)
            if self.cyclic and part in CYCLES:
                turn = 2 * np.pi * values / CYCLES[part]
                parts.update({f"{part}_sin": np.sin(turn), f"{part}_cos": np.cos(turn)})
        return parts


class TextTopics(TransformerMixin, BaseEstimator):
    """Turn each column of texts into its number of words and characters and a few topics.

    Topics are the first components of the TF-IDF matrix (latent semantic analysis: Deerwester et al., 1990).

    Parameters
    ----------
    components : int
        Number of topics for each column; fewer where there are fewer words.
    random_state : int
        Seeds the decomposition.
    """

    def __init__(self, components: int = 10, random_state: int | None = 0) -> None:
        self.components = components
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: Any = None) -> TextTopics:
        """Learn words and topics."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any = None) -> np.ndarray[Any, Any]:
        """Learn words and topics, and return what `transform` returns."""
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self.words_, self.topics_ = [], []
        parts = []
        for name in X.columns:
            words = TfidfVectorizer(min_df=2 if len(X) > 100 else 1, max_features=5_000, sublinear_tf=True)
            topics = None
            parts.append(text_sizes(X[name]))
            try:
                matrix = words.fit_transform(X[name])
            except ValueError:  # no word occurs often enough
                matrix = None
            if matrix is not None and min(matrix.shape) > 1:
                topics = TruncatedSVD(
                    min(self.components, min(matrix.shape) - 1), n_iter=3, random_state=self.random_state
                )
                parts.append(topics.fit_transform(matrix))
            self.words_.append(words)
            self.topics_.append(topics)
        return np.column_stack(parts)

    def transform(self, X: pd.DataFrame) -> np.ndarray[Any, Any]:
        """Return numbers of words and characters, then topics, for each column in turn."""
        check_is_fitted(self, "topics_")
        parts = []
        for name, words, topics in zip(X.columns, self.words_, self.topics_, strict=True):
            parts.append(text_sizes(X[name]))
            if topics is not None:
                parts.append(topics.transform(words.transform(X[name])))
        return np.column_stack(parts)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray[Any, Any]:
        """Return the names: column_words, column_characters, column_topic0, …"""
        names = []
        for name, topics in zip(self.feature_names_in_, self.topics_, strict=True):
            found = 0 if topics is None else topics.components_.shape[0]
            names += [f"{name}_words", f"{name}_characters", *(f"{name}_topic{place}" for place in range(found))]
        return np.asarray(names, dtype=object)


def text_sizes(texts: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Return the numbers of words and of characters, shape (n_rows, 2)."""
    return np.asarray([(len(text.split()), len(text)) for text in texts], dtype=float).reshape(-1, 2)
