"""The classifiers that hold a threshold or a temperature: like any other of scikit-learn."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline

from automl_magic.tabular.calibrated import TemperatureClassifier, ThresholdClassifier, tempered
from automl_magic.tabular.vote import VoteClassifier

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(300, 2)), columns=["a", "b"])
Y = np.where(X["a"] + RNG.normal(size=300) > 1, "rare", "common")
HELD = VoteClassifier([LogisticRegression()] * 3, 3)
BOTH = (ThresholdClassifier(HELD, 0.7), TemperatureClassifier(HELD, 2.0))


@pytest.mark.parametrize("worn", BOTH, ids=["threshold", "temperature"])
def test_it_is_cloned_fitted_kept_as_a_pickle_and_scored_as_any_classifier(worn):
    copy = clone(worn)
    assert not hasattr(copy, "estimator_") and copy.get_params(deep=False).keys() == worn.get_params(deep=False).keys()
    model = Pipeline([("worn", copy)]).fit(X, Y)
    assert list(model.feature_names_in_) == ["a", "b"] and model[-1].n_features_in_ == 2
    assert list(model.classes_) == ["common", "rare"] and np.allclose(model.predict_proba(X).sum(axis=1), 1)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert np.array_equal(again.predict(X), model.predict(X))
    assert cross_val_score(worn, X, Y, cv=3, error_score="raise").min() > 0.5


def test_rows_are_called_the_second_class_from_the_threshold_on_and_chances_stay():
    plain = HELD.fit(X, Y)
    chances = plain.predict_proba(X)[:, 1]
    edge = float(np.sort(chances)[200])
    model = clone(ThresholdClassifier(HELD, edge)).fit(X, Y)
    assert np.array_equal(model.predict(X) == "rare", chances >= edge) and (model.predict(X) == "rare").sum() == 100
    assert np.array_equal(model.predict_proba(X)[:, 1], chances)
    assert model.threshold == edge


def test_a_threshold_refuses_three_classes():
    three = np.arange(len(X)) % 3
    with pytest.raises(ValueError, match="parts two classes. Got 3"):
        ThresholdClassifier(LogisticRegression(), 0.4).fit(X, three)
    assert TemperatureClassifier(LogisticRegression(), 0.5).fit(X, three).predict_proba(X).shape == (300, 3)


def test_a_temperature_makes_chances_more_or_less_sure_and_keeps_their_order():
    chances = np.array([[0.7, 0.2, 0.1], [0.0, 0.5, 0.5], [1.0, 0.0, 0.0]])
    warm, cold = tempered(chances, 3.0), tempered(chances, 0.5)
    assert np.allclose(warm.sum(axis=1), 1) and np.allclose(cold.sum(axis=1), 1)
    assert warm[0, 0] < 0.7 < cold[0, 0] and warm[0].argsort().tolist() == [2, 1, 0]
    assert np.allclose(cold[0], chances[0] ** 2 / (chances[0] ** 2).sum())
    assert 0 < warm[2, 1] < 0.1  # a chance of nothing is no certainty any longer
    assert np.allclose(tempered(chances, 1.0), chances, atol=1e-3)


def test_groups_are_passed_on_to_what_makes_folds():
    from sklearn.model_selection import GroupKFold

    groups = np.repeat(np.arange(30), 10)
    model = ThresholdClassifier(VoteClassifier([LogisticRegression()] * 3, GroupKFold(3)), 0.4)
    assert len(model.fit(X, Y, groups=groups).estimator_.pipelines_) == 3
