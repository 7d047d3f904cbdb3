"""Weights of rows: in each fit and each score, in the record, in the script, again and in an estimator."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error
from sklearn.model_selection import PredefinedSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import automl_magic
from automl_magic import AutoMLClassifier, AutoMLRegressor
from automl_magic.engine.resuming import ResumeError
from automl_magic.errors import DataError, OptionError
from automl_magic.members import files_of
from automl_magic.plan import Plan
from automl_magic.problem import read_problem
from automl_magic.tabular.artefacts import read_predictions
from automl_magic.tabular.weighted_fits import weights_for
from tests.mixed_table import mixed, search
from tests.test_code import run_alone

QUICK = {"trials": 4, "workers": 0, "models": ["linear", "knn"], "cv": 3, "ensemble": False}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def table(kind="classification", rows=90, seed=0):
    """Return a table whose rows have weights, and in whose halves one column means the opposite."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.normal(size=rows)})
    frame["town"] = rng.choice(["Ulm", "Bonn", "Kiel"], rows)
    frame["w"] = np.where(np.arange(rows) % 2 == 0, 3.0, 0.5)
    value = np.where(frame["w"] > 1, 1.0, -1.0) * frame["a"] + 0.5 * frame["b"] + 0.5 * rng.normal(size=rows)
    return frame.assign(y=value if kind == "regression" else np.where(value > 0, "yes", "no"))


def scored(run, trial):
    """Return rows, folds and predictions of a trial, entry by entry."""
    return read_predictions(run.folder, files_of(trial, "prediction"))


def problem_of(frame, target="y", **options):
    return read_problem(Plan.create(target=target, sample_weight="w", cv=3, **options), frame)


@pytest.mark.parametrize(
    ("metric", "kind"), [("auc", "classification"), ("logloss", "classification"), ("rmse", "regression")]
)
def test_the_score_is_that_of_scikit_learn_with_weights(metric, kind):
    frame = table(kind)
    run = automl_magic.fit(frame, "y", sample_weight="w", metric=metric, **QUICK)
    rows, folds = problem_of(frame).splits.entries()
    y, weights = frame["y"].to_numpy()[rows], frame["w"].to_numpy()[rows]
    theirs = {
        "auc": lambda y, told, weights: roc_auc_score(y, told[:, 1], sample_weight=weights),
        "logloss": lambda y, told, weights: -log_loss(y, told, labels=["no", "yes"], sample_weight=weights),
        "rmse": lambda y, told, weights: -root_mean_squared_error(y, told, sample_weight=weights),
    }[metric]
    done = [trial for trial in run.history.trials.values() if trial.state == "done"]
    assert len(done) >= 3
    for trial in done:
        told = scored(run, trial)
        each = [theirs(y[folds == fold], told[folds == fold], weights[folds == fold]) for fold in range(3)]
        assert [trial.scores[fold].score for fold in range(3)] == pytest.approx(each, abs=1e-9)
        assert trial.score == pytest.approx(np.mean(each), abs=1e-9)
    assert "w" not in run.best.feature_names_in_ and run.plan.sample_weight == "w"


