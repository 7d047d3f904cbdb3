"""The search as scikit-learn estimators: fit, predict, and everything that takes an estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from automl_magic.api import begin
from automl_magic.plan import Plan


class _AutoML(BaseEstimator):
    """What both estimators share."""

    _task = "auto"

    def __init__(
        self,
        *,
        time: float | str | None = None,
        trials: int | None = None,
        metric: str | None = None,
        models: list[str] | None = None,
        exclude: list[str] | None = None,
        space: Any = None,
        cv: int | str = "auto",
        search: str = "tpe",
        workers: int | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.time = time
        self.trials = trials
        self.metric = metric
        self.models = models
        self.exclude = exclude
        self.space = space
        self.cv = cv
        self.search = search
        self.workers = workers
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Any:
        """Search for the best pipeline for X and y.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The table, as it is: categories, gaps, dates and text included.
        y : array-like of shape (n_samples,)
            The target.

        Returns
        -------
        self
        """
        names = ("time", "trials", "metric", "models", "exclude", "cv", "search", "workers")
        options = {name: getattr(self, name) for name in names}
        plan = Plan.create(task=self._task, seed=self.random_state or 0, **options)
        self.run_ = begin(plan, X, y=y, space=self.space).wait()
        self.best_ = self.run_.best
        self.n_features_in_ = np.shape(X)[1]
        if hasattr(X, "columns"):
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        return self

    def predict(self, X: Any) -> Any:
        """Return the predictions of the best pipeline, shape (n_samples,)."""
        check_is_fitted(self, "best_")
        return self.best_.predict(X)


class AutoMLClassifier(ClassifierMixin, _AutoML):
    """Search whole pipelines for a classification.

    Parameters
    ----------
    time : float or str, optional
        Seconds of the search, or a duration such as "2m". With neither `time` nor `trials`: 60 s.
    trials : int, optional
        Number of trials.
    metric, models, exclude, space, cv, search, workers
        As of `automl_magic.fit`.
    random_state : int
        Seeds the split, the search and every fit.

    Attributes
    ----------
    best_ : Pipeline
        The best pipeline, fitted.
    run_ : RunResult
        The whole run: score, leaderboard, history.
    classes_ : ndarray of shape (n_classes,)
        The classes.
    """

    _task = "classification"

    def fit(self, X: Any, y: Any) -> Any:
        """Search for the best pipeline for X and y; see the class."""
        super().fit(X, y)
        self.classes_ = self.best_.classes_
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return the probability of each class, shape (n_samples, n_classes), in the order of `classes_`."""
        check_is_fitted(self, "best_")
        return self.best_.predict_proba(X)


class AutoMLRegressor(RegressorMixin, _AutoML):
    """Search whole pipelines for a regression; parameters and attributes as of `AutoMLClassifier`, without classes."""

    _task = "regression"
