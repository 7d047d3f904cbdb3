"""Score one configuration on one fold: make the pipeline, fit it, predict, keep what came of it."""

from __future__ import annotations

import contextlib
import copy
import math
import os
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloudpickle
import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from automl_magic.engine.events import Artefact, Config, FoldScore
from automl_magic.engine.sealing import own_key
from automl_magic.engine.spare import spare_of
from automl_magic.errors import RunError
from automl_magic.tabular.artefacts import load_vote, read_predictions, write_artefact, write_prediction
from automl_magic.tabular.costing import latency_of, latency_told
from automl_magic.tabular.costs import Sizes, cost_of, sizes_of
from automl_magic.tabular.fallback import LAST_RESORT, guess, sample_of, shortened
from automl_magic.tabular.metrics import Metric
from automl_magic.tabular.splits import Splits
from automl_magic.tabular.stopping import fit_until_best, patience_of, with_rounds
from automl_magic.tabular.vote import chances_of
from automl_magic.tabular.weighted_fits import weights_for

if TYPE_CHECKING:
    from automl_magic.engine.space import SearchSpace
    from automl_magic.tabular.task import Table, Task

__all__ = ["TableEvaluator", "load_vote", "predict_with", "read_predictions", "set_seeds"]

SEEDS = ("random_state", "random_seed")


class TableEvaluator:
    """Score configurations of a space of pipelines on the folds of a table. It travels to the workers as a pickle.

    Parameters
    ----------
    table : Table
        Features, target and task.
    splits : Splits
        The folds.
    metric, beside : Metric
        What is searched for, and what is shown next to it.
    space : SearchSpace
        Its `make` turns a configuration into an estimator.
    folder : str or path
        The run's folder; files go to its `artefacts`.
    baseline : estimator, optional
        The line to beat: scored when `hidden` is asked for.
    is_timed : bool
        Whether predictions are measured by themselves, since there is a limit on their time.

    Attributes
    ----------
    folds, rungs : int
        As the engine asks for them.
    """

    heeds_time = True

    def __init__(
        self,
        table: Table,
        splits: Splits,
        metric: Metric,
        beside: Metric,
        space: SearchSpace | Any,
        folder: str | Path,
        baseline: Any = None,
        is_timed: bool = False,
    ) -> None:
        self.is_timed = is_timed
        self.table, self.splits, self.metric, self.beside = table, splits, metric, beside
        self.space, self.folder, self.baseline = space, str(folder), baseline
        self._spare = str(spare_of(folder))
        self._key = own_key()  # it travels in the private file of `sharing.py`, and to no record
        self.folds = len(splits.pairs)
        self.rungs = 1
        self._sizes: Sizes | None = None

    @property
    def told(self) -> tuple[Any, ...]:
        """What a failed trial may say of the table: names of columns and counts, no values."""
        table = self.table
        columns = tuple(map(str, table.X.columns))
        sizes = (len(rows) for pair in self.splits.pairs for rows in pair)
        counts = (len(table.y), len(columns), len(table.task.classes), *sizes)
        return (columns, table.task.target, self.metric.name, self.metric.label, counts)

    def cost(self, config: Config) -> float:
        """Return what one fit of a configuration costs, from sizes alone; NaN where its family tells no cost."""
        if "model" not in config:
            return math.nan
        self._sizes = self._sizes or sizes_of(self.table, self.splits)
        prefix = f"{config['model']}."
        values = {label.removeprefix(prefix): value for label, value in self.space.values_of(config).items()}
        return cost_of(config["model"], values, self._sizes)

    def evaluate(
        self,
        config: Config,
        fold: int,
        rung: int = 0,
        seed: int = 0,
        state: Any = None,
        trial: int = 0,
        hidden: bool = False,
        seconds: float | None = None,
        rounds: int = 0,
    ) -> FoldScore:
        """Fit on the fold's training rows, score on the rest, and leave prediction and model in the folder.

        Every parameter named `random_state`, at any depth, is set to `seed`, also one that a person set: each fold
        draws anew, and the same run draws the same. A booster that asks to be stopped early is, by its loss on the
        rows that are scored, and when it has had its `seconds`; or it gets the `rounds` that it had before.

        Raises
        ------
        RunError
            If the predictions are not finite, or the metric needs probabilities that the model does not give.
        """
        train, test = self.splits.pairs[fold]
        X, y, classes, weights = self.table.X, self.table.y, self.table.task.classes, self.table.weights
        pipeline = set_seeds(self.estimator(config, hidden), seed)
        if hidden and "rows" in config:
            train = sample_of(y, train, config["rows"], seed)
        begin = time.perf_counter()
        with warnings.catch_warnings(), one_thread():
            warnings.simplefilter("ignore")
            if rounds:
                pipeline = with_rounds(pipeline, rounds)
            if patience_of(pipeline):
                held = X.iloc[test], y[test]
                counted = None if weights is None else (weights[train], weights[test])
                pipeline, rounds = fit_until_best(pipeline, X.iloc[train], y[train], *held, seconds, counted)
            else:
                more = {} if weights is None else weights_for(pipeline, weights[train])
                pipeline.fit(X.iloc[train], y[train], **more)
            fitted = time.perf_counter()
            is_guess = hidden and config == LAST_RESORT  # it looks at no column: none is copied for it
            held_out = np.empty((len(test), 0)) if is_guess else X.iloc[test]
            prediction = predict_with(pipeline, held_out, self.table.task, self.metric)
            spent = time.perf_counter() - begin
            latency = None if is_guess else self._latency(pipeline, held_out, begin + spent - fitted)
        asked = (y[test], prediction, classes, None if weights is None else weights[test])
        score, beside = self.metric.score(*asked), self.beside.natural(self.beside.score(*asked))
        artefacts, size = self._keep(trial, fold, prediction, pipeline)
        costs = {"fit": fitted - begin}
        if fold in self.splits.voters:  # what the trial would return is made of so many such models
            votes = len(self.splits.voters)
            costs |= {"size": float(votes * size), **({} if latency is None else {"latency": votes * latency})}
        scores = {self.beside.name: float(beside)}
        return FoldScore(float(score), spent, scores, artefacts, rounds, costs)

    def _latency(self, pipeline: Any, held_out: Any, seconds: float) -> float | None:
        """Return the seconds for 1,000 rows: measured where that is asked for, else as the one prediction tells."""
        if not self.is_timed:
            return latency_told(seconds, len(held_out))
        return latency_of(lambda X: predict_with(pipeline, X, self.table.task, self.metric), held_out)

    def estimator(self, config: Config, hidden: bool) -> Any:
        """Return what a trial fits: of the space, or, where it is `hidden`, the line to beat or the last resort."""
        if not hidden:
            return self.space.make(config)
        if config == LAST_RESORT:
            return guess(self.table.task)
        beat = self._line_to_beat()
        return shortened(beat, config["rounds"]) if "rounds" in config else beat

    def _line_to_beat(self) -> Any:
        if self.baseline is None:
            raise RunError("This search has no baseline to score.")
        return clone(self.baseline) if hasattr(self.baseline, "get_params") else copy.deepcopy(self.baseline)

    def _keep(self, trial: int, fold: int, prediction: NDArray[Any], pipeline: Any) -> tuple[dict[str, Artefact], int]:
        """Leave prediction and model in the folder; return these files, and the size of the model in bytes."""
        stem = f"trial-{trial:05d}-fold-{fold:02d}"
        model = cloudpickle.dumps(pipeline)
        files = {
            "prediction": write_prediction(self.folder, f"{stem}-prediction.npy", prediction, self._spare),
            "model": write_artefact(self.folder, f"{stem}-model.pkl", model, self._key, self._spare),
        }
        return files, len(model)


