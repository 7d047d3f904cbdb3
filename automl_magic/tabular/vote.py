"""The vote over fold models: what `best` is made of. Its source is pasted into exported scripts."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted, column_or_1d
from threadpoolctl import threadpool_limits

from automl_magic.tabular.converting import rows_of_dicts
from automl_magic.tabular.weighted_fits import weights_for


def chances_of(model: Any, X: Any, classes: Any) -> np.ndarray[Any, Any]:
    """Return what a fitted classifier says of each class, shape (n_rows, n_classes), in the order of `classes`.

    A class that it never saw gets 0. Without `predict_proba`, margins are squeezed into (0, 1), and where there are no
    margins either, the predicted class gets 1.
    """
    seen = np.asarray(model.classes_).tolist()
    if hasattr(model, "predict_proba"):
        given = np.asarray(model.predict_proba(X), dtype=float)
    elif hasattr(model, "decision_function"):
        margins = np.asarray(model.decision_function(X), dtype=float)
        margins = np.column_stack([np.zeros(len(margins)), margins]) if margins.ndim == 1 else margins
        powers = np.exp(margins - margins.max(axis=1, keepdims=True))
        given = powers / powers.sum(axis=1, keepdims=True)
    else:
        given = np.asarray(model.predict(X))[:, None] == np.asarray(model.classes_)[None, :]
    chances = np.zeros((len(given), len(classes)))
    places = {label: place for place, label in enumerate(np.asarray(classes).tolist())}
    chances[:, [places[label] for label in seen]] = given
    return chances


def read_once(models: Any, X: Any) -> list[tuple[Any, Any]]:
    """Return for each fitted model what is left to do, and the table to do it on.

    Pipelines that begin by reading the raw table in the same way read it once together: what is left of each is the
    pipeline behind that step, and its table is what the step made of X. Other models get X itself.
    """
    known: list[tuple[Any, Any]] = []
    pairs = []
    X = rows_of_dicts(X)
    for model in models:
        reader, rest = behind_reading(model)
        if reader is None:
            pairs.append((model, X))
            continue
        table = next((table for one, table in known if one.reads_like(reader)), None)
        if table is None:
            table = reader.transform(X)
            known.append((reader, table))
        pairs.append((rest, table))
    return pairs


def behind_reading(model: Any) -> tuple[Any, Any]:
    """Return the step that reads the raw table for a model, and the model behind it; None and the model if none does.

    It is the first step of a pipeline, or of each of the pipelines that vote, and says what other step `reads_like` it.
    """
    if hasattr(model, "behind_reading"):
        return model.behind_reading()  # type: ignore[no-any-return]
    if type(model) is not Pipeline:
        return None, model
    (name, first), *others = model.steps
    if hasattr(first, "reads_like"):
        return (first, Pipeline(others)) if others else (None, model)
    reader, rest = behind_reading(first)
    return (None, model) if reader is None else (reader, Pipeline([(name, rest), *others]))


class FoldVote(MetaEstimatorMixin, BaseEstimator):
    """Hold whole pipelines, each fitted on its own fold."""

    def __init__(self, pipelines: Any, cv: Any = 5) -> None:
        self.pipelines = pipelines
        self.cv = cv

    def fit(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> Any:
        """Split the rows with `cv` and fit a fresh copy of one pipeline on the training part of each fold.

        One thread fits, as in the search: several round sums in another way, and trees differ by what the last bit is.
        """
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        y = column_or_1d(np.asarray(y), warn=True)
        X = X.to_pandas() if hasattr(X, "to_pandas") else X.tocsr() if hasattr(X, "tocsr") else X
        counted = None if sample_weight is None else column_or_1d(np.asarray(sample_weight, dtype=float))
        if counted is not None and len(counted) != len(y):
            raise ValueError(f"sample_weight must have one value for each row. Got {len(counted)} for {len(y)} rows.")
        folds = check_cv(self.cv, y, classifier=hasattr(self, "predict_proba"))
        self.pipelines_ = []
        for number, (train, _) in enumerate(folds.split(X, y, groups)):
            pipeline = clone(self.pipelines[number % len(self.pipelines)])
            rows = X.iloc[train] if hasattr(X, "iloc") else X[train] if hasattr(X, "nnz") else np.asarray(X)[train]
            more = weights_for(pipeline, None if counted is None else counted[train])
            with threadpool_limits(1):
                self.pipelines_.append(pipeline.fit(rows, y[train], **more))
        if hasattr(self, "predict_proba"):
            self.classes_ = np.unique(y)
        return self

    def behind_reading(self) -> tuple[Any, Any]:
        """Return the step that reads the raw table for all pipelines in the same way, and the vote behind it."""
        readers, rests = zip(*map(behind_reading, self.pipelines_), strict=True)
        if any(one is None or not readers[0].reads_like(one) for one in readers):
            return None, self
        vote = copy.copy(self)
        vote.pipelines_ = list(rests)
        return readers[0], vote

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import get_tags  # from 1.6, which is the first to ask

        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.pipelines[0]).input_tags
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "pipelines_")

    @property
    def feature_names_in_(self) -> Any:
        """Names of the columns that were learnt from."""
        return self.pipelines_[0].feature_names_in_

    @property
    def n_features_in_(self) -> int:
        """Number of the columns that were learnt from."""
        return int(self.pipelines_[0].n_features_in_)


class VoteClassifier(ClassifierMixin, FoldVote):
    """Average the probabilities of pipelines that were fitted on the folds of the table.

    Parameters
    ----------
    pipelines : list of estimators
        One for each fold.
    cv : int or splitter
        The folds that `fit` makes on new data.
    """

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the mean probabilities, shape (n_rows, n_classes)."""
        check_is_fitted(self)
        parts = read_once(self.pipelines_, X)
        return np.asarray(np.mean([chances_of(model, table, self.classes_) for model, table in parts], axis=0))

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the class with the largest mean probability, shape (n_rows,)."""
        chances = self.predict_proba(X)
        return np.asarray(self.classes_[chances.argmax(axis=1)])


class VoteRegressor(RegressorMixin, FoldVote):
    """Average the predictions of pipelines that were fitted on the folds of the table.

    Parameters
    ----------
    pipelines : list of estimators
        One for each fold.
    cv : int or splitter
        The folds that `fit` makes on new data.
    """

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the mean prediction, shape (n_rows,)."""
        check_is_fitted(self)
        parts = read_once(self.pipelines_, X)
        return np.asarray(np.mean([np.asarray(model.predict(table), dtype=float) for model, table in parts], axis=0))
