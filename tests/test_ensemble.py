"""The ensemble of a run: better than the best trial, or a row that says why not; fitted, exported, told, made again."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.neighbors import KNeighborsRegressor

import automl_magic
from automl_magic import AutoMLClassifier, AutoMLRegressor, Choice
from automl_magic.engine.history import ENSEMBLE
from automl_magic.tabular.ensemble import EnsembleClassifier, EnsembleRegressor
from tests.mixed_table import INPUTS, TARGETS, mixed, search, space_of


@pytest.fixture(scope="module", params=["regression", "classification"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def folder(kind, tmp_path_factory):
    return tmp_path_factory.mktemp(kind)


@pytest.fixture(scope="module")
def found(kind, folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield search(kind, name="mixed")


@pytest.fixture(scope="module")
def single(kind, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp(f"{kind}-single"))
        yield search(kind, ensemble=False)


def test_it_is_the_best_and_better_than_any_trial_on_new_rows(found, single, kind):
    assert isinstance(found.best[-1], EnsembleRegressor if kind == "regression" else EnsembleClassifier)
    new = mixed(3000, seed=9, target=TARGETS[kind])
    assert not isinstance(single.best[-1], EnsembleRegressor | EnsembleClassifier)
    if kind == "regression":
        ours, theirs = (root_mean_squared_error(new["value"], one.best.predict(new[INPUTS])) for one in (found, single))
    else:
        ours, theirs = (log_loss(new["label"], one.best.predict_proba(new[INPUTS])) for one in (found, single))
    assert ours < 0.97 * theirs
    assert found.score.value < single.score.value  # lower is better for both metrics


def test_what_is_told_of_it_fits_new_rows(found, kind):
    new = mixed(20_000, seed=9, target=TARGETS[kind])
    if kind == "regression":
        truth = root_mean_squared_error(new["value"], found.best.predict(new[INPUTS]))
    else:
        truth = log_loss(new["label"], found.best.predict_proba(new[INPUTS]))
    assert found.score.low < truth < found.score.high
    assert found.score.naive == pytest.approx(found.natural(found.history.best().score), rel=1e-6)


def test_it_is_a_row_of_the_leaderboard_with_the_weights_of_its_members(found):
    board = found.leaderboard()
    row = board.loc[-1]
    of_search = [id for id in board.index if id < 0 or not found.history.trial(id).hidden]
    assert of_search[0] == -1 and len(of_search) == 9
    assert (row["model"], row["origin"], row["state"]) == ("ensemble", ENSEMBLE, "done")
    members = {label.split()[0] for label in row["params"]}
    assert members == {"trial"} and sum(row["params"].values()) == pytest.approx(1.0)
    families = {found.history.trials[int(label.split()[1])].config["model"] for label in row["params"]}
    assert families == {"line", "near"}
    assert sum(found.history.counts().values()) == 8


def test_it_says_what_it_is_made_of(found):
    text = "\n".join(found.summary())
    assert "An ensemble of" in text and "% line (trial" in text and "% near (trial" in text and "--no-ensemble" in text


def test_its_members_are_the_models_of_the_folds_with_their_weights(found):
    frame = mixed(50, seed=3)[INPUTS]
    mean = found.best[-1]
    ask = "predict" if isinstance(mean, EnsembleRegressor) else "predict_proba"
    parts = [weight * getattr(member, ask)(frame) for weight, member in zip(mean.weights, mean.members_, strict=True)]
    assert np.allclose(getattr(found.best, ask)(frame), np.sum(parts, axis=0) / np.sum(mean.weights))
    assert all(len(member.pipelines_) == 5 for member in mean.members_)


def test_it_is_an_estimator_like_any_other(found, kind):
    frame, target = mixed(300, seed=4, target=TARGETS[kind]), TARGETS[kind]
    copy = pickle.loads(pickle.dumps(found.best))
    X = frame[INPUTS]
    assert list(found.best.feature_names_in_) == INPUTS
    assert np.array_equal(copy.predict(X), found.best.predict(X))
    fresh = clone(found.best).fit(X, frame[target])
    assert fresh.score(X, frame[target]) > 0.6
    assert fresh.n_features_in_ == X.shape[1]
    with pytest.raises(ValueError, match="a weight for each member"):
        clone(found.best[-1]).set_params(weights=[1.0]).fit(X, frame[target])


def test_the_script_predicts_exactly_the_same(found, kind):
    code = found.code()
    assert "automl_magic" not in code and code.count("def make_") == len(found.best[-1].members)
    space = {"df": mixed(target=TARGETS[kind]), "__name__": "made"}
    exec(code, space)
    new = mixed(200, seed=7)[INPUTS]
    ask = "predict" if kind == "regression" else "predict_proba"
    assert np.array_equal(getattr(found.best, ask)(new), getattr(space["best"], ask)(new))


def test_groups_stay_together_in_it_and_in_its_script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = mixed().assign(team=np.arange(1000) % 40)
    result = search(frame=frame, group="team", cv=4)
    assert isinstance(result.best[-1], EnsembleRegressor)
    space = {"df": frame, "__name__": "made"}
    exec(result.code(), space)
    new = mixed(200, seed=7)[INPUTS]
    assert np.array_equal(result.best.predict(new), space["best"].predict(new))


@pytest.mark.parametrize("options", [{"cv": "holdout"}, {"cv": 3, "order": "when"}, {"cv": "holdout", "group": "team"}])
def test_where_one_model_of_each_member_counts_the_script_still_predicts_the_same(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    more = {"order": {"when": np.arange(1000)}, "group": {"team": np.arange(1000) % 40}}
    frame = mixed().assign(**next((column for name, column in more.items() if name in options), {}))
    result = search(frame=frame, **options)
    assert isinstance(result.best[-1], EnsembleRegressor)
    space = {"df": frame, "__name__": "made"}
    exec(result.code(), space)
    new = frame[list(result.best.feature_names_in_)]
    assert np.array_equal(result.best.predict(new), space["best"].predict(new))
    groups = {"ensemble__groups": frame["team"]} if "group" in options else {}
    assert clone(result.best).fit(new, frame["value"], **groups).score(new, frame["value"]) > 0.6


def test_the_run_is_made_again_to_the_last_bit(found, kind, folder, monkeypatch):
    monkeypatch.chdir(folder)
    again = automl_magic.rerun(found.name, mixed(target=TARGETS[kind]), space=space_of(kind), workers=0)
    assert again.is_same and -1 in set(again.table()["trial"])


def test_a_run_that_goes_on_makes_another(found, kind, folder, monkeypatch):
    monkeypatch.chdir(folder)
    longer = automl_magic.resume(found.name, mixed(target=TARGETS[kind]), space=space_of(kind), trials=12, workers=0)
    rows = {id: trial.state for id, trial in longer.history.trials.items() if id < 0}
    assert rows[-1] == "pruned" and set(rows) == {-1, -2}
    assert sum(longer.history.counts().values()) == 12
    record = automl_magic.read_record(longer.save("longer.jsonl"))
    assert record.history.best().id == -2 and record.leaderboard().equals(longer.leaderboard())
    again = automl_magic.rerun(found.name, mixed(target=TARGETS[kind]), space=space_of(kind), workers=0)
    assert again.is_same and {id for id in again.table()["trial"] if id < 0} == {-1}


def test_its_record_is_read_and_shown_again(found, tmp_path):
    record = automl_magic.read_record(found.save(tmp_path / "mixed.jsonl"))
    assert record.history.best().id == -1 and record.leaderboard().equals(found.leaderboard())
    assert record.plot().axes


def test_it_is_no_trial_of_the_search_where_saved_runs_are_compared(found, single, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found.save("mixed.jsonl")
    single.save("alone.jsonl")
    laid = automl_magic.race(files=["mixed.jsonl", "alone.jsonl"])
    table = laid.table().set_index("searcher")
    assert table.loc["mixed", ["score", "model"]].equals(table.loc["alone", ["score", "model"]])
    assert table.loc["mixed", "score"] > found.score.naive  # lower is better for both metrics
    assert "1 run ended with an ensemble that is better" in "\n".join(laid.summary())
    assert laid.plot().axes


def test_the_estimator_returns_it_unless_it_is_told_not_to(kind):
    frame, target, parts = mixed(target=TARGETS[kind]), TARGETS[kind], {"trials": 8, "workers": 0, "calibrate": False}
    make = AutoMLRegressor if kind == "regression" else AutoMLClassifier
    model = make(space=space_of(kind), metric=None if kind == "regression" else "logloss", **parts)
    assert model.get_params()["ensemble"] is True
    model.fit(frame[INPUTS], frame[target])
    assert isinstance(model.best_[-1], EnsembleRegressor | EnsembleClassifier)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict(frame[INPUTS]), model.predict(frame[INPUTS]))
    alone = clone(model).set_params(ensemble=False, trials=4).fit(frame[INPUTS], frame[target])
    assert alone.run_.plan.ensemble is False and min(alone.run_.history.trials) >= 0


def test_levels_that_training_never_saw_are_counted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = mixed().assign(colour=np.resize(["red", "blue"], 1000))
    result = automl_magic.fit(frame, target="value", models=["linear", "knn", "mlp"], trials=6, workers=0, cv=3)
    monkeypatch.setattr("automl_magic.ensembling.BEYOND", -1e6)
    mean = automl_magic.fit(frame, target="value", models=["linear", "knn"], trials=6, workers=0, cv=3)
    assert isinstance(mean.best[-1], EnsembleRegressor)
    new = frame.head(10).assign(colour="green")
    assert mean.unseen(new) == result.unseen(new) == {"colour": 10}


def test_options_with_odd_keys_have_names_in_its_script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    odd = Choice(**{"my model": space_of("regression").options[0], "<near>": space_of("regression").options[1]})
    frame = mixed()
    result = automl_magic.fit(frame, target="value", space=odd, trials=8, workers=0)
    assert isinstance(result.best[-1], EnsembleRegressor)
    space = {"df": frame, "__name__": "made"}
    exec(result.code(), space)
    assert np.array_equal(result.best.predict(frame[INPUTS]), space["best"].predict(frame[INPUTS]))


def test_members_that_make_no_folds_are_fitted_without_groups():
    frame = mixed()
    mean = EnsembleRegressor([("one", Ridge()), ("two", KNeighborsRegressor())], [1.0, 2.0])
    fitted = mean.fit(frame[INPUTS], frame["value"], groups=np.arange(1000) % 5)
    assert fitted.score(frame[INPUTS], frame["value"]) > 0.5


def test_one_that_is_not_better_beyond_noise_is_a_row_that_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("automl_magic.ensembling.BEYOND", 1e6)
    result = search()
    row, best = result.history.trials[-1], result.history.best()
    assert (row.state, row.reason) == ("pruned", f"not better than trial {best.id} beyond noise")
    assert best.id >= 0 and "ensemble" not in result.summary()[1].lower()
    assert row.score > best.score


def test_where_no_mean_is_better_there_is_no_row(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = mixed()
    frame["value"] = 2 * frame["a"] - frame["b"]
    assert min(search(frame=frame).history.trials) >= 0


def test_a_single_trial_makes_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert min(search(trials=1).history.trials) >= 0
