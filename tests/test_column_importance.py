"""What the columns of a run's result are worth: in the run, its record, the panel's row, and measured again."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

import automl_magic
from automl_magic import Choice, Float
from automl_magic.column_importance import KEPT, ColumnImportance, ColumnWorth, found_in, from_json, importance_of
from automl_magic.engine.events import Finding, RunResumed
from automl_magic.engine.history import History
from automl_magic.errors import AutoMLError, OptionError, RunError
from automl_magic.notebook.insight_rows import columns_rows
from automl_magic.notebook.rows import NOTHING, Seen, rows

OPTIONS = {"target": "y", "trials": 3, "workers": 0, "cv": 3}


def planted(rows=400, seed=0):
    """Return a table whose target hangs on "strong" and on twins, and on none of the rest."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 6)), columns=["strong", "twin", "n1", "n2", "gaps", "copy"])
    frame["copy"] = frame["twin"] + 0.1 * rng.normal(size=rows)
    frame.loc[rng.random(rows) < 0.3, "gaps"] = np.nan
    frame["word"] = rng.choice(["red", "green", "blue"], rows)
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 500, rows), unit="D")
    value = 2 * frame["strong"] + frame["twin"] + frame["copy"] + rng.normal(size=rows)
    return frame.assign(y=np.where(value > 0, "high", "low"))


def space():
    """Return two quick families that look at every column of numbers."""
    return Choice(line=LogisticRegression(C=Float(0.1, 10, log=True)), tree=DecisionTreeClassifier(max_depth=4))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("columns"))
        yield automl_magic.fit(planted(), space=space(), name="planted", **OPTIONS)


def test_the_columns_that_count_stand_first_and_the_others_intervals_hold_0(run):
    found = run.column_importance()
    leading = found[found.group.isna()].set_index("column")
    assert set(leading.index[:2]) == {"strong", "twin + copy"} and (leading.low[:2] > 0).all()
    assert ((leading.low[2:] <= 0) & (leading.high[2:] >= 0)).all() and len(leading) == 7
    inside = found[found.group == "twin + copy"].set_index("column")
    assert set(inside.index) == {"twin", "copy"} and (inside.importance < leading.importance["twin + copy"]).all()


def test_it_is_said_in_sentences_and_in_a_table_of_the_result(run):
    text = " ".join(run.said)
    assert "It uses these columns most (loss in ROC AUC when shuffled):" in text
    assert "twin and copy together (0." in text and "twin and copy stand for each other: together 0." in text
    assert "n1" not in text
    shown = run._repr_html_()
    assert "Which columns it needs" in shown and "twin and copy together" in shown and "n1" in shown


def test_the_record_holds_it_and_the_panel_gets_it_as_a_row(run, tmp_path):
    record = automl_magic.read_record(run.save(tmp_path / "saved.jsonl"))
    assert record.column_importance().equals(run.column_importance())
    row = next(row for row in rows(record.history) if row["kind"] == "columns")
    assert row == columns_rows(run.history)[0] and row["of"] == 8 and row["folds"] == 3
    json.dumps(row, allow_nan=False)
    assert not any(one["kind"] == "columns" for one in rows(record.history, Seen.of(record.history)))
    before = Seen.of(record.history)
    record.history.apply(RunResumed({}))
    assert found_in(record.history) is None and columns_rows(record.history) == []
    told = [row for row in rows(record.history, before) if row["kind"] == "columns"]
    assert told and told[0]["values"] == []
    assert not any(one["kind"] == "columns" for one in rows(record.history, NOTHING))


def test_it_is_measured_again_with_the_table_from_the_models_in_the_folder(run):
    again = run.column_importance(planted(), repeats=4, seed=1)
    by_name = again.set_index("column")
    assert {"strong", "twin + copy"} == set(again[again.group.isna()].column[:2])
    assert by_name.importance["strong"] == pytest.approx(
        run.column_importance().set_index("column").importance["strong"], abs=0.05
    )
    same = automl_magic.read_record(run.folder).column_importance(planted(), repeats=4, seed=1)
    assert same.equals(again)


def test_another_table_no_models_or_no_repeats_are_refused_in_words(run, tmp_path):
    with pytest.raises(OptionError, match="had 400 rows and now has 399"):
        run.column_importance(planted().head(399))
    with pytest.raises(OptionError, match="repeats must be"):
        run.column_importance(planted(), repeats=0)
    saved = automl_magic.read_record(run.save(tmp_path / "saved.jsonl"))
    with pytest.raises(OptionError, match="holds no fitted models"):
        saved.column_importance(planted())
    tuned = automl_magic.tune(lambda values: values["x"] ** 2, {"x": Float(-1, 1)}, trials=2, workers=0)
    with pytest.raises(OptionError, match="No column's worth"):
        tuned.column_importance()
    with pytest.raises(OptionError, match="searched no table"):
        tuned.column_importance(planted())


def test_an_ensemble_is_measured_by_all_its_members_on_rows_that_none_saw(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(600, 3)), columns=["left", "right", "noise"])
    value = frame["left"] + frame["right"] + 0.3 * rng.normal(size=600)
    one, other = (
        make_pipeline(make_column_transformer(("passthrough", [name])), Ridge(Float(0.1, 1)))
        for name in ("left", "right")
    )
    frame["y"] = value
    found = automl_magic.fit(frame, target="y", space=Choice(one=one, other=other), trials=4, workers=0, cv=3)
    assert len(found.best[-1].members_) > 1
    table = found.column_importance().set_index("column")
    assert (table.low[["left", "right"]] > 0.1).all() and table.importance["noise"] == 0.0
    again = found.column_importance(frame, repeats=2).set_index("column")
    assert (again.low[["left", "right"]] > 0.1).all()


