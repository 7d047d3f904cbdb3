"""What a person gives: what it is taken for, what becomes of it, and what is refused."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from automl_magic.errors import AutoMLError
from automl_magic.networks.graph import Inputs
from automl_magic.networks.reading import NetworkData, read_inputs

RNG = np.random.default_rng(0)
TWO = ["a", "b"] * 10


def numbers(*shape: int) -> Any:
    return np.random.default_rng(1).normal(size=shape)


def prepared(data: NetworkData, rows: Any = None) -> Any:
    """Fit the preparation on some rows, and return what it makes of all."""
    places = np.arange(len(data.y)) if rows is None else rows
    prepare = clone(data.prepare).fit(data.rows(places))
    values = pickle.loads(pickle.dumps(prepare)).transform(data.X)
    assert values.dtype == np.float32 and values.shape == (len(data.y), *data.inputs.shape)
    assert np.isfinite(values).all()
    return values


def table() -> pd.DataFrame:
    """Return a table with all that makes tables hard."""
    frame = pd.DataFrame(
        {
            "amount": [1.5, np.nan, 3.0, 1e9, -2.0] * 8,
            "count": np.arange(40) % 7,
            "flag": [True, False, False, True] * 10,
            "town": ["Ulm", "Bonn", "", None, "Ulm"] * 8,
            "size": pd.Categorical(["s", "m", "l", "m"] * 10, ["s", "m", "l"], ordered=True),
            "kind": pd.Categorical(["x", "y"] * 20),
            "when": pd.date_range("2024-01-01", periods=40, freq="31h"),
            "said": [f"it was {word} and {number} more of it than that day" for number, word in enumerate(TWO * 2)],
            "same": 1.0,
            "empty": np.nan,
            "number": ["1,5", "2,5", "x", "3"] * 10,
        }
    )
    frame.loc[3, "when"] = pd.NaT
    return frame


@pytest.mark.parametrize(
    ("X", "inputs"),
    [
        (numbers(20, 3), Inputs("table", (3,), outputs=2)),
        (numbers(20, 16), Inputs("sequence", (16, 1), outputs=2)),
        (numbers(20, 16) * np.logspace(0, 6, 16), Inputs("table", (16,), outputs=2)),
        (numbers(20, 12, 3), Inputs("sequence", (12, 3), outputs=2)),
        (numbers(20, 128, 9), Inputs("sequence", (128, 9), outputs=2)),
        (numbers(20, 8, 8), Inputs("image", (8, 8, 1), outputs=2)),
        (numbers(20, 8, 8, 3), Inputs("image", (8, 8, 3), outputs=2)),
        (numbers(20, 8, 8).tolist(), Inputs("image", (8, 8, 1), outputs=2)),
        ((numbers(20, 8, 8) * 50 + 128).clip(0, 255).astype(np.uint8), Inputs("image", (8, 8, 1), outputs=2)),
        (RNG.integers(-9, 9, size=(20, 30)), Inputs("sequence", (30, 1), outputs=2)),
        (numbers(20, 30) > 0, Inputs("sequence", (30, 1), outputs=2)),
        (pd.DataFrame(numbers(20, 30)), Inputs("table", (30,), outputs=2)),
        (["good film", "bad film"] * 10, Inputs("text", (2,), vocabulary=5, outputs=2)),
    ],
)
def test_the_shape_tells_what_it_is(X: Any, inputs: Inputs) -> None:
    data = read_inputs(X, TWO)
    assert data.inputs == inputs
    assert f"say input='{'sequence' if inputs.kind == 'table' else 'table'}'" in data.why
    prepared(data, np.arange(12))


@pytest.mark.parametrize(
    ("X", "given", "shape"),
    [
        (numbers(20, 16), "table", (16,)),
        (numbers(20, 5), "sequence", (5, 1)),
        (numbers(20, 8, 8), "sequence", (8, 8)),
        (numbers(20, 40, 9), "image", (40, 9, 1)),
        (pd.DataFrame(numbers(20, 5)), "sequence", (5, 1)),
        (numbers(20, 3, 8, 8), "image", (3, 8, 8)),
    ],
)
def test_a_person_may_say_what_it_is(X: Any, given: str, shape: tuple[int, ...]) -> None:
    data = read_inputs(X, TWO, input=given)
    assert data.inputs.kind == given and data.inputs.shape == shape
    prepared(data)


def test_a_table_becomes_numbers_and_codes() -> None:
    frame = table()
    data = read_inputs(frame, ["yes", "no"] * 20)
    values = prepared(data, np.arange(25))
    prepare = clone(data.prepare).fit(frame[:25])
    names = list(prepare.get_feature_names_out())
    assert values.shape[1] == len(names) and data.inputs.categories == (4, 3, 5)
    assert names[-3:] == ["town", "kind", "number"] and "amount_missing" in names and "when_weekday_sin" in names
    assert not {"same", "empty"} & set(names)
    towns = prepare.transform(frame)[:, -3]
    assert towns[:5].tolist() == [1, 3, 2, 0, 1], "the most frequent first, equal ones by name; missing is 0"
    assert np.abs(values[:, : names.index("town")]).max() <= 3, "what lies far out is drawn in"
    other = frame.copy()
    other.loc[0, "town"] = "Rome"
    assert prepare.transform(other)[0, -3] == 0, "an unknown level is 0"


def test_what_comes_out_has_one_width_whatever_the_rows_of_training_hold() -> None:
    data = read_inputs(table(), ["yes", "no"] * 20)
    for rows in (np.arange(4), np.arange(4, 8), np.array([2, 3, 7, 12])):
        prepared(data, rows)


def test_sequences_are_scaled_by_channel_and_by_the_rows_of_training() -> None:
    X = numbers(20, 12, 3) * [1, 100, 0] + [5, 0, 7]
    data = read_inputs(X, TWO)
    values = prepared(data, np.arange(10))[:10].reshape(-1, 3)
    assert np.allclose(values.mean(axis=0), 0, atol=1e-5) and np.allclose(values.std(axis=0), [1, 1, 0], atol=1e-5)


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (np.array([True, False] * 10), (False, True)),
        (pd.Categorical(["n", "m"] * 10), ("m", "n")),
        (pd.Series([3, 1] * 10, index=range(100, 120)), (1, 3)),
        (pd.Series([1.0, None, 2.0, 1.0] * 5), (1.0, 2.0)),
        (pd.Series(["a", "b"] * 10, dtype="string"), ("a", "b")),
        (np.array([["a"], ["b"]] * 10), ("a", "b")),
    ],
)
def test_labels_of_any_type(y: Any, classes: tuple[Any, ...]) -> None:
    data = read_inputs(numbers(20, 8, 8), y)
    assert data.task.classes == classes and set(data.y.tolist()) == set(classes)
    assert len(data.X) == len(data.y) == (15 if classes == (1.0, 2.0) else 20)


def test_numbers_are_a_regression() -> None:
    data = read_inputs(numbers(40, 20), numbers(40) * 1e9)
    assert data.task.kind == "regression" and data.inputs.outputs == 1
    assert read_inputs(numbers(40, 20), np.arange(40) // 10, task="regression").inputs.outputs == 1


def test_three_hundred_classes() -> None:
    assert read_inputs(numbers(900, 8, 8), np.arange(900) % 300, task="classification").inputs.outputs == 300


def test_texts_become_codes() -> None:
    texts = pd.Series(["The film was good.", "A bad film!", None, ""] * 5, index=range(5, 25))
    data = read_inputs(texts, pd.Series(TWO, index=range(5, 25)))
    values = prepared(data)
    assert data.inputs.kind == "text" and values[2].tolist() == [0] * data.inputs.shape[0]
    assert values.max() == data.inputs.vocabulary - 1
    prepare = clone(data.prepare).fit(texts)
    assert prepare.transform(["unheard words"])[0, :2].tolist() == [1, 1]
    names = read_inputs(["Anna", "Hannah", "Otto", "Bob"] * 5, TWO)
    assert names.prepare.unit == "character", "words alone are read by their characters"
    assert read_inputs(pd.DataFrame({"text": texts}), TWO, input="text").inputs == data.inputs


def test_a_column_may_be_the_target() -> None:
    frame = table().assign(y=["yes", "no"] * 20)
    data = read_inputs(frame, target="y")
    assert data.task.target == "y" and "y" not in data.X


@pytest.mark.parametrize(
    ("X", "y", "more", "said"),
    [
        (numbers(20, 8, 8), TWO[:-1], {}, "Got 19 values and 20 rows"),
        (numbers(20, 8, 8), ["a"] * 20, {}, "has one class only"),
        (numbers(20, 8, 8), None, {}, "No target: y is missing."),
        (numbers(3, 8, 8), ["a", "b", "a"], {}, "at least 4 rows"),
        (numbers(20), TWO, {}, "Got 1: (20,)."),
        (numbers(20, 2, 2, 2, 2), TWO, {}, "Got 5: (20, 2, 2, 2, 2)."),
        (numbers(0, 8, 8), [], {}, "X holds no rows"),
        (np.full((20, 8, 8), np.nan), TWO, {}, "1,280 missing values (NaN) of 1,280"),
        (np.full((20, 16), np.nan), TWO, {"input": "sequence"}, "320 missing values (NaN) of 320"),
        (np.full((20, 8, 8), np.inf), TWO, {}, "X holds infinite values"),
        (np.full((20, 8, 8), 1e31), TWO, {}, "numbers beyond 1e+30"),
        (np.full((20, 8, 8), 1j), TWO, {}, "Got values of type complex128"),
        ([[1, 2], [1, 2, 3]] * 10, TWO, {}, "differ in their shapes"),
        (numbers(20, 3, 32, 32), TWO, {}, "np.moveaxis(X, 1, -1)"),
        (numbers(20, 16), TWO, {"input": "image"}, "input='image' does not fit X of shape (20, 16)"),
        (numbers(20, 8, 8), TWO, {"input": "table"}, "X.reshape(len(X), -1)"),
        (numbers(20, 8, 8), TWO, {"input": "picture"}, "input must be one of table, sequence, image, text"),
        (numbers(20, 8, 8), TWO, {"input": "text"}, "X must hold texts. Got"),
        (["", None] * 10, TWO, {}, "All texts are empty"),
        (numbers(20, 8, 8), pd.date_range("2024", periods=20), {}, "holds dates"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(X: Any, y: Any, more: dict[str, Any], said: str) -> None:
    with pytest.raises(AutoMLError) as caught:
        read_inputs(X, y, **more)
    assert said in str(caught.value) and "\n" in str(caught.value), "there is a way out"


def test_a_prediction_needs_rows_of_the_same_shape() -> None:
    data = read_inputs(numbers(20, 8, 8), TWO)
    prepare = clone(data.prepare).fit(data.X)
    assert np.array_equal(prepare.transform(data.X[..., None]), prepare.transform(data.X))
    with pytest.raises(AutoMLError, match=r"rows of the shape \(8, 8, 1\). Got \(8, 9\)"):
        prepare.transform(numbers(20, 8, 9))
    with pytest.raises(AutoMLError, match="1 missing values"):
        prepare.transform(np.where(np.arange(64).reshape(1, 8, 8) == 5, np.nan, 0.0))
