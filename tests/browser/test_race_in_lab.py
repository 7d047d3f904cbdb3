"""A race in a real JupyterLab: the searchers side by side while they run, stopped by hand, and what stays."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import Notebook, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.further]

LOAD = "%load_ext automl_magic\nfrom automl_magic import load_data\ndf = load_data('titanic')"
ON_TABLE = "%automl race df --target survived --models hist_gb,linear --search grid,random,tpe --trials 200 --repeats 2"
ON_BRANIN = "%automl race --on branin --search grid,random,tpe --trials 40 --repeats 3"
FACTS = "print('RUNS', len(race.lanes), 'TRIALS', sum(lane.made for lane in race.lanes), race.verdict())"


def made(notebook: Notebook) -> int:
    """Return how many trials the small pictures count."""
    texts = notebook.page.locator(".am-race-figure .am-count").all_inner_texts()
    return sum(int(text.split()[0]) for text in texts if text[:1].isdigit())


def shot(notebook: Notebook, pictures: Path | None, name: str) -> None:
    """Keep a picture of the panel, light and dark."""
    if pictures is None:
        return
    panel = notebook.page.locator(".automl-panel").first
    panel.screenshot(path=str(pictures / f"{name}.png"))
    change = "(name) => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})"
    notebook.page.evaluate(change, "JupyterLab Dark")
    notebook.page.wait_for_selector(".automl-panel[data-theme=dark]", timeout=20_000)
    time.sleep(1.0)
    panel.screenshot(path=str(pictures / f"{name}-dark.png"))
    notebook.page.evaluate(change, "JupyterLab Light")


def test_a_race_is_seen_while_it_runs_stop_keeps_it_and_the_saved_page_stands(
    open_notebook: Callable[..., Notebook], pictures: Path | None
) -> None:
    notebook = open_notebook([LOAD, ON_TABLE, FACTS])
    errors: list[str] = []
    notebook.page.on("pageerror", lambda error: errors.append(str(error)))
    notebook.run(0)
    notebook.start(1)
    notebook.page.wait_for_selector(".am-race .am-race-figure", timeout=60_000)
    wait_until(lambda: made(notebook) >= 12, 120, "no trials came")
    names = notebook.page.locator(".am-race-name").all_inner_texts()
    assert names == ["grid", "random", "tpe"]
    seen = made(notebook)
    wait_until(lambda: made(notebook) > seen, 60, "the pictures did not grow while the cell ran")
    assert notebook.page.locator(".am-race-large .am-race-line").count() == 3
    shot(notebook, pictures, "race")
    clicked = time.monotonic()
    notebook.page.get_by_role("button", name="Stop").first.click()
    notebook.wait(1, 30)
    print(f"stopped after {time.monotonic() - clicked:.1f} s")
    assert "RUNS 3" in notebook.run(2) and "finished 0 of 2 repeats" in notebook.text(2)
    saved: Any = notebook.save()
    outputs = saved["cells"][1]["outputs"]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert "image/png" in kinds and "text/html" in kinds
    assert "application/vnd.jupyter.widget-view+json" not in kinds
    assert errors == []


def test_on_a_function_of_two_numbers_one_sees_where_each_looks(
    open_notebook: Callable[..., Notebook], pictures: Path | None
) -> None:
    slowly = (
        "import time\nfrom automl_magic.engine.function import FunctionEvaluator\nplain = FunctionEvaluator.evaluate\n"
        "FunctionEvaluator.evaluate = lambda self, **given: (time.sleep(0.06), plain(self, **given))[1]"
    )
    notebook = open_notebook([LOAD, slowly, ON_BRANIN, FACTS])
    notebook.run(0)
    notebook.run(1)
    notebook.start(2)
    notebook.page.wait_for_selector(".am-race .am-race-contour", timeout=60_000, state="attached")
    wait_until(lambda: notebook.page.locator(".am-race-looked").count() >= 40, 60, "nothing was looked at")
    shot(notebook, pictures, "race-branin")
    notebook.wait(2, 60)
    assert "RUNS 9" in notebook.run(3)
