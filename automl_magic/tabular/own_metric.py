"""A metric of a person's own: a scorer of scikit-learn, or a function of truth and prediction, under a name."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_magic.errors import OptionError
from automl_magic.extend import METRICS
from automl_magic.tabular.metrics import CLASSES, REGRESSION, Metric

Array = NDArray[Any]
TRUTH = ("estimator", "model", "clf")  # how the first argument of what takes a whole model is called
HINT = (
    "For example metric=make_scorer(my_loss, greater_is_better=False), or a function of (y_true, y_pred); in a cell "
    "--metric and the name of the variable that holds it."
)


@dataclass(frozen=True, eq=False)
class Own:
    """Ask a function of truth and prediction.

    Attributes
    ----------
    function : callable
        (y_true, y_pred, **options) -> number.
    of_chances : bool
        Whether it wants probabilities: of the second class where there are two.
    options : dict
        Further arguments.
    takes_weights : bool
        Whether it has an argument `sample_weight`.
    """

    function: Any
    of_chances: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    takes_weights: bool = False

    def __call__(self, y: Array, prediction: Array, classes: Sequence[Any], weights: Array | None) -> float:
        """Return the value; without `sample_weight` a row counts as often as its weight says."""
        if len(classes) and not self.of_chances:
            prediction = np.asarray(classes, dtype=np.asarray(y).dtype)[prediction.argmax(axis=1)]
        elif len(classes) == 2:
            prediction = prediction[:, 1]
        if weights is None:
            return float(self.function(y, prediction, **self.options))
        if self.takes_weights:
            return float(self.function(y, prediction, sample_weight=weights, **self.options))
        rows = np.repeat(np.arange(len(y)), np.asarray(weights).astype(int))
        return float(self.function(y[rows], prediction[rows], **self.options))


def metric_named(given: Any) -> str:
    """Register a metric of a person's own, and return the name under which it is; a later one replaces an earlier one.

    Parameters
    ----------
    given : Metric, scorer or callable
        What ``make_scorer`` or ``get_scorer`` of scikit-learn returned, or a function of (y_true, y_pred) of which
        higher is better: y_pred are labels, or the predicted numbers.

    Raises
    ------
    OptionError
        If it is none of these.
    """
    metric = given if isinstance(given, Metric) else _metric_of(given)
    if metric.name in METRICS and not (isinstance(given, Metric) or is_own(METRICS.get(metric.name))):
        raise OptionError(
            f'There is a metric named "{metric.name}" already.', "Call your function otherwise, or name that metric."
        )
    METRICS.register(metric.name)(metric)
    return metric.name


def is_own(metric: Any) -> bool:
    """Whether a registered metric was made here of a person's own function."""
    return isinstance(getattr(metric, "function", None), Own)


def _metric_of(given: Any) -> Metric:
    if hasattr(given, "_score_func"):
        return _of_scorer(given)
    if not callable(given) or isinstance(given, type):
        raise OptionError(f"metric must be a name, a scorer or a function. Got {type(given).__name__} instead.", HINT)
    names = _arguments(given)
    if names is not None and (len(names) < 2 or names[0] in TRUTH):
        raise OptionError(f"A metric is called with (y_true, y_pred). Got a function of ({', '.join(names)}).", HINT)
    name = getattr(given, "__name__", type(given).__name__)
    name = "own metric" if name == "<lambda>" else name
    return _named(name, 1, Own(given, takes_weights="sample_weight" in (names or ())))


def _of_scorer(scorer: Any) -> Metric:
    """Return the metric of a scorer of scikit-learn."""
    function, asked = scorer._score_func, getattr(scorer, "_response_method", "predict")
    asked = (asked,) if isinstance(asked, str) else tuple(asked or ("predict",))
    takes = "sample_weight" in (_arguments(function) or ())
    own = Own(function, "predict" not in asked, dict(getattr(scorer, "_kwargs", {})), takes)
    return _named(getattr(function, "__name__", type(function).__name__), int(scorer._sign), own)


def _named(name: str, sign: int, own: Own) -> Metric:
    tasks = CLASSES if own.of_chances else (*CLASSES, REGRESSION)
    return Metric(name, name.replace("_", " "), sign, "proba" if own.of_chances else "label", tasks, own)


def _arguments(function: Any) -> list[str] | None:
    """Return the names of the arguments of a function, or None where they cannot be known."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None


def check_metric(metric: Metric, y: Array, classes: Sequence[Any], weights: Array | None = None) -> None:
    """Ask a metric of a person's own once, before the search, about predictions that are all but right.

    Raises
    ------
    OptionError
        If it raises, or returns no number, or rows have weights and it takes none.
    """
    if not is_own(metric):
        return
    if weights is not None and not getattr(metric.function, "takes_weights", False):
        raise OptionError(
            f'Rows are weighted, and the metric "{metric.name}" takes no sample_weight.',
            "Give your function an argument sample_weight=None and count rows by it, or take another metric.",
        )
    y = np.asarray(y)
    prediction: Array = np.asarray(y, dtype=float) + 1e-3 if not len(classes) else np.empty(0)
    if len(classes):
        right = np.asarray(y)[:, None] == np.asarray(classes, dtype=y.dtype)[None, :]
        prediction = 0.9 * right + 0.1 / len(classes)
    try:
        metric.score(y, prediction, classes, weights)
    except Exception as error:
        raise OptionError(f'The metric "{metric.name}" fails: {type(error).__name__}: {error}', HINT) from None
