"""The Columns tab of a run that has ended, in a real JupyterLab: filled, accessible, told on demand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.accessible import open_tab, told
from tests.browser.lab import Notebook
from tests.browser.test_accessible_parts_in_lab import look

pytestmark = [pytest.mark.browser, pytest.mark.further]
LOAD = (
    "%load_ext automl_magic\nimport numpy as np\nfrom automl_magic import load_data\ndf = load_data('titanic')\n"
    "rng = np.random.default_rng(0)\ndf['born'] = 1912 - df['age'] + rng.normal(size=len(df))\n"
    "for number in range(16): df[f'dice_{number}'] = rng.integers(1, 7, len(df))"
)
SEARCH = "%%automl df --target survived --models hist_gb,linear --trials 4 --no-ensemble --ignore name"
EXPLORE = "best_run.explore()"
AGAIN = "print('AGAIN', list(best_run.column_importance(df, repeats=1).column[:2]))"


def test_the_columns_of_an_ended_run_are_shown_and_accessible(
    open_notebook: Callable[..., Notebook], pictures: Path | None
) -> None:
    notebook = open_notebook([LOAD, SEARCH, EXPLORE, AGAIN])
    notebook.run(0)
    assert "It uses these columns most" in notebook.run(1, 180)
    notebook.run(2)
    page = notebook.page
    page.wait_for_selector(".automl-panel .am-legend li", timeout=30_000)
    open_tab(page, "Columns")
    rows = page.locator(".am-columns tbody tr")
    names = [row.locator("th").inner_text() for row in rows.all()]
    assert names[0] == "sex" and any("age" in name and "born" in name and "together" in name for name in names)
    more = page.locator(".am-column-worths button")
    more.focus()
    page.keyboard.press("Enter")
    assert rows.count() > len(names) and more.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Enter")
    found = look(notebook, "columns", pictures)
    assert not any(found.values()), told(found)
    assert "AGAIN ['sex'" in notebook.run(3, 120)
