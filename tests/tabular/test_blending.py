"""Weights of an ensemble: better than its parts, honest about their choice, quick, and the same every time."""

from __future__ import annotations

import time

import numpy as np
import pytest

from automl_magic.extend import METRICS
from automl_magic.tabular.blending import ROWS, OwnLosses, SquaredErrors, blend

RMSE, MSE, MAE, AUC, LOGLOSS = (
    METRICS.get(name)
    for name in (
        "neg_root_mean_squared_error",
        "neg_mean_squared_error",
        "neg_mean_absolute_error",
        "roc_auc",
        "neg_log_loss",
    )
)


def numbers(rows=400, candidates=5, seed=0, noise=1.0):
    """Return a truth, candidates that each err by themselves, and five folds."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=rows)
    return y, [y + noise * rng.normal(size=rows) for _ in range(candidates)], np.arange(rows) % 5


def chances(rows=400, candidates=5, seed=0, classes=2):
    """Return labels, probabilities that each know a part, and five folds."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(rows, classes))
    y = np.array(list("abcdef"), dtype=object)[(signal + rng.normal(size=signal.shape)).argmax(axis=1)]
    given = [np.exp(signal + rng.normal(size=signal.shape)) for _ in range(candidates)]
    return y, [one / one.sum(axis=1, keepdims=True) for one in given], np.arange(rows) % 5


@pytest.mark.parametrize("metric", [RMSE, MAE])
def test_the_mean_of_candidates_that_err_differently_is_better_than_each(metric):
    y, candidates, folds = numbers()
    found = blend(candidates, y, folds, metric)
    assert found.weights.sum() == pytest.approx(1.0) and (found.weights > 0.05).all()
    assert metric.score(y, found.prediction) > max(metric.score(y, one) for one in candidates)


@pytest.mark.parametrize(("metric", "classes"), [(AUC, 2), (LOGLOSS, 2), (LOGLOSS, 4)])
def test_the_mean_of_probabilities_is_better_than_each(metric, classes):
    y, candidates, folds = chances(classes=classes)
    found = blend(candidates, y, folds, metric, classes=list("abcdef")[:classes])
    scores = [metric.score(y, one, list("abcdef")[:classes]) for one in candidates]
    assert found.prediction.shape == (400, classes)
    assert np.allclose(found.prediction.sum(axis=1), 1.0)
    assert metric.score(y, found.prediction, list("abcdef")[:classes]) > max(scores)


def test_a_candidate_that_is_best_alone_stays_alone():
    y, candidates, folds = numbers(candidates=3)
    perfect = y + 1e-9
    found = blend([*candidates, perfect], y, folds, RMSE)
    assert found.weights.tolist() == [0.0, 0.0, 0.0, 1.0]
    assert np.array_equal(found.prediction, perfect)


def test_the_weights_for_a_row_are_chosen_without_it():
    """Of many candidates that know nothing, some look good by chance: the told score must not."""
    rng = np.random.default_rng(3)
    y = rng.normal(size=60)
    candidates = [rng.normal(size=60) for _ in range(200)]
    found = blend(candidates, y, np.arange(60) % 5, RMSE)
    chosen = np.tensordot(found.weights, np.stack(candidates), axes=1)
    guess = RMSE.score(y, np.full(60, y.mean()))
    assert RMSE.score(y, chosen) > guess + 0.05, "the weights look better than they are"
    assert RMSE.score(y, found.prediction) < guess


def test_rows_that_come_again_and_groups_do_not_help_themselves():
    y, candidates, folds = numbers(rows=100, candidates=3)
    twice = [np.concatenate([one, one]) for one in candidates]
    both, again = np.concatenate([y, y]), np.concatenate([folds, folds + 5])
    units = np.concatenate([np.arange(100)] * 2)
    found = blend(twice, both, again, RMSE, units=units)
    alone = blend(candidates, y, folds, RMSE)
    assert np.allclose(found.weights, alone.weights)
    assert np.allclose(found.prediction[:100], alone.prediction)


def test_a_single_part_held_out_is_divided():
    y, candidates, _ = numbers()
    found = blend(candidates, y, np.zeros(400, dtype=int), RMSE)
    fixed = np.tensordot(found.weights, np.stack(candidates), axes=1)
    assert not np.array_equal(found.prediction, fixed)
    assert RMSE.score(y, found.prediction) > max(RMSE.score(y, one) for one in candidates)


def test_in_the_order_of_time_weights_come_from_the_past():
    y, candidates, _ = numbers(rows=300, candidates=2)
    folds = np.repeat([0, 1, 2], 100)
    good, bad = candidates
    good, bad = good.copy(), bad.copy()
    bad[:200] = y[:200] + 100.0  # so far of no use; in the last part the better one by far
    bad[200:] = y[200:]
    found = blend([good, bad], y, folds, RMSE, is_ordered=True)
    assert np.array_equal(found.prediction[100:], good[100:])


def test_sums_of_products_give_the_same_squares_as_the_metric():
    y, candidates, _ = numbers(rows=120, candidates=6, seed=5)
    quick, slow = SquaredErrors(np.stack(candidates) - y), OwnLosses(np.stack(candidates), y, MSE)
    counts = np.array([2.0, 0.0, 1.0, 0.0, 0.0, 3.0])
    found, wanted = (one.of(one.begin(np.arange(100)), counts) for one in (quick, slow))
    assert np.allclose(found / found[0], wanted / wanted[0])


@pytest.mark.parametrize("metric", [RMSE, MAE])
@pytest.mark.parametrize("huge", [1e160, 1e300, 1e308])
def test_a_candidate_far_from_everything_is_left_out(metric, huge):
    y, candidates, folds = numbers(candidates=3)
    far = y + huge * np.where(np.arange(len(y)) % 2, 1.0, -1.0)
    with np.errstate(invalid="raise"):
        found = blend([far, *candidates, -far], y, folds, metric)
    alone = blend(candidates, y, folds, metric)
    assert np.allclose(found.weights, [0.0, *alone.weights, 0.0], rtol=1e-12, atol=0)
    assert np.allclose(found.prediction, alone.prediction, rtol=1e-12, atol=1e-15)


def test_of_candidates_that_are_all_far_away_the_nearest_are_weighed():
    y, candidates, folds = numbers(candidates=2)
    with np.errstate(invalid="raise"):
        found = blend([y + 1e300, y - 1e299], y, folds, RMSE)
    assert found.weights[1] > found.weights[0] and np.isfinite(found.prediction).all()


def test_of_many_rows_a_sample_chooses_the_weights():
    y, candidates, folds = numbers(rows=3 * ROWS, candidates=3, noise=0.5)
    found = blend(candidates, y, folds, RMSE)
    assert abs(found.weights - 1 / 3).max() < 0.05
    assert RMSE.score(y, found.prediction) > max(RMSE.score(y, one) for one in candidates)


def test_without_time_there_is_none():
    y, candidates, folds = numbers()
    assert blend(candidates, y, folds, RMSE, left=lambda: 0.0) is None


@pytest.mark.parametrize("rows", [10_000])
def test_it_is_quick(rows):
    y, candidates, folds = chances(rows=rows, candidates=24)
    begun = time.process_time()
    blend(candidates, y, folds, AUC, classes=["a", "b"])
    assert time.process_time() - begun < 10  # about 1 s