def test_each_fold_is_fitted_as_scikit_learn_does_with_weights():
    frame = table("regression").drop(columns="town")
    once = {**QUICK, "models": None, "trials": 1}
    run = automl_magic.fit(frame, "y", sample_weight="w", space=Ridge(alpha=2.0), **once)
    X, y, weights = frame[["a", "b"]], frame["y"].to_numpy(), frame["w"].to_numpy()
    problem = problem_of(frame)
    trial = next(trial for trial in run.history.trials.values() if trial.state == "done" and not trial.hidden)
    told = scored(run, trial)
    _, folds = problem.splits.entries()
    for fold, (train, test) in enumerate(problem.splits.pairs):
        own = Ridge(alpha=2.0).fit(X.iloc[train], y[train], sample_weight=weights[train])
        assert np.allclose(told[folds == fold], own.predict(X.iloc[test]), atol=1e-12)
        plain = Ridge(alpha=2.0).fit(X.iloc[train], y[train])
        assert not np.allclose(own.predict(X.iloc[test]), plain.predict(X.iloc[test]), atol=1e-3)


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_weights_of_one_change_nothing(kind):
    frame = table(kind)
    plain = automl_magic.fit(frame.drop(columns="w"), "y", **{**QUICK, "ensemble": True})
    ones = automl_magic.fit(frame.assign(w=1), "y", sample_weight="w", **{**QUICK, "ensemble": True})
    assert [trial.config for trial in ones.history.trials.values()] == [t.config for t in plain.history.trials.values()]
    assert [trial.score for trial in ones.history.trials.values()] == [t.score for t in plain.history.trials.values()]
    assert ones.score == plain.score
    assert np.array_equal(ones.best.predict(frame), plain.best.predict(frame))


def test_it_says_by_what_rows_are_weighted_and_which_family_takes_none():
    run = automl_magic.fit(table(), "y", sample_weight="w", **QUICK)
    told = [note.text for note in run.history.notes]
    assert 'Rows are weighted by "w", in each fit and each score.' in told
    assert sum("knn takes no weights of rows: it is fitted without and scored with them." in one for one in told) == 1
    assert any('Rows are weighted by "w"' in sentence for sentence in run.said)
    plain = automl_magic.fit(table(), "y", **QUICK)
    assert not any("weight" in note.text for note in plain.history.notes)


def test_values_given_apart_do_as_a_column_does():
    frame = table()
    column = automl_magic.fit(frame, "y", sample_weight="w", **QUICK)
    rest, weights = frame.drop(columns="w"), frame["w"]
    for given in (weights, weights.to_numpy(), weights.tolist()):
        apart = automl_magic.fit(rest, "y", sample_weight=given, **QUICK)
        assert apart.score == column.score and apart.plan.sample_weight is None
    assert any("Rows are weighted by the sample_weight given" in sentence for sentence in apart.said)
    assert (apart.history.about["weights"], column.history.about["weights"]) == ("array", "column")


def test_rows_of_weight_zero_are_as_if_they_were_not_there():
    frame = table()
    frame.loc[[3, 10, 11], "w"] = 0.0
    run = automl_magic.fit(frame, "y", sample_weight="w", **QUICK)
    without = automl_magic.fit(frame.drop(index=[3, 10, 11]), "y", sample_weight="w", **QUICK)
    assert run.score == without.score and np.array_equal(run.best.predict(frame), without.best.predict(frame))
    assert any("3 of 90 rows have the weight 0" in text for text in run.warnings)


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ([np.nan, np.nan, *[1.0] * 88], 'column "w": 2 of 90 weights are missing'),
        ([-1.0, *[1.0] * 89], 'column "w": 1 of 90 weights are negative'),
        ([np.inf, *[1.0] * 89], 'column "w": 1 of 90 weights are infinite'),
        ([0.0] * 90, 'column "w": all weights are zero'),
        (["heavy", *["1.5"] * 89], 'column "w" must hold numbers. 1 of 90 values are none'),
        (pd.date_range("2020", periods=90), 'column "w" must hold numbers. Got datetime64'),
    ],
)
def test_what_is_no_weight_is_refused(weights, says):
    with pytest.raises(DataError, match=says.replace("(", r"\(")):
        automl_magic.fit(table().assign(w=weights), "y", sample_weight="w", **QUICK)


