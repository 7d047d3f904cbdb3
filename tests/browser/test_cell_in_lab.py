"""The cell in a real JupyterLab: live, steered, stopped, and reopened without a kernel."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.lab import Notebook, wait_until

pytestmark = pytest.mark.browser

LOAD = "%load_ext automl_magic\nfrom automl_magic import load_data\ndf = load_data('titanic')"
FACTS = """
from automl_magic.engine.events import SpaceChanged, TrialStarted
kinds = [type(event).__name__ for event in best_run.events]
changed = kinds.index("SpaceChanged")
later = [event.config for event in best_run.events[changed:] if isinstance(event, TrialStarted)]
earlier = [event.config for event in best_run.events[:changed] if isinstance(event, TrialStarted)]
rates = [config["hist_gb.learning_rate"] for config in later if "hist_gb.learning_rate" in config]
change = best_run.events[changed].change
inside = all(rate <= change["high"] for rate in rates)
print("CHANGE", change["label"], change["high"], "LATER", len(later), "INSIDE", inside, "RATES", len(rates))
"""


def trials_shown(notebook: Notebook) -> int:
    """Return how many trials the panel counts as made."""
    text = notebook.page.locator(".am-facts").first.inner_text()
    return int(text.split()[0]) if text[:1].isdigit() else 0


def test_the_curve_grows_a_slider_narrows_stop_keeps_the_best_and_the_saved_page_stands(
    open_notebook: Callable[..., Notebook], pictures: Path | None
) -> None:
    search = "%%automl df --target survived --models hist_gb,linear --time 120s --seed 1"
    notebook = open_notebook([LOAD, search, FACTS, "print('USED', best.predict(df.drop(columns='survived')).shape)"])
    errors: list[str] = []
    notebook.page.on("pageerror", lambda error: errors.append(str(error)))
    notebook.run(0)
    time.sleep(4)  # a person reads the next cell while the imports are warmed

    pressed = notebook.start(1)
    notebook.page.wait_for_selector(".automl-panel", timeout=20_000)
    panel = time.monotonic() - pressed
    drawn = (
        "() => [...document.querySelectorAll('.am-legend .am-count')].some((count) => Number(count.textContent) > 0)"
    )
    notebook.page.wait_for_function(drawn, timeout=30_000)
    first = time.monotonic() - pressed
    print(f"panel after {panel:.2f} s, first trial on the curve after {first:.2f} s")
    assert first < 15

    wait_until(lambda: trials_shown(notebook) >= 3, 60, "the curve did not grow")
    seen = trials_shown(notebook)
    wait_until(lambda: trials_shown(notebook) > seen, 60, "the curve did not grow while the cell ran")
    if pictures is not None:
        wait_until(lambda: trials_shown(notebook) >= 14, 60, "too few trials for a picture")
        notebook.page.locator(".automl-panel").first.screenshot(path=str(pictures / "panel.png"))

    notebook.page.get_by_role("tab", name="Space").first.click()
    group = notebook.page.locator("details.am-group", has=notebook.page.locator("summary", has_text="hist_gb")).first
    if group.get_attribute("open") is None:  # with few parameters every group is open
        group.locator("summary").click()
    slider = notebook.page.get_by_label("learning_rate, highest", exact=True).first
    slider.focus()
    for _ in range(3):
        notebook.page.keyboard.press("PageDown")
    notebook.page.wait_for_selector(".am-parameter.am-narrowed:not(.am-waiting)", timeout=10_000)
    after = trials_shown(notebook)
    wait_until(lambda: trials_shown(notebook) >= after + 6, 60, "no trial came after the change")
    if pictures is not None:
        notebook.page.locator(".automl-panel").first.screenshot(path=str(pictures / "space.png"))

    clicked = time.monotonic()
    notebook.page.get_by_role("button", name="Stop").first.click()
    notebook.wait(1, 30)
    stopped = time.monotonic() - clicked
    print(f"Stop took {stopped:.2f} s")
    assert stopped < 5
    facts = notebook.run(2)
    assert "CHANGE hist_gb.learning_rate" in facts and "INSIDE True" in facts and "RATES 0" not in facts
    assert "USED (1309,)" in notebook.run(3)
    assert errors == []

    saved = notebook.save()
    kinds = [set(output.get("data", {})) for output in saved["cells"][1]["outputs"]]
    assert any("image/png" in kind for kind in kinds) and any("text/html" in kind for kind in kinds)
    assert not any("application/vnd.jupyter.widget-view+json" in kind for kind in kinds)
    notebook.server.end_kernels()
    again = Notebook(notebook.page, notebook.server, notebook.name).open(has_kernel=False)
    again.page.wait_for_selector(".jp-OutputArea img", timeout=20_000)
    assert again.page.locator("text=model not found").count() == 0
    assert again.page.locator(".jp-OutputArea table").count() >= 1


def test_an_interrupt_from_the_toolbar_ends_softly_and_binds_the_best(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook(
        [LOAD, "%%automl df --target survived --models linear --time 120s", "print('BOUND', type(best).__name__)"]
    )
    notebook.run(0)
    notebook.start(1)
    notebook.page.wait_for_selector(".automl-panel", timeout=30_000)
    wait_until(lambda: trials_shown(notebook) >= 2, 60, "nothing was tried")
    clicked = time.monotonic()
    notebook.page.locator("[data-command='notebook:interrupt-kernel']").first.click()
    notebook.wait(1, 30)
    assert time.monotonic() - clicked < 5
    assert "interrupted" in notebook.text(1)
    assert "BOUND Pipeline" in notebook.run(2)


def test_a_run_in_the_background_lets_the_next_cell_run_and_binds_at_its_end(
    open_notebook: Callable[..., Notebook],
) -> None:
    cells = [
        LOAD,
        "%automl df --target survived --models linear --trials 8 --background",
        "print('MEANWHILE', 'best' in dir())",
    ]
    waits = "import time\nwhile 'best' not in dir(): time.sleep(0.1)\nprint('THEN', type(best).__name__)"
    notebook = open_notebook([*cells, waits])
    notebook.run(0)
    notebook.run(1)
    assert "MEANWHILE False" in notebook.run(2)
    assert "THEN Pipeline" in notebook.run(3)
    wait_until(lambda: "won" in notebook.text(1), 20, "the end was not shown in the cell that began the run")


def test_a_mistake_is_two_lines_without_a_traceback(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([LOAD, "%%automl df --target survivd --time 5s"])
    notebook.run(0)
    text = notebook.run(1)
    assert 'Did you mean "survived"?' in text and "Traceback" not in text and "site-packages" not in text


def test_a_front_end_without_anywidget_gets_a_picture_and_is_told_what_is_missing(
    open_notebook: Callable[..., Notebook], pictures: Path | None
) -> None:
    search = "%%automl df --target survived --models linear --time 60s"
    lacks = "**/extensions/anywidget/**"
    notebook = open_notebook(
        [LOAD, search, "print('BOUND', type(best).__name__)"],
        prepare=lambda page: page.route(lacks, lambda route: route.abort()),
    )
    notebook.run(0)
    notebook.start(1)
    notebook.page.wait_for_selector(".jp-OutputArea img", timeout=60_000)
    wait_until(lambda: "anywidget" in notebook.text(1), 20, "it was not told what is missing")
    picture = "() => document.querySelector('.jp-OutputArea img').src"
    before = notebook.page.evaluate(picture)
    wait_until(lambda: notebook.page.evaluate(picture) != before, 20, "the picture was not renewed")
    if pictures is not None:
        notebook.page.screenshot(path=str(pictures / "fallback.png"))
    notebook.page.locator("[data-command='notebook:interrupt-kernel']").first.click()
    notebook.wait(1, 30)
    assert "anywidget" not in notebook.text(1)
    assert "BOUND Pipeline" in notebook.run(2)
