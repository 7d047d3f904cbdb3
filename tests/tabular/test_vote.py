"""The vote over fold models is an estimator like any other."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from automl_magic.engine.space import compile_space
from automl_magic.tabular.ensemble import EnsembleClassifier, EnsembleRegressor
from automl_magic.tabular.models import zoo
from automl_magic.tabular.steps import CleanTable
from automl_magic.tabular.task import read_table
from automl_magic.tabular.vote import VoteClassifier, VoteRegressor, chances_of
from tests.messy_people import fresh, people
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


def raw_vote(target, families=("linear", "forest"), table=None):
    """Return a vote of pipelines that read a raw table, one family for each fold, with the table."""
    people_of = people().drop(columns=[name for name in ("left", "grade", "worth") if name != target])
    table = read_table(people_of if table is None else table, target)
    spaces = [compile_space(zoo(table, [family])) for family in families]
    kind = VoteRegressor if target == "worth" else VoteClassifier
    pipelines = [space.make(space.default()) for space in spaces]
    return kind(pipelines, KFold(len(families), shuffle=True, random_state=0)).fit(table.X, table.y), table


@pytest.fixture
def reads(monkeypatch):
    """Return the list that grows by the rows of each raw table that a step reads."""
    found, transform = [], CleanTable.transform

    def counted(self, X):
        found.append(len(X))
        return transform(self, X)

    monkeypatch.setattr(CleanTable, "transform", counted)
    return found


def one_by_one(vote, rows):
    """Return the mean of what the pipelines say, each asked for itself."""
    if isinstance(vote, VoteRegressor):
        return np.mean([pipeline.predict(rows) for pipeline in vote.pipelines_], axis=0)
    return np.mean([chances_of(pipeline, rows, vote.classes_) for pipeline in vote.pipelines_], axis=0)


def told(model, rows):
    return (
        model.predict(rows) if hasattr(model, "score") and not hasattr(model, "classes_") else model.predict_proba(rows)
    )


@pytest.mark.parametrize("target", ["left", "grade", "worth"])
def test_a_raw_table_is_read_once_and_nothing_changes_by_it(target, reads):
    vote, _ = raw_vote(target, ("linear", "forest", "knn"))
    expected = one_by_one(vote, fresh())
    reads.clear()
    assert np.array_equal(told(vote, fresh()), expected) and reads == [40]
    copied = pickle.loads(pickle.dumps(vote))
    assert np.array_equal(told(copied, fresh()), expected) and reads == [40, 40]
    again = clone(vote).fit(people(200, seed=4)[fresh().columns], people(200, seed=4)[target])
    assert np.array_equal(told(again, fresh()), one_by_one(again, fresh()))


@pytest.mark.parametrize("target", ["grade", "worth"])
def test_all_members_of_an_ensemble_read_it_once(target, reads):
    votes = [raw_vote(target, families)[0] for families in (("linear", "forest"), ("extra_trees", "knn"))]
    alone = votes[0].pipelines_[0]
    members = [("a", votes[0]), ("b", votes[1]), ("c", alone)]
    kind = EnsembleRegressor if target == "worth" else EnsembleClassifier
    mean = kind(members, [0.5, 0.3, 0.2])
    mean.members_ = [member for _, member in members]
    parts = [one_by_one(vote, fresh()) for vote in votes]
    parts.append(alone.predict(fresh()) if target == "worth" else alone.predict_proba(fresh()))
    if target == "grade":
        mean.classes_ = votes[0].classes_
    expected = sum(weight * part for weight, part in zip([0.5, 0.3, 0.2], parts, strict=True)) / sum([0.5, 0.3, 0.2])
    reads.clear()
    assert np.array_equal(told(mean, fresh()), expected) and reads == [40]


def test_pipelines_that_learnt_to_read_otherwise_read_for_themselves(reads):
    vote, table = raw_vote("left")
    other, _ = raw_vote("left", table=people()[["age", 'colour "x" <b>', "paid", "left"]])
    mixed = VoteClassifier(vote.pipelines, 2)
    mixed.pipelines_, mixed.classes_ = [*vote.pipelines_, other.pipelines_[0]], vote.classes_
    expected = one_by_one(mixed, table.X)
    reads.clear()
    with pytest.warns(UserWarning, match="Ignored columns"):
        assert np.array_equal(mixed.predict_proba(table.X), expected)
    assert len(reads) == 2
    mean = EnsembleClassifier([("a", mixed), ("b", vote)], [0.5, 0.5])
    mean.members_, mean.classes_ = [mixed, vote], vote.classes_
    assert np.array_equal(mean.predict_proba(table.X), (0.5 * expected + 0.5 * one_by_one(vote, table.X)) / 1.0)
    words = vote.pipelines_[0]["prepare"]["clean"]
    words.words_ = words.words_[:-1]
    reads.clear()
    vote.predict_proba(table.X)
    assert len(reads) == 2


def test_pipelines_without_such_a_step_get_the_table_as_it_is():
    rows = small_table().X

    class Seen(LogisticRegression):
        def predict_proba(self, X):
            assert X is rows
            return super().predict_proba(X)

    vote = VoteClassifier([Seen(), make_pipeline(StandardScaler(), LogisticRegression())], KFold(2))
    vote.fit(rows, small_table().y)
    assert np.array_equal(vote.predict_proba(rows), one_by_one(vote, rows))


def test_what_cannot_be_read_is_refused_as_before():
    vote, table = raw_vote("left")
    with pytest.raises(ValueError, match='No column named "age"'):
        vote.predict(table.X.drop(columns="age"))
    with pytest.raises(ValueError, match="held numbers in training"):
        vote.predict(table.X.assign(age=pd.Series(["old"] * len(table.X))))