def test_a_column_or_values_that_do_not_fit_are_refused():
    frame = table()
    with pytest.raises(DataError, match=r'sample_weight: no column named "v" in the table'):
        automl_magic.fit(frame, "y", sample_weight="v", **QUICK)
    with pytest.raises(DataError, match='"y" is the target'):
        automl_magic.fit(frame, "y", sample_weight="y", **QUICK)
    with pytest.raises(DataError, match="sample_weight must have one value for each row. Got 5 values and 90 rows"):
        automl_magic.fit(frame, "y", sample_weight=np.ones(5), **QUICK)
    with pytest.raises(DataError, match="sample_weight and the table have the same index in different orders"):
        automl_magic.fit(frame, "y", sample_weight=frame["w"][::-1], **QUICK)
    with pytest.raises(OptionError, match="sample_weight must be the name of a column. Got float"):
        Plan.create(target="y", sample_weight=1.5)


def test_rows_without_a_target_need_no_weight():
    frame = table()
    frame.loc[[4, 5], "y"] = None
    frame.loc[4, "w"] = np.nan
    run = automl_magic.fit(frame, "y", sample_weight="w", **QUICK)
    assert run.score == automl_magic.fit(frame.drop(index=[4, 5]), "y", sample_weight="w", **QUICK).score


def test_the_mean_weight_is_told_where_it_is_far_from_one():
    told = problem_of(table().assign(w=lambda frame: 1000 * frame["w"])).warnings
    assert any("The mean weight is 1.75e+03" in one and "divide the weights by their mean" in one for one in told)
    assert not any("mean weight" in one for one in problem_of(table()).warnings)


def test_rows_kept_apart_are_scored_with_their_weights():
    frame, apart = table(), table(seed=1)
    run = automl_magic.fit(frame, "y", sample_weight="w", test=apart, **QUICK)
    chances = run.best.predict_proba(apart)[:, 1]
    assert run.test_score == pytest.approx(roc_auc_score(apart["y"], chances, sample_weight=apart["w"]))
    rest = apart.drop(columns="w")
    with pytest.raises(DataError, match='no column named "w"'):
        automl_magic.fit(frame, "y", sample_weight="w", test=rest, **QUICK)
    run = automl_magic.fit(frame.drop(columns="w"), "y", sample_weight=frame["w"], test=rest, **QUICK)
    assert run.test_score == pytest.approx(roc_auc_score(apart["y"], run.best.predict_proba(rest)[:, 1]))
    assert any("rows kept apart, which have no weights" in sentence for sentence in run.said)
    share = automl_magic.fit(frame, "y", sample_weight="w", test=0.3, **QUICK)
    problem = problem_of(frame, test=0.3)
    expected = roc_auc_score(
        problem.apart.y, share.best.predict_proba(problem.apart.X)[:, 1], sample_weight=problem.apart.weights
    )
    assert share.test_score == pytest.approx(expected) and set(problem.apart.weights) == {3.0, 0.5}


def test_columns_are_worth_what_they_are_on_the_rows_that_count():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(400, 2)), columns=["a", "b"])
    first = np.arange(400) % 2 == 0
    frame["y"] = np.where(first, frame["a"], frame["b"]) + 0.1 * rng.normal(size=400)
    frame["w"] = np.where(first, 1.0, 1e-3)
    run = automl_magic.fit(frame, "y", sample_weight="w", trials=1, models=["linear"], workers=0, ensemble=False)
    for found in (run.column_importance(), run.column_importance(frame)):
        worth = found.set_index("column")["importance"]
        assert worth["a"] > 0.5 and abs(worth["b"]) < 0.05


def test_the_ensemble_and_its_row_are_scored_with_weights():
    frame = mixed(600).assign(w=np.exp(np.random.default_rng(0).normal(size=600)))
    run = search(frame=frame, sample_weight="w", cv=3)
    assert len(run.best[-1].members) > 1
    trial = next(trial for trial in run.history.trials.values() if trial.id < 0)
    rows, folds = problem_of(frame, "value").splits.entries()
    told, y, weights = scored(run, trial), frame["value"].to_numpy()[rows], frame["w"].to_numpy()[rows]
    each = [
        root_mean_squared_error(y[folds == k], told[folds == k], sample_weight=weights[folds == k]) for k in range(3)
    ]
    assert -trial.score == pytest.approx(np.mean(each))


