"""A notebook that no person looks at: each program that executes notebooks finds the variable in the next cell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import psutil
import pytest

from tests.browser.lab import ROOT, write_notebook

SECONDS = 120
SEARCH = "%%automl flowers.csv --target kind --models linear --trials 2 --cv 3"
CELLS = [
    "%load_ext automl_magic",
    SEARCH,
    "print('BOUND', type(best).__name__, len(best_run.leaderboard()))\nassert best_run.score.value > 0.5",
]
BOUND = "BOUND Pipeline 3"  # the baseline is one of them

Execute = Callable[[Path], Path]


def call(*command: str, folder: Path) -> str:
    """Call a program in a folder as a person would; return what it said."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(folder / ".ipython"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def nbconvert(notebook: Path) -> Path:
    """Execute with nbconvert."""
    call(
        sys.executable,
        "-m",
        "nbconvert",
        "--to=notebook",
        "--execute",
        "--output=made",
        notebook.name,
        folder=notebook.parent,
    )
    return notebook.parent / "made.ipynb"


def papermill(notebook: Path) -> Path:
    """Execute with papermill."""
    call(sys.executable, "-m", "papermill", "--no-progress-bar", notebook.name, "made.ipynb", folder=notebook.parent)
    return notebook.parent / "made.ipynb"


def nbmake(notebook: Path) -> Path:
    """Execute with nbmake, which writes the outputs back."""
    (notebook.parent / "pytest.ini").write_text("[pytest]\n")
    options = ["-q", "-p", "no:cacheprovider", "--nbmake", "--overwrite", "--nbmake-timeout=100"]
    call(sys.executable, "-m", "pytest", *options, notebook.name, folder=notebook.parent)
    return notebook


def jupyter_execute(notebook: Path) -> Path:
    """Execute with `jupyter execute`."""
    call(sys.executable, "-m", "jupyter", "execute", "--inplace", notebook.name, folder=notebook.parent)
    return notebook


@pytest.fixture
def folder(tmp_path: Path, flowers: pd.DataFrame) -> Path:
    """Return a folder with the table in it."""
    flowers.to_csv(tmp_path / "flowers.csv", index=False)
    return tmp_path


@pytest.mark.parametrize(
    "execute",
    [nbconvert, *(pytest.param(one, marks=pytest.mark.further) for one in (papermill, nbmake, jupyter_execute))],
    ids=["nbconvert", "papermill", "nbmake", "jupyter_execute"],
)
def test_who_executes_a_notebook_finds_the_variable_in_the_next_cell(execute: Execute, folder: Path) -> None:
    notebook = folder / write_notebook(folder, CELLS, "headless")
    made = nbformat.read(execute(notebook), as_version=4)
    cells = [cell for cell in made.cells if cell.cell_type == "code" and "injected" not in str(cell.metadata)]
    outputs: list[Any] = [output for cell in cells for output in cell.outputs]
    assert BOUND in "".join(output.get("text", "") for output in cells[-1].outputs)
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert "image/png" in kinds and "text/html" in kinds
    assert not any("widget" in kind for kind in kinds) and "widgets" not in made.metadata
    assert "widget" not in json.dumps([cell.outputs for cell in cells[1:]]).lower()


def test_ipython_in_a_terminal_prints_lines_and_binds(folder: Path) -> None:
    script = folder / "cells.ipy"
    script.write_text(f"{CELLS[0]}\n{SEARCH.replace('%%', '%')}\n{CELLS[2]}\n")
    said = call(sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(script), folder=folder)
    assert BOUND in said and "2 of 2 trials" in said
    assert "Traceback" not in said and "widget" not in said.lower() and "<Figure" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect wants a terminal of Unix")
def test_a_person_in_a_terminal_ends_a_search_with_control_c_and_leaves_nothing_behind(folder: Path) -> None:
    pexpect = pytest.importorskip("pexpect")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder / ".ipython"), "TERM": "dumb"}
    options = ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"]
    child = pexpect.spawn(sys.executable, options, cwd=folder, env=environment, timeout=60, encoding="utf-8")
    child.expect(r"In \[1\]: ")
    child.sendline(CELLS[0])
    child.expect(r"In \[2\]: ")
    child.sendline(SEARCH.replace("%%", "%").replace("--trials 2", "--time 300s"))
    child.expect(r"\d+ trials? in")
    held = psutil.Process(child.pid).children(recursive=True)
    child.sendintr()
    pressed = time.monotonic()
    child.expect(r"In \[3\]: ")
    assert time.monotonic() - pressed < 10
    child.sendline("print('BOUND', type(best).__name__)")
    child.expect("BOUND Pipeline")
    child.sendline("exit")
    child.expect(pexpect.EOF)
    assert held and not [one for one in held if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
