"""What the first search needs is imported between cells: two threads that import one package can meet half of it."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from automl_magic.notebook import warming
from tests.notebook.shell import Cells

SLOW = """
import time
time.sleep(0.3)
DONE = True
"""


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a module that takes a while to be imported the only one that is imported in the background."""
    name = "slow_to_import"
    (tmp_path / f"{name}.py").write_text(SLOW)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(warming, "WARMED", (name,))
    return name


@pytest.fixture
def cells(slow: str) -> Cells:
    found = Cells()
    found.ok("%unload_ext automl_magic")
    return found


def is_warming() -> bool:
    return any(thread.name == warming.NAME for thread in threading.enumerate())


def test_nothing_is_imported_while_the_cell_that_loads_goes_on(cells: Cells, slow: str) -> None:
    cells.ok(f"%load_ext automl_magic\nimport time, sys\ntime.sleep(0.2)\nthere = '{slow}' in sys.modules")
    assert cells.names["there"] is False
    assert is_warming()


def test_the_next_cell_waits_for_it(cells: Cells, slow: str) -> None:
    cells.ok("%load_ext automl_magic")
    cells.ok(f"import sys\nthere = getattr(sys.modules.get('{slow}'), 'DONE', False)")
    assert cells.names["there"] is True
    assert not is_warming()


def test_later_cells_neither_wait_nor_begin_again(cells: Cells, slow: str) -> None:
    cells.ok("%load_ext automl_magic")
    cells.ok("1")
    sys.modules.pop(slow)
    cells.ok("2")
    assert not is_warming() and slow not in sys.modules


def test_an_extension_that_is_taken_out_again_imports_nothing(cells: Cells, slow: str) -> None:
    cells.ok("%load_ext automl_magic\n%unload_ext automl_magic")
    time.sleep(0.1)
    assert not is_warming() and slow not in sys.modules