def test_a_baseline_learns_with_weights():
    frame = table("regression").drop(columns="town")
    own = make_pipeline(StandardScaler(), Ridge())
    run = automl_magic.fit(frame, "y", sample_weight="w", baseline=own, **QUICK)
    X, y, weights = frame[["a", "b"]], frame["y"].to_numpy(), frame["w"].to_numpy()
    problem = problem_of(frame)
    each = []
    for train, test in problem.splits.pairs:
        own.fit(X.iloc[train], y[train], **weights_for(own, weights[train]))
        assert np.allclose(own[0].mean_, np.average(X.iloc[train], axis=0, weights=weights[train]))
        each.append(root_mean_squared_error(y[test], own.predict(X.iloc[test]), sample_weight=weights[test]))
    assert run.baseline == pytest.approx(np.mean(each))


def test_the_script_fits_with_the_weights(tmp_path):
    frame, rest = table(), table().drop(columns="w")
    frame.loc[[3, 10], "w"] = 0.0
    frame.loc[4, ["y", "w"]] = None, np.nan
    frame["team"], frame["when"] = np.arange(90) // 3, np.arange(90)[::-1]
    weights = table()["w"].rename("sample_weight")
    one = {**QUICK, "models": ["linear"], "trials": 2}
    cases = {
        "vote": (automl_magic.fit(frame, "y", sample_weight="w", **one), frame),
        "single": (automl_magic.fit(frame, "y", sample_weight="w", **{**one, "cv": "holdout"}), frame),
        "group": (automl_magic.fit(frame, "y", sample_weight="w", group="team", test=0.2, **one), frame),
        "order": (automl_magic.fit(frame, "y", sample_weight="w", order="when", test=0.2, **one), frame),
        "apart": (automl_magic.fit(rest, "y", sample_weight=weights, **one), rest.assign(sample_weight=weights)),
        "knn": (automl_magic.fit(frame, "y", sample_weight="w", **{**one, "models": ["knn"]}), frame),
        "boosted": (automl_magic.fit(frame, "y", sample_weight="w", **{**one, "models": ["xgboost"]}), frame),
    }
    both = mixed(600).assign(w=np.exp(np.random.default_rng(0).normal(size=600)))
    cases["ensemble"] = (search(frame=both, sample_weight="w", cv=3), both)
    assert len(cases["ensemble"][0].best[-1].members) > 1
    assert "model__sample_weight=row_weights[train]" in cases["single"][0].code()
    run_alone(tmp_path, {name: (run, given, given.head(30)) for name, (run, given) in cases.items()})


def test_the_script_of_an_own_pipeline_weights_each_step_that_takes_weights(tmp_path):
    frame = table("regression").drop(columns="town")
    own = Pipeline([("to scale", StandardScaler()), ("model", Ridge(alpha=3.0))])
    once = {**QUICK, "models": None, "trials": 1, "cv": "holdout"}
    run = automl_magic.fit(frame, "y", sample_weight="w", space=own, **once)
    assert '"to scale__sample_weight": row_weights[train]' in run.code()
    run_alone(tmp_path, {"own": (run, frame, frame[["a", "b"]])})
    path = tmp_path / "weighted.csv"
    frame.to_csv(path, index=False)
    run = automl_magic.fit(path, "y", sample_weight="w", space=own, **once)
    run_alone(tmp_path, {"file": (run, None, frame[["a", "b"]])})


def broken_off(name, line):
    """Cut the record of a run behind a line, as a crash would leave it."""
    journal = Path(".automl") / name / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:line]))


