"""The few transformers of our own. Exported scripts hold copies of those they use, so each class stands alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer


class CleanTable(TransformerMixin, BaseEstimator):
    """Bring the columns of a raw table to the types that they were taken to be; drop the others.

    Parameters
    ----------
    numbers, categories, dates, texts : list of str
        Names of the columns by what they hold. Truth values count as numbers.
    """

    def __init__(self, numbers: Any = (), categories: Any = (), dates: Any = (), texts: Any = ()) -> None:
        self.numbers = numbers
        self.categories = categories
        self.dates = dates
        self.texts = texts

    def fit(self, X: Any, y: Any = None) -> CleanTable:
        """Remember the columns' names."""
        frame = self._framed(X)
        self.feature_names_in_ = np.asarray(frame.columns, dtype=object)
        self.n_features_in_ = len(frame.columns)
        return self

    def _framed(self, X: Any) -> pd.DataFrame:
        if isinstance(X, pd.DataFrame):
            return X.set_axis([str(name) for name in X.columns], axis=1)
        array = np.asarray(X)
        return pd.DataFrame(array, columns=[f"x{place}" for place in range(array.shape[1])])

    def transform(self, X: Any) -> pd.DataFrame:
        """Return the used columns, converted, in a fixed order."""
        frame = self._framed(X)
        used = [*self.numbers, *self.categories, *self.dates, *self.texts]
        missing = [name for name in used if name not in frame.columns]
        if missing:
            raise ValueError(f"The table lacks columns that the model was fitted on: {', '.join(missing)}.")
        parts: dict[str, Any] = {name: self._number(frame[name]) for name in self.numbers}
        parts |= {name: self._words(frame[name], np.nan) for name in self.categories}
        parts |= {name: self._date(frame[name]) for name in self.dates}
        parts |= {name: self._words(frame[name], "") for name in self.texts}
        return pd.DataFrame(parts, index=frame.index)

    def _number(self, values: Any) -> Any:
        if pd.api.types.is_timedelta64_dtype(values.dtype):
            values = values.dt.total_seconds()
        if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_extension_array_dtype(values.dtype):
            values = pd.to_numeric(values.astype(object).where(values.notna(), np.nan), errors="coerce")
        array = values.to_numpy(dtype=float, na_value=np.nan)
        return np.where(np.isfinite(array), array, np.nan)

    def _words(self, values: Any, empty: Any) -> Any:
        present = values.notna()
        return (
            values.astype(object)
            .where(present, empty)
            .map(lambda value: value if value is empty else str(value))
            .astype(object)
        )

    def _date(self, values: Any) -> Any:
        dates = (
            values
            if pd.api.types.is_datetime64_any_dtype(values.dtype)
            else pd.to_datetime(values, errors="coerce", format="mixed", utc=True)
        )
        return dates.dt.tz_convert("UTC").dt.tz_localize(None) if dates.dt.tz is not None else dates

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Return the names of the used columns."""
        return np.asarray([*self.numbers, *self.categories, *self.dates, *self.texts], dtype=object)


class DateParts(TransformerMixin, BaseEstimator):
    """Spread dates into days since 1970, year, month, day, weekday, hour, and with `cyclic` their sines and cosines."""

    def __init__(self, cyclic: bool = False) -> None:
        self.cyclic = cyclic

    def fit(self, X: Any, y: Any = None) -> DateParts:
        """Remember the columns' names and which have hours."""
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self.has_hours_ = [bool((X[name].dt.hour.fillna(0) != 0).any()) for name in X.columns]
        return self

    def _parts(self, name: str, dates: Any, hours: bool) -> dict[str, Any]:
        parts = {
            f"{name} days": (dates - pd.Timestamp(0)).dt.total_seconds() / 86400,
            f"{name} year": dates.dt.year,
            f"{name} month": dates.dt.month,
            f"{name} day": dates.dt.day,
            f"{name} weekday": dates.dt.dayofweek,
        }
        cycles = {f"{name} month": 12, f"{name} weekday": 7}
        if hours:
            parts[f"{name} hour"] = dates.dt.hour + dates.dt.minute / 60
            cycles[f"{name} hour"] = 24
        if self.cyclic:
            for part, length in cycles.items():
                angle = 2 * np.pi * parts[part] / length
                parts |= {f"{part} sine": np.sin(angle), f"{part} cosine": np.cos(angle)}
        return parts

    def transform(self, X: Any) -> pd.DataFrame:
        """Return the parts as numbers."""
        parts: dict[str, Any] = {}
        for name, hours in zip(self.feature_names_in_, self.has_hours_, strict=True):
            parts |= self._parts(name, X[name], hours)
        return pd.DataFrame(parts, index=X.index).astype(float)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Return the names of the parts."""
        empty = pd.DataFrame({name: pd.to_datetime([]) for name in self.feature_names_in_})
        return np.asarray(self.transform(empty).columns, dtype=object)


class Frequencies(TransformerMixin, BaseEstimator):
    """Replace each category by the share of the rows that have it; one that was never seen by 0."""

    def fit(self, X: Any, y: Any = None) -> Frequencies:
        """Count the categories."""
        frame = pd.DataFrame(X)
        self.feature_names_in_ = np.asarray(frame.columns, dtype=object)
        self.n_features_in_ = frame.shape[1]
        self.shares_ = [frame[name].value_counts(normalize=True, dropna=False) for name in frame.columns]
        return self

    def transform(self, X: Any) -> Any:
        """Return the shares."""
        frame = pd.DataFrame(X)
        parts = [
            frame[name].map(shares).fillna(0.0)
            for name, shares in zip(self.feature_names_in_, self.shares_, strict=True)
        ]
        return np.column_stack(parts).astype(float)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Return one name for each column."""
        return np.asarray([f"{name} frequency" for name in self.feature_names_in_], dtype=object)


