"""Edits in a real JupyterLab while the cell blocks: narrow, fix, forbid, plant a point, drop the winning family."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import Notebook, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.further]

LOAD = "%load_ext automl_magic\nfrom automl_magic import load_data\ndf = load_data('titanic')"
SEARCH = "%%automl df --target survived --models hist_gb,linear,forest --time 200s --seed 1"
FACTS = """
from automl_magic.engine.events import SpaceChanged, Steered, TrialStarted
from automl_magic.engine.rules import parse_rule

def inside(config, space):
    for parameter in space["parameters"]:
        value, low, high = config.get(parameter["label"]), parameter["low"], parameter["high"]
        if parameter["label"] not in config:
            continue
        if value not in parameter["options"] if parameter["kind"] == "choice" else not low <= value <= high:
            return False
    return all(parse_rule(rule).holds(config) for rule in space["rules"])

space, kept, later = best_run.events[0].space, True, {}
for event in best_run.events:
    if isinstance(event, SpaceChanged):
        space = event.space
        later[event.change["kind"], event.change.get("label", event.change.get("text"))] = 0
    if isinstance(event, TrialStarted) and not event.hidden:
        kept = kept and inside(event.config, space)
        later = {change: count + 1 for change, count in later.items()}
planted = [event.config for event in best_run.events if isinstance(event, TrialStarted) and event.origin == "you"]
whos = {event.who for event in best_run.events if isinstance(event, SpaceChanged | Steered)}
print("KEPT", kept, "LATER", later)
print("PLANTED", planted)
print("WHO", whos)
print("ACTS", [(event.kind, event.value) for event in best_run.events if isinstance(event, Steered)])
"""


def trials_shown(notebook: Notebook) -> int:
    """Return how many trials the panel counts as made."""
    text = notebook.page.locator(".am-facts").first.inner_text()
    return int(text.split()[0]) if text[:1].isdigit() else 0


def wait_for_trials(notebook: Notebook, count: int) -> None:
    """Wait until so many more trials were made."""
    before = trials_shown(notebook)
    wait_until(lambda: trials_shown(notebook) >= before + count, 90, f"there were no {count} more trials")


def open_group(notebook: Notebook, family: str) -> Any:
    """Open the parameters of a family and return their group."""
    group = notebook.page.locator("details.am-group", has=notebook.page.locator("summary", has_text=family)).first
    if group.get_attribute("open") is None:
        group.locator("summary").first.click()
    return group


def test_every_trial_after_an_edit_respects_it_and_the_search_goes_on_without_the_winning_family(
    open_notebook: Callable[..., Notebook], pictures: Path | None
) -> None:
    notebook = open_notebook([LOAD, SEARCH, FACTS])
    page = notebook.page
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    notebook.run(0)
    time.sleep(5)  # a person reads the next cell while the imports are warmed
    notebook.start(1)
    page.wait_for_selector(".automl-panel", timeout=30_000)
    wait_until(lambda: trials_shown(notebook) >= 6, 90, "the search did not begin")

    # narrow with the keys, fix by typing, forbid by a rule that is checked first
    page.get_by_role("tab", name="Space").first.click()
    boosting = open_group(notebook, "hist_gb")
    boosting.get_by_label("learning_rate, highest", exact=True).focus()
    for _ in range(3):
        page.keyboard.press("PageDown")
    page.wait_for_selector(".am-parameter.am-narrowed:not(.am-waiting)", timeout=10_000)
    boosting.get_by_label("Fix max_leaf_nodes", exact=True).click()
    boosting.get_by_label("Fix max_leaf_nodes at").fill("15")
    page.keyboard.press("Enter")
    boosting.get_by_label("Free max_leaf_nodes", exact=True).wait_for(timeout=10_000)
    rule = page.get_by_label("New rule").first
    rule.fill("hist_gb.learning_rat <= 0.1")
    page.wait_for_selector(".am-check.am-warning", timeout=10_000)
    assert 'Did you mean "hist_gb.learning_rate"' in page.locator(".am-check").first.inner_text()
    rule.fill("forest.min_samples_leaf <= 20")
    page.wait_for_selector("text=Would cut off", timeout=10_000)
    page.keyboard.press("Enter")
    page.wait_for_selector(".am-rules li", timeout=10_000)
    assert page.locator(".am-groups .am-dot-4").first.get_attribute("d")
    wait_for_trials(notebook, 3)

    # try a point: the first trial of the person's choice, one value changed
    page.get_by_role("tab", name="Curve").first.click()
    page.locator(".am-chart").first.focus()
    page.keyboard.press("Home")
    for _ in range(20):
        if page.locator(".am-details-head strong", has_text=re.compile("linear$")).count():
            break
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(60)
    page.get_by_role("button", name="Edit and run").first.click()
    page.get_by_label("C of the next trial").fill("0.123")
    page.get_by_role("button", name="Run next").first.click()
    page.wait_for_selector(".am-plant .am-answer:has-text('try linear next')", timeout=10_000)
    wait_for_trials(notebook, 3)
    assert page.locator(".am-legend", has_text="set by you").count() >= 1

    # drop the family that wins
    winner = re.search(r"with (\w+)", page.locator(".am-best-score").first.inner_text())
    assert winner is not None
    page.get_by_role("tab", name="Space").first.click()
    page.locator(".am-families label", has_text=winner[1]).locator("input").uncheck()
    page.wait_for_selector(".am-families .am-narrowed:not(.am-waiting)", timeout=10_000)
    page.wait_for_selector(".am-off", timeout=10_000)
    wait_for_trials(notebook, 5)
    if pictures is not None:
        page.locator(".automl-panel").first.screenshot(path=str(pictures / "steered.png"))

    page.get_by_role("button", name="Stop").first.click()
    notebook.wait(1, 60)
    facts = notebook.run(2)
    print(facts)
    later = {name: int(count) for name, count in re.findall(r"\('(\w+)', '[^']*'\): (\d+)", facts)}
    assert "KEPT True" in facts and set(later) == {"narrow", "fix", "rule", "choose"}
    assert min(later.values()) == later["choose"] >= 4  # the search goes on
    assert "'linear.C': 0.123" in facts and "WHO {'you'}" in facts
    assert errors == []


def test_edits_reach_a_run_in_the_background_and_are_taken_back(open_notebook: Callable[..., Notebook]) -> None:
    search = "%automl df --target survived --models linear,forest --time 120s --seed 1 --background"
    wait = "import time\nwhile 'best_run' not in dir(): time.sleep(0.1)\n"
    notebook = open_notebook([LOAD, search, "print('MEANWHILE', 'best' in dir())", wait + FACTS])
    page = notebook.page
    notebook.run(0)
    notebook.run(1)
    page.wait_for_selector(".automl-panel", timeout=30_000)
    assert "MEANWHILE False" in notebook.run(2)
    wait_until(lambda: trials_shown(notebook) >= 3, 90, "the search did not begin")
    page.get_by_role("tab", name="Space").first.click()
    page.locator(".am-families label", has_text="forest").locator("input").uncheck()
    page.wait_for_selector(".am-families .am-narrowed:not(.am-waiting)", timeout=10_000)
    wait_for_trials(notebook, 2)
    page.get_by_role("button", name="Undo").first.click()
    page.wait_for_selector(".am-families .am-parameter:not(.am-narrowed)", timeout=10_000)
    page.get_by_role("button", name="+30 s").first.click()
    page.get_by_role("button", name="Stop").first.click()
    facts = notebook.run(3)
    print(facts)
    assert "KEPT True" in facts and "('choose', 'model')" in facts and "('undo', None)" in facts
    assert "('add_time', 30.0), ('stop', None)" in facts
