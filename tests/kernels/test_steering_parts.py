"""Editor, live space, race, replay and explore on the oldest kernel and in Notebook 7 (`make kernels`)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.browser.lab import Notebook, wait_until
from tests.browser.test_editor_in_lab import LINE, MOVED, WATCH, move_the_slider, shown_code
from tests.browser.test_race_in_lab import made as made_in_race
from tests.browser.test_replay_in_lab import READ, wind
from tests.kernels.kinds import Kernel, kernel_of

pytestmark = [pytest.mark.browser, pytest.mark.kernels]

LOAD = "%load_ext automl_magic\nfrom automl_magic import load_data\ndf = load_data('titanic')"
CELLS = [
    LOAD,
    f"%automl space {LINE}",
    WATCH,
    MOVED,
    "%automl df --target survived --models hist_gb,linear --time 300s --out run",
    "%automl race df --target survived --models hist_gb,linear --search grid,random,tpe --trials 200 --repeats 2",
    READ,
    "%automl replay saved.jsonl --speed 0.5",
    "read_record('saved.jsonl').explore()",
    "last = run_run.history.edits[-1]\n"
    "late = [trial for trial in run_run.history.trials.values() if trial.id > last.last_trial and not trial.hidden]\n"
    "top = next(one['high'] for one in last.space['parameters'] if one['label'] == 'hist_gb.learning_rate')\n"
    "rates = [trial.config['hist_gb.learning_rate'] for trial in late if 'hist_gb.learning_rate' in trial.config]\n"
    "print('LATER', len(late), 'RESPECT', top < 0.29 and all(rate <= top for rate in rates))",
]
LOADED, EDITOR, WATCHED, SEEN, RUN, RACE, READING, REPLAY, EXPLORE, RESPECT = range(len(CELLS))


@dataclass
class Place:
    """An open notebook with one kernel, and the errors of its page."""

    kernel: Kernel
    notebook: Notebook
    errors: list[str]


@pytest.fixture(
    scope="module", params=[("6.31", False), ("7.3", True), ("7.4", True)], ids=["6.31", "7.3-notebook7", "notebook7"]
)
def place(request: Any, open_with: Callable[..., Notebook]) -> Place:
    """Return an open notebook whose kernel has loaded the magic."""
    asked, in_notebook_7 = request.param
    kernel = kernel_of(asked)
    notebook = open_with(CELLS, kernel, in_notebook_7=in_notebook_7)
    errors: list[str] = []
    notebook.page.on("pageerror", lambda error: errors.append(str(error)))
    notebook.run(LOADED)
    return Place(kernel, notebook, errors)


def show(place: Place, number: int) -> None:
    place.notebook.cell(number).scroll_into_view_if_needed()


def test_the_editor_is_heard_and_shows_its_code(place: Place) -> None:
    place.notebook.run(EDITOR)
    place.notebook.page.wait_for_selector(".automl-panel .am-parameter", timeout=30_000)
    place.notebook.run(WATCHED)
    move_the_slider(place.notebook)
    assert "HIGH True 1" in place.notebook.run(SEEN)
    assert 'space["hist_gb.learning_rate"] = Float(' in shown_code(place.notebook)
    assert place.errors == []


def test_a_slider_steers_a_cell_that_blocks_where_the_kernel_can_hear_it(place: Place) -> None:
    if not place.kernel.has_buttons:
        pytest.skip(f"ipykernel {place.kernel.version} hears nothing while a cell runs: the panel says to use ■")
    notebook = place.notebook
    notebook.start(RUN)
    show(place, RUN)
    panel = notebook.cell(RUN).locator(".automl-panel").first
    panel.get_by_role("tab", name="Space").click()
    move_the_slider(notebook, RUN)

    def count() -> int:
        return int((panel.locator(".am-facts").first.inner_text().split() or ["0"])[0])

    seen = count()
    wait_until(lambda: count() >= seen + 4, 60, "no trial came after the edit")
    panel.get_by_role("button", name="Stop").first.click()
    notebook.wait(RUN, 30)
    said = notebook.run(RESPECT)
    assert "RESPECT True" in said and "LATER 0" not in said, said
    assert place.errors == []


def test_a_race_is_seen_and_ended(place: Place) -> None:
    notebook = place.notebook
    notebook.start(RACE)
    show(place, RACE)
    if place.kernel.has_buttons:
        notebook.cell(RACE).locator(".am-race .am-race-figure").first.wait_for(timeout=60_000)
        wait_until(lambda: made_in_race(notebook) >= 6, 120, "no trials came")
        notebook.cell(RACE).get_by_role("button", name="Stop").first.click()
    else:
        notebook.cell(RACE).locator(".jp-OutputArea img").first.wait_for(timeout=60_000)
        wait_until(lambda: "■" in notebook.text(RACE), 30, "it does not say how to end it")
        wait_until(lambda: re.search(r"tpe [4-9] of", notebook.text(RACE)), 60, "no trials came")
        notebook.interrupt()
    notebook.wait(RACE, 40)
    assert "finished 0 of 2 repeats" in notebook.text(RACE) and "Traceback" not in notebook.text(RACE)
    assert place.errors == []


def test_a_recorded_run_is_played_and_explored(place: Place) -> None:
    notebook, page = place.notebook, place.notebook.page
    notebook.run(READING)
    notebook.run(REPLAY)
    show(place, REPLAY)
    page.wait_for_selector(".am-player:not([hidden])", timeout=30_000)
    player = notebook.cell(REPLAY).locator(".automl-panel").first
    player.get_by_role("button", name="Pause").first.click()
    page.wait_for_selector(".am-play:text('Play')", timeout=10_000)
    wind(notebook, 0.9)
    facts = player.locator(".am-facts").first
    wait_until(lambda: int((facts.inner_text().split() or ["0"])[0]) >= 15, 10, "nothing came when it was wound on")
    player.get_by_role("button", name="Stop").first.click()
    notebook.cell(REPLAY).locator(".jp-OutputArea img").first.wait_for(timeout=20_000)
    notebook.run(EXPLORE)
    show(place, EXPLORE)
    explored = notebook.cell(EXPLORE).locator(".automl-panel .am-facts").first
    explored.wait_for(timeout=30_000)
    wait_until(lambda: explored.inner_text().startswith("24 "), 15, "not all trials are there")
    assert place.errors == []
