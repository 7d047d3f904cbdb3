"""Choose the threshold of two classes, or the temperature of probabilities, by predictions for rows that were not seen.

A temperature has one parameter and no more: what is calibrated on few rows must not follow each of them. For the rows
of each fold it is chosen on the others, so that the choice is counted in the score that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl_magic.tabular.blending import others_of
from automl_magic.tabular.calibrated import LEAST, CalibratedModel, TemperatureClassifier, ThresholdClassifier, tempered
from automl_magic.tabular.measures import codes_of
from automl_magic.tabular.metrics import Metric

Array: TypeAlias = NDArray[Any]
Kind: TypeAlias = Literal["threshold", "temperature"]

WORN: dict[str, type[CalibratedModel]] = {"threshold": ThresholdClassifier, "temperature": TemperatureClassifier}
ONE_SIDED = (  # won by calling one row, or every row, yes
    "precision",
    "precision_macro",
    "precision_weighted",
    "precision_score",
    "recall",
    "recall_score",
)
LEVELS = 100  # thresholds that are tried
SLOW_LEVELS, SLOW_ROWS = 30, 10_000  # ... of a metric that is no function of sums, and entries at most
ROWS = 50_000  # entries on which a temperature is chosen at most: a fixed sample of more
WIDEST = 5.0  # largest temperature; 1 over it is the smallest


@dataclass(frozen=True)
class Calibration:
    """What is calibrated of a classifier, and what that brings, in the metric's natural sign.

    Attributes
    ----------
    kind : str
        "threshold" or "temperature".
    value : float
        The threshold or the temperature.
    before, after : float
        The mean score over the folds without it, and with one that was chosen on the other folds.
    """

    kind: Kind
    value: float
    before: float
    after: float

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return dict(vars(self))

    def worn_by(self, model: Any) -> CalibratedModel:
        """Return the classifier with it; a fitted one stays fitted."""
        worn = WORN[self.kind](model, **{self.kind: self.value})
        worn.estimator_ = model
        return worn


def calibration_from(value: Mapping[str, Any]) -> Calibration:
    """Return what `Calibration.to_json` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is something else.
    """
    if value["kind"] not in WORN:
        raise ValueError("a calibration is of no known kind")
    numbers = [value[name] for name in ("value", "before", "after")]
    if not all(isinstance(number, int | float) and np.isfinite(number) for number in numbers) or numbers[0] <= 0:
        raise ValueError("a calibration is no number")
    return Calibration(value["kind"], *(float(number) for number in numbers))


def kind_for(metric: Metric, classes: Sequence[Any]) -> Kind | None:
    """Return what can be calibrated for a metric; None for numbers, areas under curves and what is one-sided."""
    if metric.needs == "label" and len(classes) == 2 and metric.name not in ONE_SIDED:
        return "threshold"
    is_area = metric.area is not None or metric.name == "average_precision"
    return "temperature" if metric.needs == "proba" and not is_area else None


def chosen_value(
    kind: Kind,
    metric: Metric,
    y: Array,
    chances: Array,
    classes: Sequence[Any],
    weights: Array | None = None,
    left: Callable[[], float] = lambda: float("inf"),
) -> float:
    """Return the threshold or the temperature that is best for some entries.

    Parameters
    ----------
    kind : str
        "threshold" or "temperature".
    metric : Metric
        What a threshold makes large; a temperature makes the log loss small, whatever the metric.
    y : array of shape (n_entries,)
        The truth, in the original labels.
    chances : array of shape (n_entries, n_classes)
        The out-of-fold probabilities.
    classes : sequence
        All classes, in the order of the probabilities.
    weights : array of shape (n_entries,), optional
        What each entry counts. Default: all alike.
    left : callable
        The seconds left: when there are none, the best threshold so far is returned.
    """
    if kind == "threshold":
        return best_threshold(metric, y, chances[:, 1], classes, weights, left)
    return best_temperature(codes_of(y, classes), chances, weights)


def calibrated(kind: Kind, value: float, chances: Array) -> Array:
    """Return probabilities as the metric is to score them: of a threshold 1 for the class that is called, else 0."""
    if kind == "threshold":
        return np.asarray(np.eye(2)[(chances[:, 1] >= value).astype(int)])
    return tempered(chances, value)


def cross_fitted(
    kind: Kind,
    metric: Metric,
    y: Array,
    chances: Array,
    folds: Array,
    classes: Sequence[Any],
    *,
    units: Array | None = None,
    weights: Array | None = None,
    is_ordered: bool = False,
    left: Callable[[], float] = lambda: float("inf"),
) -> Array | None:
    """Return probabilities calibrated without the help of the entries that they are for; None where no time was left.

    Parameters are as of `chosen_value` and `blending.blend`.
    """
    told = np.empty(chances.shape)
    for inside, chosen in others_of(folds, np.arange(len(y)) if units is None else units, is_ordered):
        if left() <= 0:
            return None
        counted = None if weights is None else weights[chosen]
        value = chosen_value(kind, metric, y[chosen], chances[chosen], classes, counted, left)
        told[inside] = calibrated(kind, value, chances[inside])
    return told


def best_threshold(
    metric: Metric,
    y: Array,
    chances: Array,
    classes: Sequence[Any],
    weights: Array | None = None,
    left: Callable[[], float] = lambda: float("inf"),
) -> float:
    """Return the threshold with which a metric is best; of equal ones that nearest to 0.5.

    Parameters are as of `chosen_value`; `chances` are those of the second class, shape (n_entries,).
    """
    if not len(y):
        return 0.5
    if metric.terms is not None and metric.combine is not None:
        tried = _levels(chances, codes_of(y, classes) == 1, LEVELS)
        order = np.argsort(chances, kind="stable")
        counted = None if weights is None else weights[order]
        first, second = (_sums(metric, y[order], code, classes, counted) for code in (0, 1))
        begin = np.searchsorted(chances[order], tried, side="left")  # the rows from there on are called the second
        scores = metric.sign * np.asarray(metric.combine(first[begin] + second[-1] - second[begin]), dtype=float)
    else:
        if len(y) > SLOW_ROWS:
            rows = np.sort(np.random.default_rng(0).choice(len(y), SLOW_ROWS, replace=False))
            y, chances, weights = y[rows], chances[rows], None if weights is None else weights[rows]
        tried = _levels(chances, codes_of(y, classes) == 1, SLOW_LEVELS)
        tried = tried[np.argsort(np.abs(tried - 0.5), kind="stable")]  # from 0.5 outwards, as far as the time goes
        scores = np.full(len(tried), -np.inf)
        for place, level in enumerate(tried):
            if left() <= 0:
                break
            scores[place] = metric.score(y, np.eye(2)[(chances >= level).astype(int)], classes, weights)
    scores = np.round(np.where(np.isfinite(scores), scores, -np.inf), 12)
    best = np.flatnonzero(scores == scores.max())
    return float(tried[best[np.argmin(np.abs(tried[best] - 0.5))]])


def best_temperature(codes: Array, chances: Array, weights: Array | None = None) -> float:
    """Return the temperature with which the log loss is smallest, from 1/5 to 5.

    Parameters
    ----------
    codes : array of shape (n_entries,)
        The position of the true class.
    chances : array of shape (n_entries, n_classes)
        The probabilities.
    weights : array of shape (n_entries,), optional
        What each entry counts. Default: all alike.
    """
    from scipy.optimize import minimize_scalar

    if not len(codes):
        return 1.0
    if len(codes) > ROWS:
        rows = np.sort(np.random.default_rng(0).choice(len(codes), ROWS, replace=False))
        codes, chances, weights = codes[rows], chances[rows], None if weights is None else weights[rows]
    logs = np.log(np.clip(np.asarray(chances, dtype=float), LEAST, 1.0))
    behind = logs - logs[np.arange(len(codes)), codes][:, None]  # how far each class lies above the true one

    def loss(inverse: float) -> float:
        powers = inverse * behind
        most = powers.max(axis=1)
        losses = most + np.log(np.exp(powers - most[:, None]).sum(axis=1))
        return float(losses.mean() if weights is None else np.average(losses, weights=weights))

    found = minimize_scalar(loss, bounds=(1 / WIDEST, WIDEST), method="bounded", options={"xatol": 1e-5})
    return round(1 / float(found.x), 3)


def _levels(chances: Array, is_second: Array, count: int) -> Array:
    """Return thresholds to try: 0.5, and quantiles of the probabilities, half of them of the second class alone."""
    of = [part for part in (chances, chances[is_second]) if len(part)]
    shares = np.linspace(0, 1, count // 2)
    told = np.concatenate([np.quantile(part, shares) for part in of])
    return np.unique([0.5, *(float(f"{level:.3g}") for level in told if level > 0)])


def _sums(metric: Metric, y: Array, code: int, classes: Sequence[Any], weights: Array | None) -> Array:
    """Return the sums of a metric's terms over the first 0, 1, … entries, shape (n_entries + 1, n_terms).

    All of them are called the class of `code`.
    """
    assert metric.terms is not None
    terms = np.asarray(metric.terms(y, np.tile(np.eye(2)[code], (len(y), 1)), classes), dtype=float)
    terms = terms if weights is None else terms * weights[:, None]
    return np.concatenate([np.zeros((1, terms.shape[1])), np.cumsum(terms, axis=0)])
