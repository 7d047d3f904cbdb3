"""Boosters are stopped by held-out rows, and what is left is an ordinary model that can be fitted again."""

from __future__ import annotations

import pickle
import time
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from automl_magic.tabular import boosters
from automl_magic.tabular.stopping import StoppedEarly, fit_until_best, patience_of, with_rounds

pytestmark = pytest.mark.filterwarnings("ignore")
CLASSES = make_classification(400, 8, n_informative=4, n_classes=3, flip_y=0.2, random_state=0)
BINARY = CLASSES[0], CLASSES[1] == 0
LETTERS = CLASSES[0], np.array(["a", "b", "c"], dtype=object)[CLASSES[1]]
NUMBERS = make_regression(400, 8, noise=40.0, random_state=0)
SHARED = {"learning_rate": 0.1, "random_state": 3}
MOST = 600


def made(name: str, is_regression: bool) -> Any:
    if name == "hist_gb":
        maker = HistGradientBoostingRegressor if is_regression else HistGradientBoostingClassifier
        return maker(max_iter=MOST, early_stopping=True, max_features=0.6, n_iter_no_change=20, tol=0.0, **SHARED)
    pytest.importorskip(name)
    maker = getattr(boosters, f"make_{name}_{'regressor' if is_regression else 'classifier'}")
    more = {
        "lightgbm": {"subsample": 0.7, "subsample_freq": 1, "verbosity": -1, "n_jobs": 1, "n_estimators": MOST},
        "xgboost": {"subsample": 0.7, "n_jobs": 1, "n_estimators": MOST},
        "catboost": {"iterations": MOST, "verbose": False, "allow_writing_files": False, "thread_count": 1},
    }
    return maker(**SHARED, **more[name])


def halves(is_regression: bool) -> tuple[Any, ...]:
    X, y = NUMBERS if is_regression else LETTERS
    return X[:300], y[:300], X[300:], y[300:]


def answers(model: Any, X: Any) -> np.ndarray[Any, Any]:
    return np.asarray(model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X))


NAMES = ("hist_gb", *boosters.BOOSTERS)