class TextParts(TransformerMixin, BaseEstimator):
    """Spread one column of text into topics (TF-IDF, then SVD) and its numbers of words and characters.

    Parameters
    ----------
    topics : int
        Number of topics, at most one less than the number of terms.
    max_features : int
        Number of terms that are kept.
    random_state : int, optional
        Seeds the SVD.
    """

    def __init__(self, topics: int = 8, max_features: int = 2000, random_state: Any = None) -> None:
        self.topics = topics
        self.max_features = max_features
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> TextParts:
        """Learn terms and topics."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Learn terms and topics, and return the parts."""
        texts = self._texts(X)
        self.n_features_in_ = 1
        self.terms_ = TfidfVectorizer(max_features=self.max_features, min_df=2, sublinear_tf=True)
        self.svd_ = None
        try:
            weights = self.terms_.fit_transform(texts)
        except ValueError:  # no term occurs twice: nothing but the lengths is left
            self.terms_ = None
            return self._lengths(texts)
        number = min(self.topics, weights.shape[1] - 1)
        if number < 1:
            return self._lengths(texts)
        self.svd_ = TruncatedSVD(number, n_iter=3, random_state=self.random_state)
        return np.hstack([self._lengths(texts), self.svd_.fit_transform(weights)])

    def transform(self, X: Any) -> Any:
        """Return lengths and topics, shape (n_rows, 2 + n_topics)."""
        texts = self._texts(X)
        if self.svd_ is None:
            return self._lengths(texts)
        return np.hstack([self._lengths(texts), self.svd_.transform(self.terms_.transform(texts))])

    def _texts(self, X: Any) -> list[str]:
        return ["" if value is None or value != value else str(value) for value in np.asarray(X, dtype=object).ravel()]

    def _lengths(self, texts: list[str]) -> Any:
        return np.array([[len(text.split()), len(text)] for text in texts], dtype=float).reshape(-1, 2)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Return the names of the parts."""
        topics = 0 if self.svd_ is None else self.svd_.n_components
        return np.asarray(["words", "characters", *(f"topic {number}" for number in range(topics))], dtype=object)


class CodedLabels(ClassifierMixin, BaseEstimator):
    """Give a classifier that takes the labels 0, 1, 2 … only, and flat predictions, labels of any kind.

    Parameters
    ----------
    estimator : classifier
        Is given codes for labels and numbers without names for columns.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any) -> CodedLabels:
        """Code the labels and fit a copy of the estimator."""
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        self.estimator_ = clone(self.estimator).fit(np.asarray(X, dtype=float), codes)
        self.n_features_in_ = np.shape(X)[1]
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return the probability of each class, shape (n_rows, n_classes)."""
        return self.estimator_.predict_proba(np.asarray(X, dtype=float))

    def predict(self, X: Any) -> Any:
        """Return the likeliest class, shape (n_rows,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
