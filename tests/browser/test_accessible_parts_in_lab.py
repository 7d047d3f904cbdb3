"""Editor, race and explored run in a real JupyterLab, light and dark: no serious violation, narrow and wide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.accessible import told, violations
from tests.browser.lab import Notebook
from tests.browser.test_editor_in_lab import move_the_slider
from tests.browser.test_replay_in_lab import READ

pytestmark = [pytest.mark.browser, pytest.mark.further]

LOAD = "%load_ext automl_magic\nfrom automl_magic import load_data\ndf = load_data('titanic')"
EDITOR = (
    "%%automl space df --target survived --models linear,forest,hist_gb\n"
    "space.rule('forest.max_depth * forest.max_features <= 30')"
)
SLOWLY = (
    "import time\nfrom automl_magic.engine.function import FunctionEvaluator\nplain = FunctionEvaluator.evaluate\n"
    "FunctionEvaluator.evaluate = lambda self, **given: (time.sleep(0.3), plain(self, **given))[1]"
)
ON_BRANIN = "%automl race --on branin --search grid,random,tpe --trials 400 --repeats 2"
CELLS = [LOAD, EDITOR, SLOWLY, ON_BRANIN, READ, "read_record('saved.jsonl').explore()"]
LOADED, EDITED, SLOWED, RACED, READING, EXPLORED = range(len(CELLS))
CHANGE = "(name) => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})"
TOO_WIDE = """
([selector, width]) => {
  const panel = document.querySelector(selector), room = panel.parentElement;
  room.style.width = `${width}px`;
  const wrong = [...panel.querySelectorAll("*")].filter((one) =>
    one.getBoundingClientRect().right > panel.getBoundingClientRect().right + 1
    && !one.closest(".am-scroll-x, [hidden], .am-sr, .am-table-scroll"));
  const overflows = panel.scrollWidth > panel.clientWidth + 1;
  const found = overflows ? wrong.slice(0, 3).map((one) => one.outerHTML.slice(0, 150)) : [];
  room.style.width = "";
  return found;
}
"""


def look(notebook: Notebook, name: str, pictures: Path | None) -> dict[str, list[Any]]:
    """Return what is wrong with the one panel that is shown, in both themes and in the widths of a phone and a wall."""
    page = notebook.page
    found: dict[str, list[Any]] = {}
    for theme in ("Dark", "Light"):
        page.evaluate(CHANGE, f"JupyterLab {theme}")
        page.wait_for_selector(f".automl-panel[data-theme={theme.lower()}]", timeout=20_000)
        page.wait_for_timeout(800)
        found[f"{name}, {theme}"] = violations(page)
        if pictures is not None:
            path = pictures / f"{name}-{theme.lower()}.png"
            page.locator(".automl-panel").first.screenshot(path=str(path))
    for width in (320, 1600):
        found[f"{name}, {width} px"] = page.evaluate(TOO_WIDE, [".automl-panel", width])
        if pictures is not None and width == 320:
            page.evaluate("() => { document.querySelector('.automl-panel').parentElement.style.width = '320px'; }")
            page.wait_for_timeout(500)
            page.locator(".automl-panel").first.screenshot(path=str(pictures / f"{name}-320.png"))
            page.evaluate("() => { document.querySelector('.automl-panel').parentElement.style.width = ''; }")
    return found


def test_the_editor_is_accessible(open_notebook: Callable[..., Notebook], pictures: Path | None) -> None:
    notebook = open_notebook(CELLS)
    notebook.run(LOADED)
    notebook.run(EDITED)
    notebook.page.wait_for_selector(".automl-panel .am-parameter", timeout=30_000)
    move_the_slider(notebook)
    notebook.page.evaluate(
        "() => document.querySelectorAll('.automl-panel details').forEach((one) => { one.open = true; })"
    )
    found = look(notebook, "editor", pictures)
    assert not any(found.values()), told(found)


def test_a_race_under_way_is_accessible(open_notebook: Callable[..., Notebook], pictures: Path | None) -> None:
    notebook = open_notebook(CELLS)
    notebook.run(LOADED)
    notebook.run(SLOWED)
    notebook.start(RACED)
    notebook.page.wait_for_selector(".am-race .am-race-figure", timeout=60_000)
    notebook.page.wait_for_timeout(8000)
    found = look(notebook, "race", pictures)
    notebook.page.get_by_role("button", name="Stop").first.click()
    notebook.wait(RACED, 30)
    assert not any(found.values()), told(found)


def test_an_explored_run_is_accessible(open_notebook: Callable[..., Notebook], pictures: Path | None) -> None:
    notebook = open_notebook(CELLS)
    notebook.run(READING)
    notebook.run(EXPLORED)
    notebook.page.wait_for_selector(".automl-panel .am-legend li", timeout=30_000)
    found = look(notebook, "explored", pictures)
    assert not any(found.values()), told(found)
