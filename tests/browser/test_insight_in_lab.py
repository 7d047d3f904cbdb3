"""The Importance tab in a real JupyterLab: what acts together is told while a cell runs, narrowed by a button."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.lab import Notebook, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.further]

SPACE = """
import math, time
from automl_magic import Choice, Float, tune
from automl_magic.notebook.live import LivePanel
space = {"rate": Float(1e-4, 1, log=True), "bent": Float(0, 1), "kind": Choice("a", "b", "c"), "idle": Float(0, 1)}

def loss(values):
    time.sleep(0.02)
    return abs(math.log10(values["rate"]) + 2) * (1 + 2 * values["bent"]) + 1.5 * (values["kind"] != "a")
"""
SEARCH = "run = tune(loss, space, time=150, workers=0, search='random', panel=LivePanel())"
FACTS = """
from automl_magic.engine.events import SpaceChanged
changed = [event for event in run.events if isinstance(event, SpaceChanged)]
print("CHANGED", [(event.change["kind"], event.change["label"], event.who) for event in changed])
"""


def test_a_pair_is_told_and_a_proposal_taken_over_by_the_keyboard(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([SPACE, SEARCH, FACTS])
    page = notebook.page
    notebook.run(0)
    notebook.start(1)
    page.wait_for_selector(".automl-panel", timeout=60_000)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("tab", name="Importance", exact=True).click()
    page.wait_for_selector(".am-insight .am-shares li", timeout=60_000)
    assert "rate × bent" in page.locator(".am-insight .am-shares").inner_text()
    assert "of 4 parameters matter" in page.locator(".am-insight .am-said").inner_text()
    narrow = page.get_by_role("button", name="Narrow kind to a")
    narrow.wait_for(timeout=60_000)
    narrow.focus()
    page.keyboard.press("Enter")
    wait_until(lambda: narrow.count() == 0, 10, "the proposal stayed although it was taken over")
    assert page.evaluate("document.activeElement.closest('.am-insight') !== null")
    page.get_by_role("button", name="Stop").first.click()
    notebook.wait(1, 60)
    assert "CHANGED [('choose', 'kind', 'you')]" in notebook.run(2)
