"""One JupyterLab for the browser tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.lab import Notebook, Server, server, write_notebook


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a running JupyterLab."""
    with server(tmp_path_factory.mktemp("lab")) as found:
        yield found


@pytest.fixture
def open_notebook(lab: Server, chromium: Any) -> Iterator[Callable[..., Notebook]]:
    """Return a function that writes a notebook of the given cells and opens it, on a page made ready by `prepare`."""
    pages = []

    def open_cells(
        cells: list[str], name: str = "test", prepare: Callable[[Any], object] | None = None, **viewport: int
    ) -> Notebook:
        page = chromium.new_page(viewport={"width": 1200, "height": 1000, **viewport})
        pages.append(page)
        if prepare is not None:
            prepare(page)
        return Notebook(page, lab, write_notebook(lab.folder, cells, name)).open()

    yield open_cells
    for page in pages:
        page.close()
    lab.end_kernels()