@pytest.mark.parametrize(
    "options",
    [{"cv": "holdout"}, {"group": "who"}, {"order": "day"}, {"cv": 2, "test": 0.3}],
)
def test_any_way_of_splitting_will_do(options, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = planted(200).assign(who=np.arange(200) // 8)
    found = automl_magic.fit(frame, space=space(), **{**OPTIONS, "trials": 1, **options})
    leading = found.column_importance()
    assert leading.column[0] in ("strong", "twin + copy") and leading.importance[0] > 0.02
    assert found.column_importance(frame, repeats=2).column[0] in ("strong", "twin + copy")


def test_one_column_and_classes_that_folds_lack_will_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    size = rng.normal(size=200)
    kind = np.where(size > 0.5, "large", np.where(size > -0.5, "middle", "small")).astype(object)
    kind[:2] = "rare"
    found = automl_magic.fit(pd.DataFrame({"size": size, "y": kind}), space=space(), **OPTIONS)
    table = found.column_importance()
    assert list(table.column) == ["size"] and table.low[0] > 0


def test_where_no_time_is_left_that_is_said_and_models_that_are_gone_are_an_error_in_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("automl_magic.measuring_columns.NEEDED", 1e9)
    found = automl_magic.fit(planted(90), space=space(), **{**OPTIONS, "trials": 1, "time": "60s"})
    assert any("No time was left to see which columns it uses" in text for text in found.said)
    assert found.history.finding("columns") is None and "Which columns" not in found._repr_html_()
    for file in found.folder.rglob("*-model.pkl"):
        file.unlink()
    with pytest.raises(RunError, match="cannot be read"):
        found.column_importance(planted(90))


class Touchy(RegressorMixin, BaseEstimator):
    """Refuse more rows than a fold has."""

    def fit(self, X, y):
        self.mean_ = float(np.mean(y))
        return self

    def predict(self, X):
        if len(X) > 40:
            raise RuntimeError("too many rows")
        return np.full(len(X), self.mean_)


def test_a_model_that_refuses_shuffled_rows_does_not_cost_the_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = planted(90)[["strong", "n1"]].assign(y=np.arange(90.0))
    found = automl_magic.fit(frame, space=Touchy(), **{**OPTIONS, "trials": 1}, ensemble=False)
    assert "Which columns it uses could not be measured: RuntimeError." in found.said
    with pytest.raises(OptionError, match="No column's worth"):
        found.column_importance()


def test_sentences_name_the_dearest_and_say_where_none_stands_out():
    one = ColumnWorth(("a",), 0.5, 0.1, 0.3, 0.7)
    noise = ColumnWorth(("b",), 0.01, 0.1, -0.2, 0.2)
    both = ColumnWorth(("c", "d"), 0.9, 0.1, 0.7, 1.1)
    inner = [ColumnWorth((name,), loss, 0.1, -0.1, 0.3) for name, loss in (("c", 0.1), ("d", 0.2))]
    found = importance_of([one, noise, *inner], [both], folds=3, repeats=2, rows=99)
    assert [worth.name for worth in found.worths] == ["c + d", "d", "c", "a", "b"] and found.of == 4
    assert found.told("RMSE") == [
        "It uses these columns most (loss in RMSE when shuffled): c and d together (0.9), a (0.5).",
        "c and d stand for each other: together 0.9, alone d 0.2, c 0.1.",
    ]
    assert "No column stands out" in importance_of([noise], [], folds=1, repeats=1, rows=9).told("RMSE")[0]
    unknown = ColumnWorth(("e",), 0.2, np.nan, np.nan, np.nan)
    assert (
        from_json(json.loads(json.dumps(importance_of([unknown], [], folds=1, repeats=1, rows=9).to_json())))
        .worths[0]
        .stands_out
    )
    many = ColumnImportance((one,) * (KEPT + 5), 1, 1, 9, KEPT + 5)
    assert len(many.to_json()["values"]) == KEPT and from_json(many.to_json()).of == KEPT + 5


@pytest.mark.parametrize(
    "change",
    [
        {"values": [{"columns": [1], "loss": 1.0, "error": None, "low": None, "high": None, "inside": False}]},
        {"values": [{"columns": ["a"], "loss": "1", "error": None, "low": None, "high": None, "inside": False}]},
        {"values": [{"columns": ["a"], "loss": 1.0, "error": None, "low": None, "high": None, "inside": True}]},
        {"values": 3},
        {"folds": -1},
        {"rows": "many"},
    ],
)
def test_a_record_that_somebody_changed_is_refused_and_a_panel_is_not_shown_it(run, change, tmp_path):
    value = {**run.history.finding("columns"), **change}
    history = History()
    history.apply(Finding("columns", value))
    assert found_in(history) is None and columns_rows(history) == []
    file = tmp_path / "changed.jsonl"
    lines = run.save(file).read_text().splitlines()
    at = next(place for place, line in enumerate(lines) if '"Finding"' in line)
    lines[at] = json.dumps({**json.loads(lines[at]), "value": value})
    file.write_text("\n".join(lines))
    with pytest.raises(AutoMLError, match="cannot be shown|can be shown"):
        automl_magic.read_record(file)


def test_the_picture_shows_the_first_ones_with_their_intervals(run):
    figure = run.plot("column_importance")
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names[0] in ("strong", "twin and copy together") and "copy alone" in names
    assert len(figure.axes[0].patches) == len(names) and "ROC AUC" in figure.axes[0].get_xlabel()
