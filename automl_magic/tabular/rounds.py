"""How each package of boosters is watched on its way, and stopped when more rounds bring no more."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

GAIN = 1e-4  # of the loss after the first round, that a booster's patience must bring
Weights: TypeAlias = tuple[NDArray[Any], NDArray[Any]] | None  # of the rows to learn from, and of the held-out ones


class Watch:
    """Say when a booster has had enough rounds: too many of them brought too little, or the time is up.

    Parameters
    ----------
    patience : int
        Rounds that together must bring more than `GAIN` of the loss after the first round.
    seconds : float or None
        The time.

    Attributes
    ----------
    best : int
        The round, from 0, after which the loss was least.
    """

    def __init__(self, patience: int, seconds: float | None) -> None:
        self.patience, self.seconds = patience, seconds
        self.begun, self.best = time.perf_counter(), 0
        self._least = self._mark = math.inf
        self._marked, self._enough = 0, 0.0

    def is_new_best(self, loss: float, number: int) -> bool:
        """Note the loss after a round; return whether it is the least so far."""
        if number == 0:
            self._enough = GAIN * abs(loss)
        if loss < self._mark - self._enough:
            self._mark, self._marked = loss, number
        if not loss < self._least:
            return False
        self._least, self.best = loss, number
        return True

    def is_over(self, number: int) -> bool:
        """Return whether no round is to follow that one."""
        return self.is_late() or number - self._marked >= self.patience

    def is_late(self) -> bool:
        """Return whether the time is up."""
        return self.seconds is not None and time.perf_counter() - self.begun > self.seconds


def _fit_lightgbm(
    booster: Any, watch: Watch, X: Any, y: NDArray[Any], X_held: Any, y_held: NDArray[Any], weights: Weights = None
) -> int:
    from lightgbm.callback import EarlyStopException

    trees = [0]

    def stop(state: Any) -> None:
        if watch.is_new_best(float(state.evaluation_result_list[0][2]), state.iteration):
            trees[:] = [state.model.current_iteration()]  # fewer: a round in which nothing can be split leaves no tree
        if watch.is_over(state.iteration) or state.iteration == state.end_iteration - 1:
            raise EarlyStopException(trees[0] - 1, state.evaluation_result_list)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 4.7 wants eval_X and eval_y, but does not code the labels of these
        booster.set_params(early_stopping_round=None)
        more = {} if weights is None else {"sample_weight": weights[0], "eval_sample_weight": [weights[1]]}
        booster.fit(X, y, callbacks=[stop], eval_set=[(X_held, y_held)], **more)
    return watch.best + 1


def _fit_xgboost(
    booster: Any, watch: Watch, X: Any, y: NDArray[Any], X_held: Any, y_held: NDArray[Any], weights: Weights = None
) -> int:
    from xgboost.callback import TrainingCallback

    class Stop(TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            watch.is_new_best(float(next(iter(evals_log["validation_0"].values()))[-1]), epoch)
            return watch.is_over(epoch)

    booster.set_params(callbacks=[Stop()], early_stopping_rounds=None)
    more = {} if weights is None else {"sample_weight": weights[0], "sample_weight_eval_set": [weights[1]]}
    booster.fit(X, y, eval_set=[(X_held, y_held)], verbose=False, **more)
    booster.set_params(callbacks=None)
    booster.get_booster().set_attr(best_iteration=str(watch.best))  # what it predicts with
    return watch.best + 1


def _fit_catboost(
    booster: Any, watch: Watch, X: Any, y: NDArray[Any], X_held: Any, y_held: NDArray[Any], weights: Weights = None
) -> int:
    class Stop:
        def after_iteration(self, info: Any) -> bool:
            watch.is_new_best(float(next(iter(info.metrics["validation"].values()))[-1]), info.iteration - 1)
            return not watch.is_over(info.iteration - 1)

    held: Any = (X_held, y_held)
    if weights is not None:
        from catboost import Pool

        held = Pool(X_held, y_held, weight=weights[1])
    more = {} if weights is None else {"sample_weight": weights[0]}
    # to be told to keep the best rounds would change how fast it learns, where that is left to it
    booster.fit(X, y, eval_set=held, use_best_model=False, callbacks=[Stop()], **more)
    booster.shrink(watch.best + 1)
    return int(booster.tree_count_)


def _fit_hist_gb(
    booster: Any, watch: Watch, X: Any, y: NDArray[Any], X_held: Any, y_held: NDArray[Any], weights: Weights = None
) -> int:
    tolerance, has_enough = booster.tol, booster._should_stop
    given = {} if weights is None else {"sample_weight": weights[0], "sample_weight_val": weights[1]}
    booster.set_params(n_iter_no_change=watch.patience, tol=GAIN * _first_loss(booster, y, weights))
    booster._should_stop = lambda scores: watch.is_late() or has_enough(scores)  # it is asked after each round
    try:
        booster.fit(X, y, X_val=X_held, y_val=y_held, **given)
    finally:
        del booster._should_stop
    booster.set_params(tol=tolerance)
    rounds = max(1, int(np.argmax(booster.validation_score_)))  # the first entry is the loss before any round
    del booster._predictors[rounds:]
    booster.validation_score_ = booster.validation_score_[: rounds + 1]
    return rounds


def _first_loss(booster: Any, y: NDArray[Any], weights: Weights) -> float:
    """Return about what the loss is before any round: of numbers half of their variance."""
    if hasattr(booster, "predict_proba"):
        return math.log(len(np.unique(y)))
    counted = None if weights is None else weights[0]
    return 0.5 * float(np.average((y - np.average(y, weights=counted)) ** 2, weights=counted))


def _fit_network(
    network: Any, watch: Watch, X: Any, y: NDArray[Any], X_held: Any, y_held: NDArray[Any], weights: Weights = None
) -> int:
    given = {} if weights is None else {"sample_weight": weights[0], "sample_weight_val": weights[1]}
    return int(network.fit(X, y, X_val=X_held, y_val=y_held, is_over=watch.is_late, **given).epochs_)


Fit: TypeAlias = Callable[[Any, Watch, Any, NDArray[Any], Any, NDArray[Any], Weights], int]
FITS: dict[str, Fit] = {
    "lightgbm": _fit_lightgbm,
    "xgboost": _fit_xgboost,
    "catboost": _fit_catboost,
    "automl_magic.tabular.network": _fit_network,
    "automl_magic.networks.table_network": _fit_network,
    "sklearn.ensemble._hist_gradient_boosting": _fit_hist_gb,
}
"""From a package of boosters to the function that fits one until it has had enough, and returns the rounds kept."""
