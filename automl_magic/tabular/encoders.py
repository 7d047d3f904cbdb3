"""Encoders and scalers that scikit-learn lacks.

Exported scripts hold their source, so nothing of ours is imported here but what they hold as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder
from sklearn.utils.validation import check_is_fitted

from automl_magic.tabular.quick import looked_up, table_of

FOLDS = 5  # of the cross-fitting


class LevelCounts(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Replace each level by the logarithm of one plus its number of rows in training."""

    def fit(self, X: Any, y: Any = None) -> LevelCounts:
        """Count the levels of each column."""
        X = pd.DataFrame(X)
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self.counts_ = [X[name].value_counts(dropna=False).to_dict() for name in X.columns]
        return self

    def transform(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the counts, shape (n_rows, n_columns); 0 for a level that training did not see."""
        X = pd.DataFrame(X)
        found = [
            X.iloc[:, place].map(counts).to_numpy(dtype=float, na_value=0.0)
            for place, counts in enumerate(self.counts_)
        ]
        return np.asarray(np.log1p(np.column_stack(found)))


class LevelMeans(TransformerMixin, BaseEstimator):
    """Replace each level by the mean of the target over its rows, drawn towards the mean of all.

    It is scikit-learn's `TargetEncoder`, cross-fitted so that no row sees its own target, with folds that are drawn
    from a seed and that bear rare classes.

    Parameters
    ----------
    target : "classes" or "numbers"
        What the target is; with more than two classes each level gets one number for each class.
    random_state : int
        Seeds the folds.

    References
    ----------
    Micci-Barreca (2001), "A preprocessing scheme for high-cardinality categorical attributes", SIGKDD
    Explorations 3(1).
    """

    def __init__(self, target: str = "classes", random_state: int | None = 0) -> None:
        self.target = target
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> LevelMeans:
        """Learn the means."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Any, y: Any) -> np.ndarray[Any, Any]:
        """Learn the means, and return for each row those of the folds that it is not in."""
        y = np.asarray(y)
        self.n_features_in_ = int(np.shape(X)[1])
        kind = "continuous" if self.target == "numbers" else "binary"
        if self.target == "classes":
            y = np.unique(y, return_inverse=True)[1]
            kind = "multiclass" if y.max() > 1 else "binary"
        self.encoder_ = self._encoder(kind)
        if len(np.unique(y)) < 2 or len(y) < FOLDS:
            self.encoder_ = LevelCounts()  # there is no mean to tell levels apart
        found = np.asarray(self.encoder_.fit_transform(X, y))
        levels = getattr(self.encoder_, "categories_", [])
        width = int(y.max()) + 1 if kind == "multiclass" else 1
        self.table_ = table_of(X, levels, [width] * len(levels), self.encoder_.transform)
        return found

    def _encoder(self, kind: str) -> Any:
        """Return the encoder with seeded folds, in the way of the scikit-learn that is there."""
        if TargetEncoder().get_params().get("random_state", "no") is None:  # before 1.9
            return TargetEncoder(target_type=kind, cv=FOLDS, random_state=self.random_state)
        return TargetEncoder(target_type=kind, cv=KFold(FOLDS, shuffle=True, random_state=self.random_state))

    def transform(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the means, shape (n_rows, n_columns) or (n_rows, n_columns * n_classes)."""
        check_is_fitted(self, "encoder_")
        found = looked_up(self, X)
        return np.asarray(self.encoder_.transform(X)) if found is None else found

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray[Any, Any]:
        """Return the names of the columns, for several classes with the class's number."""
        return np.asarray(self.encoder_.get_feature_names_out(input_features))


class MostTelling(TransformerMixin, BaseEstimator):
    """Keep the columns of numbers that go most with the target, each looked at alone.

    The measure is the share of a column's variance that lies between the classes, or the squared correlation with a
    target of numbers.

    Parameters
    ----------
    most : int
        How many columns to keep.
    """

    def __init__(self, most: int = 1_000) -> None:
        self.most = most

    def fit(self, X: Any, y: Any) -> MostTelling:
        """Choose the columns."""
        X, y = np.asarray(X, dtype=float), np.asarray(y)
        self.n_features_in_ = X.shape[1]
        is_known = ~np.isnan(X)
        counts = np.maximum(is_known.sum(axis=0), 1)
        X = np.where(is_known, X - np.where(is_known, X, 0.0).sum(axis=0) / counts, 0.0)
        X = X / np.maximum(np.abs(X).max(axis=0), 1e-300)
        if y.dtype.kind == "f" and len(np.unique(y)) > 20:
            sides = (y - y.mean())[:, None]
        else:
            sides = (y[:, None] == np.unique(y)[None, :]).astype(float)
            sides /= np.sqrt(sides.sum(axis=0))
        told = ((sides.T @ X) ** 2).sum(axis=0) / np.maximum((X**2).sum(axis=0), 1e-300)
        self.kept_ = np.sort(np.argsort(-told, kind="stable")[: self.most])
        return self

    def transform(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the columns that are kept."""
        check_is_fitted(self, "kept_")
        return np.asarray(X, dtype=float)[:, self.kept_]

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray[Any, Any]:
        """Return the names of the columns that are kept."""
        names = [f"x{place}" for place in range(self.n_features_in_)] if input_features is None else input_features
        return np.asarray(names, dtype=object)[self.kept_]


class Unskew(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Draw in long tails: x becomes sign(x) log(1 + |x|), where the column is skewed beyond `limit`."""

    def __init__(self, limit: float = 1.0) -> None:
        self.limit = limit

    def fit(self, X: Any, y: Any = None) -> Unskew:
        """Find the skewed columns."""
        X = np.asarray(X, dtype=float)
        self.n_features_in_ = X.shape[1]
        spread = np.where(X.std(axis=0) > 0, X.std(axis=0), 1.0)
        self.is_skewed_ = np.abs((((X - X.mean(axis=0)) / spread) ** 3).mean(axis=0)) > self.limit
        return self

    def transform(self, X: Any) -> np.ndarray[Any, Any]:
        """Return X with the skewed columns drawn in."""
        X = np.array(X, dtype=float)
        tails = X[:, self.is_skewed_]
        X[:, self.is_skewed_] = np.sign(tails) * np.log1p(np.abs(tails))
        return np.asarray(X)


class SoftScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Scale by median and quartiles, then draw in what lies far out: z becomes z / sqrt(1 + (z / 3)^2).

    References
    ----------
    Holzmüller, Grinsztajn, Steinwart (2024), "Better by default", arXiv 2407.04491, section 3.
    """

    def fit(self, X: Any, y: Any = None) -> SoftScaler:
        """Learn median and scale; the range stands in where the quartiles are equal."""
        X = np.asarray(X, dtype=float)
        self.n_features_in_ = X.shape[1]
        lowest, first, middle, third, highest = np.quantile(X, (0, 0.25, 0.5, 0.75, 1), axis=0)
        scale = np.where(third > first, third - first, (highest - lowest) / 2)
        self.center_ = middle
        self.scale_ = np.where(scale > 0, scale, 1.0)
        return self

    def transform(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the scaled numbers, between -3 and 3."""
        z = (np.asarray(X, dtype=float) - self.center_) / self.scale_
        return np.asarray(z / np.sqrt(1 + (z / 3) ** 2))
