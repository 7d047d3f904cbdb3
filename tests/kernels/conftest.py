"""One JupyterLab with every kernel of the matrix, what was measured, and the table of it at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.browser.lab import Notebook, Server, server, write_notebook
from tests.kernels.kinds import Kernel, write_kernelspec


@dataclass
class Table:
    """Latencies by check and kernel."""

    cells: dict[tuple[str, str], str] = field(default_factory=dict)

    def note(self, check: str, kernel: str, value: float | str) -> None:
        """Note what was seen; a number is seconds."""
        self.cells[check, kernel] = value if isinstance(value, str) else f"{value:.2f} s"

    def lines(self) -> list[str]:
        """Return the table: a row for each check, a column for each kernel."""
        checks = list(dict.fromkeys(check for check, _ in self.cells))
        kernels = list(dict.fromkeys(kernel for _, kernel in self.cells))
        wide = max(map(len, checks), default=0) + 2
        columns = [max(12, len(kernel) + 2) for kernel in kernels]
        lines = [" " * wide + "".join(f"{kernel:>{width}}" for kernel, width in zip(kernels, columns, strict=True))]
        for check in checks:
            values = [self.cells.get((check, kernel), "-") for kernel in kernels]
            lines.append(f"{check:<{wide}}" + "".join(f"{v:>{w}}" for v, w in zip(values, columns, strict=True)))
        return lines


TABLE = pytest.StashKey[Table]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the whole matrix out unless it is asked for by `-m kernels`."""
    if "kernels" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("kernels")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print what was measured."""
    table = config.stash.get(TABLE, None)
    if table is not None and table.cells:
        terminalreporter.section("kernels")
        for line in table.lines():
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def table(pytestconfig: pytest.Config) -> Table:
    """Return the table to note latencies in."""
    return pytestconfig.stash.setdefault(TABLE, Table())


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a running JupyterLab, which serves Notebook 7 as well."""
    with server(tmp_path_factory.mktemp("kernels")) as found:
        yield found


@pytest.fixture(scope="module")
def open_with(lab: Server, chromium: Any) -> Iterator[Callable[..., Notebook]]:
    """Return a function that opens a notebook of the given cells with a kernel."""
    pages = []

    def open_cells(cells: list[str], kernel: Kernel, *, in_notebook_7: bool = False) -> Notebook:
        write_kernelspec(kernel, lab.folder / ".data")
        page = chromium.new_page(viewport={"width": 1200, "height": 1000})
        pages.append(page)
        name = write_notebook(lab.folder, cells, "matrix", kernel.name)
        return Notebook(page, lab, name).open(in_notebook_7=in_notebook_7)

    yield open_cells
    for page in pages:
        page.close()
    lab.end_kernels()
