"""How many rounds a booster gets: until its loss on the rows that are held out no longer falls, or the time is up.

Whoever asks for it does so in the model's own parameter: ``early_stopping`` of HistGradientBoosting,
``early_stopping_round`` of LightGBM, ``early_stopping_rounds`` of XGBoost and CatBoost. They need held-out rows, which
a pipeline cannot pass on. Here those are prepared as the rows to learn from are. What is left is an ordinary model
with so many rounds: `with_rounds` makes an estimator that is fitted to the same without any rows held out.
"""

from __future__ import annotations

import inspect
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from automl_magic.tabular.model_steps import CodedLabels

FEWEST = 5  # held-out rows that can tell when to stop
TRIED = 3  # rounds that tell how long one takes, where a model cannot be stopped on the way


@dataclass(frozen=True)
class Kind:
    """What a family of boosters calls its rounds and its patience."""

    package: str
    rounds: str
    patience: str
    off: Any


KINDS = (
    Kind("lightgbm", "n_estimators", "early_stopping_round", None),
    Kind("xgboost", "n_estimators", "early_stopping_rounds", None),
    Kind("catboost", "iterations", "early_stopping_rounds", None),
    Kind("sklearn.ensemble._hist_gradient_boosting", "max_iter", "early_stopping", False),
)


def booster_in(estimator: Any) -> tuple[Any, Kind] | None:
    """Return the booster at the end of a pipeline, fitted where it is, and its kind; None where there is none."""
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    inner = getattr(last, "classifier_", last.classifier) if isinstance(last, CodedLabels) else last
    module = type(inner).__module__
    kind = next((kind for kind in KINDS if module.startswith(kind.package)), None)
    return None if kind is None else (inner, kind)


def stops_early(estimator: Any) -> bool:
    """Whether a pipeline ends in a booster that asks to be stopped early."""
    found = booster_in(estimator)
    if found is None:
        return False
    booster, kind = found
    asked = _parameter(booster, kind.patience)
    if kind.off is False:  # of scikit-learn: "auto" is a choice of its own
        return asked is True and "X_val" in inspect.signature(booster.fit).parameters
    return asked is not None and asked is not False and int(asked) > 0


def with_rounds(estimator: Any, rounds: Any) -> Any:
    """Set the number of rounds of a pipeline's booster, and that it is not stopped before; return the pipeline."""
    found = booster_in(estimator)
    if found is not None:
        booster, kind = found
        _set(booster, **{kind.rounds: rounds, kind.patience: kind.off})
    return estimator


def fit_until_best(
    estimator: Any, X: Any, y: NDArray[Any], X_held: Any, y_held: NDArray[Any], seconds: float | None = None
) -> int:
    """Fit a pipeline whose booster asks to be stopped early; return how many rounds were kept.

    Parameters
    ----------
    estimator : Pipeline or estimator
        `stops_early` holds for it. It is fitted in place.
    X, y : table, array of shape (n_rows,)
        To learn from.
    X_held, y_held : table, array of shape (n_held_out,)
        Rows whose loss says when to stop.
    seconds : float, optional
        When so many have gone by, no further round is begun.

    Returns
    -------
    int
        The rounds of the fitted booster. 0 where there are too few rows to stop by: then it has all its rounds.
    """
    begun = time.perf_counter()
    is_pipeline = isinstance(estimator, Pipeline)
    last = estimator.steps[-1][1] if is_pipeline else estimator
    if is_pipeline and len(estimator.steps) > 1:
        head = estimator[:-1]
        prepared = head.fit_transform(X, y)
        held = head.transform(X_held)
    else:
        prepared, held = X, X_held
    targets, held_targets = y, np.asarray(y_held)
    is_coded = isinstance(last, CodedLabels)
    if is_coded or hasattr(last, "predict_proba"):
        known = np.isin(held_targets, np.unique(y))
        held, held_targets = _rows(held, known), held_targets[known]
    found = booster_in(last)
    assert found is not None
    booster, kind = found
    if len(held_targets) < FEWEST:
        last.fit(prepared, y) if not is_coded else with_rounds(last, _parameter(booster, kind.rounds)).fit(prepared, y)
        return 0
    if is_coded:
        from sklearn.base import clone

        last.classes_, targets = np.unique(np.asarray(y), return_inverse=True)
        held_targets = np.searchsorted(last.classes_, held_targets)
        booster = last.classifier_ = clone(last.classifier)
    left = None if seconds is None else max(0.0, seconds - (time.perf_counter() - begun))
    rounds = FITS[kind.package](booster, prepared, targets, held, held_targets, left)
    with_rounds(last, rounds)
    if is_coded:
        with_rounds(CodedLabels(last.classifier), rounds)
    return rounds


