"""Scores, samples and means of rows that have weights: as scikit-learn's metrics count them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as theirs
from sklearn.metrics import make_scorer

from automl_magic.errors import OptionError
from automl_magic.extend import METRICS
from automl_magic.tabular.blending import blend
from automl_magic.tabular.honest import honest_score
from automl_magic.tabular.judges import judge_for, scores_on
from automl_magic.tabular.own_metric import check_metric, metric_named

CLASSES = ("no", "yes")


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(3)
    y = rng.choice(CLASSES, 60).astype(object)
    chance = np.clip(0.3 * (y == "yes") + rng.uniform(0.1, 0.6, 60), 0, 1)
    return y, np.column_stack([1 - chance, chance]), rng.uniform(0.2, 3.0, 60)


@pytest.fixture(autouse=True)
def _as_before():
    kept = dict(METRICS._members)
    yield
    METRICS._members.clear()
    METRICS._members.update(kept)


@pytest.mark.parametrize(
    "name", ["roc_auc", "neg_log_loss", "f1", "accuracy", "balanced_accuracy", "matthews_corrcoef"]
)
def test_a_judge_counts_rows_by_their_weights(drawn, name):
    y, chances, weights = drawn
    metric = METRICS.get(name)
    expected = metric.score(y, chances, CLASSES, weights)
    judge = judge_for(metric, y, [chances], np.zeros(60, dtype=int), CLASSES, weights)
    assert judge.compare(np.ones((1, 60)))[0, 0] == pytest.approx(expected, abs=1e-12)
    assert metric.natural(judge.value(0, np.ones((1, 60)))[0]) == pytest.approx(expected, abs=1e-12)
    label = np.asarray(CLASSES, dtype=object)[chances.argmax(axis=1)]
    told = {
        "roc_auc": lambda: theirs.roc_auc_score(y == "yes", chances[:, 1], sample_weight=weights),
        "neg_log_loss": lambda: -theirs.log_loss(y, chances, labels=list(CLASSES), sample_weight=weights),
        "f1": lambda: theirs.f1_score(y, label, pos_label="yes", sample_weight=weights),
        "accuracy": lambda: theirs.accuracy_score(y, label, sample_weight=weights),
        "balanced_accuracy": lambda: theirs.balanced_accuracy_score(y, label, sample_weight=weights),
        "matthews_corrcoef": lambda: theirs.matthews_corrcoef(y, label, sample_weight=weights),
    }
    assert expected == pytest.approx(told[name](), abs=1e-12)


@pytest.mark.parametrize("name", ["roc_auc", "neg_log_loss", "average_precision"])
def test_a_sample_that_holds_a_row_twice_counts_its_weight_twice(drawn, name):
    y, chances, weights = drawn
    metric, times = METRICS.get(name), np.random.default_rng(0).integers(0, 3, 60)
    judge = judge_for(metric, y, [chances], np.zeros(60, dtype=int), CLASSES, weights)
    rows = np.repeat(np.arange(60), times)
    expected = metric.score(y[rows], chances[rows], CLASSES, weights[rows])
    assert metric.natural(judge.value(0, times[None, :].astype(float))[0]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["roc_auc", "neg_log_loss", "average_precision"])
def test_a_row_of_weight_two_is_two_rows(drawn, name):
    y, chances, _ = drawn
    metric, double = METRICS.get(name), np.arange(60) % 3 == 0
    rows = np.repeat(np.arange(60), 1 + double)
    weighted = scores_on(metric, y, [chances], np.ones((1, 60)), CLASSES, 1.0 + double)
    twice = scores_on(metric, y[rows], [chances[rows]], np.ones((1, len(rows))), CLASSES)
    assert weighted[0, 0] == pytest.approx(twice[0, 0], abs=1e-12)


@pytest.mark.parametrize("name", ["roc_auc", "neg_log_loss", "average_precision"])
def test_the_honest_score_is_weighted_and_alike_where_weights_are(drawn, name):
    y, chances, weights = drawn
    metric, folds = METRICS.get(name), np.arange(60) % 3
    others = [chances, np.full_like(chances, 0.5), 0.5 * chances + 0.25]

    def told(weights):
        return honest_score(others, y, folds, metric, classes=CLASSES, weights=weights)

    plain, ones, found = told(None), told(np.ones(60)), told(weights)
    assert ones == plain
    by_fold = [metric.score(y[folds == k], chances[folds == k], CLASSES, weights[folds == k]) for k in range(3)]
    assert found.naive == pytest.approx(metric.natural(np.mean(by_fold)), abs=1e-9)
    assert found.low < found.value < found.high and found.value != plain.value


def test_a_mean_is_chosen_for_the_rows_that_count():
    rng = np.random.default_rng(0)
    y = rng.normal(size=300)
    first = np.arange(300) < 150
    good, bad = y + 0.1 * rng.normal(size=300), y + 3 * rng.normal(size=300)
    candidates = [np.where(first, good, bad), np.where(first, bad, good)]
    folds = np.arange(300) % 3
    for name in ("neg_root_mean_squared_error", "neg_mean_absolute_error", "neg_median_absolute_error"):
        metric = METRICS.get(name)
        plain = blend(candidates, y, folds, metric)
        told = blend(candidates, y, folds, metric, weights=np.where(first, 50.0, 0.5))
        assert told.weights[0] > 0.85
        assert plain.weights.max() < 0.7 or name != "neg_root_mean_squared_error"
        assert np.array_equal(blend(candidates, y, folds, metric, weights=np.ones(300)).weights, plain.weights)


def test_a_mean_of_chances_is_chosen_for_the_rows_that_count(drawn):
    y, _, _ = drawn
    right = np.where(np.asarray(y)[:, None] == np.asarray(CLASSES, dtype=object), 0.9, 0.1)
    first = (np.arange(60) % 2 == 0)[:, None]
    candidates = [np.where(first, right, 0.5), np.where(first, 0.5, right)]
    metric, weights = METRICS.get("roc_auc"), np.where(first[:, 0], 50.0, 0.5)
    told = blend(candidates, y, np.arange(60) // 20, metric, classes=CLASSES, weights=weights)
    assert told.weights[0] > 0.85


def cost(y_true, y_pred):
    return float(np.mean(y_true == y_pred))


def test_a_metric_of_ones_own_that_takes_no_weights_is_refused(drawn):
    y, chances, weights = drawn
    metric = METRICS.get(metric_named(cost))
    check_metric(metric, y, CLASSES)
    with pytest.raises(OptionError, match=r'"cost" takes no sample_weight[^$]*sample_weight=None'):
        check_metric(metric, y, CLASSES, weights)
    known = METRICS.get(metric_named(make_scorer(theirs.zero_one_loss, greater_is_better=False)))
    check_metric(known, y, CLASSES, weights)
    label = np.asarray(CLASSES, dtype=object)[chances.argmax(axis=1)]
    expected = -theirs.zero_one_loss(y, label, sample_weight=weights)
    assert known.score(y, chances, CLASSES, weights) == pytest.approx(expected)
