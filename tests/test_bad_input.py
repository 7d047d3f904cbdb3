"""Every bad input is answered: by an error that leaves nothing behind, by a warning, or by doing the right thing."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

import automl_magic
from automl_magic import Float
from automl_magic.errors import AutoMLError, AutoMLWarning, OptionError
from automl_magic.notebook import attend
from automl_magic.notebook.cell import data_of, test_data, variable, with_config
from automl_magic.notebook.options import parse_line
from tests.bad_input import LATER, OPTIONS, ROWS, TABLES, TARGETS, WIDE, Bare, Case, Later, Locked, Names, learnt, table
from tests.notebook.shell import Cells

test_data.__test__ = False  # type: ignore[attr-defined]  # its name is the option's
CASES = (*TABLES, *TARGETS, *OPTIONS, *ROWS, *WIDE)
COLOURS = re.compile(r"\x1b\[[\d;]*m")
OUTPUT = ("_", "In", "Out", "get_ipython", "exit", "quit")


@pytest.fixture(scope="module")
def shell() -> Iterator[Cells]:
    """Return one shell for all cases; each leaves it empty."""
    found = Cells()
    yield found
    found.close()


def own_names(cells: Cells) -> Names:
    """Return the variables of the person."""
    return {name: value for name, value in cells.names.items() if not name.startswith(OUTPUT)}


def ids(answer: str) -> Any:
    """Return the parameters of the cases with this answer."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES if case.answer in answer])


def call(case: Case) -> Any:
    """Call `fit` with what the option line says."""
    names = case.names()
    request = parse_line(case.line, names)
    options = with_config(request)
    data, y = data_of(request, options, names)
    test = test_data(options, names)
    given = {name.replace("-", "_"): value for name, value in options.items() if name not in ("out", "data", "quiet")}
    if test is not None:
        given["test"] = test
    if "baseline" in given:
        given["baseline"] = variable(given["baseline"], names)
    return automl_magic.fit(data, y=y, **given)


@ids("E")
def test_error(case: Case, shell: Cells) -> None:
    given = case.names()
    shell.names.update(given)
    before = own_names(shell)
    copies = {name: value.copy() for name, value in given.items() if isinstance(value, pd.DataFrame | pd.Series)}
    try:
        error, printed = shell.run(f"%%automl {case.line}\n{case.body}")
        after = own_names(shell)
        assert isinstance(error, AutoMLError), printed
        assert after.keys() == before.keys() and all(after[name] is before[name] for name in before)
        assert all(copies[name].equals(given[name]) for name in copies)
    finally:
        for name in given:
            shell.names.pop(name, None)
    printed = COLOURS.sub("", printed)
    assert all(part in printed for part in case.says), printed
    assert "Traceback" not in printed and (error.hint is not None or "SyntaxError" in printed), printed
    if case.in_python:
        with pytest.raises(AutoMLError) as caught:
            call(case)
        assert all(part in str(caught.value) for part in case.says)


@ids("WS")
def test_result(case: Case, shell: Cells) -> None:
    given = case.names()
    shell.names.update(given)
    try:
        printed = shell.ok(f"%%automl {case.line}\n{case.body}")
        run = shell.names["best_run"]
    finally:
        for name in (*given, "best", "best_run"):
            shell.names.pop(name, None)
    if case.answer == "S":
        assert run.warnings == () and "Warning" not in printed
    else:
        assert any(all(part in warning for part in case.says) for warning in run.warnings), run.warnings
        assert all(f"Warning: {warning}" in printed for warning in run.warnings), printed
    assert run.best is not None
    if case.check is not None:
        case.check(run, given)
    if case.answer == "W" and case.in_python and "-" not in case.id:
        with pytest.warns(AutoMLWarning) as said:
            call(case)
        told = [str(warning.message) for warning in said]
        assert any(all(part in text for part in case.says) for text in told)
    elif case.in_python and "-" not in case.id:
        with warnings.catch_warnings():
            warnings.simplefilter("error", AutoMLWarning)
            call(case)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a run on a table of every kind of column."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("learned"))
        return automl_magic.fit(learnt(), "y", models=["linear"], trials=2, workers=0, cv=2)


@pytest.mark.parametrize("later", [pytest.param(later, id=later.id) for later in LATER])
def test_later(later: Later, learned: Any) -> None:
    frame = later.change(learnt().drop(columns="y"))
    if later.answer == "E":
        with pytest.raises(AutoMLError) as caught:
            learned.best.predict(frame)
        assert all(part in str(caught.value) for part in later.says), str(caught.value)
        return
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        answers = learned.best.predict(frame)
    assert len(answers) == 60
    if later.id in ("B43-dicts", "B43-columns", "B43-lists"):
        assert answers.tolist() == learned.best.predict(learnt().drop(columns="y")).tolist()
        one = learnt().drop(columns="y").iloc[[3]]
        assert learned.best.predict(one.to_dict("records")[0]) == answers[3]
    texts = [str(warning.message) for warning in told]
    if later.answer == "S":
        assert texts == []
    else:
        assert texts and all(all(part in text for part in later.says) for text in texts), texts


