"""The space editor in a real JupyterLab: a slider moves, Python sees it, and the code that it shows runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import Notebook, Server, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.further]

LOAD = "%load_ext automl_magic\nfrom automl_magic import load_data\ndf = load_data('titanic')"
LINE = "df --target survived --models hist_gb,linear --trials 3 --seed 7"
WATCH = "seen = []\nspace_editor.observe(lambda change: seen.append(change.new), 'space')"
MOVED = "print('HIGH', space_editor.space['hist_gb.learning_rate'].high < 0.29, len(seen))"
SAME = (
    "same = best_run.history.about['space'] == space_editor.space.fingerprint()\n"
    "print('SAME', same, sum(not trial.hidden for trial in best_run.history.trials.values()))"
)


def move_the_slider(notebook: Notebook, number: int | None = None) -> None:
    """Open the group of a family and lower the upper bound of a parameter by the keyboard, in one cell or the first."""
    shown = notebook.page if number is None else notebook.cell(number)
    group = shown.locator("details.am-group", has=notebook.page.locator("summary", has_text="hist_gb")).first
    if group.get_attribute("open") is None:
        group.locator("summary").click()
    shown.get_by_label("learning_rate, highest", exact=True).first.focus()
    for _ in range(3):
        notebook.page.keyboard.press("PageDown")
    shown.locator(".am-parameter.am-narrowed:not(.am-waiting)").first.wait_for(timeout=10_000)


def shown_code(notebook: Notebook) -> str:
    """Ask for the code and return what the view shows."""
    notebook.page.get_by_role("button", name="Copy as code").first.click()
    notebook.page.wait_for_selector("textarea.am-code", timeout=10_000)
    return str(notebook.page.locator("textarea.am-code").first.input_value())


def watched(page: Any) -> list[str]:
    """Return the list to which errors of the page will be added."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def test_a_slider_changes_the_space_in_python_and_the_code_shown_searches_that_space(
    open_notebook: Callable[..., Notebook], pictures: Path | None
) -> None:
    notebook = open_notebook([LOAD, f"%automl space {LINE}", WATCH, MOVED, "%automl code space_editor", SAME])
    errors = watched(notebook.page)
    notebook.run(0)
    notebook.run(1)
    notebook.page.wait_for_selector(".automl-panel .am-parameter", timeout=20_000)
    notebook.run(2)
    move_the_slider(notebook)
    assert "HIGH True 1" in notebook.run(3)

    code = shown_code(notebook)
    assert code.startswith(f"%%automl {LINE}\n") and 'space["hist_gb.learning_rate"] = Float(' in code
    notebook.page.get_by_role("button", name="Copy to clipboard").first.click()
    said = notebook.page.locator(".am-code-part [role=status]").first
    wait_until(lambda: said.inner_text() in ("Copied.", "Selected: press Ctrl+C or ⌘C."), 5, "it was not copied")
    if pictures is not None:
        notebook.page.locator(".automl-panel").first.screenshot(path=str(pictures / "editor.png"))

    notebook.run(4)
    inserted = notebook.cell(5)
    wait_until(lambda: "hist_gb.learning_rate" in inserted.inner_text(), 10, "no cell was put below")
    lines = inserted.locator(".cm-line").all_inner_texts()
    assert "\n".join(line.rstrip("\n") for line in lines) == code
    notebook.run(5)
    assert "SAME True 3" in notebook.run(6)
    assert errors == []


def test_run_searches_below_the_editor_while_the_notebook_stays_free(open_notebook: Callable[..., Notebook]) -> None:
    waits = "import time\nwhile 'best_run' not in dir(): time.sleep(0.1)"
    notebook = open_notebook([LOAD, f"%automl space {LINE}", f"{waits}\n{SAME}"])
    errors = watched(notebook.page)
    notebook.run(0)
    notebook.run(1)
    notebook.page.wait_for_selector(".automl-panel .am-parameter", timeout=20_000)
    move_the_slider(notebook)
    notebook.page.get_by_role("button", name="Run", exact=True).first.click()
    wait_until(lambda: notebook.page.locator(".am-curve, .jp-OutputArea img").count() > 0, 30, "no search was shown")
    assert "SAME True 3" in notebook.run(2, 90)
    wait_until(lambda: "won" in notebook.text(1), 20, "the end was not shown below the editor")
    assert errors == []


