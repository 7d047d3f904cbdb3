"""Numbers written for people are read as numbers, alike in training and later; codes are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from automl_magic.errors import DataError
from automl_magic.tabular.columns import columns_of
from automl_magic.tabular.prepare import preparation
from automl_magic.tabular.task import read_table
from automl_magic.tabular.written import amounts_from, parts_of, writing_of

READ = [
    (["1,234", "12,345", "999"], "1,234.5", [1234, 12345, 999]),
    (["$123.45", "-$1,000", "$ 7"], "$1,234.5", [123.45, -1000, 7]),
    (["€ 12", "€ 1.234,50"], "€1.234,5", [12, 1234.5]),
    (["12 €", "1.234,50 €"], "1.234,5 €", [12, 1234.5]),
    (["12,5", "3,25", "7"], "1234,5", [12.5, 3.25, 7]),
    (["0,123", "1,234"], "1234,5", [0.123, 1.234]),
    (["1.234.567", "12.345"], "1.234,5", [1234567, 12345]),
    (["1\u202f234,5", "83 200 000"], "1 234,5", [1234.5, 83200000]),
    (["1’234.50 CHF", "900 CHF"], "1'234.5 CHF", [1234.5, 900]),
    (["12.5%", "−3%"], "1234.5%", [12.5, -3]),
    (["12 kg", "7.5 kg"], "1234.5 kg", [12, 7.5]),
    (["500g", "0"], "1234.5 g", [500, 0]),
    (["1 year", "2 years"], "1234.5 years", [1, 2]),
    (["120 km/h", "65 km/h"], "1234.5 km/h", [120, 65]),
    (["5 sq ft", "1,200 sq ft"], "1,234.5 sq ft", [5, 1200]),
]
NONE = {
    "codes": ["A12", "A13"],
    "codes with a dash": ["12-34", "13-35"],
    "codes that end with a letter": ["1001B", "1002B"],
    "codes of countries": ["10432 DE", "10433 DE"],
    "numbers of houses": ["#12", "#13"],
    "padded codes": ["007 kg", "012 kg"],
    "versions": ["1.2.3", "1.10.2"],
    "addresses": ["192.168.100.200", "192.168.100.201"],
    "phones": ["600 123 456", "601 123 456"],
    "phones abroad": ["+1 234 567", "+1 22 567"],
    "phones in brackets": ["(555) 123-4567", "(555) 123-4568"],
    "phones with 0": ["0170 1234567", "0171 1234567"],
    "times": ["12:30", "13:45"],
    "ranges": ["10-20", "20-30"],
    "two units": ["12 kg", "500 g"],
    "a unit at times": ["12 kg", "500"],
    "two currencies": ["$5", "€5"],
    "dots of thousands, or of fractions": ["1.234 €", "999 €"],
    "commas of thousands, or of fractions": ["1,234", "5000"],
    "both kinds of fractions": ["1.5", "1,5"],
    "lists": ["1,2", "3,4", "1,2,3"],
    "words": ["Ulm", "Bonn"],
    "nothing": [],
}


@pytest.mark.parametrize(("words", "layout", "values"), READ, ids=lambda value: str(value)[:30])
def test_numbers_with_separators_and_units_are_read(words, layout, values):
    assert writing_of(words) == layout
    assert amounts_from(words, layout).tolist() == values
    assert amounts_from(["Ulm", "", "12 parsecs"], layout).tolist() == pytest.approx([np.nan] * 3, nan_ok=True)


@pytest.mark.parametrize("words", NONE.values(), ids=NONE)
def test_what_is_no_number_or_can_be_read_in_two_ways_is_none(words):
    assert writing_of(words) is None


def test_a_writing_is_the_number_1234_5():
    assert parts_of("1.234,5 €") == ("", ".", ",", "€") and parts_of("US$1,234.5") == ("US$", ",", ".", "")
    with pytest.raises(ValueError, match="1234.5"):
        parts_of("$9")


def table(rows=80):
    price = np.random.default_rng(0).permutation(rows) * 37.5 + 100
    return pd.DataFrame(
        {
            "price": [f"${value:,.2f}" for value in price[:-2]] + ["N/A", None],
            "weight": [f"{value / 10:.1f}".replace(".", ",") for value in price],
            "key": [f"K-{value:.0f}" for value in price],
            "y": price > 1_500,
        }
    )


def test_a_column_tells_how_it_is_written_and_a_note_what_was_taken_away():
    found = read_table(table(), "y")
    price, weight, key = found.columns
    assert (price.role, price.layout, price.is_converted) == ("number", "$1,234.5", True)
    assert (weight.role, weight.layout, key.role) == ("number", "1234,5", "id")
    said = "\n".join(found.warnings)
    assert '"price" is read as numbers: "$" and "," were taken away.' in said
    assert '"weight" is read as numbers: "," was taken for the decimal point.' in said
    assert """Left out as identifiers: "key". To learn from one all the same: df['key'] = df['key']""" in said
    assert '"price", "weight" tell the target outright' in said


def test_the_hint_on_identifiers_does_keep_them():
    kept = table().assign(key=lambda df: df["key"].astype("category"), run=np.arange(80.0))
    assert [column.role for column in columns_of(kept.drop(columns="y"))[2:]] == ["category", "number"]
    run = read_table(table().assign(run=np.arange(80)).drop(columns="key"), "y").warnings
    assert any("df['run'].astype(float)" in said for said in run)


def test_running_numbers_with_separators_are_identifiers():
    found = columns_of(pd.DataFrame({"a": np.arange(80) % 7, "b": [f"{960 + place:,}" for place in range(80)]}))
    assert found[1].role == "id"


@pytest.mark.parametrize("kind", ["trees", "dense"])
def test_new_rows_are_read_as_those_of_training(kind):
    df = table()
    found = read_table(df, "y")
    X, y = df.drop(columns="y"), df["y"].to_numpy()
    step = clone(preparation(found, kind).named_steps["clean"]).fit(X, y)
    new = pd.DataFrame({"price": ["$2,000", "2000", "USD 3"], "weight": ["2,5", "1.000,5", "2.5"], "key": "K"})
    with pytest.warns(UserWarning, match=r'"price" held numbers like "\$1,234.5" in training; 1 value'):
        read = step.transform(new)
    assert read["price"].tolist()[:2] == [2000, 2000] and read["weight"].tolist()[:2] == [2.5, 1000.5]
    assert read.iloc[2].isna().all()
    as_numbers = step.transform(new.assign(price=[1.5, 2.5, None], weight=[1, 2, 3]))
    assert as_numbers["weight"].tolist() == [1, 2, 3] and as_numbers["price"].tolist()[:2] == [1.5, 2.5]


@pytest.mark.parametrize("write", ["${:,.2f}", "{:.1f} €"])
@pytest.mark.parametrize("task", ["auto", "regression"])
def test_a_target_with_separators_or_a_unit_is_refused_with_the_code_that_makes_it_numbers(write, task):
    price = np.random.default_rng(0).normal(2_000, 300, 60).round(1)
    words = [write.format(value) for value in price]
    df = pd.DataFrame({"a": price, "price": [word.replace(".", ",") for word in words] if "€" in write else words})
    with pytest.raises(DataError, match="Turn them into numbers first: ") as caught:
        read_table(df, "price", task=task)
    code = str(caught.value).split("first: ")[1].rstrip(".")
    exec(code, {"df": df, "pd": pd})
    assert np.allclose(df["price"], price)
