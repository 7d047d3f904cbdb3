"""What a search calibrates of its winner when it has ended: told, scored, exported, kept; and when nothing is."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss
from sklearn.naive_bayes import GaussianNB

import automl_magic
from automl_magic import AutoMLClassifier, Choice, Float
from automl_magic.calibration import FOUND, calibrated_with
from automl_magic.plan import Plan
from automl_magic.problem import read_problem
from automl_magic.tabular.calibrated import TemperatureClassifier, ThresholdClassifier
from automl_magic.tabular.calibrating import best_threshold, calibrated, chosen_value
from automl_magic.tabular.honest import honest_score
from automl_magic.tabular.vote import VoteClassifier, VoteRegressor

INPUTS = ["a", "b", "c"]


def rare(rows=1500, seed=0):
    """Return a table with a rare class that is never likely: at 0.5 hardly a row is called so."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=INPUTS)
    chance = 1 / (1 + np.exp(3.2 - 1.2 * frame["a"] - 0.8 * frame["b"]))
    return frame.assign(kind=np.where(rng.random(rows) < chance, "yes", "no"))


def copied(rows=1500, seed=0):
    """Return a table whose column is there six times: naive Bayes takes each for news, and is far too sure."""
    rng = np.random.default_rng(seed)
    value = rng.normal(size=rows)
    frame = pd.DataFrame({f"x{number}": value + 0.01 * rng.normal(size=rows) for number in range(6)})
    return frame.assign(kind=np.where(rng.random(rows) < 1 / (1 + np.exp(-value)), "up", "down"))


