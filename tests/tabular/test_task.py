"""What a person calls a table is read; what cannot be searched is said."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_iris

from automl_magic.errors import DataError, OptionError
from automl_magic.tabular.task import read_table


def people(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.normal(40, 10, rows),
            "town": rng.choice(["Ulm", "Bonn", "Kiel"], rows),
            "sold": np.tile(["no", "yes", "no"], rows // 3),
        }
    )


def target(values: Any, **options: Any) -> Any:
    rows = len(values)
    return read_table(pd.DataFrame({"a": np.random.default_rng(0).normal(size=rows)}), y=values, **options)


@pytest.mark.parametrize(
    ("values", "kind", "classes"),
    [
        (["no", "yes"] * 30, "binary", ("no", "yes")),
        (np.tile([True, False], 30), "binary", (False, True)),
        ([0, 1, 2] * 20, "multiclass", (0, 1, 2)),
        ([0.0, 1.0, 2.0] * 20, "multiclass", (0.0, 1.0, 2.0)),
        (np.arange(60), "regression", ()),
        (np.tile(np.arange(20), 3), "multiclass", tuple(range(20))),
        (np.tile(np.arange(21), 3), "regression", ()),
        ([0.5, 1.5] * 30, "regression", ()),
        ([f"{number}" for number in range(60)], "regression", ()),
        (pd.Categorical(["b", "a", "b"] * 20), "binary", ("a", "b")),
        (pd.array([1, 0, 1] * 20, dtype="Int64"), "binary", (0, 1)),
        (pd.array([True, False] * 30, dtype="boolean"), "binary", (False, True)),
        (pd.array(["x", "y"] * 30, dtype="string"), "binary", ("x", "y")),
    ],
)
def test_the_task_follows_from_the_values_of_the_target(values, kind, classes):
    table = target(values)
    assert table.task.kind == kind and table.task.classes == classes
    assert table.y.shape == (len(values),) and (kind != "regression" or table.y.dtype == float)
    assert '"y" is predicted as' in table.task.why and table.task.why.endswith(".")


def test_the_task_can_be_said():
    assert target([1, 2, 3] * 20, task="regression").task.kind == "regression"
    assert target(np.tile(np.arange(25), 4), task="classification").task.kind == "multiclass"
    with pytest.raises(OptionError, match='Did you mean "regression"'):
        target([1, 2] * 30, task="regresion")
    with pytest.raises(DataError, match="A regression needs numbers"):
        target(["a", "b"] * 30, task="regression")
    with pytest.raises(DataError, match="fractions"):
        target([0.5, 1.5] * 30, task="classification")


def test_labels_stay_as_they_were_given():
    labels = np.array(["no", "yes", "no"] * 20, dtype=object)
    table = read_table(people(), "sold")
    assert table.y.tolist() == labels.tolist() and table.task.target == "sold"
    assert table.left_out == ("sold",) and list(table.X.columns) == ["age", "town"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a"] * 60, "one class only"),
        ([1.5] * 60, "one value only"),
        ([None] * 60, "no value"),
        (["a", 1, 2.5] * 20, "one type. Got float, int, str"),
        ([[1], [2]] * 30, "one column|one type"),
        ([f"name {number}" for number in range(60)], "60 different values in 60 rows"),
        (pd.date_range("2020", periods=60), "dates"),
        ([1 + 2j, 3j] * 30, "complex"),
    ],
)
def test_a_target_that_cannot_be_learnt_is_refused(values, said):
    if isinstance(values[0], list):
        values = pd.Series(values)
    with pytest.raises(DataError, match=said):
        target(values)


def test_rows_without_a_target_are_dropped_and_counted():
    values = pd.Series([1.5, np.nan, np.inf, 2.5, 3.0] * 12)
    table = target(values)
    assert len(table.y) == len(table.X) == 36 and table.X.index.equals(pd.RangeIndex(36))
    assert any("24 rows without" in note for note in table.warnings)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target": "slod"}, 'No column named "slod".*Did you mean "sold"'),
        ({}, "No target"),
        ({"target": "sold", "ignore": ["twon"]}, 'ignore: no column.*Did you mean "town"'),
        ({"target": "sold", "group": "tow"}, 'group: no column.*Did you mean "town"'),
        ({"target": "sold", "order": "town"}, "must hold dates or numbers"),
        ({"target": "sold", "ignore": ["age", "town"]}, "No column is left"),
    ],
)
def test_a_name_that_is_wrong_is_answered_with_what_to_do(given, said):
    with pytest.raises(DataError, match=said):
        read_table(people(), **given)


def test_columns_that_cannot_be_told_apart_are_refused():
    twice = people().set_axis(["town", "town", "sold"], axis=1)
    with pytest.raises(DataError, match='More than one column is named "town"'):
        read_table(twice, "sold")
    with pytest.raises(DataError, match='More than one column is named "1"'):
        read_table(pd.DataFrame([[1, 2, 3]], columns=[1, "1", "y"]), "y")
    with pytest.raises(DataError, match="several levels"):
        read_table(people().set_axis(pd.MultiIndex.from_product([["a"], ["b", "c", "d"]]), axis=1), "d")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (pd.DataFrame(), "empty"),
        (people().iloc[:0], "empty"),
        (people()[["sold"]], "no column but the target"),
        (sparse.csr_matrix((10**6, 10**5)), r"745 GiB.*\n?.*TruncatedSVD"),
        (np.zeros(5), "1 dimension"),
        (42, "Got int"),
        (people().assign(town=[[1]] * 60), 'Column "town" holds lists'),
        (people().assign(town=[1j] * 30 + [2j] * 30), 'Column "town" holds complex'),
        (people().assign(age=1, town=None), "all are empty or constant"),
        ("nowhere.csv", 'No file "nowhere.csv"'),
    ],
)
def test_data_that_are_no_table_are_refused(data, said):
    with pytest.raises(DataError, match=said):
        read_table(data, "sold")


def test_y_given_apart_must_fit_the_rows():
    frame, y = people().drop(columns="sold"), people()["sold"]
    with pytest.raises(DataError, match="60 rows"):
        read_table(frame, y=y.iloc[:10])
    with pytest.raises(DataError, match=r"different orders.*\n.*y\.loc\[X\.index\]"):
        read_table(frame, y=y.iloc[::-1])
    with pytest.raises(DataError, match='has a column "sold" as well'):
        read_table(people(), y=y)
    assert read_table(frame, y).task.target == "sold"  # a target that is no name is y
    assert read_table(frame, y=y.to_frame()).task.kind == "binary"
    assert read_table(frame.set_axis([5] * 60), y=y.to_numpy()).task.target == "y"


def test_every_kind_of_table_is_read_alike(tmp_path):
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    frame = people()
    frame.to_csv(tmp_path / "people.csv", index=False)
    frame.to_parquet(tmp_path / "people.parquet")
    given = [
        frame,
        polars.DataFrame(frame.to_dict("list")),
        pyarrow.table(frame.to_dict("list")),
        tmp_path / "people.csv",
        str(tmp_path / "people.parquet"),
        frame.to_dict("list"),
        frame.set_index(pd.MultiIndex.from_arrays([frame["age"], frame["town"]])),
    ]
    for data in given:
        table = read_table(data, "sold")
        assert [column.role for column in table.columns] == ["number", "category"], type(data)
        assert np.allclose(table.X["age"], frame["age"]) and table.y.tolist() == frame["sold"].tolist()
        assert table.X.index.equals(pd.RangeIndex(60))


def test_a_bunch_brings_its_target_and_an_array_gets_names():
    iris = load_iris()
    for bunch in (iris, load_iris(as_frame=True)):
        table = read_table(bunch)
        assert table.task.kind == "multiclass" and list(table.X.columns) == list(iris.feature_names)
    table = read_table(iris.data, y=iris.target)
    assert list(table.X.columns) == ["x0", "x1", "x2", "x3"] and table.task.classes == (0, 1, 2)


def test_groups_are_kept_aside_and_the_order_is_kept_as_a_column():
    frame = people().assign(team=np.arange(60) % 7, when=pd.date_range("2020", periods=60).strftime("%d.%m.%Y"))
    table = read_table(frame, "sold", group="team", ignore=["age"])
    assert list(table.X.columns) == ["town", "when"] and table.groups.tolist() == (np.arange(60) % 7).tolist()
    assert table.left_out == ("sold", "age", "team")
    table = read_table(frame.iloc[::-1], "sold", order="when")
    assert np.array_equal(np.argsort(table.order), np.arange(60)[::-1]) and "when" in table.X
    with pytest.raises(DataError, match='order: column "when" has 1 gaps'):
        read_table(frame.assign(when=[None, *frame["when"][1:]]), "sold", order="when")


def test_what_was_left_out_and_converted_is_said_without_naming_a_value():
    frame = (
        people()
        .assign(
            key=[f"canary{number:04d}" for number in range(60)],
            empty=None,
            price=[f"{number}.5" for number in range(60)],
        )
        .assign(far=[np.inf, 1.0, 2.0] * 20)
    )
    table = read_table(frame, "sold")
    said = " ".join(table.warnings)
    assert 'identifiers: "key"' in said and 'they are empty: "empty"' in said and 'as numbers: "price"' in said
    assert 'Infinite values were read as missing: "far"' in said
    assert "canary" not in said + table.task.why + " ".join(column.why for column in table.columns)


def test_a_column_that_tells_the_target_is_named():
    frame = people()
    frame["copy"] = frame["sold"].map({"no": 0, "yes": 1})
    assert any('"copy" tells the target outright' in note for note in read_table(frame, "sold").warnings)
    numbers = frame.assign(sold=frame["age"] * 2, same=frame["age"] * 2)
    notes = read_table(numbers, "sold").warnings
    assert any('"age", "same" tell the target' in note for note in notes)


def test_rare_classes_are_said():
    notes = target([0] * 299 + [1]).warnings
    assert any("one row only" in note for note in notes) and any("average_precision" in note for note in notes)


def test_a_table_travels_as_a_pickle():
    table = read_table(people(), "sold")
    again = pickle.loads(pickle.dumps(table))
    assert again.X.equals(table.X) and again.task == table.task and again.columns == table.columns
