"""Predictions that only rise or only fall along a column: of each family, of the ensemble, of the script."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

import automl_magic
from automl_magic.errors import AutoMLError, OptionError
from automl_magic.plan import Plan
from automl_magic.tabular import boosters, models
from automl_magic.tabular.constraining import MONOTONE, with_class_weight, with_monotone
from automl_magic.tabular.stopping import with_rounds
from automl_magic.tabular.task import read_table

WAYS = {"age": 1, "price": -1}
THERE = [key for key in MONOTONE if key not in boosters.missing()]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def wavy(rows=240, seed=0, kind="regression"):
    """Return a table whose target goes up and down along two columns, beside a word, a date and a gap."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"town": rng.choice(["Rome", "Bonn", "Oslo"], rows), "age": rng.uniform(0, 10, rows)})
    frame["when"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D")
    frame["price"] = rng.uniform(0, 10, rows)
    frame["other"] = np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows))
    value = 0.3 * frame["age"] + np.sin(2 * frame["age"]) - np.cos(2 * frame["price"]) + (frame["town"] == "Rome")
    value += 0.3 * rng.normal(size=rows)
    return frame.assign(y=value if kind == "regression" else np.where(value > 2, "yes", "no"))


def steps(model, frame, column, places=40):
    """Return the steps of the predictions of some rows along a column, shape (n_rows, places - 1)."""
    rows = frame.drop(columns="y").head(25)
    grid = np.linspace(frame[column].min() - 1, frame[column].max() + 1, places)
    moved = pd.concat([rows.assign(**{column: value}) for value in grid], ignore_index=True)
    ask = (lambda X: model.predict_proba(X)[:, 1]) if hasattr(model, "predict_proba") else model.predict
    return np.diff(np.asarray(ask(moved)).reshape(places, len(rows)), axis=0).T


def goes_as_told(model, frame):
    return all((way * steps(model, frame, column) >= -1e-9).all() for column, way in WAYS.items())


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        *[("hist_gb", kind) for kind in ("regression", "binary")],
        *[("lightgbm", kind) for kind in ("regression", "binary")],
        *[("xgboost", "binary"), ("catboost", "binary"), ("catboost", "regression")],
        *[(key, kind) for key in ("forest", "extra_trees") for kind in ("regression", "binary")],
    ],
)
def test_each_family_keeps_directions_and_would_not_by_itself(key, kind):
    if key not in THERE:
        pytest.skip(f"{key} is not installed")
    frame = wavy(160, kind=kind)
    free = read_table(frame, "y")
    demanded = with_monotone(free, tuple(WAYS.items()))
    made = []
    for table in (free, demanded):
        space = models.zoo(table, [key])
        made.append(with_rounds(space.make(space.validate({"model": key})), 25).fit(table.X, table.y))
    assert not goes_as_told(made[0], frame) and goes_as_told(made[1], frame)
    assert (np.abs(steps(made[1], frame, "age")) > 1e-6).any()
    again = clone(pickle.loads(pickle.dumps(made[1]))).fit(demanded.X, demanded.y)
    assert goes_as_told(again, frame)


def test_what_a_run_returns_keeps_directions_and_so_do_its_members_and_its_script(monkeypatch):
    monkeypatch.setattr("automl_magic.ensembling.BEYOND", -1e6)
    frame = wavy(160)
    keys = ["hist_gb", *[key for key in THERE if key == "lightgbm"]]
    options = {"models": [*keys, "linear"], "trials": 4, "workers": 0, "cv": 2}
    run = automl_magic.fit(frame, "y", monotone=WAYS, **options)
    assert len(run.best["ensemble"].members_) > 1 and goes_as_told(run.best, frame)
    assert all(goes_as_told(member, frame) for member in run.best["ensemble"].members_)
    assert set(run.leaderboard()["model"]) - {"ensemble"} == set(keys)
    said = "\n".join(note.text for note in run.history.notes)
    assert 'As "age" grows, the prediction never falls.' in said and 'As "price" grows' in said
    assert "Left out, since they cannot keep monotone: linear." in said
    space = {"df": frame, "__name__": "made"}
    exec(run.code(), space)
    assert np.array_equal(space["best"].predict(frame), run.best.predict(frame)) and "automl_magic" not in run.code()


