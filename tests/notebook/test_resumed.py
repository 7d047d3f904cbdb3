"""`%automl resume`: the run's own variables are found again, and mistakes leave nothing behind."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.notebook.shell import Cells

BEGIN = "%%automl df --target kind --models linear,hist_gb --trials 4 --workers 0 --cv 3 --name lesson --out first\n"
BODY = 'space["hist_gb.learning_rate"] = Float(0.02, 0.2, log=True)'


def broken_off(line: int) -> None:
    """Cut the record behind a line, as a crash would leave it."""
    journal = Path(".automl/lesson/journal.jsonl")
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:line]))


def scores(run: object) -> list[float | None]:
    """Return the scores of the trials."""
    return [trial.score for trial in run.history.trials.values()]  # type: ignore[attr-defined]


def test_a_run_goes_on_with_the_variables_that_it_was_given(cells: Cells) -> None:
    cells.ok(BEGIN)
    broken_off(12)
    cells.ok("%automl resume lesson")
    assert scores(cells.names["best_run"]) == scores(cells.names["first_run"])
    assert len(cells.names["best"].predict(cells.names["df"].drop(columns="kind"))) == 240


def test_x_and_y_test_and_baseline_are_found_again(cells: Cells, flowers: pd.DataFrame) -> None:
    cells.names["X"], cells.names["labels"] = flowers.drop(columns="kind").iloc[:200], flowers["kind"].iloc[:200]
    cells.names["later"] = flowers.iloc[200:].rename(columns={"kind": "target"})
    cells.names["old"] = None
    cells.ok("from sklearn.dummy import DummyClassifier\nold = DummyClassifier()")
    cells.ok("%automl X labels --baseline old --models linear --trials 3 --workers 0 --cv 3 --name lesson --out first")
    broken_off(9)
    cells.ok("%automl resume lesson --out again")
    assert scores(cells.names["again_run"]) == scores(cells.names["first_run"])
    assert cells.names["again_run"].history.baseline().hidden


def test_a_cell_with_a_body_is_resumed_with_the_same_body(cells: Cells) -> None:
    cells.ok(BEGIN + BODY)
    broken_off(12)
    error, _ = cells.run("%automl resume lesson")
    assert "hist_gb.learning_rate" in str(error) and "the same cell body" in str(error)
    assert "best" not in cells.names
    cells.ok("%%automl resume lesson\n" + BODY)
    assert scores(cells.names["best_run"]) == scores(cells.names["first_run"])


def test_tune_is_resumed_with_its_space(cells: Cells) -> None:
    cells.ok("def f(values): return (values['x'] - 1) ** 2")
    space = "{'x': Float(-5, 5)}"
    cells.ok(f"%%automl tune f --trials 12 --workers 0 --name lesson --out first\n{space}")
    broken_off(14)
    cells.ok(f"%%automl resume lesson --out again\n{space}")
    assert cells.names["again"] == cells.names["first"]


def test_a_variable_that_is_gone_is_named(cells: Cells) -> None:
    cells.ok(BEGIN)
    cells.names["table"] = cells.names.pop("df")
    error, _ = cells.run("%automl resume lesson")
    assert 'No variable named "df"' in str(error) and "Run the cell that makes it first" in str(error)
    cells.ok("%automl resume lesson table")
    assert scores(cells.names["best_run"]) == scores(cells.names["first_run"])


def test_new_limits_hold_and_other_options_are_refused(cells: Cells) -> None:
    cells.ok(BEGIN)
    cells.ok("%automl resume lesson --trials 6")
    assert len(cells.names["best_run"].history.trials) == 6
    error, _ = cells.run("%automl resume lesson --metric f1")
    assert "--metric cannot be changed" in str(error)
    error, _ = cells.run("%automl resume")
    assert "needs the name of a run" in str(error)
    error, _ = cells.run("%automl resume leson")
    assert 'Did you mean "lesson"' in str(error)


def test_tab_completes_the_runs_that_lie_beside_the_notebook(cells: Cells) -> None:
    cells.ok(BEGIN)
    from automl_magic.notebook.complete import on_line

    assert on_line("automl resume le", cells.names)[0] == ["lesson"]
    assert "resume" in on_line("automl re", cells.names)[0]


def test_a_variable_of_weights_is_found_again(cells: Cells, flowers: pd.DataFrame) -> None:
    cells.names["heavy"] = [1.0, 2.0] * (len(flowers) // 2)
    cells.ok(BEGIN.replace("--cv 3", "--cv 3 --sample-weight heavy"))
    first = cells.names["first_run"]
    assert first.history.about["names"]["sample_weight"] == "heavy" and first.plan.sample_weight is None
    broken_off(12)
    cells.ok("%automl resume lesson")
    assert scores(cells.names["best_run"]) == scores(first)
    del cells.names["heavy"]
    broken_off(12)
    assert 'No variable named "heavy"' in str(cells.run("%automl resume lesson")[0])
