"""One configuration on one fold: its score, its files, and what is refused."""

from __future__ import annotations

import hashlib
import math
import os
import pickle
import stat

import cloudpickle
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from automl_magic.engine.events import Artefact
from automl_magic.errors import RunError
from automl_magic.tabular.artefacts import load_vote, read_artefact, read_predictions
from automl_magic.tabular.evaluate import TableEvaluator, set_seeds
from automl_magic.tabular.metrics import metric_for
from automl_magic.tabular.splits import make_splits
from tests.tabular.small import TwoModels, small_table

LINEAR, TREE = {"model": "linear", "C": 0.1}, {"model": "tree", "depth": 4}


def evaluator_on(folder, table=None, metric=None, space=None, cv=3, **options):
    table = table or small_table()
    space = space or TwoModels(table.task.kind)
    return TableEvaluator(table, make_splits(table, cv), *metric_for(table.task, metric), space, folder, **options)


class Always:
    """A space of one estimator."""

    def __init__(self, estimator):
        self.estimator = estimator

    def make(self, config):
        return self.estimator


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_the_score_is_the_one_that_scikit_learn_gives(tmp_path, kind):
    table = small_table(kind)
    evaluator = evaluator_on(tmp_path, table)
    found = [evaluator.evaluate(LINEAR, fold) for fold in range(evaluator.folds)]
    expected = cross_val_score(
        evaluator.space.make(LINEAR), table.X, table.y, cv=evaluator.splits.splitter, scoring=evaluator.metric.name
    )
    assert [one.score for one in found] == pytest.approx(list(expected), rel=1e-6)
    assert all(one.seconds > 0 and evaluator.beside.name in one.scores for one in found)


def test_the_metric_beside_has_its_natural_sign(tmp_path):
    result = evaluator_on(tmp_path, small_table("regression")).evaluate(LINEAR, 0)
    assert result.score < 0 < result.scores["neg_mean_absolute_error"]


def test_predictions_and_model_lie_in_the_folder_with_their_hashes(tmp_path):
    table = small_table()
    evaluator = evaluator_on(tmp_path, table)
    result = evaluator.evaluate(LINEAR, 1, trial=7)
    assert set(result.artefacts) == {"prediction", "model"}
    for artefact in result.artefacts.values():
        path = tmp_path / artefact.path
        assert hashlib.sha256(path.read_bytes()).hexdigest() == artefact.sha256
        if os.name == "posix":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(list((tmp_path / "artefacts").iterdir())) == 2  # nothing unfinished is left
    prediction = np.load(tmp_path / result.artefacts["prediction"].path)
    _, test = evaluator.splits.pairs[1]
    assert roc_auc_score(table.y[test] == "yes", prediction[:, 1]) == pytest.approx(result.score)


def test_the_same_seed_gives_the_same_score_and_another_seed_another_model(tmp_path):
    evaluator = evaluator_on(tmp_path)
    scores = [evaluator.evaluate(TREE, 0, seed=seed).score for seed in (1, 1, 2)]
    assert scores[0] == scores[1] != scores[2]


def test_every_seed_at_any_depth_is_set():
    pipeline = Pipeline([("a", Pipeline([("b", RandomForestClassifier(random_state=5))])), ("c", LogisticRegression())])
    parameters = set_seeds(pipeline, 99).get_params()
    assert parameters["a__b__random_state"] == parameters["c__random_state"] == 99


def test_it_travels_to_a_worker(tmp_path):
    evaluator = evaluator_on(tmp_path)
    travelled = pickle.loads(cloudpickle.dumps(evaluator))
    assert travelled.evaluate(TREE, 2, seed=3).score == evaluator.evaluate(TREE, 2, seed=3).score


def test_a_hidden_trial_scores_the_baseline(tmp_path):
    own = LogisticRegression(C=1e-6)
    evaluator = evaluator_on(tmp_path, metric="logloss", baseline=own)
    hidden = evaluator.evaluate({}, 0, hidden=True)
    assert not hasattr(own, "coef_")  # the person's own object stays as it was
    assert hidden.score == pytest.approx(
        evaluator_on(tmp_path, metric="logloss", space=Always(own)).evaluate({}, 0).score
    )
    with pytest.raises(RunError, match="no baseline"):
        evaluator_on(tmp_path).evaluate({}, 0, hidden=True)


def test_warnings_of_a_fit_are_not_heard(tmp_path, recwarn):
    evaluator_on(tmp_path, space=Always(LogisticRegression(max_iter=1))).evaluate({}, 0)
    assert not recwarn.list