@pytest.mark.parametrize("kind", ["regression", "binary"])
def test_forests_keep_directions_in_the_vote_the_ensemble_and_the_script(kind, monkeypatch):
    monkeypatch.setattr("automl_magic.ensembling.BEYOND", -1e6)
    frame = wavy(160, kind=kind)
    frame.loc[::9, "age"] = np.nan
    options = {"models": ["forest", "extra_trees"], "trials": 4, "workers": 0, "cv": 2}
    run = automl_magic.fit(frame, "y", monotone=WAYS, **options)
    members = run.best["ensemble"].members_
    fitted = [pipeline for member in members for pipeline in member.pipelines_]
    assert len(members) > 1 and len(fitted) == 2 * len(members)
    assert all(goes_as_told(model, frame) for model in (run.best, *members, *fitted))
    assert any(key in type(model[-1]).__name__ for model in fitted for key in ("Forest", "ExtraTrees"))
    space = {"df": frame, "__name__": "made"}
    exec(run.code(), space)
    assert np.array_equal(space["best"].predict(frame), run.best.predict(frame)) and "automl_magic" not in run.code()


def test_a_fallback_for_lack_of_time_keeps_directions():
    table = with_monotone(read_table(wavy(), "y"), tuple(WAYS.items()))
    assert goes_as_told(models.baseline(table).fit(table.X, table.y), wavy())


