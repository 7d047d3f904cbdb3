"""Metrics: what they are called, which way is better, and how a prediction is scored. Inside, higher is better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import sklearn.metrics as scores
from numpy.typing import NDArray

from automl_magic.errors import OptionError, did_you_mean
from automl_magic.extend import METRICS

if TYPE_CHECKING:
    from automl_magic.tabular.task import Task

Array: TypeAlias = NDArray[Any]
Function: TypeAlias = Callable[[Array, Array, Sequence[Any], "Array | None"], float]
SMALLEST = float(np.finfo(np.float64).eps)  # a probability of 0 counts as this in the log loss, as in scikit-learn

BINARY, MULTICLASS, REGRESSION = "binary", "multiclass", "regression"
CLASSES = (BINARY, MULTICLASS)


@dataclass(frozen=True)
class Metric:
    """Say how a prediction is scored.

    Attributes
    ----------
    name : str
        The name of scikit-learn's scorer.
    label : str
        The name on screen: "ROC AUC".
    sign : int
        1 where higher is better, -1 where lower is: natural value = sign * score.
    needs : str
        "proba" (columns are probabilities of the classes), "label" (the most probable class counts) or "value".
    tasks : tuple of str
        The kinds of task that it fits.
    function : callable
        (y, prediction, classes, weights) -> natural value.
    each : callable, optional
        (y, prediction, classes) -> one natural value per row, whose mean (root of the mean, with `root`) is the metric.
    area : str, optional
        "binary" or "ovr" for areas under the ROC curve, which are computed fast from ranks.
    """

    name: str
    label: str
    sign: int
    needs: Literal["proba", "label", "value"]
    tasks: tuple[str, ...]
    function: Function
    each: Callable[[Array, Array, Sequence[Any]], Array] | None = None
    root: bool = False
    area: Literal["binary", "ovr"] | None = None

    @property
    def lower_is_better(self) -> bool:
        """Whether the natural value is to be made small."""
        return self.sign < 0

    def score(self, y: Any, prediction: Any, classes: Sequence[Any] = (), weights: Any = None) -> float:
        """Return the score of a prediction: higher is better.

        Parameters
        ----------
        y : array of shape (n_rows,)
            The truth, in the original labels.
        prediction : array of shape (n_rows, n_classes) or (n_rows,)
            Probabilities in the order of `classes`; for regression the predicted values.
        classes : sequence
            All classes of the task, also those that `y` lacks.
        weights : array of shape (n_rows,), optional
            Weights of the rows.

        Returns
        -------
        float
            NaN where the metric is not defined, as the ROC AUC on rows of one class.
        """
        return self.sign * self.function(np.asarray(y), np.asarray(prediction), classes, weights)

    def natural(self, score: float) -> float:
        """Turn a score into the metric's natural value, or back."""
        return self.sign * score


def codes_of(y: Any, classes: Sequence[Any]) -> NDArray[np.int64]:
    """Return the position of each label in `classes`, shape (n_rows,)."""
    return np.asarray(pd.Index(np.asarray(classes)).get_indexer(pd.Index(np.asarray(y))), dtype=np.int64)


def _labels(prediction: Array) -> Array:
    return np.asarray(prediction.argmax(axis=1))


# -- functions of (y, prediction, classes, weights) ------------------------------------------------------------


def _mean_of(
    each: Callable[..., Array], root: bool, y: Array, p: Array, classes: Sequence[Any], w: Array | None
) -> float:
    mean = float(np.average(each(y, p, classes), weights=w))
    return mean**0.5 if root else mean