@pytest.mark.parametrize("is_regression", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_same_rounds_without_held_out_rows_give_the_same_model(name: str, is_regression: bool) -> None:
    X, y, X_held, y_held = halves(is_regression)
    pipeline = make_pipeline(StandardScaler(), made(name, is_regression))
    assert patience_of(pipeline) > 0
    fitted, rounds = fit_until_best(clone(pipeline), X, y, X_held, y_held)
    assert 1 <= rounds < MOST and patience_of(fitted) == 0
    assert not isinstance(fitted.steps[-1][1], StoppedEarly)
    plain = with_rounds(clone(pipeline), rounds)
    assert patience_of(plain) == 0
    again = plain.fit(X, y)
    assert np.array_equal(answers(again, X_held), answers(fitted, X_held))
    assert np.array_equal(answers(clone(fitted).fit(X, y), X_held), answers(fitted, X_held))
    assert np.array_equal(answers(pickle.loads(pickle.dumps(fitted)), X_held), answers(fitted, X_held))


@pytest.mark.parametrize("name", NAMES)
def test_two_classes_are_remade_with_the_same_rounds_too(name: str) -> None:
    (X, y), model = BINARY, made(name, False)
    fitted, rounds = fit_until_best(make_pipeline(clone(model)), X[:300], y[:300], X[300:], y[300:])
    assert 1 <= rounds < 200  # CatBoost chooses settings by whether more are planned
    again = with_rounds(make_pipeline(model), rounds).fit(X[:300], y[:300])
    assert np.array_equal(answers(again, X), answers(fitted, X))
    assert np.array_equal(answers(clone(fitted).fit(X[:300], y[:300]), X), answers(fitted, X))


@pytest.mark.parametrize("is_regression", [False, True])
def test_a_catboost_of_ones_own_that_chooses_how_fast_it_learns_is_remade(is_regression: bool) -> None:
    catboost = pytest.importorskip("catboost")
    maker = catboost.CatBoostRegressor if is_regression else catboost.CatBoostClassifier
    values = {"early_stopping_rounds": 15, "thread_count": 1, "verbose": False, "allow_writing_files": False}
    X, y = NUMBERS if is_regression else BINARY
    weights = np.linspace(0.5, 2.0, len(y))
    counted = weights[:300], weights[300:]
    fitted, rounds = fit_until_best(
        make_pipeline(maker(iterations=300, **values)), X[:300], y[:300], X[300:], y[300:], None, counted
    )
    assert 1 <= rounds < 300 and patience_of(fitted) == 0 and fitted[-1].booster_.tree_count_ == rounds
    again = with_rounds(maker(iterations=300, **values), rounds).fit(X[:300], y[:300], counted[0])
    assert np.array_equal(answers(again, X), answers(fitted, X))
    assert fitted[-1].n_features_in_ == 8 and len(fitted[-1].feature_importances_) == 8
    fewer = with_rounds(clone(fitted), rounds - 1)
    assert fewer.fit(X[:300], y[:300])[-1].booster_.tree_count_ == rounds - 1


@pytest.mark.parametrize("name", NAMES)
def test_it_stops_where_the_held_out_rows_are_told_best(name: str) -> None:
    X, y, X_held, y_held = halves(True)
    _, rounds = fit_until_best(made(name, True), X, y, X_held, y_held)

    def loss(number: int) -> float:
        model = with_rounds(made(name, True), number).fit(X, y)
        return float(np.mean((model.predict(X_held) - y_held) ** 2))

    best = loss(rounds)
    assert all(best <= loss(other) * (1 + 1e-6) for other in (max(1, rounds // 2), rounds - 1 or 1, rounds + 10))


@pytest.mark.parametrize("name", NAMES)
def test_no_round_begins_after_its_time(name: str) -> None:
    X, y = make_regression(20_000, 30, noise=1.0, random_state=0)
    begun = time.perf_counter()
    fitted, rounds = fit_until_best(made(name, True), X[:15_000], y[:15_000], X[15_000:], y[15_000:], seconds=0.3)
    assert time.perf_counter() - begun < 3.0
    assert 1 <= rounds < MOST and np.isfinite(fitted.predict(X[:5])).all()


def test_scikit_learns_boosting_uses_its_time_for_rounds() -> None:
    X, y = make_regression(50_000, 20, noise=1.0, random_state=0)
    begun = time.perf_counter()
    HistGradientBoostingRegressor(max_iter=1, early_stopping=False).fit(X, y)  # most of it is no round
    once = time.perf_counter() - begun
    model = made("hist_gb", True)
    fitted, rounds = fit_until_best(model, X[:45_000], y[:45_000], X[45_000:], y[45_000:], seconds=4 * once)
    assert 12 < rounds < MOST and fitted.max_iter == rounds and "_should_stop" not in vars(fitted)


@pytest.mark.parametrize("name", NAMES)
def test_a_class_that_only_the_held_out_rows_hold_is_no_obstacle(name: str) -> None:
    X, y, X_held, y_held = halves(False)
    seen = y != "c"
    fitted, _ = fit_until_best(made(name, False), X[seen], y[seen], X_held, y_held)
    assert list(fitted.classes_) == ["a", "b"]


@pytest.mark.parametrize("name", NAMES)
def test_too_few_held_out_rows_stop_nothing(name: str) -> None:
    X, y, X_held, y_held = halves(True)
    few = with_rounds(made(name, True), 30)
    few = make_pipeline(few) if patience_of(few) else made(name, True)
    fitted, rounds = fit_until_best(few, X[:60], y[:60], X_held[:2], y_held[:2])
    assert rounds == MOST and np.isfinite(fitted.predict(X_held)).all()


@pytest.mark.parametrize("name", boosters.BOOSTERS)
def test_one_on_its_own_holds_rows_out_itself(name: str) -> None:
    X, y, X_held, y_held = halves(False)
    model = made(name, False).fit(X, y)
    assert 1 <= model.rounds_ < MOST
    assert np.mean(model.predict(X_held) == y_held) > 0.5 and list(model.classes_) == ["a", "b", "c"]
    assert np.array_equal(answers(clone(model).fit(X, y), X_held), answers(model, X_held))
    assert model.n_features_in_ == 8


def test_a_round_in_which_nothing_can_be_split_is_a_round_without_a_tree() -> None:
    pytest.importorskip("lightgbm")
    X, y = CLASSES[0][:55], CLASSES[1][:55] == 0
    values = {"extra_trees": True, "min_child_samples": 3, "num_leaves": 39, "colsample_bytree": 0.46}
    values |= {"subsample": 0.88, "subsample_freq": 1, "n_jobs": 1, "verbosity": -1}
    model = boosters.make_lightgbm_classifier(n_estimators=1_500, learning_rate=0.3, random_state=1, **values)
    fitted, rounds = fit_until_best(clone(model), X[:40], y[:40], X[:40], y[:40])  # its loss falls for ever
    assert fitted.booster_.num_trees() < rounds
    assert np.array_equal(answers(with_rounds(model, rounds).fit(X[:40], y[:40]), X), answers(fitted, X))


def test_what_boosts_nothing_is_left_alone() -> None:
    plain = make_pipeline(StandardScaler(), LogisticRegression())
    assert patience_of(plain) == 0 and with_rounds(plain, 3) is plain
    assert patience_of(HistGradientBoostingClassifier()) == 0  # "auto" is the model's own affair