def noise(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=INPUTS)
    return frame.assign(kind=rng.permutation(np.repeat(["no", "yes"], rows // 2)))


SPACES = {
    "f1": LogisticRegression(C=Float(0.01, 10, log=True)),
    "logloss": GaussianNB(var_smoothing=Float(1e-9, 1e-6, log=True)),
}
TABLES = {"f1": rare, "logloss": copied}


def search(kind, frame=None, **options):
    frame = TABLES[kind]() if frame is None else frame
    told = {"metric": kind, "trials": 4, "workers": 0, "ensemble": False, "space": SPACES[kind], **options}
    return automl_magic.fit(frame, target="kind", **told)


def new_rows(metric):
    frame = TABLES[metric](20_000, seed=9)
    return frame.drop(columns="kind"), frame["kind"]


def score(metric, model, X, y):
    """Return F1 or minus the log loss."""
    if metric == "f1":
        return f1_score(y, model.predict(X), pos_label="yes")
    return -log_loss(y, model.predict_proba(X))


@pytest.fixture(scope="module", params=["f1", "logloss"])
def metric(request):
    return request.param


@pytest.fixture(scope="module")
def folder(metric, tmp_path_factory):
    return tmp_path_factory.mktemp(metric)


@pytest.fixture(scope="module")
def found(metric, folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield search(metric, name="kept", test=0.2)


def test_it_is_better_on_new_rows_and_its_score_is_told_right(found, metric):
    worn = found.best[-1]
    assert isinstance(worn, ThresholdClassifier if metric == "f1" else TemperatureClassifier)
    assert isinstance(worn.estimator_, VoteClassifier)
    X, y = new_rows(metric)
    before, after = (score(metric, model, X, y) for model in (worn.estimator_, found.best))
    assert after > before + 0.05
    told = found.natural(found.score.value)
    assert told == pytest.approx(after, abs=0.05) and found.natural(found.test_score) == pytest.approx(after, abs=0.1)
    low, high = sorted(found.natural(value) for value in (found.score.low, found.score.high))
    assert low < after < high


def test_it_is_said_and_kept_in_the_record_and_the_leaderboard_stays(found, metric):
    text, value = "\n".join(found.summary()), found.history.finding(FOUND)
    worn = found.best[-1]
    if metric == "f1":
        assert f'Rows are called "yes" from a chance of {worn.threshold:.4g} on: F1' in text and worn.threshold < 0.45
        assert value["kind"] == "threshold" and value["value"] == worn.threshold
    else:
        assert f"Its chances are calibrated (temperature {worn.temperature:.4g}: less sure" in text
        assert value["kind"] == "temperature" and worn.temperature > 1.5
    assert "--no-calibrate" in text and f"{value['after']:.4g}" in text and f"{value['before']:.4g}" in text
    best = found.history.best()
    assert found.natural(best.score) == pytest.approx(value["before"])
    assert found.leaderboard().loc[best.id, "score"] == pytest.approx(value["before"])
    assert found.score.naive == pytest.approx(value["after"])


def test_it_is_cloned_fitted_anew_and_kept_as_a_pickle(found, metric):
    X, y = new_rows(metric)
    again = pickle.loads(pickle.dumps(found.best))
    assert np.array_equal(again.predict(X), found.best.predict(X))
    fitted = clone(found.best).fit(X[:2000], y[:2000])
    name = "threshold" if metric == "f1" else "temperature"
    assert getattr(fitted[-1], name) == getattr(found.best[-1], name)
    assert list(fitted.feature_names_in_) == list(X.columns) and list(fitted.classes_) == sorted(set(y))


def test_the_script_predicts_exactly_the_same(found, metric):
    space = {"df": TABLES[metric](), "__name__": "made"}
    assert "automl_magic" not in found.code()
    exec(found.code(), space)
    X, _ = new_rows(metric)
    assert np.array_equal(space["best"].predict(X), found.best.predict(X))
    assert np.array_equal(space["best"].predict_proba(X), found.best.predict_proba(X))


def test_columns_are_measured_with_it_as_the_run_measured_them(found, metric, folder, monkeypatch):
    monkeypatch.chdir(folder)
    at_end, again = found.column_importance(), found.column_importance(TABLES[metric]())
    assert at_end["importance"].iloc[0] > 0 and again["importance"].iloc[0] > 0
    assert at_end["column"].iloc[0] == again["column"].iloc[0]


def test_a_run_that_goes_on_arrives_where_one_at_once_does(metric, folder, found, monkeypatch):
    monkeypatch.chdir(folder)
    first = search(metric, name="halves", trials=2, test=0.2)
    longer = automl_magic.resume("halves", TABLES[metric](), space=SPACES[metric], trials=4, workers=0)
    X, _ = new_rows(metric)
    assert first.history.finding(FOUND) is not None
    assert longer.history.finding(FOUND) == found.history.finding(FOUND)
    assert np.array_equal(longer.best.predict_proba(X), found.best.predict_proba(X))
    assert np.array_equal(longer.best.predict(X), found.best.predict(X)) and longer.score == found.score


def test_without_it_the_winner_is_bare(metric, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain = search(metric, calibrate=False)
    assert isinstance(plain.best[-1], VoteClassifier) and plain.history.finding(FOUND) is None
    assert "calibrate" not in "\n".join(plain.summary()) and "Classifier(Vote" not in plain.code()


def test_an_ensemble_wears_it_too_and_its_script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space = Choice(line=LogisticRegression(C=Float(0.01, 10, log=True)), bayes=GaussianNB())
    monkeypatch.setattr("automl_magic.ensembling.BEYOND", -1e9)  # the ensemble is taken whatever it brings
    run = search("f1", space=space, ensemble=True, trials=6)
    worn = run.best[-1]
    assert isinstance(worn, ThresholdClassifier) and len(worn.estimator_.members_) > 1
    script = {"df": rare(), "__name__": "made"}
    exec(run.code(), script)
    X, _ = new_rows("f1")
    assert np.array_equal(script["best"].predict(X), run.best.predict(X))
    assert len(run.column_importance()) == 3


def test_where_one_model_counts_it_is_worn_by_that(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = search("f1", cv="holdout")
    assert isinstance(run.best[-1], ThresholdClassifier) and run.best[-1].estimator_[-1].C > 0
    script = {"df": rare(), "__name__": "made"}
    exec(run.code(), script)
    X, _ = new_rows("f1")
    assert np.array_equal(script["best"].predict(X), run.best.predict(X))


@pytest.mark.parametrize("cv", [5, "holdout"])
def test_rows_count_by_their_weights_in_what_is_calibrated(cv, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = rare().assign(weight=lambda table: np.where(table["c"] > 0, 5.0, 0.2))
    weighted = search("f1", frame, cv=cv, sample_weight="weight")
    even = search("f1", rare(), cv=cv)
    assert isinstance(weighted.best[-1], ThresholdClassifier)
    assert weighted.history.finding(FOUND)["value"] != even.history.finding(FOUND)["value"]
    script = {"df": frame, "__name__": "made"}
    exec(weighted.code(), script)
    X, _ = new_rows("f1")
    assert np.array_equal(script["best"].predict_proba(X), weighted.best.predict_proba(X))
    assert np.array_equal(script["best"].predict(X), weighted.best.predict(X))


def test_a_weight_of_two_is_as_two_rows_to_a_temperature_and_a_threshold():
    rng = np.random.default_rng(0)
    second, weights = rng.beta(2, 5, size=400), rng.integers(1, 4, size=400)
    y = np.where(rng.random(400) < second**2, "yes", "no")
    chances = np.column_stack([1 - second, second])
    rows = np.repeat(np.arange(400), weights)
    for name, kind in (("f1", "threshold"), ("neg_log_loss", "temperature"), ("balanced_accuracy", "threshold")):
        metric = read_problem(Plan.create(target="kind", trials=1, metric=name, cv=5), noise(200)).metric
        counted = chosen_value(kind, metric, y, chances, ["no", "yes"], weights.astype(float))
        repeated = chosen_value(kind, metric, y[rows], chances[rows], ["no", "yes"])
        assert counted == pytest.approx(repeated, rel=0.05)


def test_labels_of_pure_noise_are_told_as_what_they_are():
    told, flattered, kept = [], [], 0
    for seed in range(30):
        problem = read_problem(Plan.create(target="kind", trials=1, metric="balanced_accuracy", cv=5), noise(200, seed))
        second = np.random.default_rng([1, seed]).beta(2, 2, size=200)
        prediction, (y, folds, units) = np.column_stack([1 - second, second]), problem.entries()
        found = calibrated_with(problem, prediction, seed)
        kept += found is not None
        candidates = [prediction] if found is None else [found.prediction, prediction]
        classes = problem.table.task.classes
        told.append(honest_score(candidates, y, folds, problem.metric, seed, classes=classes, units=units).value)
        best = calibrated("threshold", best_threshold(problem.metric, y, second, classes), prediction)
        flattered.append(problem.metric.score(y, best, classes))
    assert kept <= 8 and np.mean(told) < 0.515 and np.mean(flattered) > 0.54


def test_a_metric_that_refuses_what_is_tried_costs_no_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def wary(y_true, y_pred):
        if len(set(y_pred)) < 2:  # as of the largest thresholds, of which no row is called so
            raise RuntimeError("all rows are called the same")
        return f1_score(y_true, y_pred, pos_label="yes")

    run = search("f1", noise(), metric=wary, trials=1)
    assert isinstance(run.best[-1], VoteClassifier) and run.history.finding(FOUND) is None
    assert "Nothing was calibrated: RuntimeError." in run.summary()


def test_numbers_and_areas_are_left_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = rare(400)
    numbers = automl_magic.fit(frame.drop(columns="kind"), target="c", trials=1, models="linear", workers=0)
    assert isinstance(numbers.best[-1], VoteRegressor) and numbers.history.finding(FOUND) is None
    area = automl_magic.fit(frame, target="kind", metric="auc", trials=1, models="linear", workers=0)
    assert isinstance(area.best[-1], VoteClassifier) and area.history.finding(FOUND) is None


def test_the_estimator_passes_the_switch_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = rare()
    X, y = frame[INPUTS], frame["kind"]
    options = {"metric": "f1", "trials": 1, "models": ["linear"], "workers": 0, "ensemble": False}
    worn, bare = (AutoMLClassifier(calibrate=calibrate, **options).fit(X, y) for calibrate in (True, False))
    assert isinstance(worn.best_[-1], ThresholdClassifier) and isinstance(bare.best_[-1], VoteClassifier)
    assert f1_score(y, worn.predict(X), pos_label="yes") > f1_score(y, bare.predict(X), pos_label="yes")


@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize("rows", ["group", "order"])
def test_with_groups_or_in_time_and_with_weights_the_script_does_the_same(rows, weights, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = rare(3000).assign(weight=lambda table: np.where(table["c"] > 0, 3.0, 0.5))
    frame["place"] = np.arange(len(frame)) // 15 if rows == "group" else pd.date_range("2020", periods=len(frame))
    frame = frame if weights else frame.drop(columns="weight")
    monkeypatch.setattr("automl_magic.calibration.BEYOND", -1e9)  # it is taken whatever it brings
    run = search("f1", frame, **{rows: "place"}, cv=4, sample_weight=weights)
    assert isinstance(run.best[-1], ThresholdClassifier)
    script = {"df": frame, "__name__": "made"}
    exec(run.code(), script)
    X = new_rows("f1")[0].assign(**({"place": frame["place"].iloc[-1]} if rows == "order" else {}))
    assert np.array_equal(script["best"].predict(X), run.best.predict(X))
    assert np.array_equal(script["best"].predict_proba(X), run.best.predict_proba(X))
    assert max(len(line) for line in run.code().splitlines() if line.startswith(("best", "estimator"))) <= 100


def test_it_is_not_said_that_nothing_beat_the_baseline_when_its_threshold_did(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = automl_magic.fit(rare(), "kind", metric="f1", trials=1, workers=0, models="linear", ensemble=False)
    assert isinstance(run.best[-1], ThresholdClassifier)
    assert "Nothing beat" not in "\n".join(run.summary())
