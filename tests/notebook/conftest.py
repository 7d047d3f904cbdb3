"""A shell with the magic loaded and a small table in the variable df."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from tests.notebook.shell import Cells


@pytest.fixture
def cells(flowers: pd.DataFrame) -> Iterator[Cells]:
    """Return a shell."""
    found = Cells()
    found.names["df"] = flowers.copy()
    yield found
    found.close()
