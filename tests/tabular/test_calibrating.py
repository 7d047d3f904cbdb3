"""How threshold and temperature are chosen, and that no entry helps to choose its own."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, get_scorer, make_scorer

from automl_magic.tabular.calibrating import (
    Calibration,
    best_temperature,
    best_threshold,
    calibrated,
    calibration_from,
    cross_fitted,
    kind_for,
)
from automl_magic.tabular.metrics import METRICS, metric_for
from automl_magic.tabular.own_metric import metric_named
from automl_magic.tabular.task import Task

BINARY, MANY = Task("binary", "y", ("no", "yes"), ""), Task("multiclass", "y", ("a", "b", "c"), "")


@pytest.fixture(autouse=True)
def metrics_as_before():
    """Forget metrics of a test's own: other tests look at all that are registered."""
    kept = dict(METRICS._members)
    yield
    METRICS._members.clear()
    METRICS._members.update(kept)


def drawn(rows=2000, seed=0, base=-2.5):
    """Return truth and true probabilities of a rare class."""
    rng = np.random.default_rng(seed)
    second = 1 / (1 + np.exp(-(base + 1.5 * rng.normal(size=rows))))
    return np.where(rng.random(rows) < second, "yes", "no"), np.column_stack([1 - second, second])


def of(name, task=BINARY):
    return metric_for(task, name)[0]


@pytest.mark.parametrize("name", ["f1", "f1_macro", "balanced_accuracy", "matthews_corrcoef", "accuracy"])
def test_the_threshold_is_as_good_as_the_best_of_all(name):
    y, chances = drawn()
    metric = of(name)

    def score(threshold):
        return metric.score(y, calibrated("threshold", threshold, chances), BINARY.classes)

    found = best_threshold(metric, y, chances[:, 1], BINARY.classes)
    best = max(score(level) for level in chances[:, 1])
    assert score(found) >= best - 0.01 and score(found) >= score(0.5)


def test_the_threshold_of_a_metric_of_ones_own_is_found_as_well():
    y, chances = drawn()
    name = metric_named(make_scorer(f1_score, pos_label="yes"))
    own, ours = of(name), of("f1")
    found = [best_threshold(metric, y, chances[:, 1], BINARY.classes) for metric in (own, ours)]
    scores = [f1_score(y == "yes", chances[:, 1] >= threshold) for threshold in found]
    assert scores[0] == pytest.approx(scores[1], abs=0.01) and max(found) < 0.45


def test_the_threshold_of_equal_ones_is_that_nearest_to_one_half():
    chances = np.array([0.1, 0.2, 0.9, 0.95])
    assert best_threshold(of("f1"), np.array(["no", "no", "yes", "yes"]), chances, BINARY.classes) == 0.5


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_temperature_that_was_planted_is_found(factor, classes):
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(20_000, classes))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    codes = (chances.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    sharper = chances**factor / (chances**factor).sum(axis=1, keepdims=True)
    assert best_temperature(codes, sharper) == pytest.approx(factor, rel=0.06)


@pytest.mark.parametrize(("kind", "name"), [("threshold", "f1"), ("temperature", "logloss")])
def test_no_entry_helps_to_calibrate_its_own_prediction(kind, name):
    y, chances = drawn(300)
    folds, units = np.arange(300) % 3, np.arange(300) // 2 % 50  # a unit has entries in several folds
    told = cross_fitted(kind, of(name), y, chances, folds, BINARY.classes, units=units)
    turned = y.copy()
    own = np.isin(units, units[folds == 0])
    turned[own] = np.where(y[own] == "yes", "no", "yes")
    again = cross_fitted(kind, of(name), turned, chances, folds, BINARY.classes, units=units)
    assert np.array_equal(told[folds == 0], again[folds == 0])
    plain = cross_fitted(kind, of(name), turned, chances, folds, BINARY.classes)
    assert not np.array_equal(plain[folds == 1], told[folds == 1])
    assert cross_fitted(kind, of(name), y, chances, folds, BINARY.classes, left=lambda: 0.0) is None


@pytest.mark.parametrize(
    ("name", "task", "kind"),
    [
        *[(name, BINARY, "threshold") for name in ("f1", "balanced_accuracy", "mcc", "accuracy", "recall_macro")],
        *[(name, BINARY, "temperature") for name in ("logloss", "brier")],
        *[(name, BINARY, None) for name in ("roc_auc", "average_precision", "recall", "precision")],
        *[(name, MANY, None) for name in ("f1_macro", "accuracy", "roc_auc_ovr")],
        ("logloss", MANY, "temperature"),
    ],
)
def test_what_is_calibrated_depends_on_the_metric(name, task, kind):
    assert kind_for(of(name, task), task.classes) == kind


def test_numbers_are_never_calibrated():
    names = [name for name in METRICS.keys() if "regression" in METRICS.get(name).tasks]  # noqa: SIM118
    assert names and all(
        kind_for(METRICS.get(name), ()) is None for name in names if METRICS.get(name).needs == "value"
    )


def test_it_is_written_to_a_record_and_read_again():
    calibration = Calibration("threshold", 0.31, 0.6, 0.65)
    assert calibration_from(calibration.to_json()) == calibration
    for wrong in ({"kind": "isotonic"}, {"value": "0.3"}, {"value": -1.0}, {"after": float("nan")}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            calibration_from({**calibration.to_json(), **wrong})


def test_a_slow_metric_is_asked_as_far_as_the_time_goes():
    y, chances = drawn(300)
    calls = []

    def slow(truth, told):
        calls.append(1)
        return f1_score(truth, told, pos_label="yes")

    metric = of(metric_named(make_scorer(slow)))
    times = iter([1.0] * 5 + [0.0] * 100)
    found = best_threshold(metric, y, chances[:, 1], BINARY.classes, left=lambda: next(times))
    assert len(calls) == 5 and 0 < found < 1


@pytest.mark.parametrize("scorer", ["recall", "precision"])
def test_a_scorer_of_one_sided_metrics_has_no_threshold(scorer):
    metric = of(metric_named(get_scorer(scorer)))
    assert kind_for(metric, BINARY.classes) is None
