"""How many rounds a booster gets: until its loss on rows that are held out no longer falls, or the time is up.

A pipeline cannot pass held-out rows on to its last step. Here they are prepared as the rows to learn from are, and what
is left is an ordinary fitted model with so many rounds: `with_rounds` makes an estimator that is fitted to the same
without any rows held out.
"""

from __future__ import annotations

import inspect
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from automl_magic.tabular.model_steps import CodedLabels, FirstRounds, FirstRoundsClassifier, FirstRoundsRegressor
from automl_magic.tabular.rounds import FITS, Watch, Weights
from automl_magic.tabular.weighted_fits import weights_for

FEWEST = 5  # held-out rows that can tell when to stop
HELD_OUT = 0.1  # share of the rows that a model on its own holds out


@dataclass(frozen=True)
class Kind:
    """A package of boosters: what it calls the number of rounds, and the rounds without gain after which it stops."""

    package: str
    rounds: str
    patience: str


KINDS = (
    Kind("lightgbm", "n_estimators", "early_stopping_round"),
    Kind("xgboost", "n_estimators", "early_stopping_rounds"),
    Kind("catboost", "iterations", "early_stopping_rounds"),
    Kind("automl_magic.tabular.network", "stop_after", "patience"),
    Kind("automl_magic.networks.table_network", "stop_after", "patience"),
    Kind("sklearn.ensemble._hist_gradient_boosting", "max_iter", "early_stopping"),
)
CATBOOST = KINDS[2]  # its trees depend on the rounds that it plans
OURS = KINDS[-1]  # scikit-learn's, which holds rows out itself where none are given


class StoppedEarly(MetaEstimatorMixin, BaseEstimator):
    """Hold a booster that is to be stopped early.

    In a search the rows that are scored say when; a fit of its own holds a tenth of the rows out for that.
    """

    def __init__(self, estimator: Any, patience: int = 50) -> None:
        self.estimator = estimator
        self.patience = patience

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fit a copy of the booster on nine tenths of the rows, until its loss on the others no longer falls."""
        y = np.asarray(y)
        seed = booster_in(self.estimator)[0].get_params(deep=False).get("random_state")  # type: ignore[index]
        places = np.arange(len(y))
        can_split = len(y) * HELD_OUT >= FEWEST
        train, held = (
            train_test_split(places, test_size=HELD_OUT, random_state=seed) if can_split else (places, places[:0])
        )
        counted = None if sample_weight is None else np.asarray(sample_weight)
        weights = None if counted is None else (counted[train], counted[held])
        rows = (_safe_indexing(X, train), y[train], _safe_indexing(X, held), y[held])
        self.estimator_, self.rounds_ = _fit(self, *rows, None, weights)
        self.n_features_in_ = np.shape(X)[1]
        return self

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return what the booster predicts, shape (n_rows,)."""
        check_is_fitted(self, "estimator_")
        return np.asarray(self.estimator_.predict(X))


class StoppedRegressor(RegressorMixin, StoppedEarly):
    """A regressor that is to be stopped early.

    Parameters
    ----------
    estimator : estimator
        A booster.
    patience : int
        Rounds without gain after which it stops.
    """


