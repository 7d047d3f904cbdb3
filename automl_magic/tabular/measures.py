"""What metrics compute: functions of truth, prediction, classes and weights, and functions of sums over the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import sklearn.metrics as scores
from numpy.typing import NDArray
from scipy.special import xlogy

Array: TypeAlias = NDArray[Any]
SMALLEST = float(np.finfo(np.float64).eps)  # a probability of 0 counts as this in the log loss, as in scikit-learn


def codes_of(y: Any, classes: Sequence[Any]) -> NDArray[np.int64]:
    """Return the position of each label in `classes`, shape (n_rows,)."""
    return np.asarray(pd.Index(np.asarray(classes)).get_indexer(pd.Index(np.asarray(y))), dtype=np.int64)


# -- means over the rows ------------------------------------------------------------


def with_count(each: Callable[..., Array], y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    """Return terms whose sums give a mean: 1 and the value of each row."""
    return np.column_stack([np.ones(len(y)), each(y, prediction, classes)])


def mean(sums: Array) -> Array:
    """Return the mean from sums of 1 and of the values."""
    return np.asarray(sums[..., 1] / sums[..., 0])


def root_mean(sums: Array) -> Array:
    """Return the root of the mean."""
    return np.sqrt(mean(sums))


def log_losses(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    """Return minus the logarithm of the true class's probability."""
    chances = np.clip(prediction.astype(float), SMALLEST, 1.0)
    true = chances[np.arange(len(y)), codes_of(y, classes)]
    return np.asarray(np.log(chances.sum(axis=1)) - np.log(true))


def brier_losses(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    """Return the squared distance to the truth; for two classes half of it, as scikit-learn has it."""
    truth = np.eye(len(classes))[codes_of(y, classes)]
    losses = np.asarray(((prediction - truth) ** 2).sum(axis=1))
    return np.asarray(losses / 2) if len(classes) == 2 else losses


def hits(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    """Return 1 where the most probable class is the true one."""
    return np.asarray(codes_of(y, classes) == prediction.argmax(axis=1), dtype=float)


def squares(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    """Return squared errors."""
    return np.asarray((y - prediction) ** 2)


def distances(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    """Return absolute errors."""
    return np.asarray(np.abs(y - prediction))


def shares(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    """Return absolute errors as shares of the truth."""
    return np.asarray(np.abs(y - prediction) / np.maximum(np.abs(y), SMALLEST))


def log_squares(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    """Return squared errors of log(1 + value)."""
    with np.errstate(invalid="ignore", divide="ignore"):  # below -1: not a number, and so is the score
        return np.asarray((np.log1p(y) - np.log1p(prediction)) ** 2)


def poisson_deviances(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    """Return Poisson deviances; NaN where they are not defined."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((y >= 0) & (prediction > 0), 2 * (xlogy(y, y / prediction) - y + prediction), np.nan)


def gamma_deviances(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    """Return gamma deviances; NaN where they are not defined."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((y > 0) & (prediction > 0), 2 * (np.log(prediction / y) + y / prediction - 1), np.nan)


# -- functions of sums --------------------------------------------------------------


def variance_terms(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    """Return 1, y, y², error, error² of each row."""
    error, y = y - prediction, y - y.mean()  # the shift changes no variance, and keeps y**2 small
    return np.column_stack([np.ones(len(y)), y, y**2, error, error**2])


def explained(centred: bool, sums: Array) -> Array:
    """R² (or the explained variance, which forgives a constant error) of sums of 1, y, y², error, error²."""
    count, y, y2, error, error2 = np.moveaxis(sums, -1, 0)
    left = error2 - error**2 / count if centred else error2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - left / (y2 - y**2 / count))


def class_terms(y: Array, prediction: Array, classes: Sequence[Any]) -> Array:
    """Per class: is it the true one, the predicted one, both."""
    each = np.eye(len(classes))
    truth, guess = each[codes_of(y, classes)], each[prediction.argmax(axis=1)]
    return np.hstack([truth, guess, truth * guess])


def _share(part: Array, whole: Array) -> Array:
    """Return part / whole, 0 where whole is 0."""
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part, dtype=float), where=whole > 0))


def by_class(what: str, average: str, sums: Array) -> Array:
    """F1, precision or recall from counts of true, predicted and hit, averaged over the classes that occur."""
    true, guess, hit = np.split(sums, 3, axis=-1)
    if average == "micro":
        true, guess, hit = (part.sum(axis=-1, keepdims=True) for part in (true, guess, hit))
    whole = {"f1": (true + guess) / 2, "precision": guess, "recall": true}[what]
    values = _share(hit, whole)
    if average == "binary":
        return np.asarray(values[..., 1])
    weights = true if average == "weighted" else (true > 0).astype(float)
    return _share((values * weights).sum(axis=-1), weights.sum(axis=-1))


def matthews(sums: Array) -> Array:
    """The correlation of truth and guess: Gorodkin (2004), equation 8."""
    true, guess, hit = np.split(sums, 3, axis=-1)
    count = true.sum(axis=-1)
    together = hit.sum(axis=-1) * count - (true * guess).sum(axis=-1)
    spread = np.sqrt((count**2 - (guess**2).sum(axis=-1)) * (count**2 - (true**2).sum(axis=-1)))
    return _share(together, spread)


# -- what is no function of sums ----------------------------------------------------


def area(y: Array, prediction: Array, classes: Sequence[Any], weights: Array | None) -> float:
    """Return the area under the ROC curve of the second class."""
    positive = codes_of(y, classes) == 1
    if positive.all() or not positive.any():
        return float("nan")
    return float(scores.roc_auc_score(positive, prediction[:, 1], sample_weight=weights))


def areas(by_rows: bool, y: Array, prediction: Array, classes: Sequence[Any], weights: Array | None) -> float:
    """One against the rest, averaged over the classes that the rows hold (and do not consist of)."""
    codes = codes_of(y, classes)
    areas, shares = [], []
    for code in np.unique(codes):
        positive = codes == code
        if not positive.all():
            areas.append(scores.roc_auc_score(positive, prediction[:, code], sample_weight=weights))
            shares.append(float(positive.sum() if weights is None else weights[positive].sum()) if by_rows else 1.0)
    return float(np.average(areas, weights=shares)) if areas else float("nan")


def precision_curve(y: Array, prediction: Array, classes: Sequence[Any], weights: Array | None) -> float:
    """Return the average precision of the second class."""
    positive = codes_of(y, classes) == 1
    if not positive.any():
        return float("nan")
    return float(scores.average_precision_score(positive, prediction[:, 1], sample_weight=weights))


def median_distance(y: Array, prediction: Array, classes: Sequence[Any], weights: Array | None) -> float:
    """Return the median absolute error."""
    return float(scores.median_absolute_error(y, prediction, sample_weight=weights))


def largest_distance(y: Array, prediction: Array, classes: Sequence[Any], weights: Array | None) -> float:
    """Return the largest absolute error; weights do not count."""
    return float(np.abs(y - prediction).max())
