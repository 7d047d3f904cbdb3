"""The ensemble of a run: better than the best trial, or a row that says why not; fitted, exported, told, made again."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline

import automl_magic
from automl_magic import Choice, Float, Int
from automl_magic.engine.history import ENSEMBLE
from automl_magic.tabular.ensemble import EnsembleClassifier, EnsembleRegressor

TARGETS = {"regression": "value", "classification": "label"}
INPUTS = list("abcd")


def mixed(rows=1000, seed=0, target="value"):
    """Return a table whose value is a line of two columns and bends in two others; its target is the last column."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 4)), columns=INPUTS)
    value = 2 * frame["a"] - frame["b"] + 2 * (frame["c"].abs() + frame["d"].abs() - 1.5) + 0.3 * rng.normal(size=rows)
    return frame.assign(**{target: value if target == "value" else np.where(value > 0, "high", "low")})


def space_of(kind):
    if kind == "regression":
        line, near = Ridge(alpha=Float(0.01, 10, log=True)), KNeighborsRegressor(Int(15, 30))
    else:
        line, near = LogisticRegression(C=Float(0.01, 10, log=True)), KNeighborsClassifier(Int(15, 30))
    return Choice(line=make_pipeline(only("a", "b"), line), near=make_pipeline(only("c", "d"), near))


def only(*columns):
    return ColumnTransformer([("kept", "passthrough", list(columns))])


def search(kind="regression", frame=None, **options):
    frame = mixed(target=TARGETS[kind]) if frame is None else frame
    plan = {"trials": 8, "workers": 0, "metric": None if kind == "regression" else "logloss", **options}
    return automl_magic.fit(frame, target=TARGETS[kind], space=space_of(kind), **plan)


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


def test_it_is_the_best_and_better_than_any_trial_on_new_rows(found, kind):
    assert isinstance(found.best[-1], EnsembleRegressor if kind == "regression" else EnsembleClassifier)
    new = mixed(3000, seed=9, target=TARGETS[kind])
    single = search(kind, ensemble=False)
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
    row = found.leaderboard().loc[-1]
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


@pytest.mark.parametrize("options", [{"cv": "holdout"}, {"cv": 3, "order": "when"}])
def test_where_one_model_of_each_member_counts_the_script_still_predicts_the_same(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    frame = mixed().assign(when=np.arange(1000)) if "order" in options else mixed()
    result = search(frame=frame, **options)
    assert isinstance(result.best[-1], EnsembleRegressor)
    space = {"df": frame, "__name__": "made"}
    exec(result.code(), space)
    new = frame[list(result.best.feature_names_in_)]
    assert np.array_equal(result.best.predict(new), space["best"].predict(new))


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


def test_its_record_is_read_and_shown_again(found, tmp_path):
    file = found.save(tmp_path / "mixed.jsonl")
    record = automl_magic.read_record(file)
    assert record.history.best().id == -1
    assert record.leaderboard().loc[-1, "params"] == found.leaderboard().loc[-1, "params"]


def test_levels_that_training_never_saw_are_counted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = mixed().assign(colour=np.resize(["red", "blue"], 1000))
    result = automl_magic.fit(frame, target="value", models=["linear", "knn", "mlp"], trials=6, workers=0, cv=3)
    monkeypatch.setattr("automl_magic.ensembling.BEYOND", -1e6)
    mean = automl_magic.fit(frame, target="value", models=["linear", "knn"], trials=6, workers=0, cv=3)
    assert isinstance(mean.best[-1], EnsembleRegressor)
    new = frame.head(10).assign(colour="green")
    assert mean.unseen(new) == result.unseen(new) == {"colour": 10}


def test_the_cell_of_a_run_without_an_ensemble_says_so(tmp_path, monkeypatch):
    from automl_magic.notebook.options import parse_line

    monkeypatch.chdir(tmp_path)
    frame = mixed()
    result = automl_magic.fit(frame, target="value", models=["linear"], trials=2, workers=0, cv=3, ensemble=False)
    line = result.cell().splitlines()[0]
    request = parse_line(line.split(" ", 1)[1], {})
    assert request.options.get("no-ensemble") is True and "False" not in request.names


def test_options_with_odd_keys_have_names_in_its_script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    odd = Choice(**{"my model": space_of("regression").options[0], "<near>": space_of("regression").options[1]})
    frame = mixed()
    result = automl_magic.fit(frame, target="value", space=odd, trials=8, workers=0)
    assert isinstance(result.best[-1], EnsembleRegressor)
    space = {"df": frame, "__name__": "made"}
    exec(result.code(), space)
    assert np.array_equal(result.best.predict(frame[INPUTS]), space["best"].predict(frame[INPUTS]))


def test_an_error_while_it_is_made_is_told_and_costs_no_result(tmp_path, monkeypatch):
    def fail(*given, **more):
        raise MemoryError

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("automl_magic.ensembling.blend", fail)
    result = search()
    assert result.history.best().id >= 0
    assert any("MemoryError" in text for text in result.warnings)


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
