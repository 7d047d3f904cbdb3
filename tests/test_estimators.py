"""The search as scikit-learn estimators: scikit-learn's own checks, and what they do not ask."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from automl_magic import AutoMLClassifier, AutoMLRegressor, Float
from automl_magic.errors import AutoMLError, OptionError

QUICK: dict[str, Any] = {"trials": 2, "workers": 0, "models": ["linear"], "cv": 2}
INVARIANCE = "check_sample_weights_invariance"  # its name before scikit-learn 1.6
ONCE = {**QUICK, "trials": 1}  # what the checks ask is the same after one trial, and each of them searches


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@parametrize_with_checks([AutoMLClassifier(**ONCE), AutoMLRegressor(**ONCE)])
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    """All of them but one: a row of weight 2 is no two rows, since folds and preparation count rows alike."""
    try:
        check(estimator)
    except (AssertionError, OptionError):  # it gives cv as a list, which is no splitter
        if not getattr(check, "func", check).__name__.startswith(("check_sample_weight_equivalence", INVARIANCE)):
            raise
        pytest.xfail("folds are drawn, and columns prepared, by rows and not by their weights")


def test_the_classifier_fits_predicts_and_scores(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    X, y = flowers.drop(columns="kind"), flowers["kind"]
    model = AutoMLClassifier(**{**quick, "trials": 2}).fit(X, y)
    assert list(model.classes_) == ["lily", "rose"]
    assert model.predict_proba(X).shape == (240, 2)
    assert model.score(X, y) > 0.75
    assert model.n_features_in_ == 4 and list(model.feature_names_in_) == list(X.columns)


@pytest.mark.filterwarnings(f"ignore::{ConvergenceWarning.__module__}.{ConvergenceWarning.__name__}")
@pytest.mark.parametrize("kind", [AutoMLClassifier, AutoMLRegressor])
def test_with_every_family_and_folds_of_its_own_choice(flowers: pd.DataFrame, kind: Any) -> None:
    X = flowers.drop(columns=["kind", "width"]).head(60)
    y = (flowers["kind"] if kind is AutoMLClassifier else flowers["width"]).head(60)
    model = kind(trials=3, workers=0).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict(X), model.predict(X)) and np.isfinite(model.score(X, y))
    assert len(set(model.run_.leaderboard()["model"])) > 1
    assert np.array_equal(clone(model).fit(X, y).predict(X), model.predict(X))


def test_the_estimators_clone_and_cross_validate(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    X, y = flowers.drop(columns="kind"), (flowers["width"] * 2).rename("twice")
    model = clone(AutoMLRegressor(**{**quick, "trials": 1, "models": ["linear"]}))
    scores = cross_val_score(model, X, y, cv=2)
    assert (scores > 0.8).all()


def test_a_space_of_ones_own_is_cloned_with_its_holes(flowers: pd.DataFrame) -> None:
    space = make_pipeline(StandardScaler(), SVC(C=Float(0.1, 10.0, log=True)))
    model = clone(AutoMLClassifier(**{**QUICK, "models": None}, space=space, metric="accuracy"))
    assert Float(0.1, 10.0, log=True) == model.get_params()["space"].steps[-1][1].C
    X = flowers[["width", "length"]]
    assert model.fit(X, flowers["kind"]).score(X, flowers["kind"]) > 0.7
    assert model.run_.history.trials[1].config.keys() == {"C"}


def test_arrays_lists_and_other_frames_are_taken_as_well(flowers: pd.DataFrame) -> None:
    polars = pytest.importorskip("polars")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = (X[:, 0] > 0).astype(int)
    for table, target in ((X, y), (X.tolist(), y.tolist()), (polars.DataFrame(X), polars.Series(y))):
        model = AutoMLClassifier(**QUICK).fit(table, target)
        assert set(model.predict(table)) <= {0, 1} and model.n_features_in_ == 3
    mixed = [[1.5, "a"], [2.5, None], [0.5, "b"], [3.0, "a"]] * 10
    assert AutoMLClassifier(**QUICK).fit(mixed, ["no", "yes", "no", "yes"] * 10).score(mixed, ["no", "yes"] * 20) > 0.9


def test_rows_keep_their_target_whatever_the_index(flowers: pd.DataFrame) -> None:
    shuffled = flowers.sample(frac=1.0, random_state=0)
    X, y = shuffled.drop(columns="kind"), shuffled["kind"]
    plain = AutoMLClassifier(**QUICK).fit(X.reset_index(drop=True), y.to_numpy())
    for target in (y, y.to_numpy(), list(y)):
        assert np.array_equal(AutoMLClassifier(**QUICK).fit(X, target).predict(X), plain.predict(X))
    with pytest.raises(AutoMLError, match="different orders"):
        AutoMLClassifier(**QUICK).fit(X, y.sort_index())


def test_a_column_named_y_is_a_column_like_any_other(flowers: pd.DataFrame) -> None:
    X = flowers[["width", "length"]].set_axis(["x", "y"], axis=1)
    assert list(AutoMLClassifier(**QUICK).fit(X, flowers["kind"].to_numpy()).feature_names_in_) == ["x", "y"]


def test_columns_in_another_order_missing_or_without_names(flowers: pd.DataFrame) -> None:
    X, y = flowers[["width", "length", "weight"]], flowers["kind"]
    model = AutoMLClassifier(**QUICK).fit(X, y)
    expected = model.predict(X)
    assert np.array_equal(model.predict(X[X.columns[::-1]]), expected)
    with pytest.raises(ValueError, match='No column named "length"'):
        model.predict(X.drop(columns="length"))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        assert np.array_equal(model.predict(X.to_numpy()), expected)
    with pytest.raises(ValueError, match="X has 2 features, but AutoMLClassifier is expecting 3"):
        model.predict(X.to_numpy()[:, :2])
    nameless = AutoMLClassifier(**QUICK).fit(X.to_numpy(), y)
    assert not hasattr(nameless, "feature_names_in_")
    with pytest.warns(UserWarning, match="was fitted without feature names"):
        assert np.array_equal(nameless.predict(X), nameless.predict(X.to_numpy()))


def test_b36_a_target_of_one_column_warns_and_one_with_gaps_says_how_many(flowers: pd.DataFrame) -> None:
    X, y = flowers[["width", "length"]], flowers["kind"]
    for target in (y.to_frame(), y.to_numpy().reshape(-1, 1)):
        with pytest.warns(DataConversionWarning, match="column-vector y"):
            AutoMLClassifier(**QUICK).fit(X, target)
    with pytest.warns(UserWarning, match="40 of 240 rows have no target"):
        model = AutoMLClassifier(**QUICK).fit(X, y.mask(y.index < 40))
    assert model.predict(X).shape == (240,)


def test_random_states_of_each_form(flowers: pd.DataFrame) -> None:
    X, y = flowers[["width", "length"]], flowers["width"].to_numpy() ** 2
    seeds = [
        AutoMLRegressor(**QUICK, random_state=state).fit(X, y).run_.plan.seed
        for state in (7, np.int64(7), np.random.RandomState(0), np.random.RandomState(0), None)
    ]
    assert seeds[0] == seeds[1] == 7 and seeds[2] == seeds[3] != 7 and seeds[4] != 7
