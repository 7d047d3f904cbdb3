"""The search as scikit-learn estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from automl_magic import AutoMLClassifier, AutoMLRegressor


def test_the_classifier_fits_predicts_and_scores(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    X, y = flowers.drop(columns="kind"), flowers["kind"]
    model = AutoMLClassifier(**{**quick, "trials": 2}).fit(X, y)
    assert list(model.classes_) == ["lily", "rose"]
    assert model.predict_proba(X).shape == (240, 2)
    assert model.score(X, y) > 0.75
    assert model.n_features_in_ == 4 and list(model.feature_names_in_) == list(X.columns)


def test_the_estimators_clone_and_cross_validate(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    X, y = flowers.drop(columns="kind"), (flowers["width"] * 2).rename("twice")
    model = clone(AutoMLRegressor(**{**quick, "trials": 1, "models": ["linear"]}))
    scores = cross_val_score(model, X, y, cv=2)
    assert (scores > 0.8).all()


def test_arrays_are_taken_as_well(quick: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    model = AutoMLClassifier(**{**quick, "trials": 1}).fit(X, (X[:, 0] > 0).astype(int))
    assert set(model.predict(X)) <= {0, 1}
