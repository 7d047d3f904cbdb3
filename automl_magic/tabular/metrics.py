"""Metrics: what they are called, which way is better, and how a prediction is scored. Inside, higher is better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl_magic.errors import OptionError, did_you_mean
from automl_magic.extend import METRICS
from automl_magic.tabular.measures import (
    area,
    areas,
    brier_losses,
    by_class,
    class_terms,
    distances,
    explained,
    gamma_deviances,
    hits,
    largest_distance,
    log_losses,
    log_squares,
    matthews,
    mean,
    median_distance,
    poisson_deviances,
    precision_curve,
    root_mean,
    shares,
    squares,
    variance_terms,
    with_count,
)

if TYPE_CHECKING:
    from automl_magic.tabular.task import Task

Array: TypeAlias = NDArray[Any]
Function: TypeAlias = Callable[[Array, Array, Sequence[Any], "Array | None"], float]

BINARY, MULTICLASS, REGRESSION = "binary", "multiclass", "regression"
CLASSES = (BINARY, MULTICLASS)


@dataclass(frozen=True)
class Metric:
    """Say how a prediction is scored.

    Most metrics are a function of sums over the rows: `terms` are what is summed, `combine` makes the metric of the
    sums. So a bootstrap of many candidates is a product of two matrices.

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
    function : callable, optional
        (y, prediction, classes, weights) -> natural value, where the metric is no function of sums.
    terms : callable, optional
        (y, prediction, classes) -> array of shape (n_rows, n_terms); the first term is 1 or sums to the rows' number.
    combine : callable, optional
        Sums of shape (..., n_terms) -> natural values of shape (...).
    area : str, optional
        For areas under the ROC curve, which are computed from ranks: "binary", or one class against the rest and the
        mean over classes "weighted" by their rows or "plain".
    """

    name: str
    label: str
    sign: int
    needs: Literal["proba", "label", "value"]
    tasks: tuple[str, ...]
    function: Function | None = None
    terms: Callable[[Array, Array, Sequence[Any]], Array] | None = None
    combine: Callable[[Array], Array] | None = None
    area: Literal["binary", "weighted", "plain"] | None = None

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
        y, prediction = np.asarray(y), np.asarray(prediction)
        if self.function is not None:
            return self.sign * float(self.function(y, prediction, classes, weights))
        if self.terms is None or self.combine is None:
            raise TypeError(f"The metric {self.name} has neither a function nor terms.")
        counts = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
        return self.sign * float(self.combine(counts @ self.terms(y, prediction, classes)))

    def natural(self, score: float) -> float:
        """Turn a score into the metric's natural value, or back."""
        return self.sign * score


# -- the list -----------------------------------------------------------------------


def _add(*fields: Any, **more: Any) -> None:
    metric = Metric(*fields, **more)
    METRICS.register(metric.name)(metric)


def _add_mean(*fields: Any, of: Callable[..., Array], root: bool = False) -> None:
    _add(*fields, terms=partial(with_count, of), combine=root_mean if root else mean)


_ONE, _NUMBER = (BINARY,), (REGRESSION,)
_add("roc_auc", "ROC AUC", 1, "proba", _ONE, area, area="binary")
_add("roc_auc_ovr_weighted", "ROC AUC", 1, "proba", (MULTICLASS,), partial(areas, True), area="weighted")
_add("roc_auc_ovr", "ROC AUC (plain mean)", 1, "proba", (MULTICLASS,), partial(areas, False), area="plain")
_add("average_precision", "average precision", 1, "proba", _ONE, precision_curve)
_add_mean("neg_log_loss", "log loss", -1, "proba", CLASSES, of=log_losses)
_add_mean("neg_brier_score", "Brier score", -1, "proba", CLASSES, of=brier_losses)
_add_mean("accuracy", "accuracy", 1, "label", CLASSES, of=hits)
_recalls = partial(by_class, "recall", "macro")
_add("balanced_accuracy", "balanced accuracy", 1, "label", CLASSES, terms=class_terms, combine=_recalls)
_add("matthews_corrcoef", "Matthews correlation", 1, "label", CLASSES, terms=class_terms, combine=matthews)
for _what in ("f1", "precision", "recall"):
    for _how, _tasks in (("binary", _ONE), ("macro", CLASSES), ("micro", CLASSES), ("weighted", CLASSES)):
        _ending, _words = ("", "") if _how == "binary" else (f"_{_how}", f" ({_how})")
        _label = ("F1" if _what == "f1" else _what) + _words
        _of_class = partial(by_class, _what, _how)
        _add(_what + _ending, _label, 1, "label", _tasks, terms=class_terms, combine=_of_class)
_add_mean("neg_root_mean_squared_error", "RMSE", -1, "value", _NUMBER, of=squares, root=True)
_add_mean("neg_mean_squared_error", "mean squared error", -1, "value", _NUMBER, of=squares)
_add_mean("neg_mean_absolute_error", "MAE", -1, "value", _NUMBER, of=distances)
_add("r2", "R²", 1, "value", _NUMBER, terms=variance_terms, combine=partial(explained, False))
_explained_variance = partial(explained, True)
_add("explained_variance", "explained variance", 1, "value", _NUMBER, terms=variance_terms, combine=_explained_variance)
_add("neg_median_absolute_error", "median absolute error", -1, "value", _NUMBER, median_distance)
_add_mean("neg_mean_absolute_percentage_error", "MAPE", -1, "value", _NUMBER, of=shares)
_add("neg_max_error", "largest error", -1, "value", _NUMBER, largest_distance)
_add_mean("neg_mean_squared_log_error", "mean squared log error", -1, "value", _NUMBER, of=log_squares)
_add_mean("neg_root_mean_squared_log_error", "RMSLE", -1, "value", _NUMBER, of=log_squares, root=True)
_add_mean("neg_mean_poisson_deviance", "Poisson deviance", -1, "value", _NUMBER, of=poisson_deviances)
_add_mean("neg_mean_gamma_deviance", "gamma deviance", -1, "value", _NUMBER, of=gamma_deviances)

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
    found = _member(main)
    if found.needs == "label" and task.kind == REGRESSION:  # of a person's own, for labels and numbers alike
        found = replace(found, needs="value")
    return found, _member(beside)


def metric_names(kind: str) -> tuple[str, ...]:
    """Return the names that fit a kind of task, short ones first."""
    fitting = [name for name in tuple(METRICS.keys()) if kind in _member(name).tasks]
    short = [key for key, name in SHORT.items() if (MANY.get(name, name) if kind == MULTICLASS else name) in fitting]
    return tuple(short + fitting)


def _resolve(kind: str, given: str) -> str:
    if given in METRICS and kind in _member(given).tasks:
        return given
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
        raise OptionError(
            f'The metric "{name}" must be a Metric. Got {type(member).__name__} instead.',
            "Register an automl_magic.tabular.metrics.Metric under that name.",
        )
    return member
