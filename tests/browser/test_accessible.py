"""Every tab of the panel has no serious or critical violation, in each theme, and fits a narrow page."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.browser.accessible import TABS, open_tab, told, violations

pytestmark = [pytest.mark.browser, pytest.mark.further]
LOOK = Path(__file__).parents[2] / "widgets" / "dev" / "look.py"
THEMES = ("light", "dark", "jupyter light", "jupyter dark")


@pytest.fixture(scope="module")
def look() -> ModuleType:
    """Return the script that makes pages with the panel on them."""
    spec = importlib.util.spec_from_file_location("look", LOOK)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows(look: ModuleType) -> list[Any]:
    """Return the rows of a run under way that has something in every tab."""
    made: list[Any] = look.made_up_run(220)
    return made


@pytest.fixture
def show(chromium: Any, look: ModuleType, rows: list[Any]) -> Iterator[Any]:
    """Return a function that opens a page with the panel."""
    pages = []

    def show_panel(theme: str, width: int = 1000, **options: Any) -> Any:
        page = chromium.new_page(viewport={"width": width, "height": 900}, **options)
        pages.append(page)
        page.set_content(look.page(rows, theme))
        page.wait_for_function("window.ready === true")
        page.wait_for_selector(".am-legend li")
        return page

    yield show_panel
    for page in pages:
        page.close()


def select_a_trial(page: Any) -> None:
    """Select a trial, so that its parameters are on the page."""
    open_tab(page, "Leaderboard")
    page.locator(".am-board tbody button").nth(2).click()


@pytest.mark.parametrize("theme", THEMES)
def test_no_tab_has_a_serious_violation(show: Any, theme: str) -> None:
    page = show(theme)
    select_a_trial(page)
    found = {}
    for tab in TABS:
        open_tab(page, tab)
        for summary in page.locator("[role=tabpanel]:not([hidden]) summary").all():
            summary.click()
        found[tab] = violations(page)
    assert not any(found.values()), told(found)


def test_a_violation_would_be_found(show: Any) -> None:
    page = show("light")
    page.evaluate("() => document.querySelector('.am-caption').style.color = '#ddd'")
    assert [one["rule"] for one in violations(page)] == ["color-contrast"]


@pytest.mark.parametrize("width", [320, 3840])
def test_every_tab_fits_the_page(show: Any, width: int) -> None:
    page = show("light", width)
    for tab in TABS:
        open_tab(page, tab)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), tab


def test_every_tab_is_reached_and_a_brush_is_moved_by_keys_alone(show: Any) -> None:
    page = show("light")
    page.get_by_role("tab", name="Curve").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # More
    page.keyboard.press("Shift+Tab")
    for tab in (*TABS[1:], TABS[0]):
        page.keyboard.press("ArrowRight")
        assert page.evaluate("() => document.activeElement.textContent") == tab
        assert page.get_by_role("tab", name=tab, exact=True).get_attribute("aria-selected") == "true"
    open_tab(page, "Parallel coordinates")
    page.locator(".am-scroll-x").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.getAttribute('role')") == "slider"
    page.keyboard.press("PageUp")
    page.wait_for_function(
        "() => document.querySelector('.am-parallel .am-said').textContent.includes('within the brush')"
    )


def test_a_line_is_clicked_and_every_tab_follows(show: Any) -> None:
    page = show("light")
    open_tab(page, "Parallel coordinates")
    score = page.locator(".am-axis-score .am-axis-line").bounding_box()
    for share in range(1, 40):  # somewhere down the axis of the scores a line ends
        page.mouse.click(score["x"], score["y"] + score["height"] * share / 40)
        page.wait_for_timeout(40)
        if page.locator(".am-details").is_visible():
            break
    chosen = page.locator(".am-details strong").first.inner_text()
    open_tab(page, "Pipeline")
    assert page.locator(".am-pipeline .am-caption").inner_text().strip().startswith(chosen)
    open_tab(page, "Log")
    assert page.locator(".am-log .am-selected").first.inner_text().find(chosen) > 0


def test_a_drag_along_an_axis_brushes_it_and_narrowing_sends_the_bounds(show: Any) -> None:
    page = show("light")
    open_tab(page, "Parallel coordinates")
    page.locator(".am-parallel select").select_option("hist_gb")
    line = page.get_by_role("group", name="learning_rate", exact=True).locator(".am-brush").bounding_box()
    middle = line["x"] + line["width"] / 2
    page.mouse.move(middle, line["y"] + line["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(middle, line["y"] + line["height"] * 0.5, steps=4)
    page.mouse.move(middle, line["y"] + line["height"] * 0.7, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Narrow to the brush").click()
    sent = page.evaluate("() => window.sent.at(-1)")
    assert (sent["kind"], sent["label"]) == ("narrow", "hist_gb.learning_rate")
    assert 0.005 < sent["low"] < sent["high"] < 0.3


@pytest.mark.parametrize("option", [{"forced_colors": "active"}, {"reduced_motion": "reduce"}])
def test_every_tab_draws_in_high_contrast_and_without_motion(show: Any, option: dict[str, str]) -> None:
    page = show("light", **option)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for tab in TABS:
        open_tab(page, tab)
    assert errors == []
    moving = (
        "() => [...document.querySelectorAll('.automl-panel *')]"
        ".filter((one) => getComputedStyle(one).transitionDuration !== '0s').length"
    )
    if "reduced_motion" in option:
        assert page.evaluate(moving) == 0
