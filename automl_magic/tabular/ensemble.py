"""The ensemble: several pipelines, each with a weight. Its source is pasted into exported scripts."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted

from automl_magic.tabular.vote import chances_of, read_once
from automl_magic.tabular.weighted_fits import weights_for


class WeightedMean(MetaEstimatorMixin, BaseEstimator):
    """Hold whole estimators with their names and weights."""

    def __init__(self, members: Any, weights: Any) -> None:
        self.members = members
        self.weights = weights

    def fit(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> Any:
        """Fit a fresh copy of each member on all rows; one that votes over folds makes its folds anew."""
        if len(self.members) != len(self.weights):
            raise ValueError(
                f"There must be a weight for each member. Got {len(self.weights)} for {len(self.members)} members."
            )
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        X = X.to_pandas() if hasattr(X, "to_pandas") else X
        self.members_ = []
        for _, member in self.members:
            votes = groups is not None and hasattr(member, "pipelines")  # it makes folds, in which groups stay whole
            more = weights_for(member, sample_weight) | ({"groups": groups} if votes else {})
            self.members_.append(clone(member).fit(X, y, **more))
        if hasattr(self, "predict_proba"):
            self.classes_ = np.unique(np.asarray(y))
        return self

    def _mean(self, parts: Any) -> np.ndarray[Any, Any]:
        total = sum(float(weight) * part for weight, part in zip(self.weights, parts, strict=True))
        return np.asarray(total / sum(float(weight) for weight in self.weights))

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import get_tags  # from 1.6, which is the first to ask

        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.members[0][1]).input_tags
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "members_")

    @property
    def feature_names_in_(self) -> Any:
        """Names of the columns that were learnt from."""
        return self.members_[0].feature_names_in_

    @property
    def n_features_in_(self) -> int:
        """Number of the columns that were learnt from."""
        return int(self.members_[0].n_features_in_)


class EnsembleClassifier(ClassifierMixin, WeightedMean):
    """Average the probabilities of several classifiers.

    Parameters
    ----------
    members : list of (str, estimator)
        Names and estimators, as of scikit-learn's VotingClassifier. They may have been fitted on other folds.
    weights : list of float
        One for each member; only their proportions count.
    """

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the mean probabilities, shape (n_rows, n_classes)."""
        check_is_fitted(self)
        return self._mean([chances_of(model, table, self.classes_) for model, table in read_once(self.members_, X)])

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the class with the largest mean probability, shape (n_rows,)."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class EnsembleRegressor(RegressorMixin, WeightedMean):
    """Average the predictions of several regressors.

    Parameters
    ----------
    members : list of (str, estimator)
        Names and estimators, as of scikit-learn's VotingRegressor.
    weights : list of float
        One for each member; only their proportions count.
    """

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the mean prediction, shape (n_rows,)."""
        check_is_fitted(self)
        return self._mean(
            [np.asarray(model.predict(table), dtype=float) for model, table in read_once(self.members_, X)]
        )
