"""A recorded run in a real JupyterLab: played again, wound back and forth, left as a picture; explored at rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import ROOT, Notebook, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.further]

THEMES = {"dark": ["#111", "#111", "#424242", "#fff"], "light": ["", "", "", ""]}  # JupyterLab's own colours
RECORDED = (ROOT / "tests" / "data" / "recording" / "journal.jsonl").as_posix()
READ = f"""%load_ext automl_magic
import shutil
from pathlib import Path
from automl_magic import read_record
folder = Path(".automl/recording")
folder.mkdir(parents=True, exist_ok=True)
shutil.copyfile("{RECORDED}", folder / "journal.jsonl")
read_record("recording").save("saved.jsonl")
import anywidget, automl_magic.notebook.replaying, automl_magic.notebook.charts"""


def made(notebook: Notebook) -> int:
    """Return how many trials the panel counts."""
    text = notebook.page.locator(".am-facts").first.inner_text()
    return int(text.split()[0]) if text[:1].isdigit() else 0


def picture(notebook: Notebook, pictures: Path | None, name: str) -> None:
    """Take a picture of the panel, light and dark, where pictures are wanted."""
    if pictures is None:
        return
    for theme, colours in THEMES.items():
        notebook.page.evaluate(
            """([theme, colours]) => {
                document.body.dataset.jpThemeLight = String(theme === "light");
                const names = ["layout-color0", "layout-color1", "layout-color2", "ui-font-color1"];
                names.forEach((name, place) => document.body.style.setProperty(`--jp-${name}`, colours[place]));
            }""",
            [theme, colours],
        )
        notebook.page.wait_for_timeout(400)
        notebook.page.locator(".automl-panel").first.screenshot(path=str(pictures / f"{name}-{theme}.png"))


def wind(notebook: Notebook, share: float) -> None:
    """Drag the slider to a share of the run."""
    slider = notebook.page.get_by_label("Time in the recording").first
    slider.evaluate(
        "(slider, share) => { slider.value = String(1000 * share); slider.dispatchEvent(new Event('input')); }", share
    )


def test_a_saved_run_is_played_wound_and_left_as_a_picture(
    open_notebook: Callable[..., Notebook], pictures: Path | None
) -> None:
    play = "%automl replay saved.jsonl --speed 0.5"
    notebook = open_notebook([READ, play, "print('MEANWHILE', 1 + 1)"])
    errors: list[str] = []
    notebook.page.on("pageerror", lambda error: errors.append(str(error)))
    notebook.run(0)
    notebook.run(1)
    page: Any = notebook.page
    page.wait_for_selector(".am-player:not([hidden])", timeout=20_000)
    assert "MEANWHILE 2" in notebook.run(2), "the cell has given the kernel back"
    assert page.get_by_role("button", name="Skip trial").count() == 0, "a recording has buttons of its own"

    page.get_by_role("button", name="Pause").first.click()
    page.wait_for_selector(".am-play:text('Play')", timeout=5_000)
    wind(notebook, 0.9)
    wait_until(lambda: made(notebook) >= 15, 10, "nothing came when it was wound on")
    late = made(notebook)
    page.get_by_role("tab", name="Leaderboard").first.click()
    rows = page.locator(".am-board tbody tr").count()
    page.get_by_role("tab", name="Curve").first.click()
    picture(notebook, pictures, "replay")
    wind(notebook, 0.3)
    wait_until(lambda: 0 < made(notebook) < late, 10, "it did not go back")
    early = made(notebook)
    page.get_by_role("tab", name="Leaderboard").first.click()
    wait_until(lambda: page.locator(".am-board tbody tr").count() <= early + 4, 10, "later trials are still there")
    assert rows >= 10
    slider = page.get_by_label("Time in the recording").first
    slider.focus()
    page.keyboard.press("PageUp")
    wait_until(lambda: made(notebook) > early, 10, "the keyboard did not move it")

    page.get_by_role("button", name="Stop").first.click()
    page.wait_for_selector(".jp-OutputArea img", timeout=20_000)
    page.wait_for_selector(".jp-OutputArea table", timeout=20_000)
    outputs = notebook.save()["cells"][1]["outputs"]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert "text/html" in kinds and "application/vnd.jupyter.widget-view+json" not in kinds
    assert page.locator(".automl-panel").count() == 0
    assert errors == []


def test_explore_brings_the_panel_back_out_of_a_record(
    open_notebook: Callable[..., Notebook], pictures: Path | None
) -> None:
    notebook = open_notebook([READ, "read_record('saved.jsonl').explore()"])
    notebook.run(0)
    notebook.run(1)
    page: Any = notebook.page
    page.wait_for_selector(".automl-panel", timeout=20_000)
    wait_until(lambda: made(notebook) == 24, 10, "not all trials are there")
    assert page.locator(".am-player:not([hidden])").count() == 0
    assert page.get_by_role("button", name="Stop").first.is_disabled()
    picture(notebook, pictures, "explore")
    page.get_by_role("tab", name="Space").first.click()
    sliders = page.locator(".am-view:not([hidden]) input[type=range]")
    wait_until(lambda: sliders.count() > 0, 10, "the space is not there")
    assert all(sliders.nth(place).is_disabled() for place in range(sliders.count())), "nothing can be steered any more"


def test_a_panel_that_answers_late_takes_the_place_of_its_picture(open_notebook: Callable[..., Notebook]) -> None:
    impatient = "from automl_magic.notebook import exploring\nexploring.PATIENCE = 0.0\n"
    notebook = open_notebook([READ, f"{impatient}read_record('saved.jsonl').explore()"])
    notebook.run(0)
    notebook.run(1)
    page: Any = notebook.page
    page.wait_for_selector(".automl-panel", timeout=20_000)
    wait_until(lambda: made(notebook) == 24, 10, "not all trials are there")
    line = page.locator(".jp-OutputArea-output pre").last  # it stands there since there was a picture
    wait_until(lambda: "trials, best" in line.inner_text(), 10, "the line still says that nothing answers")
    assert page.locator(".jp-OutputArea-output img").count() == 0
