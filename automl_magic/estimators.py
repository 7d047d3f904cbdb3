"""The search as scikit-learn estimators: fit, predict, and everything that takes an estimator."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d

from automl_magic.api import begin
from automl_magic.own_parts import named
from automl_magic.plan import Plan

OPTIONS = (
    *("time", "trials", "metric", "models", "exclude", "cv", "search", "workers", "ensemble", "calibrate"),
    *("nas", "max_latency", "max_size", "max_fit", "monotone", "class_weight"),
)
COLLECTIONS = (dict, list, tuple, set, frozenset, np.ndarray)


class _AutoML(BaseEstimator):
    """What both estimators share."""

    _task = "auto"

    def __init__(
        self,
        *,
        time: float | str | None = None,
        trials: int | None = None,
        metric: Any = None,
        models: list[str] | None = None,
        exclude: list[str] | None = None,
        space: Any = None,
        cv: Any = "auto",
        search: str = "tpe",
        workers: int | None = None,
        ensemble: bool = True,
        calibrate: bool = True,
        nas: bool = False,
        max_latency: float | str | None = None,
        max_size: int | str | None = None,
        max_fit: float | str | None = None,
        monotone: dict[str, int] | None = None,
        class_weight: dict[Any, float] | str | None = None,
        random_state: int | np.random.RandomState | None = 0,
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
        self.ensemble = ensemble
        self.calibrate = calibrate
        self.nas = nas
        self.max_latency = max_latency
        self.max_size = max_size
        self.max_fit = max_fit
        self.monotone = monotone
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Search for the best pipeline for X and y.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The table, as it is: categories, gaps, dates and text included.
        y : array-like of shape (n_samples,)
            The target. Rows without one are left out, with a warning.
        sample_weight : array-like of shape (n_samples,), optional
            What each row counts, in each fit and each score of the search. Rows of weight 0 are left out.

        Returns
        -------
        self
        """
        table, target = checked_table(X, fewest=2), self._checked_target(y)
        names = [str(name) for name in table.columns] if hasattr(table, "columns") else []
        if not isinstance(y, pd.Series | pd.DataFrame) or target.name is None:
            target = target.rename(next(name for name in ("y", "target", "y_") if name not in names))
        index = table.index if isinstance(table, pd.DataFrame) and not isinstance(y, pd.Series | pd.DataFrame) else None
        if index is not None and len(index) == len(target):
            target = target.set_axis(index)
        options = {name: getattr(self, name) for name in OPTIONS}
        plan = Plan.create(task=self._task, seed=_seed_of(self.random_state), **named(options))
        self.run_ = begin(plan, table, y=target, space=self.space, sample_weight=sample_weight).wait()
        self.best_ = self.run_.best
        self.n_features_in_ = int(np.shape(table)[1])
        self.__dict__.pop("feature_names_in_", None)
        if names and all(isinstance(name, str) for name in table.columns):
            self.feature_names_in_ = np.asarray(names, dtype=object)
        return self

    def predict(self, X: Any) -> Any:
        """Return the predictions of the best pipeline, shape (n_samples,)."""
        check_is_fitted(self, "best_")
        return self.best_.predict(self._checked_rows(X))

    def _checked_target(self, y: Any) -> pd.Series[Any]:
        """Return the target as one column, and warn of rows without one."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        y = y.to_pandas() if hasattr(y, "to_pandas") else y
        if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected. Please change the shape of y to "
                "(n_samples,), for example using ravel().",
                DataConversionWarning,
                stacklevel=3,
            )
            y = y.iloc[:, 0]
        if isinstance(y, pd.Series):
            series = y
        else:
            series = pd.Series(column_or_1d(np.asarray(y, dtype=_dtype_of(y)), warn=True)).infer_objects()
        gaps = int(series.isna().sum())
        if 0 < gaps < len(series):
            warnings.warn(f"{gaps} of {len(series)} rows have no target and are left out.", stacklevel=3)
        return series

    def _checked_rows(self, X: Any) -> Any:
        """Return a table to predict: as many columns as in `fit` where it has no names, else its names count."""
        table = checked_table(X, fewest=1)
        kind, learnt = type(self).__name__, getattr(self, "feature_names_in_", None)
        has_names = hasattr(table, "columns") and all(isinstance(name, str) for name in table.columns)
        if has_names and learnt is not None:
            return table
        columns = np.shape(table)[1]
        if columns != self.n_features_in_:
            raise ValueError(
                f"X has {columns} features, but {kind} is expecting {self.n_features_in_} features as input."
            )
        if has_names:
            warnings.warn(f"X has feature names, but {kind} was fitted without feature names", stacklevel=3)
        elif learnt is not None:
            warnings.warn(
                f"X does not have valid feature names, but {kind} was fitted with feature names", stacklevel=3
            )
        if not hasattr(table, "columns"):
            return table
        places = learnt if learnt is not None else self.best_.feature_names_in_
        frame = table if isinstance(table, pd.DataFrame) else table.to_pandas()
        return frame.set_axis(list(places), axis=1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = True
        # Texts are taken as well, yet `input_tags.string` promises to take any object, and a dict is no feature.
        tags.non_deterministic = self.time is not None or self.trials is None
        return tags


class AutoMLClassifier(ClassifierMixin, _AutoML):
    """Search whole pipelines for a classification.

    Parameters
    ----------
    time : float or str, optional
        Seconds of the search, or a duration such as "2m". With neither `time` nor `trials`: 60 s.
    trials : int, optional
        Number of trials.
    metric, models, exclude, space, cv, search, workers, max_latency, max_size, max_fit, monotone, class_weight
        As of `automl_magic.fit`.
    ensemble : bool
        Whether `best_` may be a weighted mean of several pipelines, where that is better beyond noise; False: always
        a single one.
    nas : bool
        Whether networks in PyTorch compete with the other families.
    calibrate : bool
        Whether the threshold of two classes, or the probabilities, may be calibrated for the metric, where that is
        better beyond noise; False: never.
    random_state : int, RandomState or None
        Seeds the split, the search and every fit.

    Attributes
    ----------
    best_ : Pipeline
        The best pipeline, fitted.
    run_ : RunResult
        The whole run: score, leaderboard, history.
    classes_ : ndarray of shape (n_classes,)
        The classes.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str of shape (n_features_in_,)
        Their names, where X has names that are all texts.
    """

    _task = "classification"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Search for the best pipeline for X and y, where rows count by `sample_weight`; see the class."""
        super().fit(X, y, sample_weight)
        self.classes_ = self.best_.classes_
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return the probability of each class, shape (n_samples, n_classes), in the order of `classes_`."""
        check_is_fitted(self, "best_")
        return self.best_.predict_proba(self._checked_rows(X))

    def _checked_target(self, y: Any) -> pd.Series[Any]:
        series = super()._checked_target(y)
        if series.dtype.kind == "f":
            there = series[np.isfinite(series)]
            if len(there) and type_of_target(np.asarray(there, dtype=float)) == "continuous":
                raise ValueError(
                    "Unknown label type: continuous. A classifier tells classes apart: use AutoMLRegressor for numbers."
                )
        return series


class AutoMLRegressor(RegressorMixin, _AutoML):
    """Search whole pipelines for a regression; parameters and attributes as of `AutoMLClassifier`, without classes."""

    _task = "regression"


def checked_table(X: Any, fewest: int) -> Any:
    """Return a table with names as it is, anything else as a two-dimensional array.

    Parameters
    ----------
    X : DataFrame or array-like of shape (n_samples, n_features)
        pandas, polars, pyarrow, numpy, nested lists, a sparse matrix.
    fewest : int
        Rows that it must have.

    Raises
    ------
    TypeError, ValueError
        As scikit-learn does: for too few rows, another number of dimensions, complex numbers, collections in cells.
    """
    if isinstance(X, pd.DataFrame) or hasattr(X, "to_pandas"):
        if len(X) < fewest:
            raise ValueError(f"Found a table with {len(X)} sample(s) while a minimum of {fewest} is required.")
        return X
    X = X.toarray() if hasattr(X, "toarray") else X
    array = check_array(X, dtype=None, ensure_all_finite=False, ensure_min_samples=fewest)
    if array.dtype == object:
        odd = next((value for value in array.flat if isinstance(value, COLLECTIONS)), None)
        if odd is not None:
            raise TypeError(
                f"argument must be a string or a number, not {type(odd).__name__!r}. "
                "Spread collections over columns of their own."
            )
    return array


def _dtype_of(y: Any) -> Any:
    """Return the type that keeps the labels of a list as they are: numpy would turn [1, "a"] into texts."""
    return object if isinstance(y, list | tuple) else None


def _seed_of(random_state: Any) -> int:
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))
