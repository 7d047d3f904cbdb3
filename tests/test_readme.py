"""What stands in the README runs as it stands there; only the tables are ours, and the budgets are smaller."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl_magic.notebook.cell import plan_of
from automl_magic.notebook.options import parse_line
from tests.notebook.shell import Cells

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
LINES = re.findall(r"^%+automl (\S.*)$", "\n".join(BLOCKS), re.MULTILINE)
BUDGET = re.compile(r"--(trials|time) \S+")


def houses(rows: int = 120) -> pd.DataFrame:
    """Return a table with the columns that the README names."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"area": rng.uniform(20, 200, rows), "age": rng.integers(0, 90, rows)})
    frame["id"] = [f"house {number}" for number in rng.permutation(rows)]
    frame["name"] = rng.choice(["villa", "hut"], rows)
    frame["price"] = 30 * frame["area"] - 5 * frame["age"] + 200 * rng.normal(size=rows)
    return frame.assign(survived=frame["price"] > frame["price"].median())


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cells]:
    monkeypatch.chdir(tmp_path)
    found = Cells()
    found.names["df"] = houses()
    yield found
    found.close()


@pytest.mark.parametrize("line", LINES)
def test_every_line_of_options_is_read_and_means_columns_that_can_be_meant(line: str) -> None:
    request = parse_line(line, {})
    if request.command in (None, "space"):
        plan = plan_of(request.options, {}, None)
        assert {plan.target, *plan.ignore, *dict(plan.monotone)} <= set(houses().columns)
        assert plan.target not in {*plan.ignore, *dict(plan.monotone)}


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.startswith("%%automl df")])
def test_every_cell_that_searches_runs(block: str, shell: Cells) -> None:
    head, _, body = block.partition("\n")
    limits = re.compile(r"--max-latency \S+").sub("--max-latency 10s", BUDGET.sub("", head))  # other work goes on here
    shell.ok(f"{limits} --trials 2 --workers 0 --cv 2\n{body}")
    assert len([name for name in shell.names if name.endswith("_run")]) == 1
