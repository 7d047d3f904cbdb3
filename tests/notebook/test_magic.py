"""The magic in a real shell: what it binds, what it answers, and that a mistake leaves nothing behind."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import automl_magic
from tests.notebook.shell import Cells

COLOURS = re.compile(r"\x1b\[[\d;]*m")
QUICK = "--models linear,hist_gb --trials 3 --workers 0 --cv 3"


def test_a_cell_binds_the_best_pipeline_and_the_run(cells: Cells, flowers: pd.DataFrame) -> None:
    cells.ok(f"%%automl df --target kind {QUICK}\n")
    assert cells.names["best"].predict(flowers.drop(columns="kind")).shape == (240,)
    assert cells.names["best_run"].leaderboard().shape[0] == 3
    assert cells.names["_"] is cells.names["best_run"]


def test_cell_line_and_function_with_one_plan_give_the_same_trials_and_predictions(
    cells: Cells, flowers: pd.DataFrame
) -> None:
    cells.ok(f"%%automl df --target kind {QUICK} --seed 4 --out a\n")
    cells.ok(f"%automl df --target kind {QUICK} --seed 4 --out b")
    run = automl_magic.fit(flowers, target="kind", models=["linear", "hist_gb"], trials=3, workers=0, cv=3, seed=4)
    X = flowers.drop(columns="kind")
    for name in ("a", "b"):
        assert np.array_equal(cells.names[name].predict_proba(X), run.best.predict_proba(X))
        pd.testing.assert_frame_equal(
            cells.names[f"{name}_run"].leaderboard().drop(columns="seconds"), run.leaderboard().drop(columns="seconds")
        )


def test_the_body_changes_the_space_and_writes_no_names_back(cells: Cells) -> None:
    body = (
        'low = 0.02\nspace.models("hist_gb")\nspace["hist_gb.learning_rate"] = Float(low, 0.2, log=True)\n'
        'space.rule("hist_gb.max_leaf_nodes <= 60")'
    )
    cells.ok(f"%%automl df --target kind --trials 4 --workers 0 --cv 3\n{body}")
    searched = [trial for trial in cells.names["best_run"].history.trials.values() if not trial.hidden]
    assert all(0.02 <= trial.config["hist_gb.learning_rate"] <= 0.2 for trial in searched)
    assert all(trial.config["hist_gb.max_leaf_nodes"] <= 60 for trial in searched)
    assert "low" not in cells.names and "space" not in cells.names and "Float" not in cells.names


def test_the_bodys_last_value_is_a_space_of_ones_own(cells: Cells) -> None:
    cells.ok("from sklearn.neighbors import KNeighborsClassifier")
    cells.ok("%%automl df --target kind --trials 3 --workers 0 --cv 3\nKNeighborsClassifier(n_neighbors=Int(1, 20))")
    assert "KNeighborsClassifier" in str(cells.names["best_run"].code())


def test_networks_compete_in_a_cell_that_asks_for_them_and_its_body_changes_them(cells: Cells) -> None:
    pytest.importorskip("torch")
    body = 'space["network.architecture"] = "residual_mlp"'
    cells.ok(f"%%automl df --target kind --nas --models linear --trials 3 --workers 0 --cv 2\n{body}")
    run = cells.names["best_run"]
    made = [trial.config for trial in run.history.trials.values() if trial.config.get("model") == "network"]
    assert made and {config["network.architecture"] for config in made} == {"residual_mlp"}
    cells.ok("%%automl df --target kind --models network --trials 1 --workers 0 --cv 2 --no-ensemble --out net\n")
    assert "class Network1(nn.Module):" in cells.names["net_run"].code()


def test_tune_searches_a_function(cells: Cells) -> None:
    cells.ok("def f(values): return (values['x'] - 1) ** 2")
    cells.ok(
        "%%automl tune f --trials 15 --workers 0 --out found\n{'x': Float(-5, 5), 'k': hp.choice('k', ['a', 'b'])}"
    )
    assert set(cells.names["found"]) == {"x", "k"} and cells.names["found_run"].score < 4


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%automl df --target kidn --trials 2\n", 'Did you mean "kind"'),
        ("%%automl dff --target kind\n", 'Did you mean "df"'),
        ("%%automl df --taget kind\n", 'Did you mean "target"'),
        ("%%automl df --target kind --time 60\n", "--time 60s"),
        ("%%automl df --target kind --time -5s\n", "duration"),
        ("%%automl df --target kind --trials 0\n", "at least 1"),
        ("%%automl df --target kind --metric rocauc\n", "roc_auc"),
        ("%%automl df --target kind --models hist_gbm\n", 'Did you mean "hist_gb"'),
        ("%%automl df --target kind --search tbe\n", 'Did you mean "tpe"'),
        ("%%automl df --target kind --out 3x\n", "--out"),
        ("%%automl df --target kind --out print\n", "--out"),
        ("%%automl df --target kind --out df\n", "overwrite"),
        ("%%automl df --target\n", "needs a value"),
        ("%%automl df --target 'kind\n", "cannot be read"),
        ("%%automl nas df --target kind --nas\n", "nas means nothing to a search over networks"),
        ("%%automl df --target kind --max-latency 50\n", "with a unit"),
        ("%%automl df --target kind --max-size tiny\n", "must be a size"),
        ("%%automl df --target kind --trials 2\nspace['hist_gb.lerning_rate'] = 0.1", "Did you mean"),
        ("%%automl df --target kind --trials 2\nspace['hist_gb.learning_rate'] = 7.0", "from 0.005 to 0.3"),
        ("%automl explain", "later version"),
        ("%automl race", "No data are named"),
        ("%automl stop", "No run is under way"),
        ("%automl leaderboard", "no run"),
        ("%%automl tune g --trials 3\n{'x': Float(0, 1)}", 'No variable named "g"'),
    ],
)
def test_a_mistake_is_answered_in_a_line_or_two_and_leaves_nothing_behind(cells: Cells, cell: str, said: str) -> None:
    before = set(cells.names)
    error, printed = cells.run(cell)
    assert error is not None and said in printed
    assert "Traceback" not in printed and len([line for line in printed.splitlines() if line.strip()]) <= 3
    assert {name for name in set(cells.names) - before if not name.startswith("_")} == set()


def test_an_error_in_the_body_points_at_its_line(cells: Cells) -> None:
    error, printed = cells.run("%%automl df --target kind --trials 2\nx = 1\ny = x / 0")
    assert isinstance(error, ZeroDivisionError)
    printed = COLOURS.sub("", printed)
    assert "----> 3 y = x / 0" in printed and "api.py" not in printed
    error, printed = cells.run("%%automl df --target kind --trials 2\ny = 1\nx = (1")
    printed = COLOURS.sub("", printed)
    assert error is not None and ":3\n" in printed and "    x = (1\n        ^" in printed
    assert "SyntaxError: '(' was never closed" in printed and "magic.py" not in printed


def test_nothing_in_the_option_line_is_evaluated(cells: Cells) -> None:
    cells.names["column"], cells.names["hits"] = "kind", []
    cells.ok(f"%automl df --target {{column}} {QUICK}")
    error, printed = cells.run("%automl df --target {hits.append(1)}")
    assert error is not None and "nothing is computed" in printed and cells.names["hits"] == []


def test_the_demo_and_the_code_are_put_into_the_next_cell(cells: Cells) -> None:
    cells.ok("%automl demo")
    assert cells.inputs[-1].startswith("%%automl titanic --target survived") and "titanic" in cells.names
    cells.ok(f"%automl df --target kind {QUICK}")
    cells.ok("%automl code")
    assert "def make_pipeline(seed):" in cells.inputs[-1] and "automl_magic" not in cells.inputs[-1]


def test_help_shows_the_common_options_first_then_the_rest(cells: Cells) -> None:
    printed = cells.ok("%automl help")
    places = [printed.index(text) for text in ("--target", "--search", "More:", "--background", "Sub-commands:")]
    assert places == sorted(places)
    cells.ok("page = __import__('IPython').core.page")
    assert "--target COL" in cells.shell.find_cell_magic("automl").__doc__


def test_settings_give_defaults_and_caps(cells: Cells, monkeypatch: pytest.MonkeyPatch) -> None:
    cells.ok('%config AutoMLMagics.time = "2s"')
    cells.ok("%config AutoMLMagics.workers = 0")
    cells.ok("%automl df --target kind --models linear --cv 3")
    assert cells.names["best_run"].plan.time == 2.0
    monkeypatch.setenv("AUTOML_MAX_SECONDS", "1")
    cells.ok("%automl df --target kind --models linear --cv 3 --time 1h")
    assert cells.names["best_run"].plan.time == 1.0


def test_unloading_takes_magic_and_completion_out_again() -> None:
    cells = Cells()
    matchers = len(cells.shell.Completer.custom_matchers)
    cells.close()
    assert cells.shell.find_cell_magic("automl") is None
    assert len(cells.shell.Completer.custom_matchers) == matchers - 1


def test_rows_are_weighted_by_a_column_or_else_by_a_variable(cells: Cells, flowers: pd.DataFrame) -> None:
    line = "%automl df --target kind --models linear --trials 2 --workers 0 --cv 3 --sample-weight"
    cells.names["df"] = flowers.assign(heavy=[1.0, 3.0] * (len(flowers) // 2))
    cells.names["heavy"] = "no values"
    cells.ok(f"{line} heavy --out named")
    cells.names["df"], cells.names["heavy"] = flowers, cells.names["df"]["heavy"]
    cells.ok(f"{line} heavy --out apart")
    cells.ok(line.replace(" --sample-weight", " --out plain"))
    scores = {name: cells.names[f"{name}_run"].score for name in ("named", "apart", "plain")}
    assert scores["named"] == scores["apart"] != scores["plain"]
    assert cells.names["named_run"].plan.sample_weight == "heavy"
    assert "no column named" in str(cells.run(f"{line} heavyy")[0])
