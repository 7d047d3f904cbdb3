"""`run.code()` alone in a fresh process predicts what `best` predicts, for every family and way of asking."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from threadpoolctl import threadpool_limits

import automl_magic
from automl_magic import Float
from tests.installed import FAMILIES
from tests.messy_people import fresh, people
from tests.test_best import FEATURES, answers

QUICK: dict[str, Any] = {"models": ["linear"], "trials": 2, "workers": 0, "cv": 2}
RUNNER = """
import pickle, sys, traceback, warnings
warnings.simplefilter("ignore")
for name in pickle.load(open("cases.pkl", "rb")):
    space = pickle.load(open(name + ".given", "rb"))
    rows = space.pop("rows")
    try:
        exec(compile(open(name + ".py", encoding="utf-8").read(), name + ".py", "exec"), space)
        best = space["best"]
        told = best.predict_proba(rows) if hasattr(best, "predict_proba") else best.predict(rows)
    except Exception:
        told = traceback.format_exc()
    pickle.dump(told, open(name + ".told", "wb"))
assert not any(name.split(".")[0] in ("automl_magic", "hyperopt") for name in sys.modules)
"""


def run_alone(folder: Path, cases: dict[str, tuple[Any, pd.DataFrame | None, pd.DataFrame]]) -> None:
    """Run the scripts of these results, one after the other, in one process without us, and compare."""
    for name, (result, table, rows) in cases.items():
        code = result.code()
        assert "automl_magic" not in code
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
        given = {"rows": rows, "__name__": "alone"} | ({} if table is None else {"df": table})
        (folder / f"{name}.given").write_bytes(pickle.dumps(given))
    (folder / "cases.pkl").write_bytes(pickle.dumps(list(cases)))
    # with as many threads as there are processors: a person who runs the script has set nothing
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-I", "-c", RUNNER]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, env=free)
    assert done.returncode == 0, done.stderr
    differing = {}
    for name, (result, _, rows) in cases.items():
        told, expected = pickle.loads((folder / f"{name}.told").read_bytes()), answers(result.best, rows)
        if isinstance(told, str) or not np.array_equal(np.asarray(told), expected):
            differing[name] = told if isinstance(told, str) else float(np.abs(told - expected).max())
    assert not differing, "\n".join(f"{name}: {why}" for name, why in differing.items())


@pytest.mark.parametrize(
    "target", ["left", *(pytest.param(name, marks=pytest.mark.further) for name in ("grade", "worth"))]
)
@pytest.mark.further
def test_every_family_on_a_messy_table(tmp_path: Path, target: str) -> None:
    table = people(110)[[*FEATURES, target]]
    trials = 2 if target == "left" else 1
    cases: dict[str, Any] = {}
    for family in FAMILIES:
        result = automl_magic.fit(table, target, models=[family], trials=trials, workers=0, cv=2, ensemble=False)
        cases[family] = (result, table, fresh())
        assert result.history.best().config["model"] == family
    run_alone(tmp_path, cases)


@pytest.mark.further
def test_boosters_on_texts_whose_fits_are_long_enough_for_several_threads(tmp_path: Path) -> None:
    table = automl_magic.load_data("titanic")
    rows, cases = table.drop(columns="survived"), {}
    options: dict[str, Any] = {"seed": 4, "workers": 0, "ensemble": False}
    for family, trials, cv in [("hist_gb", 3, 5), ("catboost", 2, 3), ("hist_gb", 3, "holdout")]:
        if family not in FAMILIES:
            continue
        result = automl_magic.fit(table, "survived", models=[family], trials=trials, cv=cv, **options)
        assert any(score.rounds for score in result.history.best().scores.values())
        if cv != "holdout":  # the one model of which learnt from a part of the rows
            with threadpool_limits(2):
                again = clone(result.best).fit(rows, table["survived"])
            assert np.array_equal(answers(again, rows), answers(result.best, rows)), family
        cases[f"{family} {cv}"] = (result, table, rows)
    run_alone(tmp_path, cases)


@pytest.mark.further
def test_every_way_of_asking(tmp_path: Path) -> None:
    table = people()
    team = table[[*FEATURES, "left"]].assign(team=np.repeat(np.arange(30), 5))
    when = table[[*FEATURES, "worth"]].assign(when=np.random.default_rng(3).permutation(len(table)))
    gaps = table[[*FEATURES, "left"]].copy()
    gaps.loc[::7, "left"] = None
    holes = table[[*FEATURES, "worth"]].copy()
    holes.loc[::9, "worth"] = [np.nan, np.inf] * 8 + [np.nan]
    numbers = table[["age", "line\nbreak"]].assign(**{"a \"b\" 'c'\nd": table["grade"]})
    rare = table[[*FEATURES, "grade"]].copy()
    rare.loc[0, "grade"] = "alone"
    asked: dict[str, tuple[pd.DataFrame, str, dict[str, Any]]] = {
        "rows without a target": (gaps, "left", {}),
        "numbers without a target": (holes, "worth", {}),
        "holdout": (table[[*FEATURES, "grade"]], "grade", {"cv": "holdout"}),
        "folds of its own choice": (table[[*FEATURES, "worth"]], "worth", {"cv": "auto", "trials": 1}),
        "test share": (table[[*FEATURES, "left"]], "left", {"test": 0.2}),
        "test share of numbers": (holes, "worth", {"test": 0.25, "seed": 3}),
        "test share with a class of one row": (rare, "grade", {"test": 0.2}),
        "groups": (team, "left", {"group": "team"}),
        "groups and test share": (team, "left", {"group": "team", "test": 0.3}),
        "order": (when, "worth", {"order": "when"}),
        "order and test share": (when, "worth", {"order": "when", "test": 0.2}),
        "target with quotes": (numbers, "a \"b\" 'c'\nd", {}),
        "ignored": (table, "left", {"ignore": ["grade", "worth"]}),
        "true and false": (table[FEATURES].assign(y=table["left"] == "yes"), "y", {"metric": "accuracy"}),
        "whole numbers": (table[FEATURES].assign(y=table["grade"].map({"low": 1, "mid": 2, "high": 5})), "y", {}),
        "nullable": (table[FEATURES].assign(y=(table["left"] == "yes").astype("boolean")), "y", {}),
        "a category": (table[FEATURES].assign(y=table["grade"].astype("category")), "y", {}),
        "names that are numbers": (table[["age", "line\nbreak", "left"]].set_axis([0, 1, 2], axis=1), "2", {}),
    }
    cases: dict[str, Any] = {}
    for name, (data, target, options) in asked.items():
        data = data.set_axis(range(50, 50 + len(data)), axis=0)
        result = automl_magic.fit(data, target, **{**QUICK, **options})
        own = name in ("target with quotes", "names that are numbers")
        cases[name] = (result, data, data[list(data.columns[:2])] if own else fresh())
    run_alone(tmp_path, cases)


def test_a_template_of_ones_own_and_an_untuned_pipeline_that_won(tmp_path: Path) -> None:
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.feature_selection import SelectKBest, f_regression
    from sklearn.pipeline import make_pipeline

    table = people()[[*FEATURES, "worth"]]
    own = make_pipeline(SelectKBest(f_regression, k=4), RandomForestRegressor(20, max_features=Float(0.3, 1.0)))
    options = {"trials": 3, "workers": 0, "cv": 2}
    numbers = table[["age", "line\nbreak", "worth"]].fillna(0.0)
    plain = make_pipeline(RandomForestRegressor(20, max_features=Float(0.3, 1.0)))
    cases = {
        "own": (automl_magic.fit(table, "worth", space=own, **options), table, fresh()),
        "bare": (
            automl_magic.fit(numbers, "worth", space=plain, **options),
            numbers,
            fresh()[["age", "line\nbreak"]].fillna(0.0),
        ),
        "first": (automl_magic.fit(table, "worth", models=["hist_gb"], **{**options, "trials": 1}), table, fresh()),
    }
    run_alone(tmp_path, cases)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_a_file_is_read_again(tmp_path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    table, path = people()[[*FEATURES, "left"]], tmp_path / f"the people's{suffix}"
    if suffix == ".parquet":
        table.assign(**{"it's": table["it's"].astype("boolean")}).to_parquet(path)
    else:
        table.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    result = automl_magic.fit(str(path), "left", **QUICK)
    assert f'("{path}"' in result.code()
    run_alone(tmp_path, {"file": (result, None, fresh())})
