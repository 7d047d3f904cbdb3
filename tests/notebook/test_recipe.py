"""Copy as code: what is shown makes the same space, in this process and in a fresh one."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl_magic
from automl_magic import Choice, Float, Int, SpaceDraft, SpaceEditor, compile_space
from automl_magic.engine.space import SearchSpace
from automl_magic.notebook import recipe
from automl_magic.notebook.body import body_of
from automl_magic.notebook.options import parse_line
from automl_magic.plan import Plan
from tests.notebook.random_edits import random_edit
from tests.notebook.shell import Cells

LINE = "df --target kind --models linear,hist_gb --trials 1 --workers 0 --cv 2 --seed 7"
FRESH = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
shell.run_line_magic("load_ext", "automl_magic")
given = json.load(open(sys.argv[1]))
shell.user_ns["df"] = __import__("pandas").read_pickle(given["table"])
found = []
for cell in given["cells"]:
    done = shell.run_cell(cell)
    done.raise_error()
    names = shell.user_ns
    found.append(names["space"].fingerprint() if "space" in names else names["best_run"].history.about["space"])
print("FOUND" + json.dumps(found))
"""


def edited_at_random(editor: SpaceEditor, seed: int, edits: int = 12) -> SpaceEditor:
    """Return the editor after edits as a view sends them."""
    draw = random.Random(seed)
    for _ in range(edits):
        editor._receive(None, random_edit(editor.space, draw), [])
    return editor


def remade(code: str, declared: SearchSpace) -> SearchSpace:
    """Return what the body of a cell makes of the declared space."""
    body, draft = body_of(code.partition("\n")[2], "df", {}), SpaceDraft(declared)
    if body is not None:
        assert body(draft) is None
    return draft.space


def in_a_fresh_process(folder: Path, table: pd.DataFrame, cells: list[str]) -> list[str]:
    """Run cells in a new process and return the fingerprint of the space that each made."""
    table.to_pickle(folder / "table.pkl")
    (folder / "given.json").write_text(json.dumps({"table": str(folder / "table.pkl"), "cells": cells}))
    command = [sys.executable, "-c", FRESH, str(folder / "given.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=200)
    assert "FOUND" in done.stdout, done.stdout + done.stderr
    found: list[str] = json.loads(done.stdout.rsplit("FOUND", 1)[1])
    return found


def test_whatever_was_edited_the_copied_body_makes_the_same_space(cells: Cells) -> None:
    cells.ok("%automl space df --target kind")
    begun, changed = cells.names["space_editor"], 0
    for seed in range(150):
        editor = edited_at_random(SpaceEditor(begun.space, line="df --target kind"), seed)
        made = remade(editor.cell(), begun.space)
        assert made.fingerprint() == editor.space.fingerprint(), (seed, editor.cell())
        changed += made.fingerprint() != begun.space.fingerprint()
    assert changed > 140


@pytest.mark.further
def test_the_copied_cell_run_in_a_fresh_process_searches_the_same_space(
    cells: Cells, flowers: pd.DataFrame, own_folder: Path
) -> None:
    cells.ok(f"%automl space {LINE} --out mine")
    begun, codes, wanted = cells.names["mine"], [], []
    for seed in range(6):
        editor = edited_at_random(SpaceEditor(begun.space, line=begun._line), seed)
        codes.append(editor.cell())
        wanted.append(editor.space.fingerprint())
    assert all(code.startswith(f"%%automl {LINE}\n") for code in codes) and len(set(wanted)) == 6
    assert in_a_fresh_process(own_folder, flowers, codes) == wanted


def test_the_code_of_ones_own_template_makes_the_same_space_in_a_fresh_process(
    flowers: pd.DataFrame, own_folder: Path
) -> None:
    written = 'mine = {"a": Float(1e-4, 1.0, log=True), "n": Int(1, 90), "kind": Choice(soft=Float(0, 1), hard=None)}'
    names: dict[str, Any] = {"Float": Float, "Int": Int, "Choice": Choice}
    exec(written, names)
    editor = edited_at_random(SpaceEditor(names["mine"]), 3)
    code = f"from automl_magic import Choice, Float, Int\n{written}\n" + recipe.draft(editor.space, "mine")
    assert in_a_fresh_process(own_folder, flowers, [code]) == [editor.space.fingerprint()]


def test_a_run_gives_the_cell_that_would_have_done_the_same(cells: Cells, flowers: pd.DataFrame) -> None:
    body = 'space["hist_gb.learning_rate"] = Float(0.02, 0.2, log=True)'
    cells.ok(f"%%automl {LINE} --no-ensemble\n{body}")
    run = cells.names["best_run"]
    assert run.cell() == (
        "%%automl df --target kind --models linear,hist_gb --cv 2 --workers 0 --no-ensemble --trials 1 --seed 7\n"
        + body
    )
    run.to_cell()
    cells.ok("%automl code best")
    assert "make_pipeline" in cells.inputs[-1]
    cells.ok(run.cell().replace("--trials", "--out again --trials"))
    assert cells.names["again_run"].plan.ensemble is False
    assert cells.names["again_run"].history.about["space"] == run.history.about["space"]
    assert cells.names["again_run"].history.trials[0].score == run.history.trials[0].score


def test_a_run_of_fit_whose_table_has_no_name_gives_a_function(flowers: pd.DataFrame, quick: dict[str, Any]) -> None:
    space = compile_space(automl_magic.fit(flowers, "kind", **quick).space)
    run = automl_magic.fit(flowers, "kind", space=space.fix("linear.C", 1.0), **quick)
    names: dict[str, Any] = {}
    exec(run.cell(), names)
    again = automl_magic.fit(flowers, "kind", space=names["edited"], **quick)
    assert again.history.about["space"] == run.history.about["space"] == run.space.fingerprint()
    assert run.cell() == 'def edited(space):\n    space["linear.C"] = 1.0'


def test_a_line_made_from_a_plan_reads_back_as_that_plan() -> None:
    plan = Plan.create(
        target="the price", metric="mae", models="linear,svm", time="90s", seed=3, cv="holdout", ignore=["a b", "c,d"],
        group="g", test=0.25, search="random", workers=2, lag=1, exclude="svm",
    )  # fmt: skip
    request = parse_line(recipe.line_of_plan(plan.to_json(), {"data": "my_table", "baseline": "old"}), {})
    options = dict(request.options)
    assert request.names == ("my_table",) and options.pop("baseline") == "old"
    assert Plan.create(**options) == plan


def test_the_line_of_a_request_reads_back_as_that_request() -> None:
    request = parse_line("X y --time 2m --models 'a,b' --quiet --target 'the price' # why", {})
    assert parse_line(recipe.line_of_request(request, request.options), {}) == request


@pytest.mark.parametrize(("name", "value"), [("mine", "template"), ("held.template", "space")])
def test_a_template_is_found_by_the_name_of_its_variable(name: str, value: str) -> None:
    template = {"x": Float(0, 1)}
    space = compile_space(template)
    names = {"_1": template, "z": np.ones(3), name.partition(".")[0]: template if value == "template" else space}
    assert recipe.name_of(template, names) == name
    assert recipe.name_of(template, {"other": {"x": Float(0, 1)}}) == "declared"
