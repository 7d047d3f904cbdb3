"""What every registered metric must do, those of other packages included."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from automl_magic.errors import OptionError
from automl_magic.extend import METRICS
from automl_magic.tabular.metrics import BINARY, MULTICLASS, REGRESSION, Metric, metric_for, metric_names
from automl_magic.tabular.target import Task

KINDS = (BINARY, MULTICLASS, REGRESSION)
CASES = [(name, kind) for name in METRICS for kind in METRICS.get(name).tasks]  # type: ignore[attr-defined]
CLASSES: dict[str, tuple[Any, ...]] = {BINARY: ("no", "yes"), MULTICLASS: ("a", "b", "c"), REGRESSION: ()}


def member(name: str) -> Metric:
    metric = METRICS.get(name)
    assert isinstance(metric, Metric)
    return metric


def truth(kind: str, rows: int = 90) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(4)
    if kind == REGRESSION:
        return np.asarray(rng.uniform(1.0, 5.0, rows))
    return np.asarray(
        rng.choice(
            np.array(CLASSES[kind], dtype=object),
            rows,
            p=[0.5, 0.3, 0.2][: len(CLASSES[kind])] if kind == MULTICLASS else [0.6, 0.4],
        )
    )


def guess(kind: str, y: np.ndarray[Any, Any], noise: float) -> np.ndarray[Any, Any]:
    """Return a prediction that is perfect without noise and worthless at noise 1."""
    rng = np.random.default_rng(5)
    if kind == REGRESSION:
        return np.asarray(y + noise * (rng.permutation(y) - y))
    sure = (y[:, None] == np.array(CLASSES[kind], dtype=object)[None, :]).astype(float)
    return np.asarray((1 - noise) * sure + noise * rng.dirichlet(np.ones(sure.shape[1]), len(y)))


def test_each_member_is_a_metric_under_its_own_name() -> None:
    for name in METRICS:
        metric = member(name)
        assert metric.name == name and metric.label and metric.sign in (1, -1)
        assert metric.needs in ("proba", "label", "value") and set(metric.tasks) <= set(KINDS) and metric.tasks
        assert metric.lower_is_better == (metric.sign < 0)


@pytest.mark.parametrize("name, kind", CASES)
def test_a_perfect_prediction_is_best_and_worse_ones_score_less(name: str, kind: str) -> None:
    metric, y = member(name), truth(kind)
    scores = [metric.score(y, guess(kind, y, noise), CLASSES[kind]) for noise in (0.0, 0.7, 1.0)]
    assert np.isfinite(scores).all() and isinstance(scores[0], float)
    assert scores[0] > scores[2] and scores[0] >= scores[1] >= scores[2]
    for seed in range(20):  # nothing beats the truth
        other = guess(kind, y[np.random.default_rng(seed).permutation(len(y))], 0.3)
        assert metric.score(y, other, CLASSES[kind]) <= scores[0]
    assert metric.natural(scores[1]) == metric.sign * scores[1]


@pytest.mark.parametrize("name, kind", CASES)
def test_neither_input_is_changed_and_the_answer_repeats_also_in_a_worker(name: str, kind: str) -> None:
    metric, y = member(name), truth(kind)
    prediction = guess(kind, y, 0.5)
    copies = y.copy(), prediction.copy()
    first = metric.score(y, prediction, CLASSES[kind])
    assert np.array_equal(y, copies[0]) and np.array_equal(prediction, copies[1])
    assert pickle.loads(pickle.dumps(metric)).score(y, prediction, CLASSES[kind]) == first
    assert metric.score(y.tolist(), prediction.tolist(), list(CLASSES[kind])) == pytest.approx(first)


@pytest.mark.parametrize("name, kind", CASES)
def test_the_order_of_rows_does_not_matter_and_weights_of_one_change_nothing(name: str, kind: str) -> None:
    metric, y = member(name), truth(kind)
    prediction = guess(kind, y, 0.5)
    score = metric.score(y, prediction, CLASSES[kind])
    order = np.random.default_rng(0).permutation(len(y))
    assert metric.score(y[order], prediction[order], CLASSES[kind]) == pytest.approx(score)
    assert metric.score(y, prediction, CLASSES[kind], np.ones(len(y))) == pytest.approx(score)


@pytest.mark.parametrize("name, kind", [case for case in CASES if case[1] != REGRESSION])
def test_a_fold_that_lacks_a_class_has_a_score_or_none_but_raises_nothing(name: str, kind: str) -> None:
    metric, y = member(name), truth(kind)
    prediction = guess(kind, y, 0.5)
    rows = y != CLASSES[kind][-1]
    score = metric.score(y[rows], prediction[rows], CLASSES[kind])
    assert np.isfinite(score) or (kind == BINARY and np.isnan(score))


@pytest.mark.parametrize("name, kind", CASES)
def test_a_single_row_and_a_constant_prediction_raise_nothing(name: str, kind: str) -> None:
    metric, y = member(name), truth(kind)
    with np.errstate(all="ignore"):
        assert isinstance(metric.score(y[:1], guess(kind, y, 0.5)[:1], CLASSES[kind]), float)
        shape = (len(y), len(CLASSES[kind])) if CLASSES[kind] else (len(y),)
        assert isinstance(metric.score(y, np.full(shape, 1 / 3), CLASSES[kind]), float)


@pytest.mark.parametrize("name", METRICS.keys())
def test_it_is_found_by_name_for_its_tasks_and_refused_for_others(name: str) -> None:
    for kind in KINDS:
        task = Task(kind, "y", CLASSES[kind], "")  # type: ignore[arg-type]
        if kind in member(name).tasks:
            assert name in metric_names(kind)
            assert kind in metric_for(task, name)[0].tasks
        elif name not in ("roc_auc", "f1", "precision", "recall"):  # these have a form for more classes
            with pytest.raises(OptionError, match="does not fit"):
                metric_for(task, name)
