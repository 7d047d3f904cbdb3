"""What `best` wears where its chances or its threshold were calibrated. Its source is pasted into exported scripts."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils.validation import check_is_fitted

from automl_magic.tabular.vote import chances_of
from automl_magic.tabular.weighted_fits import weights_for

LEAST = 1e-4  # a chance counts as so much at least: neighbours and trees are never as sure as their zeros say


def tempered(chances: Any, temperature: float) -> np.ndarray[Any, Any]:
    """Return probabilities whose logarithms were divided by `temperature`, shape (n_rows, n_classes).

    Above 1 they are less sure of themselves, below 1 surer; first, none is less than 0.0001. The most probable class
    stays the most probable one.
    """
    logs = np.log(np.clip(np.asarray(chances, dtype=float), LEAST, 1.0)) / temperature
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


class CalibratedModel(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Hold a whole classifier."""

    estimator: Any

    def fit(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> Any:
        """Fit a fresh copy of the classifier; what was calibrated stays as it is."""
        more = weights_for(self.estimator, sample_weight) | ({} if groups is None else {"groups": groups})
        self.estimator_ = clone(self.estimator).fit(X, y, **more)
        return self

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the probabilities of the classifier, shape (n_rows, n_classes)."""
        check_is_fitted(self)
        return chances_of(self.estimator_, X, self.classes_)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import get_tags  # from 1.6, which is the first to ask

        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    @property
    def classes_(self) -> Any:
        """The classes."""
        return self.estimator_.classes_

    @property
    def feature_names_in_(self) -> Any:
        """Names of the columns that were learnt from."""
        return self.estimator_.feature_names_in_

    @property
    def n_features_in_(self) -> int:
        """Number of the columns that were learnt from."""
        return int(self.estimator_.n_features_in_)


class ThresholdClassifier(CalibratedModel):
    """Call a row the second of two classes from a threshold of its probability on; probabilities stay as they are.

    Parameters
    ----------
    estimator : estimator
        A classifier of two classes.
    threshold : float
        The least probability of the second class, in sorted order. `fit` on new data keeps it.
    """

    def __init__(self, estimator: Any, threshold: float = 0.5) -> None:
        self.estimator = estimator
        self.threshold = threshold

    def fit(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> Any:
        """Fit a fresh copy of the classifier; the threshold stays as it is."""
        super().fit(X, y, groups, sample_weight)
        if len(self.classes_) != 2:
            raise ValueError(f"A threshold parts two classes. Got {len(self.classes_)}: fit the estimator by itself.")
        return self

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the second class where its probability reaches the threshold, else the first, shape (n_rows,)."""
        return np.asarray(self.classes_[(self.predict_proba(X)[:, 1] >= self.threshold).astype(int)])


class TemperatureClassifier(CalibratedModel):
    """Divide the logarithms of a classifier's probabilities by a temperature: temperature scaling.

    Guo, Pleiss, Sun and Weinberger (2017), "On Calibration of Modern Neural Networks", section 4.2.

    Parameters
    ----------
    estimator : estimator
        A classifier.
    temperature : float
        Above 1: probabilities less sure of themselves; below 1: surer. `fit` on new data keeps it.
    """

    def __init__(self, estimator: Any, temperature: float = 1.0) -> None:
        self.estimator = estimator
        self.temperature = temperature

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the calibrated probabilities, shape (n_rows, n_classes)."""
        return tempered(super().predict_proba(X), self.temperature)

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the most probable class, shape (n_rows,)."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])