class StoppedClassifier(ClassifierMixin, StoppedEarly):
    """A classifier that is to be stopped early; parameters as of `StoppedRegressor`."""

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the probabilities, shape (n_rows, n_classes), in the order of `classes_`."""
        check_is_fitted(self, "estimator_")
        return np.asarray(self.estimator_.predict_proba(X))

    @property
    def classes_(self) -> Any:
        """The labels."""
        return self.estimator_.classes_


def booster_in(estimator: Any) -> tuple[Any, Kind] | None:
    """Return the booster at the end of a pipeline, not fitted, and its kind; None where there is none."""
    last = _last(estimator)
    last = last.estimator if isinstance(last, StoppedEarly) else last
    last = last.classifier if isinstance(last, CodedLabels) else last
    last = last.booster if isinstance(last, FirstRounds) else last
    modules = [base.__module__ for base in type(last).__mro__]  # one that keeps directions is of a class of ours
    kind = next((kind for kind in KINDS if any(name.startswith(kind.package) for name in modules)), None)
    return None if kind is None else (last, kind)


def most_rounds_of(booster: Any, kind: Kind) -> int:
    """Return how many rounds a booster has that nothing stops; of a network, the epochs."""
    return int(booster.get_params(deep=False)[kind.rounds] or booster.epochs)


def patience_of(estimator: Any) -> int:
    """Return after how many rounds without gain the booster at the end of a pipeline is to stop; 0: never."""
    found, last = booster_in(estimator), _last(estimator)
    if found is None:
        return 0
    if isinstance(last, StoppedEarly):
        return last.patience
    booster, kind = found
    asked = booster.get_params(deep=False).get(kind.patience)
    if kind is OURS:  # where "auto" leaves it to the model
        takes_rows = asked is True and "X_val" in inspect.signature(booster.fit).parameters
        return int(booster.n_iter_no_change) if takes_rows else 0
    return int(asked or 0)


def with_rounds(estimator: Any, rounds: int) -> Any:
    """Return a pipeline whose booster has so many rounds and is not stopped before."""
    found, last = booster_in(estimator), _last(estimator)
    if found is None:
        return estimator
    booster, kind = found
    last = last.estimator if isinstance(last, StoppedEarly) else last
    if kind is CATBOOST:
        return _with_last(estimator, _with_first_rounds(last, rounds))
    plain: dict[str, Any] = {kind.rounds: rounds}
    if booster.get_params(deep=False).get(kind.patience) not in (None, "auto"):
        plain[kind.patience] = False if kind is OURS else None
    booster.set_params(**plain)
    return _with_last(estimator, last)


def _with_first_rounds(last: Any, rounds: int) -> Any:
    """Return a model of CatBoost that makes so many of the rounds that it plans."""
    if isinstance(last, CodedLabels):
        return last.set_params(classifier=_with_first_rounds(last.classifier, rounds))
    if isinstance(last, FirstRounds):
        return last.set_params(rounds=rounds)
    maker = FirstRoundsClassifier if hasattr(last, "predict_proba") else FirstRoundsRegressor
    values = {name: value for name, value in last.get_params(deep=False).items() if name != CATBOOST.patience}
    made = maker(type(last)(**values), rounds)  # it refuses to be told anything once it is fitted
    if last.is_fitted():
        made.booster_ = last
    return made


def fit_until_best(
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    X_held: Any,
    y_held: NDArray[Any],
    seconds: float | None = None,
    weights: Weights = None,
) -> tuple[Any, int]:
    """Fit a pipeline whose booster is to be stopped early.

    Parameters
    ----------
    estimator : Pipeline or estimator
        Its `patience_of` is above 0. What comes before the booster is fitted in place.
    X, y : table, array of shape (n_rows,)
        To learn from.
    X_held, y_held : table, array of shape (n_held_out,)
        Rows whose loss says when to stop.
    seconds : float, optional
        When so many have gone by, no further round is begun.
    weights : tuple of array of shape (n_rows,) and array of shape (n_held_out,), optional
        What each row counts.

    Returns
    -------
    tuple of estimator and int
        The fitted pipeline, with an ordinary booster at its end, and the rounds of that.
    """
    begun = time.perf_counter()
    if isinstance(estimator, Pipeline) and len(estimator.steps) > 1:
        head = estimator[:-1]
        X, X_held = (
            head.fit_transform(X, y, **weights_for(head, None if weights is None else weights[0])),
            head.transform(X_held),
        )
    left = None if seconds is None else max(0.0, seconds - (time.perf_counter() - begun))
    last, rounds = _fit(_last(estimator), X, y, X_held, np.asarray(y_held), left, weights)
    return _with_last(estimator, last), rounds


def _fit(
    last: Any,
    X: Any,
    y: NDArray[Any],
    X_held: Any,
    y_held: NDArray[Any],
    seconds: float | None,
    weights: Weights = None,
) -> tuple[Any, int]:
    """Return a fitted booster without anything around it but codes for labels, and its rounds."""
    watch, found = Watch(patience_of(last), seconds), booster_in(last)
    assert found is not None
    kind, most = found[1], most_rounds_of(*found)
    plain = clone(last.estimator if isinstance(last, StoppedEarly) else last)
    if hasattr(plain, "predict_proba") or isinstance(plain, CodedLabels):
        known = np.isin(y_held, np.unique(y))
        X_held, y_held = X_held[known], y_held[known]
        weights = None if weights is None else (weights[0], weights[1][known])
    if len(y_held) < FEWEST:
        more = {} if weights is None else {"sample_weight": weights[0]}
        return with_rounds(plain, most).fit(X, y, **more), most
    if not isinstance(plain, CodedLabels):
        rounds = FITS[kind.package](plain, watch, X, y, X_held, y_held, weights)
        return with_rounds(plain, rounds), rounds
    plain.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
    plain.classifier_ = clone(plain.classifier)
    held_codes = np.searchsorted(plain.classes_, y_held)
    rounds = FITS[kind.package](plain.classifier_, watch, X, codes, X_held, held_codes, weights)
    return with_rounds(plain, rounds), rounds


def _last(estimator: Any) -> Any:
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def _with_last(estimator: Any, last: Any) -> Any:
    if not isinstance(estimator, Pipeline):
        return last
    estimator.steps[-1] = (estimator.steps[-1][0], last)
    return estimator