@pytest.mark.parametrize(
    ("monotone", "says"),
    [
        ({"agee": 1}, 'no column named "agee" in the table. Did you mean "age"'),
        ({"town": 1}, '"town" must hold numbers. Got category'),
        ({"y": 1}, '"y" is the target'),
        ({"age": 2}, 'the direction of "age" must be 1 (up), -1 (down) or 0. Got 2'),
        ("age:up", "Got 'up' instead"),
        ("age", "must be names with a value each. Got 'age'"),
        ("age:1,age:-1", '"age" is given twice'),
        (7, "must be names with a value each. Got 7"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_says_why(monotone, says):
    with pytest.raises(AutoMLError) as caught:
        automl_magic.fit(wavy(60), "y", monotone=monotone, trials=1, workers=0)
    assert says in caught.value.message and caught.value.hint


def test_more_than_two_classes_and_models_of_ones_own_are_refused():
    frame = wavy(60)
    with pytest.raises(OptionError, match="Got 3 classes"):
        automl_magic.fit(frame.drop(columns="y"), "town", monotone={"age": 1}, trials=1, workers=0)
    with pytest.raises(OptionError, match="a model of your own"):
        automl_magic.fit(frame, "y", monotone={"age": 1}, space=HistGradientBoostingRegressor(), trials=1)
    with pytest.raises(OptionError, match="Left out, since they cannot keep monotone: linear, knn"):
        automl_magic.fit(frame, "y", monotone={"age": 1}, models=["linear", "knn"], trials=1)


def test_directions_are_part_of_the_plan_its_record_and_its_cell():
    from automl_magic.notebook.options import parse_line
    from automl_magic.notebook.recipe import line_of_plan

    plan = Plan.create(target="y", trials=3, monotone={"age": 1, "a, b": -1}, class_weight={"yes": 3, "no": 1.5})
    assert Plan.create(target="y", trials=3, monotone='age:+1,"a, b:-1"', class_weight="yes:3,no:1.5") == plan
    assert Plan.from_json(plan.to_json()) == plan and plan.to_json()["monotone"] == {"age": 1, "a, b": -1}
    request = parse_line(line_of_plan(plan.to_json(), {"data": "df"}), {})
    given = {name: request.options[name] for name in ("monotone", "class-weight")}
    again = Plan.create(target="y", trials=3, monotone=given["monotone"], class_weight=given["class-weight"])
    assert again == plan
    assert "monotone" not in line_of_plan(Plan.create(target="y", trials=3).to_json(), {"data": "df"})


def test_the_result_says_what_was_demanded_and_which_families_were_left_out_for_it():
    options = {"trials": 1, "workers": 0, "cv": 2, "models": ["hist_gb", "svm", "linear", "knn"], "exclude": ["knn"]}
    said = automl_magic.fit(wavy(), "y", monotone=WAYS, **options).summary()
    assert 'As "age" grows, the prediction never falls.' in said
    assert "Left out, since they cannot keep monotone: svm, linear." in said
    assert not any("Left out" in text for text in automl_magic.fit(wavy(), "y", **options).summary())


def test_a_rare_class_is_told_more_often_with_weights():
    frame = wavy(400, kind="binary")
    frame["y"] = np.where(frame.pop("age") + np.random.default_rng(0).normal(size=400) > 9.3, "yes", "no")
    table = read_table(frame, "y")
    weighted = models.families_for(table)
    assert {"hist_gb", "linear", "knn"} <= set(weighted)
    zoo = models.zoo(with_class_weight(table, "balanced"))
    assert {"mlp", "knn", "svm", "xgboost"}.isdisjoint(zoo["model"].options)
    mapped = models.zoo(with_class_weight(table, (("yes", 3.0),)))["model"].options
    assert set(zoo["model"].options) - set(mapped) <= {"catboost"}
    for key in [key for key in zoo["model"].options if key not in ("forest", "extra_trees")]:
        shares = []
        for weights in (None, "balanced", (("no", 1.0),), (("yes", 20.0),)):
            given = with_class_weight(table, weights)
            if weights and weights != "balanced" and key not in mapped:
                continue
            space = models.zoo(given, [key])
            model = with_rounds(space.make(space.validate({"model": key})), 20)
            model.set_params(**{name: 0 for name in model.get_params() if name.endswith("random_state")})
            shares.append(float(model.fit(table.X, table.y).predict_proba(table.X)[:, 1].mean()))
        assert shares[1] > shares[0] + 0.01, (key, shares)
        if key in mapped:
            assert shares[2] == pytest.approx(shares[0], abs=1e-6) and shares[3] > shares[0] + 0.01, (key, shares)


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ("balansed", 'Did you mean "balanced"'),
        ({"yess": 3}, 'no class "yess" in the target. Did you mean "yes"'),
        ({"yes": -1}, 'the weight of "yes" must be a number above 0. Got -1'),
        ({}, "must name a class"),
    ],
)
def test_weights_that_cannot_be_meant_are_refused(weights, says):
    with pytest.raises(AutoMLError) as caught:
        automl_magic.fit(wavy(60, kind="binary"), "y", class_weight=weights, trials=1, workers=0)
    assert says in str(caught.value)
    with pytest.raises(OptionError, match="needs classes to predict"):
        automl_magic.fit(wavy(60), "y", class_weight="balanced", trials=1, workers=0)


def test_weights_and_a_space_of_ones_own_exclude_each_other_and_edits_do_not():
    frame = wavy(60, kind="binary")
    with pytest.raises(OptionError, match="Got a space of your own"):
        automl_magic.fit(frame, "y", class_weight="balanced", space=HistGradientBoostingClassifier(), trials=1)
    options = {"trials": 1, "workers": 0, "cv": 2, "models": ["linear"], "baseline": DummyClassifier()}

    def fixed(space):
        space["linear.C"] = 0.5

    run = automl_magic.fit(frame, "y", class_weight={"yes": 3}, space=fixed, **options)
    model = run.best[-1].pipelines_[0][-1]
    assert model.class_weight == {"yes": 3.0, "no": 1.0} and model.C == 0.5
    told = [note.text for note in automl_magic.fit(frame, "y", class_weight="balanced", **options).history.notes]
    assert not any("Left out" in text for text in told)
