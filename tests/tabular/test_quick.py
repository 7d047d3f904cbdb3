"""The quick steps answer to the last bit what scikit-learn's own do, on whatever they are given."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from automl_magic.engine.holes import Int
from automl_magic.engine.space import compile_space
from automl_magic.engine.writing import fingerprint
from automl_magic.tabular.encoders import LevelMeans
from automl_magic.tabular.quick import QuickColumnTransformer, QuickOneHotEncoder, QuickOrdinalEncoder


def words(rows=300, seed=0, gaps=True):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "colour": rng.choice(["red", "green", "blue"], rows),
            "size": rng.choice(["S", "M", "L", "XXL"], rows, p=[0.5, 0.4, 0.09, 0.01]),
            "shop": [f"shop {place}" for place in rng.integers(0, 40, rows)],
        },
        dtype=object,
    )
    if gaps:
        frame.loc[::7, "size"] = np.nan
    return frame


def new_words():
    frame = words(90, seed=1)
    frame.loc[::5, "colour"] = "violet"
    frame.loc[::6, "colour"] = float("nan")  # a gap where training had none, and not the same object as np.nan
    frame.loc[3, "shop"], frame.loc[4, "shop"], frame.loc[5, "shop"] = None, "", "shop 7 "
    return frame


def same(one, other):
    one, other = np.asarray(one), np.asarray(other)
    order = one.flags.c_contiguous == other.flags.c_contiguous and one.flags.f_contiguous == other.flags.f_contiguous
    return one.dtype == other.dtype and order and np.array_equal(one, other, equal_nan=True)


def encoders(rare):
    ordinal = {"handle_unknown": "use_encoded_value", "unknown_value": -1, "min_frequency": rare}
    spread = {"handle_unknown": "infrequent_if_exist", "min_frequency": rare, "sparse_output": False, "dtype": float}
    return [(QuickOrdinalEncoder, OrdinalEncoder, ordinal), (QuickOneHotEncoder, OneHotEncoder, spread)]


@pytest.mark.parametrize("rare", [None, 1, 5, 40, 1000])
def test_encoders_answer_as_those_of_scikit_learn(rare):
    for quick, plain, given in encoders(rare):
        ours, theirs = quick(**given), plain(**given)
        assert same(ours.fit_transform(words()), theirs.fit_transform(words()))
        copied = pickle.loads(pickle.dumps(ours))
        known = new_words().dropna(subset=["shop"])
        assert ours.table_.look_up(known) is not None and ours.table_.look_up(new_words()) is None  # it holds a None
        for rows in (new_words(), known, words(5), words(0), new_words().iloc[[4]]):
            expected = theirs.transform(rows) if len(rows) else np.empty((0, theirs.transform(words(3)).shape[1]))
            assert ours.table_ is not None and same(ours.transform(rows), expected)
            assert same(copied.transform(rows), expected)
        assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())
        assert clone(ours).get_params() == ours.get_params() == theirs.get_params()


@pytest.mark.parametrize("classes", [2, 3, 0])
def test_means_of_levels_are_as_scikit_learn_encodes_them(classes):
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, 300) if classes else rng.normal(size=300)
    means = LevelMeans("classes" if classes else "numbers").fit(words(), y)
    assert isinstance(means.encoder_, TargetEncoder) and means.table_ is not None
    assert same(means.transform(new_words()), means.encoder_.transform(new_words()))
    assert means.fit(words().assign(shop=1.0 * rng.integers(0, 9, 300)), y).table_ is None


def test_what_is_not_words_is_left_to_scikit_learn():
    mixed = words(gaps=False).assign(code=pd.Series([1, 2, 3] * 100, dtype=object))
    numbers = pd.DataFrame({"a": [1.0, 2.0, np.nan] * 9, "b": [1, 2, 3] * 9})
    for quick, plain, given in encoders(5):
        texts = words(gaps=False).astype("string")
        for table in (mixed, numbers, words(gaps=False).to_numpy(), words(gaps=False).astype("category"), texts):
            ours, theirs = quick(**given), plain(**given)
            assert same(ours.fit_transform(table), theirs.fit_transform(table))
        ours, theirs = quick(**given).fit(words()), plain(**given).fit(words())
        with pytest.raises(ValueError, match="feature names should match"):
            ours.transform(words()[["shop", "size", "colour"]])
        with pytest.warns(UserWarning, match="valid feature names"):
            assert same(ours.transform(words().to_numpy()), theirs.transform(words().to_numpy()))
    strict = QuickOrdinalEncoder().fit(words())
    with pytest.raises(ValueError, match="unknown categories"):
        strict.transform(new_words())


def parts(one_hot, ordinal):
    spread = one_hot(handle_unknown="infrequent_if_exist", sparse_output=False)
    codes = ordinal(handle_unknown="use_encoded_value", unknown_value=-1)
    return [
        ("numbers", "passthrough", ["a", "b"]),
        ("scaled", StandardScaler(), slice(0, 2)),
        ("words", spread, ["colour", "size"]),
        ("codes", codes, ["shop", "colour"]),
        ("nothing", "drop", ["size"]),
    ]


def both_transformers():
    quick = QuickColumnTransformer(parts(QuickOneHotEncoder, QuickOrdinalEncoder), sparse_threshold=0.0)
    return quick, ColumnTransformer(parts(OneHotEncoder, OrdinalEncoder), sparse_threshold=0.0)


def columns(frame, seed=0):
    rng = np.random.default_rng(seed)
    return pd.concat(
        [pd.DataFrame(rng.normal(size=(len(frame), 2)), columns=["a", "b"], index=frame.index), frame], axis=1
    )


def test_columns_stand_side_by_side_as_those_of_scikit_learn():
    ours, theirs = both_transformers()
    table, rows = columns(words()), columns(new_words().set_axis(range(7, 97), axis=0))
    assert same(ours.fit_transform(table), theirs.fit_transform(table))
    copied = pickle.loads(pickle.dumps(ours))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for given in (rows, rows[rows.columns[::-1]], rows.assign(more=1)):
            if list(given.columns) == list(rows.columns):
                assert ours._parts(given) is not None
            assert same(ours.transform(given), theirs.transform(given))
            assert same(copied.transform(given), theirs.transform(given))
    with pytest.raises(ValueError, match="columns are missing"):
        ours.transform(rows.drop(columns="a"))
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())


def test_output_as_a_frame_has_the_same_names_and_index():
    table, rows = columns(words()), columns(new_words().set_axis(range(7, 97), axis=0))
    with config_context(transform_output="pandas"):
        ours, theirs = (one.fit(table) for one in both_transformers())
        pd.testing.assert_frame_equal(ours.transform(rows), theirs.transform(rows))
    ours, theirs = (one.set_output(transform="pandas").fit(table) for one in both_transformers())
    pd.testing.assert_frame_equal(ours.transform(rows), theirs.transform(rows))


def test_sparse_parts_and_other_ways_to_name_columns_are_left_to_scikit_learn():
    table = columns(words())
    for given in (
        [("words", OneHotEncoder(), ["colour"])],
        [("a", "passthrough", [0, 1])],
        [("a", "passthrough", slice("a", "b"))],
        [("a", StandardScaler(), lambda frame: ["a", "b"]), ("words", OneHotEncoder(), ["colour"])],
        [("none", "drop", ["a"])],
    ):
        for threshold in (0.0, 1.0):
            ours, theirs = (
                kind(given, sparse_threshold=threshold) for kind in (QuickColumnTransformer, ColumnTransformer)
            )
            expected, found = theirs.fit(table).transform(table), ours.fit(table).transform(table)
            assert type(found) is type(expected)
            dense = [one.toarray() if hasattr(one, "toarray") else one for one in (found, expected)]
            assert np.array_equal(*dense)
    with_rest = [
        kind([("a", "drop", ["a"])], remainder="passthrough") for kind in (QuickColumnTransformer, ColumnTransformer)
    ]
    ours, theirs = (one.fit(table).transform(table) for one in with_rest)
    assert pd.DataFrame(ours).equals(pd.DataFrame(theirs))


def test_a_column_of_many_levels_makes_no_other_column_larger():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"few{place}": rng.choice(list("abcd"), 4000) for place in range(9)}, dtype=object)
    frame["many"] = [f"level {place}" for place in range(4000)]
    quick = LevelMeans()
    quick.fit_transform(frame, rng.integers(0, 5, 4000))
    kept = sum(rows.nbytes for rows in quick.table_.rows)
    assert kept < 2 * 8 * 5 * (4000 + 9 * 6)


def test_to_a_record_a_quicker_class_is_the_one_that_it_stands_for():
    def hashed(kind, **more):
        return fingerprint(compile_space(Pipeline([("codes", kind(min_frequency=Int(1, 3), **more))])))

    assert hashed(QuickOneHotEncoder) == hashed(OneHotEncoder) != hashed(OrdinalEncoder)
    assert hashed(QuickOrdinalEncoder) == hashed(OrdinalEncoder)
