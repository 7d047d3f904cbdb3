"""Columns are taken for what they are."""

from __future__ import annotations

import datetime
import decimal
import time

import numpy as np
import pandas as pd
import pytest

from automl_magic.errors import DataError
from automl_magic.tabular.columns import columns_of, numbers_at_once
from automl_magic.tabular.task import read_table

ROWS = 60
RNG = np.random.default_rng(0)
DAYS = pd.date_range("2020", periods=ROWS)
WORDS = [" ".join(words) for words in RNG.choice(list("abcdefgh"), (ROWS, 5))]


def column(values):
    return columns_of(pd.DataFrame({"other": np.arange(len(values)) % 7, "a": values}))[1]


@pytest.mark.parametrize(
    ("values", "role"),
    [
        (RNG.normal(size=ROWS), "number"),
        (RNG.integers(0, 9, ROWS), "number"),
        (np.arange(1950, 1950 + ROWS), "number"),  # years
        ([np.inf, 1.0, 2.0] * 20, "number"),
        ([f" {number / 3:.2f}" for number in range(ROWS)], "number"),
        (["1.5", "?", "n/a", "3"] * 15, "number"),
        (pd.to_timedelta(RNG.integers(0, 99, ROWS), unit="h"), "number"),
        ([decimal.Decimal("1.5"), decimal.Decimal("2.5")] * 30, "number"),
        (pd.array([1, 2, None] * 20, dtype="Int64"), "number"),
        (pd.arrays.SparseArray([0, 0, 1] * 20), "number"),
        ([1, None] * 30, "number"),  # one value and gaps: the gaps may tell
        (["Ulm", "Bonn", None] * 20, "category"),
        (["01234", "98765", "04444"] * 20, "category"),  # codes
        ([1, "a", 2.5] * 20, "category"),
        (pd.Categorical(["a", "b", None] * 20), "category"),
        (pd.Categorical(RNG.integers(0, 3, ROWS)), "category"),
        (RNG.choice(["New York", "Ulm", "Los Angeles"], ROWS), "category"),
        (["555-1234", "555-9999"] * 30, "category"),
        (pd.Categorical(["low", "high", "mid"] * 20, ["low", "mid", "high"], ordered=True), "ordered"),
        (DAYS, "date"),
        (DAYS.tz_localize("Europe/Berlin"), "date"),
        (DAYS.strftime("%d.%m.%Y"), "date"),
        (DAYS.strftime("%d/%m/%Y %H:%M"), "date"),
        ([f"2020-01-{1 + number % 28:02d}T10:00:00+02:00" for number in range(ROWS)], "date"),
        ([datetime.date(2020, 1, 1 + number % 28) for number in range(ROWS)], "date"),
        (pd.period_range("2020", periods=ROWS, freq="M"), "date"),
        (np.tile([True, False], 30), "boolean"),
        (np.array([True, False, None] * 20, dtype=object), "boolean"),
        (["True", "False", None] * 20, "boolean"),
        (pd.array([True, None, False] * 20, dtype="boolean"), "boolean"),
        (WORDS, "text"),
        ([f"First{number} Last{number}" for number in range(ROWS)], "text"),
        ([f"u{number * 7919 % 10007}" for number in range(ROWS)], "id"),
        (np.arange(ROWS), "id"),
        (RNG.permutation(ROWS) + 5_000, "id"),
        ([np.nan] * ROWS, "constant"),
        (["same"] * ROWS, "constant"),
        ([pd.NaT] * ROWS, "constant"),
    ],
)
def test_a_column_is_taken_for_what_it_is(values, role):
    found = column(values)
    assert found.role == role, found
    assert found.is_used == (role not in ("id", "constant")) and found.why


def test_arrow_columns_are_taken_for_what_they_are():
    pyarrow = pytest.importorskip("pyarrow")
    given = {
        "category": (["a", None, "b"], pyarrow.string()),
        "number": ([1, None, 3], pyarrow.int64()),
        "date": ([datetime.datetime(2020, 1, 1), None, datetime.datetime(2021, 1, 1)], pyarrow.timestamp("us")),
        "boolean": ([True, None, False], pyarrow.bool_()),
    }
    for role, (values, kind) in given.items():
        assert column(pd.array(values * 20, dtype=pd.ArrowDtype(kind))).role == role
    lasting = pd.array([datetime.timedelta(1), None] * 30, dtype=pd.ArrowDtype(pyarrow.duration("us")))
    assert column(lasting).role == "number"


def test_missing_values_are_counted_the_infinite_ones_among_them():
    found = column([1.0, 2.0, np.nan, np.inf] * 15)
    assert found.missing == 0.5 and found.levels == 2


def test_the_order_of_levels_and_the_writing_of_dates_are_kept():
    assert column(pd.Categorical(["b", "a"] * 30, ["b", "a"], ordered=True)).order == ("b", "a")
    assert column(DAYS.strftime("%d.%m.%Y")).layout == "%d.%m.%Y"
    assert column(DAYS.strftime("%m/%d/%Y")).layout == "%m/%d/%Y"
    assert column(DAYS.astype(str)).layout == "ISO8601"


@pytest.mark.parametrize("values", [[[1], [2]] * 30, [{"a": 1}] * ROWS, [1j, 2j] * 30])
def test_what_no_model_can_take_is_refused_by_name(values):
    with pytest.raises(DataError, match='Column "a" holds'):
        column(values)


def test_a_running_number_is_learnt_from_where_there_is_nothing_else():
    table = read_table(np.arange(100).reshape(-1, 1), y=np.arange(100) * 2.5)
    assert table.columns[0].role == "number"


def test_names_that_are_no_strings_become_strings():
    assert [found.name for found in columns_of(pd.DataFrame({0: [1, 2], (1, 2): [3, 4]}))] == ["0", "(1, 2)"]


def test_a_large_table_is_read_in_seconds():  # .8 of them on an idle processor
    rows = 100_000
    rng = np.random.default_rng(0)
    numbers = {f"f{place}": rng.normal(size=rows) for place in range(34)}
    words = {f"c{place}": rng.choice(list("abcdefgh"), rows) for place in range(12)}
    texts = rng.choice(["good", "bad", "nice", "ugly"], (rows, 6))
    others = {
        "text": [" ".join(words) for words in texts],
        "key": [f"u{number}" for number in range(rows)],
        "when": pd.Series(pd.date_range("2020", periods=rows, freq="min")).astype(str),
        "price": pd.Series(rng.normal(size=rows)).astype(str),
    }
    frame = pd.DataFrame({**numbers, **words, **others, "y": rng.integers(0, 2, rows)})
    begun = time.process_time()
    table = read_table(frame, "y")
    assert time.process_time() - begun < 4.0
    assert [found.role for found in table.columns[-3:]] == ["id", "date", "number"]


def test_many_columns_of_numbers_are_what_they_are_one_by_one():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 7)).round(1)).add_prefix("c")
    frame["c1"], frame["c2"], frame["c3"] = np.nan, 2.5, [np.nan] + [3.0] * 39
    frame.loc[:3, "c4"], frame.loc[5, "c5"], frame["word"] = np.inf, 1e300, "x"
    quick = numbers_at_once(frame)
    assert quick == {place: columns_of(frame)[place] for place in range(7)}
