"""The panel of a run under way in a real JupyterLab: every tab, light and dark, without a serious violation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.accessible import TABS, open_tab, told, violations
from tests.browser.lab import Notebook, Server, wait_until
from tests.browser.test_cell_in_lab import LOAD, trials_shown

pytestmark = [pytest.mark.browser, pytest.mark.further]
SEARCH = "%%automl df --target survived --models hist_gb,linear --time 240s --seed 1"
DONE = "print('STEPS', [step['name'] for step in best_run.history.about['stages']['linear']])"


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"])
def theme(request: pytest.FixtureRequest, lab: Server) -> Any:
    """Set the theme of JupyterLab."""
    folder = lab.folder / ".settings" / "@jupyterlab" / "apputils-extension"
    (folder / "themes.jupyterlab-settings").write_text(json.dumps({"theme": request.param}))
    yield request.param
    (folder / "themes.jupyterlab-settings").unlink()


def test_every_tab_of_a_live_run_is_accessible_and_the_further_ones_are_filled(
    theme: str, open_notebook: Callable[..., Notebook], pictures: Path | None
) -> None:
    notebook = open_notebook([LOAD, SEARCH, DONE])
    notebook.run(0)
    notebook.start(1)
    page = notebook.page
    page.wait_for_selector(".automl-panel", timeout=30_000)
    wanted = 4 if pictures is None else 60  # a picture shall show something
    wait_until(lambda: trials_shown(notebook) >= wanted, 230, "too little was tried")
    assert page.locator(".automl-panel").first.get_attribute("data-theme") == theme.split()[1].lower()
    open_tab(page, "Leaderboard")
    page.locator(".am-board tbody button").first.click()
    found = {}
    for tab in TABS:
        open_tab(page, tab)
        if tab == "Pipeline":
            page.wait_for_selector(".am-step >> text=CleanTable", timeout=10_000)  # the kernel has answered
        if pictures is not None:
            name = f"{tab.split()[0].lower()}-{theme.split()[1].lower()}.png"
            page.wait_for_timeout(1000)
            page.locator(".automl-panel").first.screenshot(path=str(pictures / name))
        found[tab] = violations(page)
    assert not any(found.values()), told(found)
    assert page.locator(".am-log li").count() >= 8
    page.get_by_role("button", name="Stop").first.click()
    notebook.wait(1, 60)
    assert "CleanTable" in notebook.run(2)