def _fit_lightgbm(
    booster: Any, X: Any, y: NDArray[Any], X_held: Any, y_held: NDArray[Any], seconds: float | None
) -> int:
    from lightgbm.callback import EarlyStopException

    patience, begun, best = int(_parameter(booster, "early_stopping_round")), time.perf_counter(), [np.inf, 0.0]

    def stop(state: Any) -> None:
        loss = state.evaluation_result_list[0][2]
        if loss < best[0]:
            best[:] = [loss, state.iteration]
        is_late = seconds is not None and time.perf_counter() - begun > seconds
        if state.iteration - best[1] >= patience or is_late or state.iteration == state.end_iteration - 1:
            raise EarlyStopException(int(best[1]), state.evaluation_result_list)

    _set(booster, early_stopping_round=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 4.7 wants eval_X and eval_y, but does not code the labels of these
        booster.fit(X, y, callbacks=[stop], eval_set=[(X_held, y_held)])
    return int(best[1]) + 1


def _fit_xgboost(
    booster: Any, X: Any, y: NDArray[Any], X_held: Any, y_held: NDArray[Any], seconds: float | None
) -> int:
    from xgboost.callback import TrainingCallback

    begun = time.perf_counter()

    class InTime(TrainingCallback):  # type: ignore[misc]
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            return seconds is not None and time.perf_counter() - begun > seconds

    booster.set_params(callbacks=[InTime()])
    booster.fit(X, y, eval_set=[(X_held, y_held)], verbose=False)
    booster.set_params(callbacks=None)
    losses = next(iter(booster.evals_result()["validation_0"].values()))
    if len(losses) == 1:  # nobody was asked after the first round, when the time is up then: no best one is noted
        booster.get_booster().set_attr(best_iteration="0", best_score=str(losses[0]))
    return int(booster.best_iteration) + 1


def _fit_catboost(
    booster: Any, X: Any, y: NDArray[Any], X_held: Any, y_held: NDArray[Any], seconds: float | None
) -> int:
    begun = time.perf_counter()

    class InTime:
        def after_iteration(self, info: Any) -> bool:
            return seconds is None or time.perf_counter() - begun < seconds

    booster.fit(X, y, eval_set=(X_held, y_held), use_best_model=True, callbacks=[InTime()])
    return int(booster.tree_count_)


def _fit_hist_gb(
    booster: Any, X: Any, y: NDArray[Any], X_held: Any, y_held: NDArray[Any], seconds: float | None
) -> int:
    most = booster.max_iter
    if seconds is not None:
        trial = type(booster)(**{**booster.get_params(), "max_iter": TRIED, "early_stopping": False})
        begun = time.perf_counter()
        trial.fit(X, y)
        spent = time.perf_counter() - begun
        booster.set_params(max_iter=int(np.clip((seconds - spent) / (spent / TRIED), 1, most)))
    booster.fit(X, y, X_val=X_held, y_val=y_held)
    rounds = max(1, int(np.argmax(booster.validation_score_)))  # the first entry is the loss before any round
    del booster._predictors[rounds:]
    booster.validation_score_ = booster.validation_score_[: rounds + 1]
    return rounds


Fit = Callable[[Any, Any, NDArray[Any], Any, NDArray[Any], "float | None"], int]
FITS: dict[str, Fit] = {
    kind.package: fit
    for kind, fit in zip(KINDS, (_fit_lightgbm, _fit_xgboost, _fit_catboost, _fit_hist_gb), strict=True)
}


def _rows(X: Any, chosen: NDArray[Any]) -> Any:
    return X.loc[chosen] if hasattr(X, "loc") else X[chosen]


def _parameter(booster: BaseEstimator | Any, name: str) -> Any:
    return booster.get_params(deep=False).get(name)


def _set(booster: Any, **values: Any) -> None:
    """Set parameters, of a fitted CatBoost too, which refuses that in `set_params`."""
    if type(booster).__module__.startswith("catboost"):
        for name, value in values.items():
            if value is None:
                booster._init_params.pop(name, None)
            else:
                booster._init_params[name] = value
        return
    booster.set_params(**values)