def test_in_a_box_two_linked_editors_follow_each_other(
    open_notebook: Callable[..., Notebook], lab: Server, pictures: Path | None
) -> None:
    theme = lab.folder / ".settings" / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
    theme.write_text('{"theme": "JupyterLab Dark"}')
    two = (
        "from automl_magic import Float, SpaceEditor\nfrom ipywidgets import HBox\nfrom traitlets import link\n"
        "one, other = (SpaceEditor({'rate': Float(0.01, 1, log=True)}) for _ in range(2))\n"
        "link((one, 'space'), (other, 'space'))\nHBox([one, other])"
    )
    set_by_python = "one.space = one.space.narrow('rate', 0.1, 0.5)"
    try:
        notebook = open_notebook([two, set_by_python, "print('EQUAL', one.space is other.space)"])
        notebook.run(0)
        fields = "[aria-label='rate, lowest value'], [aria-label='rate, highest value']"
        values = f'() => [...document.querySelectorAll("{fields}")].map((field) => field.value).join()'
        wait_until(lambda: notebook.page.evaluate(values) == "0.01,1,0.01,1", 20, "two editors were not shown")
        notebook.run(1)
        wait_until(lambda: notebook.page.evaluate(values) == "0.1,0.5,0.1,0.5", 10, "the views did not follow Python")
        notebook.page.get_by_label("rate, highest value", exact=True).last.fill("0.4")
        notebook.page.keyboard.press("Tab")
        wait_until(lambda: notebook.page.evaluate(values) == "0.1,0.4,0.1,0.4", 10, "one view did not follow the other")
        assert "EQUAL True" in notebook.run(2)
        widths = "() => [...document.querySelectorAll('.automl-panel')].map((panel) => panel.clientWidth)"
        one, other = notebook.page.evaluate(widths)
        assert one > 300 and abs(one - other) < 3, "they do not share the room of the box"
        assert notebook.page.locator('.automl-panel[data-theme="dark"]').count() == 2
        if pictures is not None:
            time.sleep(0.5)
            notebook.cell(0).locator(".jp-Cell-outputArea").screenshot(path=str(pictures / "editors-dark.png"))
    finally:
        theme.unlink()


def test_a_run_that_is_edited_gives_its_code_while_it_goes_and_afterwards(
    open_notebook: Callable[..., Notebook],
) -> None:
    search = "%%automl df --target survived --models hist_gb,linear --time 90s --seed 1"
    notebook = open_notebook([LOAD, search, "best_run.to_cell()"])
    notebook.run(0)
    notebook.start(1)
    notebook.page.wait_for_selector(".automl-panel", timeout=30_000)
    notebook.page.get_by_role("tab", name="Space").first.click()
    move_the_slider(notebook)
    code = shown_code(notebook)  # answered while the cell blocks
    lines = code.splitlines()
    assert lines[0] == "%%automl df --target survived --models hist_gb,linear --time 90s --seed 1"
    assert lines[1].startswith('space["hist_gb.learning_rate"] = Float(') and len(lines) == 2
    drawn = "() => document.querySelector('.am-facts')?.textContent.trim()[0] > '0'"
    notebook.page.wait_for_function(drawn, timeout=60_000)
    notebook.page.get_by_role("button", name="Stop").first.click()
    notebook.wait(1, 60)
    notebook.run(2)
    wait_until(lambda: "hist_gb.learning_rate" in notebook.cell(3).inner_text(), 10, "no cell was put below")
    put = notebook.cell(3).locator(".cm-line").all_inner_texts()
    assert "\n".join(line.rstrip("\n") for line in put) == code
