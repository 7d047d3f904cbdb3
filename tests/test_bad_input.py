"""Every bad input is answered: by an error that leaves nothing behind, by a warning, or by doing the right thing."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import automl_magic
from automl_magic.errors import AutoMLError, AutoMLWarning
from automl_magic.notebook.cell import data_of, test_data, variable, with_config
from automl_magic.notebook.options import parse_line
from tests.bad_input import OPTIONS, ROWS, TABLES, TARGETS, Case, Names
from tests.notebook.shell import Cells

test_data.__test__ = False  # type: ignore[attr-defined]  # its name is the option's
CASES = (*TABLES, *TARGETS, *OPTIONS, *ROWS)
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
