"""What metrics are called, what they give, and what is refused."""

from __future__ import annotations

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn.metrics as scores
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from automl_magic.errors import OptionError
from automl_magic.extend import METRICS
from automl_magic.tabular.metrics import metric_for, metric_names

BINARY, MULTICLASS, REGRESSION = (SimpleNamespace(kind=kind) for kind in ("binary", "multiclass", "regression"))
TASKS = (BINARY, MULTICLASS, REGRESSION)


SCORERS = {  # scikit-learn's own take 1 for the positive class
    ("binary", name): scores.make_scorer(function, pos_label="b", response_method=method, greater_is_better=better)
    for name, function, method, better in (
        ("f1", scores.f1_score, "predict", True),
        ("precision", scores.precision_score, "predict", True),
        ("recall", scores.recall_score, "predict", True),
        ("average_precision", scores.average_precision_score, "predict_proba", True),
        ("neg_brier_score", scores.brier_score_loss, "predict_proba", False),
    )
}


def draw(kind: str, rows: int = 60, classes: int = 3):
    rng = np.random.default_rng(1)
    if kind == "regression":
        y = rng.uniform(1, 5, rows)
        return y, y + rng.uniform(-0.5, 0.5, rows), ()
    classes = 2 if kind == "binary" else classes
    names = tuple("abcdef"[:classes])
    return rng.choice(np.array(names, dtype=object), rows), rng.dirichlet(np.ones(classes), rows), names


@pytest.mark.parametrize(
    "task, main, beside",
    [
        (BINARY, "roc_auc", "accuracy"),
        (MULTICLASS, "neg_log_loss", "accuracy"),
        (REGRESSION, "neg_root_mean_squared_error", "neg_mean_absolute_error"),
    ],
)
def test_each_kind_of_task_has_its_own_default_metric(task, main, beside):
    metric, other = metric_for(task)
    assert (metric.name, other.name) == (main, beside)


def test_the_metric_beside_is_never_the_metric_itself():
    for task in TASKS:
        for name in metric_names(task.kind):
            metric, beside = metric_for(task, name)
            assert metric.name != beside.name


@pytest.mark.parametrize(
    "task, short, name",
    [
        (BINARY, "auc", "roc_auc"),
        (MULTICLASS, "auc", "roc_auc_ovr_weighted"),
        (MULTICLASS, "roc_auc", "roc_auc_ovr_weighted"),
        (BINARY, "logloss", "neg_log_loss"),
        (BINARY, "f1", "f1"),
        (MULTICLASS, "f1", "f1_macro"),
        (REGRESSION, "mae", "neg_mean_absolute_error"),
        (REGRESSION, "rmse", "neg_root_mean_squared_error"),
        (REGRESSION, "r2", "r2"),
        (BINARY, " Accuracy ", "accuracy"),
    ],
)
def test_a_short_name_means_a_scorer_of_scikit_learn(task, short, name):
    assert metric_for(task, short)[0].name == name


def test_an_unknown_metric_names_the_nearest_and_those_that_fit():
    with pytest.raises(OptionError, match='No metric named "acuracy". Did you mean "accuracy"') as error:
        metric_for(BINARY, "acuracy")
    assert "roc_auc" in error.value.hint and "rmse" not in error.value.hint


@pytest.mark.parametrize("task, name", [(BINARY, "rmse"), (REGRESSION, "auc"), (MULTICLASS, "average_precision")])
def test_a_metric_of_another_kind_of_task_is_refused(task, name):
    with pytest.raises(OptionError, match="does not fit") as error:
        metric_for(task, name)
    assert "Those that fit" in error.value.hint


def test_every_metric_agrees_with_scikit_learn_scorer_of_its_name():
    for task in TASKS:
        y, prediction, classes = draw(task.kind)
        for name in metric_names(task.kind):
            metric, _ = metric_for(task, name)
            scorer = SCORERS.get((task.kind, metric.name)) or scores.get_scorer(metric.name)
            fixed = (FixedClassifier if classes else FixedRegressor)(prediction, classes)
            expected = scorer(fixed, np.zeros((len(y), 1)), y)
            assert metric.score(y, prediction, classes) == pytest.approx(expected, rel=1e-6), (task.kind, metric.name)


class FixedRegressor(RegressorMixin, BaseEstimator):
    """A fitted model that always predicts the same."""

    def __init__(self, prediction, classes):
        self.prediction, self.classes = prediction, classes

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, X):
        return self.prediction


class FixedClassifier(ClassifierMixin, FixedRegressor):
    """A fitted model that always gives the same probabilities."""

    @property
    def classes_(self):
        return np.array(self.classes, dtype=object)

    def predict_proba(self, X):
        return self.prediction

    def predict(self, X):
        return self.classes_[self.prediction.argmax(axis=1)]


def test_errors_are_negative_scores_and_natural_values_are_positive():
    y, prediction, classes = draw("regression")
    metric, _ = metric_for(REGRESSION, "mae")
    score = metric.score(y, prediction, classes)
    assert score < 0 < metric.natural(score) and metric.lower_is_better and metric.label == "MAE"


def test_weights_count_rows_more_than_once():
    for task in TASKS:
        y, prediction, classes = draw(task.kind)
        counts = np.random.default_rng(2).integers(1, 3, len(y))
        for name in metric_names(task.kind):
            metric, _ = metric_for(task, name)
            if metric.name in ("neg_max_error", "neg_median_absolute_error"):
                continue
            often = metric.score(np.repeat(y, counts), np.repeat(prediction, counts, axis=0), classes)
            assert metric.score(y, prediction, classes, counts) == pytest.approx(often), metric.name


def test_a_class_that_the_rows_lack_breaks_nothing():
    y, prediction, classes = draw("multiclass", classes=4)
    rows = y != "b"
    for name in metric_names("multiclass"):
        metric, _ = metric_for(MULTICLASS, name)
        assert np.isfinite(metric.score(y[rows], prediction[rows], classes)), metric.name


def test_the_roc_auc_of_a_single_class_is_not_a_number():
    y, prediction, classes = draw("binary")
    rows = y == "a"
    assert np.isnan(metric_for(BINARY)[0].score(y[rows], prediction[rows], classes))


def test_the_log_loss_of_a_certain_mistake_is_large_but_finite():
    value = metric_for(BINARY, "logloss")[0].score(np.array([1]), np.array([[1.0, 0.0]]), (0, 1))
    assert -40 < value < -30


@pytest.mark.parametrize("labels", [(False, True), (0, 1), (-1.0, 1.0), ("n", "y")])
def test_labels_may_be_of_any_type(labels):
    y = np.array([labels[0], labels[1], labels[1]])
    prediction = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
    assert metric_for(BINARY)[0].score(y, prediction, labels) == 1.0
    assert metric_for(BINARY, "accuracy")[0].score(y, prediction, labels) == 1.0


def test_metrics_are_registered_and_travel_to_workers():
    assert "roc_auc" in METRICS
    y, prediction, classes = draw("binary")
    for name in metric_names("binary"):
        metric = metric_for(BINARY, name)[0]
        assert pickle.loads(pickle.dumps(metric)).score(y, prediction, classes) == metric.score(y, prediction, classes)
