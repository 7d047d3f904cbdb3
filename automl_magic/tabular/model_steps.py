"""Wrappers that some models need. Exported scripts hold their source, so nothing of ours is imported here."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted


class CodedLabels(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Give a classifier the classes as 0, 1, 2, …, and take its answers back: for those that bear no other labels.

    Parameters
    ----------
    classifier : estimator
        Fitted on the codes.
    """

    def __init__(self, classifier: Any) -> None:
        self.classifier = classifier

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> CodedLabels:
        """Code the labels and fit a copy of the classifier."""
        more = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        self.classifier_ = clone(self.classifier).fit(X, codes, **more)
        return self

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the probabilities, shape (n_rows, n_classes), in the order of `classes_`."""
        check_is_fitted(self, "classifier_")
        return np.asarray(self.classifier_.predict_proba(X))

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the labels, shape (n_rows,)."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class BoundedTarget(RegressorMixin, MetaEstimatorMixin, BaseEstimator):
    """Fit a regressor on the target scaled to mean 0 and deviation 1, and keep its answers near what was seen.

    Networks and support vectors are made for targets of that size, and may answer anything far from the rows that
    they know.

    Parameters
    ----------
    regressor : estimator
        Fitted on the scaled target.
    margin : float
        How far answers may lie outside the range of training, as a share of that range.
    """

    def __init__(self, regressor: Any, margin: float = 0.1) -> None:
        self.regressor = regressor
        self.margin = margin

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> BoundedTarget:
        """Scale the target and fit a copy of the regressor."""
        more = {} if sample_weight is None else {"sample_weight": sample_weight}
        y = np.asarray(y, dtype=float)
        self.center_ = float(y.mean())
        self.scale_ = float(y.std()) or 1.0
        room = self.margin * float(np.ptp(y))
        self.bounds_ = (float(y.min()) - room, float(y.max()) + room)
        self.regressor_ = clone(self.regressor).fit(X, (y - self.center_) / self.scale_, **more)
        return self

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the predictions, shape (n_rows,)."""
        check_is_fitted(self, "regressor_")
        found = np.asarray(self.regressor_.predict(X), dtype=float).ravel()
        return np.clip(found * self.scale_ + self.center_, *self.bounds_)


class FirstRounds(MetaEstimatorMixin, BaseEstimator):
    """Hold a CatBoost model that makes the first of the rounds that it plans.

    CatBoost chooses some of its settings by the number of rounds that it plans: one that plans fewer grows other trees.
    """

    def __init__(self, booster: Any, rounds: int) -> None:
        self.booster = booster
        self.rounds = rounds

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fit a copy of the booster that ends after so many rounds."""
        more = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.booster_ = clone(self.booster).fit(X, y, callbacks=[self], **more)
        return self

    def after_iteration(self, info: Any) -> bool:
        """Return whether a round is to follow; the booster asks."""
        return bool(info.iteration < self.rounds)

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return what the booster predicts."""
        check_is_fitted(self, "booster_")
        return np.asarray(self.booster_.predict(X))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "booster_")

    @property
    def n_features_in_(self) -> int:
        """Number of the columns that were learnt from."""
        return int(self.booster_.n_features_in_)

    @property
    def feature_importances_(self) -> Any:
        """What the booster gained from each column."""
        return self.booster_.feature_importances_


class FirstRoundsRegressor(RegressorMixin, FirstRounds):
    """A regressor of CatBoost that makes the first of the rounds that it plans.

    Parameters
    ----------
    booster : estimator
        Its `iterations` are the rounds that it plans.
    rounds : int
        Those that it makes.
    """


class FirstRoundsClassifier(ClassifierMixin, FirstRounds):
    """A classifier of CatBoost that makes the first of the rounds that it plans; see `FirstRoundsRegressor`."""

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the probabilities, shape (n_rows, n_classes), in the order of `classes_`."""
        check_is_fitted(self, "booster_")
        return np.asarray(self.booster_.predict_proba(X))

    @property
    def classes_(self) -> Any:
        """The labels."""
        return self.booster_.classes_