def test_b41_unseen_levels_are_counted(learned: Any) -> None:
    frame = learnt().drop(columns="y")
    assert learned.unseen(frame) == {"town": 0, "zip": 0, "code": 0, "size": 0}
    strange = frame.assign(town=["Rome", None, *frame["town"][2:]], zip="none of them", code=9, size="XL")
    assert learned.unseen(strange) == {"town": 1, "zip": 60, "code": 60, "size": 60}


# -- what is no table of one cell --------------------------------------------------------------------------------------


class Patchy(LogisticRegression):
    """A model that loses its mind in the second fold of every trial."""

    fits = 0

    def fit(self, X: Any, y: Any) -> Any:
        Patchy.fits += 1
        self.is_lost_ = Patchy.fits % 2 == 0
        return super().fit(X, y)

    def predict_proba(self, X: Any) -> Any:
        return super().predict_proba(X) * (np.nan if self.is_lost_ else 1.0)


def test_b43_the_exported_script_refuses_as_well() -> None:
    run = automl_magic.fit(learnt(), "y", models=["linear"], trials=2, workers=0, cv=2)
    space: Names = {"df": learnt()}
    exec(compile(run.code(), "<code>", "exec"), space)
    with pytest.raises(ValueError, match='Column "town" held words'):
        space["best"].predict(learnt().assign(town=1.0).drop(columns="y"))


@pytest.mark.parametrize("options", [{"time": 0}, {"time": -5}, {"time": float("nan")}, {"time": "60"}])
def test_b44_time_in_python(options: Names) -> None:
    with pytest.raises(OptionError, match=r"time must[\s\S]*time=60"):
        automl_magic.fit(table(), "y", **options)


def test_b46_option_in_python() -> None:
    with pytest.raises(OptionError, match='"trails".*Did you mean "trials"'):
        automl_magic.fit(table(), "y", trails=3)


def test_b54_b55_space_in_python() -> None:
    for model, said in ((Bare(), "no get_params"), (Locked(), '"lock"'), (Ridge(), "classifier"), (3, "int is no")):
        with pytest.raises(AutoMLError, match=said):
            automl_magic.fit(table(), "y", space=model, trials=1, workers=0)
    assert not Path(".automl").exists()


def test_b61_a_table_changed_in_the_background(shell: Cells, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attend, "front_end", lambda shell: "widgets")
    shell.names["df"] = table(200)
    try:
        shell.ok(
            "%automl df --target y --models linear --trials 60 --workers 0 --cv 2 --background --quiet --out later"
        )
        runs = shell.shell._automl_undo[0].runs
        while runs.last().history.counts()["done"] < 2:
            time.sleep(0.02)
        shell.ok("df.loc[:, 'a'] = 0.0\ndf['new'] = 1")
        shell.ok("%automl stop")
        run = shell.names["later_run"]
        assert run.best.predict(table(200).drop(columns="y")).shape == (200,)
        assert any('"df" was changed' in text and "as it was when" in text for text in run.warnings), run.warnings
    finally:
        for name in ("df", "later", "later_run"):
            shell.names.pop(name, None)


def test_b65_an_objective_that_returns_no_number(shell: Cells) -> None:
    answers = iter([None, "good", 3.0, 1.0, float("nan"), 2.0])
    shell.names["f"] = lambda values: next(answers)
    printed = shell.ok("%%automl tune f --trials 6 --workers 0 --out found\n{'x': Float(0, 1)}")
    run = shell.names.pop("found_run")
    assert run.history.counts()["failed"] == 3 and run.score == 1.0
    assert "3 failed" in printed and "must return one number. Got None" in printed
    shell.names.pop("f"), shell.names.pop("found")


def test_b68_a_fold_without_a_number_makes_the_trial_invalid() -> None:
    run = automl_magic.fit(table(), "y", space=Patchy(C=Float(0.1, 9)), trials=3, workers=0, cv=2)
    failed = [trial for trial in run.history.trials.values() if not trial.hidden]
    assert {trial.state for trial in failed} == {"failed"}
    assert all("predictions are not finite" in str(trial.reason) for trial in failed)
    assert run.history.counts()["failed"] == 3 and "3 failed" in str(run) and "not finite" in str(run)


def test_b70_very_many_columns_are_screened_in_each_fit() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 6_000))).add_prefix("c")
    frame.iloc[::7, 10], y = np.nan, np.where(frame["c77"] + 0.5 * rng.normal(size=60) > 0, "yes", "no")
    with pytest.warns(AutoMLWarning, match="6,000 columns of numbers: each fit keeps the 1,000"):
        run = automl_magic.fit(frame, y=y, models=["linear"], trials=2, workers=0, cv=2)
    noise = rng.permutation(y)
    with pytest.warns(AutoMLWarning):
        other = automl_magic.fit(frame, y=noise, models=["linear"], trials=2, workers=0, cv=2)
    assert float(other.score) < 0.75  # chosen on the rows of each fit alone: noise stays noise
    space: Names = {"df": frame.assign(target=y)}
    space["df"].columns = [*frame.columns, "y"]
    exec(compile(run.code(), "<code>", "exec"), space)
    assert np.allclose(space["best"].predict_proba(frame), run.best.predict_proba(frame))
