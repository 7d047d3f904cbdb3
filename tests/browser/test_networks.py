"""The Networks tab on a page: no serious violation in any theme, it fits, and pointer and keys choose a network."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.browser.accessible import open_tab, told, violations

pytestmark = [pytest.mark.browser, pytest.mark.further]
DEV = Path(__file__).parents[2] / "widgets" / "dev"
THEMES = ("light", "dark", "jupyter light", "jupyter dark")


@pytest.fixture(scope="module")
def look() -> ModuleType:
    """Return the script that makes up a search over networks; it brings that which makes pages."""
    spec = importlib.util.spec_from_file_location("look_networks", DEV / "look_networks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module


@pytest.fixture
def show(chromium: Any, look: ModuleType) -> Iterator[Any]:
    """Return a function that opens a page at the Networks tab."""
    pages = []

    def show_networks(theme: str = "light", width: int = 1000, **options: Any) -> Any:
        page = chromium.new_page(viewport={"width": width, "height": 900}, **options)
        pages.append(page)
        page.set_content(look.page(look.made_up_networks(), theme))
        page.wait_for_function("window.ready === true")
        page.wait_for_selector(".am-legend li")
        open_tab(page, "Networks")
        return page

    yield show_networks
    for page in pages:
        page.close()


def chosen(page: Any) -> str:
    """Return the heading of the selected trial."""
    return str(page.locator(".am-details strong").first.inner_text())


@pytest.mark.parametrize("theme", THEMES)
def test_it_has_no_serious_violation_with_its_tables_open(show: Any, theme: str) -> None:
    page = show(theme)
    page.locator(".am-learning .am-stage-picture").press("Home")
    for summary in page.locator(".am-networks summary").all():
        summary.click()
    page.wait_for_selector(".am-size tbody tr")
    found = violations(page)
    assert not found, told({theme: found})


@pytest.mark.parametrize("width", [320, 500, 3840])
def test_it_fits_the_page(show: Any, width: int) -> None:
    page = show(width=width)
    for summary in page.locator(".am-networks summary").all():
        summary.click()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_pictures_have_a_size_where_they_are_seen(show: Any) -> None:
    page = show()
    sizes = "() => [...document.querySelectorAll('.am-networks svg.am-svg')].map((one) => one.getBoundingClientRect())"
    boxes = page.evaluate(sizes)
    assert len(boxes) == 3
    assert all(box["width"] > 250 and box["height"] > 200 for box in boxes)


def test_a_click_on_a_mark_selects_its_network_in_every_picture(show: Any) -> None:
    page = show()
    mark = page.locator(".am-size .am-mark").last.bounding_box()
    page.mouse.click(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
    page.wait_for_selector(".am-details:not([hidden])")
    number = chosen(page).split(",")[0].removeprefix("Trial ")
    assert page.locator(".am-learning .am-svg-name", has_text=f"trial {number}").count() == 1
    assert page.locator(".am-size .am-svg-name", has_text=f"trial {number}").count() == 1
    assert page.locator(".am-diagram .am-caption").inner_text().strip().startswith(f"Trial {number},")


def test_keys_alone_go_through_curves_sizes_and_blocks(show: Any) -> None:
    page = show()
    page.get_by_role("tab", name="Networks").focus()
    stops = []
    for _ in range(12):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("() => document.activeElement.className || document.activeElement.tagName"))
        if stops[-1] == "am-stage-picture":
            page.keyboard.press("ArrowRight")
    assert stops.count("am-stage-picture") == 2
    assert "am-select" in stops and "am-blocks" in stops
    assert stops.count("SUMMARY") == 3
    assert chosen(page).startswith("Trial ")


@pytest.mark.parametrize("option", [{"forced_colors": "active"}, {"reduced_motion": "reduce"}])
def test_it_draws_in_high_contrast_and_without_motion(show: Any, option: dict[str, str]) -> None:
    page = show(**option)
    assert page.locator(".am-networks svg.am-svg").count() == 3
    assert page.locator(".am-learning .am-line").count() > 40
