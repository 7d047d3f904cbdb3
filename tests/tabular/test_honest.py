"""The corrected score: unbiased where nothing is to be learnt, right where something is, fast, repeatable."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import get_scorer, roc_auc_score

from automl_magic.tabular.evaluate import TableEvaluator
from automl_magic.tabular.honest import honest_score, score_of_trials
from automl_magic.tabular.judges import judge_for
from automl_magic.tabular.metrics import Metric, metric_for, metric_names
from automl_magic.tabular.splits import make_splits
from tests.tabular.small import TwoModels, small_table

KINDS = ("binary", "multiclass", "regression")


def metric_of(kind, name=None):
    return metric_for(SimpleNamespace(kind=kind), name)[0]


def noise(rows, candidates, seed, kind="binary", folds=5):
    """Return predictions that know nothing of the truth, the truth, and the folds."""
    rng = np.random.default_rng(seed)
    fold_of = np.arange(rows) % folds
    if kind == "regression":
        return [rng.normal(size=rows) for _ in range(candidates)], rng.normal(size=rows), fold_of
    classes = 2 if kind == "binary" else 3
    chances = [rng.dirichlet(np.ones(classes), rows) for _ in range(candidates)]
    return chances, rng.integers(0, classes, rows), fold_of


@pytest.mark.parametrize(
    "kind, name, truth",
    [("binary", "auc", 0.5), ("binary", "accuracy", 0.5), ("multiclass", "auc", 0.5), ("regression", "mse", 2.0)],
)
def test_on_noise_the_correction_takes_back_what_the_choice_gained(kind, name, truth):
    scores = [honest_score(*noise(300, 20, seed, kind), metric_of(kind, name), seed) for seed in range(30)]
    value, naive = (np.mean([getattr(score, part) for score in scores]) for part in ("value", "naive"))
    sign = metric_of(kind, name).sign
    gained = sign * (naive - truth)
    assert gained > 0 and abs(value - truth) < 0.35 * gained
    assert np.mean([score.low <= truth <= score.high for score in scores]) >= 0.9


def test_a_clear_winner_is_hardly_corrected():
    predictions, y, folds = noise(1000, 10, 0)
    signal = np.clip(0.5 + 0.3 * (y - 0.5) + 0.2 * np.random.default_rng(1).normal(size=1000), 0, 1)
    score = honest_score([*predictions, np.column_stack([1 - signal, signal])], y, folds, metric_of("binary"))
    assert abs(score.value - score.naive) < 0.005 and score.low < score.naive < score.high


def test_one_candidate_needs_no_correction_and_gets_an_interval():
    predictions, y, folds = noise(1000, 1, 0)
    score = honest_score(predictions, y, folds, metric_of("binary"))
    areas = [roc_auc_score(y[folds == fold], predictions[0][folds == fold, 1]) for fold in range(5)]
    assert float(score) == score.naive == pytest.approx(np.mean(areas))
    assert 0.06 < score.high - score.low < 0.09  # 2 * 1.96 standard errors of an area on 1,000 rows are 0.072


def of_own(function):
    return Metric("own", "own", 1, "label", ("binary",), lambda y, p, classes, weights: function(y, p.argmax(axis=1)))


@pytest.mark.parametrize("folds", [2, 5])
def test_a_metric_that_is_a_sum_is_told_for_as_many_rows_as_a_fold_has(folds):
    predictions, y, fold_of = noise(600, 8, 4, folds=folds)
    by_row = honest_score(predictions, y, fold_of, of_own(lambda y, told: float(np.mean(5.0 * (y == told) - 1.0))))
    score = honest_score(predictions, y, fold_of, of_own(lambda y, told: float(np.sum(5.0 * (y == told) - 1.0))))
    rows = 600 / folds
    assert score.naive == pytest.approx(rows * by_row.naive) and score.value == pytest.approx(rows * by_row.value)
    assert (score.low, score.high) == (pytest.approx(rows * by_row.low), pytest.approx(rows * by_row.high))
    assert (score.rows, by_row.rows) == (pytest.approx(rows), None) and not score.why


def test_a_metric_that_changes_with_the_rows_in_another_way_is_not_corrected():
    predictions, y, folds = noise(600, 8, 4)
    metric = of_own(lambda y, told: float(np.sum(5.0 * (y == told))) - 100.0)
    score = honest_score(predictions, y, folds, metric)
    assert score.value == score.naive > 0 and np.isnan(score.low) and score.draws == 0
    assert "number of rows" in score.why


def test_a_mean_that_divides_by_one_row_less_is_a_mean():
    predictions, y, folds = noise(60, 4, 4)
    metric = of_own(lambda y, told: float(np.sum(y == told)) / (len(y) - 1))
    score = honest_score(predictions, y, folds, metric)
    assert score.rows is None and not score.why and score.draws > 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_metric_has_an_honest_score_and_the_naive_one_is_the_best_mean_over_folds(kind):
    predictions, y, folds = noise(90, 4, 3, kind, folds=3)
    if kind == "regression":
        predictions, y = [np.abs(one) + 0.1 for one in predictions], np.abs(y) + 0.1
    classes = tuple(np.unique(y).tolist()) if kind != "regression" else ()
    for name in metric_names(kind):
        metric = metric_of(kind, name)
        score = honest_score(predictions, y, folds, metric)
        means = [
            np.mean([metric.score(y[folds == fold], one[folds == fold], classes) for fold in range(3)])
            for one in predictions
        ]
        assert score.naive == pytest.approx(metric.natural(max(means))), name
        assert score.low <= score.value <= score.high, name
        assert metric.sign * score.value <= metric.sign * score.naive + 0.05, name


@pytest.mark.parametrize("name", ["auc", "roc_auc_ovr", "logloss", "f1", "accuracy", "matthews_corrcoef"])
def test_values_on_a_sample_are_those_of_the_metric_on_the_repeated_rows(name):
    predictions, y, _ = noise(120, 2, 5, "multiclass")
    predictions = [np.round(one, 1) for one in predictions]  # with ties
    counts = np.random.default_rng(0).integers(0, 3, (4, 120)).astype(float)
    metric = metric_of("multiclass", name)
    judge = judge_for(metric, y, predictions, np.zeros(120), (0, 1, 2))
    for sample, value in zip(counts, judge.value(1, counts), strict=True):
        rows = np.repeat(np.arange(120), sample.astype(int))
        assert value == pytest.approx(metric.natural(metric.score(y[rows], predictions[1][rows], (0, 1, 2))))


def test_areas_compare_as_the_areas_of_the_samples_do():
    predictions, y, folds = noise(1000, 30, 6)
    counts = np.random.default_rng(0).poisson(1, (5, 1000)).astype(float)
    judge = judge_for(metric_of("binary"), y, predictions, folds, (0, 1))
    exact = np.column_stack([judge.value(candidate, counts) for candidate in range(30)])
    close = judge.compare(counts)
    assert np.abs(close - exact).max() < 0.02
    assert all(np.corrcoef(a, b)[0, 1] > 0.95 for a, b in zip(close, exact, strict=True))


def test_the_seed_decides():
    drawn = noise(300, 5, 0)
    first, again, other = (honest_score(*drawn, metric_of("binary"), seed) for seed in (1, 1, 2))
    assert first == again != other


def test_repeats_of_a_row_are_drawn_together():
    predictions, y, folds = noise(500, 1, 0)
    thrice = [np.tile(one, (3, 1)) for one in predictions]
    again, fold_of, rows = np.tile(y, 3), np.concatenate([folds, folds + 5, folds + 10]), np.tile(np.arange(500), 3)
    once = honest_score(predictions, y, folds, metric_of("binary"))
    together = honest_score(thrice, again, fold_of, metric_of("binary"), units=rows)
    apart = honest_score(thrice, again, fold_of, metric_of("binary"))
    assert (together.high - together.low) == pytest.approx(once.high - once.low, rel=0.15)
    assert (apart.high - apart.low) < 0.7 * (once.high - once.low)  # as if there were three times as many rows


def test_rows_without_a_prediction_are_left_out():
    predictions, y, folds = noise(300, 4, 0)
    held_out = folds == 0
    gaps = [np.where(held_out[:, None], one, np.nan) for one in predictions]
    only = honest_score([one[held_out] for one in predictions], y[held_out], folds[held_out], metric_of("binary"))
    assert honest_score(gaps, y, folds, metric_of("binary")) == only


def test_a_class_that_a_fold_lacks_breaks_nothing():
    predictions, y, folds = noise(60, 4, 0, "multiclass")
    y[(folds == 1) & (y == 2)] = 0
    for name in metric_names("multiclass"):
        score = honest_score(predictions, y, folds, metric_of("multiclass", name))
        assert np.isfinite([score.value, score.low, score.high]).all(), name


def test_labels_may_be_words():
    predictions, y, folds = noise(200, 3, 0)
    words = np.array(["no", "yes"], dtype=object)[y]
    assert honest_score(predictions, words, folds, metric_of("binary")) == honest_score(
        predictions, y, folds, metric_of("binary")
    )


def test_a_score_reads_as_a_number_and_as_a_sentence():
    score = honest_score(*noise(300, 5, 0), metric_of("binary"))
    assert float(score) == score.value and "95 % interval" in str(score)
    with pytest.raises(ValueError, match="at least one candidate"):
        honest_score([], np.zeros(3), np.zeros(3), metric_of("binary"))


@pytest.mark.parametrize("candidates, rows, limit", [(50, 4_000, 0.5), (200, 20_000, 2.0)])
def test_it_is_fast(candidates, rows, limit):
    drawn = noise(rows, candidates, 0)
    begin = time.process_time()  # of this process: other programs on the machine do not count
    honest_score(*drawn, metric_of("binary"))
    assert time.process_time() - begin < 2 * limit  # twice, for slow machines


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cv", ["auto", "holdout"])
def test_the_score_of_a_run_is_read_from_its_folder(tmp_path, kind, cv):
    table = small_table(kind, 600, seed=1)
    splits, (metric, beside) = make_splits(table, cv), metric_for(table.task)
    evaluator = TableEvaluator(table, splits, metric, beside, TwoModels(kind), tmp_path)
    configs = [{"model": "linear"}, {"model": "tree", "depth": 2}]
    trials = [
        [evaluator.evaluate(config, fold, trial=n) for fold in range(evaluator.folds)]
        for n, config in enumerate(configs)
    ]
    files = [{fold: result.artefacts["prediction"] for fold, result in enumerate(trial)} for trial in trials]
    score = score_of_trials(tmp_path, files, table, splits, metric)
    assert score.naive == pytest.approx(
        metric.natural(max(np.mean([one.score for one in trial]) for trial in trials)), rel=1e-5
    )
    fresh = small_table(kind, 4000, seed=9)
    best = int(np.argmax([np.mean([one.score for one in trial]) for trial in trials]))
    model = TwoModels(kind).make(configs[best]).fit(table.X, table.y)
    truth = metric.natural(get_scorer(metric.name)(model, fresh.X, fresh.y))
    assert score.low < truth < score.high