@pytest.mark.parametrize("is_column", [True, False])
def test_a_run_is_taken_up_and_made_again_with_the_same_weights(is_column):
    frame = table()
    rest, weights = (frame, "w") if is_column else (frame.drop(columns="w"), frame["w"].to_numpy())
    apart = {} if is_column else {"sample_weight": weights}
    first = automl_magic.fit(rest, "y", sample_weight=weights, name="heavy", **QUICK)
    assert automl_magic.rerun("heavy", rest, **apart, workers=0).is_same
    broken_off("heavy", 12)
    again = automl_magic.resume("heavy", rest, **apart, workers=0)
    assert [t.score for t in again.history.trials.values()] == [t.score for t in first.history.trials.values()]
    assert again.score == first.score and np.array_equal(again.best.predict(rest), first.best.predict(rest))
    other = frame.assign(w=frame["w"] + 1.0)
    with pytest.raises(ResumeError, match="the weights of the rows differ"):
        automl_magic.resume(
            "heavy", other if is_column else rest, **({} if is_column else {"sample_weight": other["w"]})
        )
    if not is_column:
        with pytest.raises(ResumeError, match="it had weights of its rows and now has none"):
            automl_magic.resume("heavy", rest)
        assert first.column_importance(rest, sample_weight=weights).shape[0] >= 3
    told = json.dumps([first.history.plan, first.history.about])
    assert ('"sample_weight": "w"' in told) == is_column and str(frame["w"].sum()) not in told


def test_workers_fit_with_the_weights_too():
    frame = table()
    alone = automl_magic.fit(frame, "y", sample_weight="w", **QUICK)
    spread = automl_magic.fit(frame, "y", sample_weight="w", **{**QUICK, "workers": 2})
    assert spread.score == alone.score


def test_a_race_is_run_with_weights():
    frame, plan = table(), {"trials": 2, "repeats": 1, "workers": 0, "models": ["linear"], "cv": 3}
    column = automl_magic.race(frame, "y", search=("random", "sobol"), sample_weight="w", **plan)
    apart = automl_magic.race(
        frame.drop(columns="w"), "y", search=("random", "sobol"), sample_weight=frame["w"], **plan
    )
    plain = automl_magic.race(frame.drop(columns="w"), "y", search=("random", "sobol"), **plan)
    best = [[run.history.best().score for run in one.runs["random"]] for one in (column, apart, plain)]
    assert best[0] == best[1] != best[2]


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_the_estimators_take_weights(kind):
    frame = table(kind)
    model = AutoMLClassifier(**QUICK) if kind == "classification" else AutoMLRegressor(**QUICK)
    run = automl_magic.fit(frame, "y", sample_weight="w", **QUICK)
    X = frame.drop(columns=["w", "y"])
    model.fit(X, frame["y"], sample_weight=frame["w"])
    assert model.run_.score == run.score and np.array_equal(model.predict(X), run.best.predict(X))


def test_folds_of_ones_own_that_were_made_for_more_rows_are_refused():
    frame = table()
    frame.loc[3, "w"] = 0.0
    folds = PredefinedSplit(np.arange(90) % 3)
    with pytest.raises(DataError, match="PredefinedSplit was made for more rows than there are. Got 89"):
        automl_magic.fit(frame, "y", sample_weight="w", **{**QUICK, "cv": folds})
    assert automl_magic.fit(table(), "y", sample_weight="w", **{**QUICK, "cv": folds}).score


def test_a_baseline_that_takes_none_is_named():
    run = automl_magic.fit(table(), "y", sample_weight="w", baseline=KNeighborsClassifier(), **QUICK)
    assert "knn, the baseline take no weights of rows" in "\n".join(note.text for note in run.history.notes)


def test_a_name_that_is_not_that_of_the_run_is_refused():
    frame = table().assign(other=1.0)
    automl_magic.fit(frame, "y", sample_weight="w", name="named", **QUICK)
    for call in (automl_magic.resume, automl_magic.rerun):
        with pytest.raises(OptionError, match='begun with "w" as the column of the weights. Got "other"'):
            call("named", frame, sample_weight="other", workers=0)
    assert automl_magic.rerun("named", frame, sample_weight="w", workers=0).is_same
