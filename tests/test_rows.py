"""The table of faults, bad inputs and rules in tests/README.md: each row has a test that exists, or says why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROWS = [f"{kind}{number}" for kind, last in (("F", 18), ("B", 70), ("S", 13)) for number in range(1, last + 1)]
TABLE = {
    cells[0]: cells[1:]
    for line in (TESTS / "README.md").read_text(encoding="utf-8").splitlines()
    if (cells := [cell.strip() for cell in line.strip("| ").split(" | ")])[0] in ROWS
}


def code_of(row: str) -> str:
    """Return the row's code as it stands in the tests: F1 is F01."""
    return f"{row[0]}{int(row[1:]):02d}"


@pytest.mark.parametrize("row", ROWS)
def test_each_row_is_tested_or_says_why_not(row: str) -> None:
    assert row in TABLE, f"tests/README.md lacks the row {row}"
    what, where = TABLE[row][0], TABLE[row][-1]
    assert what
    files = re.findall(r"`([\w/]+\.py|\w+(?:/\w+)*\.test\.ts)`", where)
    if not files:
        assert where.startswith("left out: ") and len(where) > 30
        return
    for file in files:
        text = (TESTS / file).read_text(encoding="utf-8")
        text += (TESTS / "bad_input.py").read_text(encoding="utf-8") if file == "test_bad_input.py" else ""
        code = code_of(row)
        assert re.search(rf'"{code}\b|_{code.lower()}_', text), f"{file} has no test of {code}"