def one_thread() -> contextlib.AbstractContextManager[Any]:
    """Return a context in which fits use one thread, as in the workers, where the environment sees to it.

    HistGradientBoosting on two threads of two busy processors takes thirty times as long as on one.
    """
    if os.environ.get("OMP_NUM_THREADS") == "1":
        return contextlib.nullcontext()
    limits: contextlib.AbstractContextManager[Any] = threadpool_limits(1)
    return limits


def set_seeds(estimator: Any, seed: int) -> Any:
    """Set every parameter of `estimator` that is a seed, at any depth, and return it."""
    if not hasattr(estimator, "get_params"):
        return estimator
    names = [name for name in estimator.get_params(deep=True) if name.rsplit("__", 1)[-1] in SEEDS]
    if names:
        estimator.set_params(**dict.fromkeys(names, seed))
    return estimator


def predict_with(pipeline: Any, X: Any, task: Task, metric: Metric) -> NDArray[Any]:
    """Return the prediction that `metric` scores: (n_rows, n_classes) in the order of the classes, or (n_rows,).

    Raises
    ------
    RunError
        If the predictions are not finite, or are no probabilities where the metric needs them.
    """
    if task.kind == "regression":
        prediction = np.asarray(pipeline.predict(X), dtype=float).reshape(len(X))
    else:
        _check_chances(pipeline, metric)
        prediction = chances_of(pipeline, X, task.classes)
    bad = int((~np.isfinite(prediction)).reshape(len(X), -1).any(axis=1).sum())
    if bad:
        raise RunError(
            f"{bad} of {len(X)} predictions are not finite numbers.",
            "The model broke down on these rows: scale the columns, or choose its parameters from a smaller range.",
        )
    return prediction.astype(np.float32) if len(task.classes) > 2 else prediction


def _check_chances(pipeline: Any, metric: Metric) -> None:
    """Refuse a model without probabilities where they are scored; margins will do for areas under curves."""
    if metric.needs != "proba" or hasattr(pipeline, "predict_proba"):
        return
    if (metric.area or metric.name == "average_precision") and hasattr(pipeline, "decision_function"):
        return
    last = pipeline.steps[-1][1] if hasattr(pipeline, "steps") else pipeline
    raise RunError(
        f"{type(last).__name__} gives no probabilities, and {metric.label} needs them.",
        "Wrap it in CalibratedClassifierCV, or choose the metric accuracy.",
    )
