"""What a table was, in hashes: equal for equal tables, and the difference is named."""

from __future__ import annotations

import json
import time

import numpy as np
import pandas as pd
import pytest

from automl_magic.tabular.fingerprint import fingerprint_of, what_changed
from automl_magic.tabular.task import read_table


def wide(columns: int = 600) -> pd.DataFrame:
    """Return more columns than are hashed one by one, numbers and words."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, columns)), columns=[f"c{place}" for place in range(columns)])
    frame["word"] = rng.choice(["a", "b"], 40)
    return frame.assign(y=np.where(rng.random(40) > 0.5, "yes", "no"))


def changes(before: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    """Return what differs, as a record and a later table tell it."""
    recorded = json.loads(json.dumps(fingerprint_of(read_table(before, "y"))))
    return what_changed(recorded, fingerprint_of(read_table(now, "y")))


def test_equal_tables_have_equal_fingerprints() -> None:
    assert changes(wide(), wide()) == []
    assert changes(wide(5), wide(5)) == []


@pytest.mark.parametrize("column", ["c7", "word"])
def test_one_value_among_very_many_columns_is_seen(column: str) -> None:
    other = wide()
    other.loc[3, column] = 0.5 if column == "c7" else "c"
    assert changes(wide(), other) == ["some columns have other values"]


def test_another_order_of_very_many_columns_is_seen() -> None:
    assert changes(wide(), wide()[[*wide().columns[1:600], "c0", "word", "y"]]) != []


def test_a_value_in_a_mixed_column_is_seen() -> None:
    frame = pd.DataFrame({"a": [1, "x", None, 2.5] * 10, "b": range(40), "y": ["n", "y"] * 20})
    other = frame.copy()
    other.loc[0, "a"] = 2
    assert changes(frame, other) == ['"a" has other values']


def test_very_many_columns_take_no_long_time() -> None:
    rng = np.random.default_rng(0)
    table = read_table(wide(600), "y")
    many = pd.DataFrame(rng.normal(size=(100, 20_000)))
    begun = time.perf_counter()
    fingerprint_of(type(table)(many, table.y, table.task, table.columns))
    assert time.perf_counter() - begun < 2.0


def test_without_weights_it_is_as_before_there_were_any() -> None:
    table, apart = (read_table(pd.DataFrame({"x": range(40), "y": [0, 1] * 20}), "y") for _ in range(2))
    found = fingerprint_of(table, apart)
    assert set(found) == {"rows", "columns", "target", "groups", "order", "apart"}
    assert not what_changed({**found, "apart": found["apart"]}, fingerprint_of(table, apart))
