"""The Networks tab in a real JupyterLab: it fills while a cell searches networks, and is there again when explored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.accessible import open_tab, told
from tests.browser.lab import Notebook, wait_until
from tests.browser.test_accessible_parts_in_lab import look

pytest.importorskip("torch")
pytest.importorskip("skorch")
pytestmark = [pytest.mark.browser, pytest.mark.further]
LOAD = """
%load_ext automl_magic
import numpy as np
rng = np.random.default_rng(0)
y = np.arange(600) % 3
X = np.sin(np.linspace(0, 6, 40) * (1 + y[:, None]) + rng.uniform(0, 6, (600, 1))) + 0.6 * rng.normal(size=(600, 40))
X, y = X[..., None], np.array(["slow", "middling", "fast"])[y]
"""
SEARCH = "%%automl nas X y --time 90s --max-params 20k --workers 1\nChoice(conv(depth=Int(1, 3)), mlp(), cell(nodes=4))"
EXPLORE = "net_run.explore()"
TAB = ".am-networks"


def test_curves_sizes_and_blocks_come_while_the_cell_runs_and_again_out_of_the_record(
    open_notebook: Callable[..., Notebook], pictures: Path | None
) -> None:
    notebook = open_notebook([LOAD, SEARCH, EXPLORE], width=1500, height=1700)
    page = notebook.page
    notebook.run(0)
    notebook.start(1)
    page.wait_for_selector(".automl-panel", timeout=90_000)
    page.get_by_role("tab", name="Networks", exact=True).click(timeout=60_000)
    wait_until(lambda: page.locator(f"{TAB} .am-learning .am-line").count() >= 4, 80, "no learning curve came")
    page.wait_for_selector(f"{TAB} .am-size .am-mark")
    page.locator(f"{TAB} .am-learning .am-stage-picture").press("Home")
    page.wait_for_selector(f"{TAB} .am-block", timeout=10_000)  # the busy kernel answers
    assert page.locator(f"{TAB} .am-size .am-svg-name", has_text="limit 20k").count() == 1
    wait_until(lambda: page.locator(f"{TAB} .am-learning .am-line").count() >= 12, 90, "no more networks came")
    page.get_by_role("button", name="Stop").first.click()
    notebook.wait(1, 90)
    notebook.run(2)
    page.wait_for_selector(f"{TAB}", state="attached", timeout=30_000)
    open_tab(page, "Networks")
    page.wait_for_selector(f"{TAB} .am-line")
    page.locator(f"{TAB} .am-learning .am-stage-picture").press("Home")
    page.wait_for_selector(f"{TAB} .am-block")
    page.keyboard.press("Escape")  # the best one is shown then
    found = look(notebook, "networks", pictures)
    assert not any(found.values()), told(found)
