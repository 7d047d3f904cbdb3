"""The vote over fold models is an estimator like any other."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from automl_magic.tabular.vote import VoteClassifier, VoteRegressor, chances_of
from tests.tabular.small import small_table


def vote_on(table, folds=3):
    model = LinearRegression() if table.task.kind == "regression" else LogisticRegression()
    kind = VoteRegressor if table.task.kind == "regression" else VoteClassifier
    return kind([make_pipeline(StandardScaler(), model) for _ in range(folds)], KFold(folds)).fit(table.X, table.y)


def test_probabilities_are_the_mean_over_the_fold_models():
    table = small_table("multiclass")
    vote = vote_on(table)
    mean = np.mean([pipeline.predict_proba(table.X) for pipeline in vote.pipelines_], axis=0)
    assert np.allclose(vote.predict_proba(table.X), mean) and len(vote.pipelines_) == 3
    assert (vote.predict(table.X) == vote.classes_[mean.argmax(axis=1)]).all()


def test_a_regression_predicts_the_mean():
    table = small_table("regression")
    vote = vote_on(table)
    assert np.allclose(vote.predict(table.X), np.mean([one.predict(table.X) for one in vote.pipelines_], axis=0))


def test_each_model_learns_from_its_own_rows():
    table = small_table("regression")
    vote = vote_on(table)
    train, _ = next(KFold(3).split(table.X))
    alone = clone(vote.pipelines[0]).fit(table.X.iloc[train], table.y[train])
    assert np.allclose(alone.predict(table.X), vote.pipelines_[0].predict(table.X))


def test_it_can_be_cloned_pickled_and_fitted_on_new_rows():
    table, other = small_table(), small_table(rows=90, seed=5)
    vote = Pipeline([("vote", vote_on(table))])
    copy = pickle.loads(pickle.dumps(vote))
    assert np.array_equal(copy.predict_proba(table.X), vote.predict_proba(table.X))
    fresh = clone(vote)
    with pytest.raises(NotFittedError):
        fresh["vote"].predict(other.X)
    assert fresh.fit(other.X, other.y).score(other.X, other.y) > 0.6
    assert np.array_equal(copy.predict_proba(table.X), vote.predict_proba(table.X))


def test_scikit_learn_takes_it_for_what_it_is():
    assert is_classifier(vote_on(small_table())) and is_regressor(vote_on(small_table("regression")))
    table = small_table()
    assert cross_val_score(vote_on(table), table.X, table.y, scoring="roc_auc", cv=2).mean() > 0.7


def test_it_knows_the_columns_that_it_learnt_from():
    vote = vote_on(small_table())
    assert list(vote.feature_names_in_) == ["a", "b", "c", "d"] and vote.n_features_in_ == 4


def test_a_class_that_one_fold_never_saw_gets_no_probability_from_it():
    table = small_table("multiclass")
    order = np.argsort(table.y, kind="stable")
    X, y = table.X.iloc[order].reset_index(drop=True), table.y[order]
    vote = VoteClassifier([LogisticRegression() for _ in range(3)], KFold(3)).fit(X, y)
    chances = vote.predict_proba(X)
    assert chances.shape == (len(y), 3) and np.allclose(chances.sum(axis=1), 1)


@pytest.mark.parametrize("model", [LinearSVC(), RidgeClassifier(), LogisticRegression()])
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_margins_stand_in_for_probabilities(model, kind):
    table = small_table(kind)
    model.fit(table.X, table.y)
    chances = chances_of(model, table.X, table.task.classes)
    assert np.allclose(chances.sum(axis=1), 1)
    assert (np.array(table.task.classes)[chances.argmax(axis=1)] == model.predict(table.X)).all()


def test_a_model_that_only_predicts_votes_for_its_class():
    class Stubborn:
        classes_ = np.array(["a", "b"])

        def predict(self, X):
            return np.array(["b", "a"])

    assert chances_of(Stubborn(), [0, 1], ("a", "b")).tolist() == [[0, 1], [1, 0]]