def _log_losses(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    chances = np.clip(prediction.astype(float), SMALLEST, 1.0)
    true = chances[np.arange(len(y)), codes_of(y, classes)]
    return np.asarray(np.log(chances.sum(axis=1)) - np.log(true))


def _brier_losses(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    truth = np.eye(len(classes))[codes_of(y, classes)]
    losses = np.asarray(((prediction - truth) ** 2).sum(axis=1))
    return losses / 2 if len(classes) == 2 else losses


def _hits(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    return np.asarray(codes_of(y, classes) == _labels(prediction), dtype=float)


def _squares(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    return np.asarray((y - prediction) ** 2)


def _distances(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    return np.asarray(np.abs(y - prediction))


def _of_labels(
    function: Callable[..., float], options: dict[str, Any], y: Array, p: Array, classes: Sequence[Any], w: Array | None
) -> float:
    truth, guess = codes_of(y, classes), _labels(p)
    if "average" in options:
        options = {**options, "labels": np.arange(len(classes)) if options["average"] == "micro" else np.unique(truth)}
        if options["average"] == "binary":
            options = {**options, "labels": None}
    return float(function(truth, guess, sample_weight=w, **options))


def _balanced_accuracy(y: Array, prediction: Array, classes: Sequence[Any], weights: Array | None) -> float:
    truth, guess = codes_of(y, classes), _labels(prediction)
    return float(scores.recall_score(truth, guess, labels=np.unique(truth), average="macro", sample_weight=weights))


def _area(y: Array, prediction: Array, classes: Sequence[Any], weights: Array | None) -> float:
    positive = codes_of(y, classes) == 1
    if positive.all() or not positive.any():
        return float("nan")
    return float(scores.roc_auc_score(positive, prediction[:, 1], sample_weight=weights))


def _areas(by_rows: bool, y: Array, prediction: Array, classes: Sequence[Any], weights: Array | None) -> float:
    """One against the rest, averaged over the classes that the rows hold (and do not consist of)."""
    codes = codes_of(y, classes)
    areas, shares = [], []
    for code in np.unique(codes):
        positive = codes == code
        if not positive.all():
            areas.append(scores.roc_auc_score(positive, prediction[:, code], sample_weight=weights))
            shares.append(float(positive.sum() if weights is None else weights[positive].sum()) if by_rows else 1.0)
    return float(np.average(areas, weights=shares)) if areas else float("nan")


def _precision_curve(y: Array, prediction: Array, classes: Sequence[Any], weights: Array | None) -> float:
    positive = codes_of(y, classes) == 1
    if not positive.any():
        return float("nan")
    return float(scores.average_precision_score(positive, prediction[:, 1], sample_weight=weights))


def _of_values(
    function: Callable[..., float], y: Array, prediction: Array, classes: Sequence[Any], weights: Array | None
) -> float:
    if function is scores.max_error:
        return float(function(y, prediction))
    return float(function(y, prediction, sample_weight=weights))


# -- the list ------------------------------------------------------------


def _add(metric: Metric) -> None:
    METRICS.register(metric.name)(metric)


def _add_mean(
    name: str, label: str, sign: int, needs: Any, tasks: tuple[str, ...], each: Callable[..., Array], root: bool = False
) -> None:
    _add(Metric(name, label, sign, needs, tasks, partial(_mean_of, each, root), each, root))


def _add_labels(name: str, label: str, tasks: tuple[str, ...], function: Callable[..., float], **options: Any) -> None:
    _add(Metric(name, label, 1, "label", tasks, partial(_of_labels, function, options)))


def _add_values(name: str, label: str, sign: int, function: Callable[..., float]) -> None:
    _add(Metric(name, label, sign, "value", (REGRESSION,), partial(_of_values, function)))


_add(Metric("roc_auc", "ROC AUC", 1, "proba", (BINARY,), _area, area="binary"))
_add(Metric("roc_auc_ovr_weighted", "ROC AUC", 1, "proba", (MULTICLASS,), partial(_areas, True), area="ovr"))
_add(Metric("roc_auc_ovr", "ROC AUC (classes alike)", 1, "proba", (MULTICLASS,), partial(_areas, False)))
_add(Metric("average_precision", "average precision", 1, "proba", (BINARY,), _precision_curve))
_add_mean("neg_log_loss", "log loss", -1, "proba", CLASSES, _log_losses)
_add_mean("neg_brier_score", "Brier score", -1, "proba", CLASSES, _brier_losses)
_add_mean("accuracy", "accuracy", 1, "label", CLASSES, _hits)
_add(Metric("balanced_accuracy", "balanced accuracy", 1, "label", CLASSES, _balanced_accuracy))
_add_labels("matthews_corrcoef", "Matthews correlation", CLASSES, scores.matthews_corrcoef)
for _name, _function in (
    ("f1", scores.f1_score),
    ("precision", scores.precision_score),
    ("recall", scores.recall_score),
):
    _label = "F1" if _name == "f1" else _name
    _add_labels(_name, _label, (BINARY,), _function, average="binary", pos_label=1, zero_division=0.0)
    for _average in ("macro", "micro", "weighted"):
        _add_labels(
            f"{_name}_{_average}", f"{_label} ({_average})", CLASSES, _function, average=_average, zero_division=0.0
        )
_add_mean("neg_root_mean_squared_error", "RMSE", -1, "value", (REGRESSION,), _squares, root=True)
_add_mean("neg_mean_squared_error", "mean squared error", -1, "value", (REGRESSION,), _squares)
_add_mean("neg_mean_absolute_error", "MAE", -1, "value", (REGRESSION,), _distances)
_add_values("r2", "R²", 1, scores.r2_score)
_add_values("explained_variance", "explained variance", 1, scores.explained_variance_score)
_add_values("neg_median_absolute_error", "median absolute error", -1, scores.median_absolute_error)
_add_values("neg_mean_absolute_percentage_error", "MAPE", -1, scores.mean_absolute_percentage_error)
_add_values("neg_max_error", "largest error", -1, scores.max_error)
_add_values("neg_mean_squared_log_error", "mean squared log error", -1, scores.mean_squared_log_error)
_add_values("neg_root_mean_squared_log_error", "RMSLE", -1, scores.root_mean_squared_log_error)
_add_values("neg_mean_poisson_deviance", "Poisson deviance", -1, scores.mean_poisson_deviance)
_add_values("neg_mean_gamma_deviance", "gamma deviance", -1, scores.mean_gamma_deviance)

SHORT = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "logloss": "neg_log_loss",
    "log_loss": "neg_log_loss",
    "brier": "neg_brier_score",
    "ap": "average_precision",
    "mcc": "matthews_corrcoef",
    "mae": "neg_mean_absolute_error",
    "mse": "neg_mean_squared_error",
    "rmse": "neg_root_mean_squared_error",
    "rmsle": "neg_root_mean_squared_log_error",
    "mape": "neg_mean_absolute_percentage_error",
}
MANY = {"roc_auc": "roc_auc_ovr_weighted", "f1": "f1_macro", "precision": "precision_macro", "recall": "recall_macro"}
DEFAULTS = {BINARY: "roc_auc", MULTICLASS: "neg_log_loss", REGRESSION: "neg_root_mean_squared_error"}
BESIDE = {BINARY: "accuracy", MULTICLASS: "accuracy", REGRESSION: "neg_mean_absolute_error"}


def metric_for(task: Task, name: str | None = None) -> tuple[Metric, Metric]:
    """Return the metric of a run and the one that is shown beside it.

    Parameters
    ----------
    task : Task
        The task; only its `kind` counts.
    name : str, optional
        A scorer name of scikit-learn or a short one (accuracy, auc, logloss, f1, mae, rmse, r2 …). Default: ROC AUC for
        two classes, log loss for more, RMSE for numbers. With more than two classes "auc" is the mean over classes, one
        against the rest, weighted by their rows, and "f1", "precision", "recall" are the plain means over classes.

    Raises
    ------
    OptionError
        If no metric has that name, or it does not fit the task; the message lists those that fit.
    """
    main = DEFAULTS[task.kind] if name is None else _resolve(task.kind, str(name))
    beside = BESIDE[task.kind] if main != BESIDE[task.kind] else DEFAULTS[task.kind]
    return _member(main), _member(beside)


def metric_names(kind: str) -> tuple[str, ...]:
    """Return the names that fit a kind of task, short ones first."""
    fitting = [name for name in tuple(METRICS.keys()) if kind in _member(name).tasks]
    short = [key for key, name in SHORT.items() if (MANY.get(name, name) if kind == MULTICLASS else name) in fitting]
    return tuple(short + fitting)


def _resolve(kind: str, given: str) -> str:
    plain = given.strip().lower()
    name = SHORT.get(plain, plain)
    if kind == MULTICLASS:
        name = MANY.get(name, name)
    fitting = metric_names(kind)
    if name in METRICS and name in fitting:
        return name
    hint = f"Those that fit: {', '.join(fitting)}."
    if name in METRICS:
        words = {BINARY: "two classes", MULTICLASS: "more than two classes", REGRESSION: "a numeric target"}[kind]
        raise OptionError(f'The metric "{given}" does not fit {words}.', hint)
    raise OptionError(f'No metric named "{given}".{did_you_mean(given, fitting)}', hint)


def _member(name: str) -> Metric:
    member = METRICS.get(name)
    if not isinstance(member, Metric):
        raise OptionError(f'The metric "{name}" must be a Metric. Got {type(member).__name__} instead.')
    return member
