"""One JupyterLab and one Chromium for all browser tests; without a browser they are skipped, and under CI they fail."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import FLAGS, Notebook, Server, find_browser, server, write_notebook

HOW = "install one: `make browser` on Debian, or any Chromium or Chrome on PATH"


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a running JupyterLab."""
    with server(tmp_path_factory.mktemp("lab")) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Return a running browser."""
    path = find_browser()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no Chromium was found: {HOW}", pytrace=False)
        pytest.skip(f"NO BROWSER TEST RAN: no Chromium was found; {HOW}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
        yield browser
        browser.close()


@pytest.fixture
def open_notebook(lab: Server, chromium: Any) -> Iterator[Callable[..., Notebook]]:
    """Return a function that writes a notebook of the given cells and opens it."""
    pages = []

    def open_cells(cells: list[str], name: str = "test", **viewport: int) -> Notebook:
        page = chromium.new_page(viewport={"width": 1200, "height": 1000, **viewport})
        pages.append(page)
        return Notebook(page, lab, write_notebook(lab.folder, cells, name)).open()

    yield open_cells
    for page in pages:
        page.close()
    lab.end_kernels()


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Return the folder that pictures for the documentation go to, or None: set AUTOML_PICTURES to make them."""
    folder = os.environ.get("AUTOML_PICTURES")
    return None if folder is None else Path(folder)