class Nowhere(ClassifierMixin, BaseEstimator):
    """Gives NaN for each row."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), np.nan)


def test_predictions_that_are_no_numbers_are_an_error(tmp_path):
    with pytest.raises(RunError, match="67 of 67 predictions are not finite"):
        evaluator_on(tmp_path, space=Always(Nowhere())).evaluate({}, 0)


def test_probabilities_are_asked_for_only_where_they_count(tmp_path):
    space = Always(LinearSVC())
    with pytest.raises(RunError, match="LinearSVC gives no probabilities, and log loss needs them"):
        evaluator_on(tmp_path, metric="logloss", space=space).evaluate({}, 0)
    assert evaluator_on(tmp_path, metric="auc", space=space).evaluate({}, 0).score > 0.7
    assert evaluator_on(tmp_path, metric="accuracy", space=space).evaluate({}, 0).score > 0.7


def test_a_class_that_the_training_rows_lack_gets_no_probability(tmp_path):
    table = small_table("multiclass", 1000)
    table.y[np.flatnonzero(table.y == "low")[1:]] = "high"
    evaluator = evaluator_on(tmp_path, table, cv=4)
    scores = [evaluator.evaluate(LINEAR, fold).score for fold in range(4)]
    assert all(math.isfinite(score) for score in scores)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_the_vote_over_the_fold_models_is_loaded_from_the_folder(tmp_path, kind):
    table = small_table(kind)
    evaluator = evaluator_on(tmp_path, table)
    results = {fold: evaluator.evaluate(TREE, fold, seed=fold) for fold in range(3)}
    models = {fold: result.artefacts["model"] for fold, result in results.items()}
    best = load_vote(tmp_path, models, table.task, evaluator.splits)
    assert isinstance(best, Pipeline) and list(best.named_steps) == ["vote"]
    assert best["vote"].cv is evaluator.splits.splitter
    ask = "predict" if kind == "regression" else "predict_proba"
    singles = [cloudpickle.loads((tmp_path / models[fold].path).read_bytes()) for fold in range(3)]
    assert np.allclose(getattr(best, ask)(table.X), np.mean([getattr(one, ask)(table.X) for one in singles], axis=0))
    assert best.fit(table.X, table.y).score(table.X, table.y) > 0.3


def test_a_vote_that_is_fitted_again_on_the_same_rows_predicts_the_same(tmp_path):
    table = small_table()
    evaluator = evaluator_on(tmp_path, table)
    models = {fold: evaluator.evaluate(TREE, fold, seed=fold).artefacts["model"] for fold in range(3)}
    best = load_vote(tmp_path, models, table.task, evaluator.splits)
    before = best.predict_proba(table.X)
    assert np.array_equal(before, best.fit(table.X, table.y).predict_proba(table.X))


def test_one_model_is_no_vote(tmp_path):
    table = small_table(order=np.arange(200))
    evaluator = evaluator_on(tmp_path, table)
    models = {fold: evaluator.evaluate(LINEAR, fold).artefacts["model"] for fold in range(evaluator.folds)}
    best = load_vote(tmp_path, models, table.task, evaluator.splits)
    assert list(best.named_steps) == ["scale", "model"]  # in the order of time only the last fold's model counts


def test_predictions_come_back_fold_after_fold(tmp_path):
    table = small_table("regression")
    evaluator = evaluator_on(tmp_path, table)
    files = {fold: evaluator.evaluate(LINEAR, fold).artefacts["prediction"] for fold in (2, 0, 1)}
    rows, folds = evaluator.splits.entries()
    prediction = read_predictions(tmp_path, files)
    assert prediction.shape == rows.shape == folds.shape
    assert np.corrcoef(prediction, table.y[rows])[0, 1] > 0.5


def test_a_file_that_is_not_what_was_written_is_refused(tmp_path):
    evaluator = evaluator_on(tmp_path)
    artefact = evaluator.evaluate(LINEAR, 0).artefacts["model"]
    (tmp_path / artefact.path).write_bytes(b"something else")
    with pytest.raises(RunError, match="its hash differs"):
        load_vote(tmp_path, {0: artefact}, evaluator.table.task)
    (tmp_path / artefact.path).unlink()
    with pytest.raises(RunError, match="cannot be read"):
        load_vote(tmp_path, {0: artefact}, evaluator.table.task)
    with pytest.raises(RunError, match="No fold of this trial left a model"):
        load_vote(tmp_path, {}, evaluator.table.task)


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "artefacts/../journal"])
def test_a_path_outside_the_folder_is_refused(tmp_path, path):
    with pytest.raises(RunError, match="does not lie in the run's folder"):
        read_artefact(tmp_path, Artefact(path, ""))


def stopping(kind):
    maker = HistGradientBoostingRegressor if kind == "regression" else HistGradientBoostingClassifier
    model = maker(learning_rate=0.03, max_iter=400, early_stopping=True, max_features=0.5, n_iter_no_change=10)
    return Always(Pipeline([("scale", StandardScaler()), ("model", model)]))


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_booster_that_was_stopped_is_the_same_when_it_is_fitted_again_with_its_rounds(tmp_path, kind):
    table = small_table(kind)
    first = evaluator_on(tmp_path, table, space=stopping(kind)).evaluate(LINEAR, 1, seed=5)
    assert 0 < first.rounds < 400
    again = evaluator_on(tmp_path, table, space=stopping(kind)).evaluate(
        LINEAR, 1, seed=5, rounds=first.rounds, trial=1
    )
    assert (again.score, again.rounds) == (first.score, first.rounds)
    plain = evaluator_on(tmp_path, table).evaluate(LINEAR, 1)
    assert plain.rounds == 0


def test_a_fit_that_can_be_cut_short_is_when_its_time_is_up(tmp_path):
    table = small_table("regression")
    cut = evaluator_on(tmp_path, table, space=stopping("regression")).evaluate(LINEAR, 0, seed=5, seconds=1e-4)
    assert cut.rounds == 1
