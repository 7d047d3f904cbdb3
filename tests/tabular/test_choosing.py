"""Columns are chosen by what they are worth, from the rows that are learnt from alone."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone

from automl_magic.tabular.choosing import RANKED, KeepDistinct, KeepImportant, gains
from tests.tabular.test_making import RANKINGS


def numbers(rows: int = 500, columns: int = 30, seed: int = 0) -> np.ndarray:
    X = np.random.default_rng(seed).normal(size=(rows, columns))
    X[::7, 3] = np.nan
    return X


def effect(X: np.ndarray) -> np.ndarray:
    return np.nan_to_num(X[:, 3]) + X[:, 20] ** 2 + 0.3 * np.random.default_rng(1).normal(size=len(X))


@pytest.mark.parametrize("ranking", RANKINGS)
@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_a_model_gains_most_from_what_matters(ranking, target):
    X = numbers()
    y = effect(X) if target == "numbers" else np.digitize(effect(X), [0.5, 1.5]).astype(str)
    assert set(np.argsort(-gains(X, y, target, ranking))[:2]) == {3, 20}
    kept = KeepImportant(target, ranking).fit(X, y).kept_
    assert {3, 20} <= set(kept) and 5 <= len(kept) < 20


@pytest.mark.parametrize("ranking", RANKINGS)
def test_of_pure_noise_most_is_left_out(ranking):
    X = numbers(300, 400)
    kept = KeepImportant(ranking=ranking).fit(X, np.random.default_rng(2).integers(0, 2, 300)).kept_
    assert 5 <= len(kept) < RANKED


def test_of_columns_that_order_the_rows_alike_the_most_telling_stays():
    X = numbers(400, 6)
    y = X[:, 0] > 0
    X[:, 4] = np.exp(X[:, 0])  # the same order
    X[:, 2] = X[:, 0] + 0.1 * X[:, 2]  # nearly, and worse
    X[:, 5] = 1.0
    assert KeepDistinct().fit(X, y).kept_.tolist() == [0, 1, 3, 5]
    assert KeepDistinct(target="numbers").fit(X, X[:, 2]).kept_.tolist() == [1, 2, 3, 5]
    assert KeepDistinct(limit=1.1).fit(X, y).kept_.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("step", [KeepImportant(), KeepDistinct()], ids=["important", "distinct"])
def test_gaps_constants_and_few_rows_are_borne(step):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for X in (np.full((30, 3), np.nan), np.ones((30, 8)), np.eye(3), numbers(1, 4), numbers(40, 4)):
            y = np.arange(len(X)) % 2
            made = clone(step).fit(X, y)
            names = made.get_feature_names_out()
            assert made.transform(X).shape == (len(X), len(names)) and 1 <= len(names) <= X.shape[1]
    X = numbers()
    made = clone(step).fit(X, X[:, 20] > 0)
    assert np.array_equal(pickle.loads(pickle.dumps(made)).transform(X), made.transform(X), equal_nan=True)
    assert list(made.get_feature_names_out(list("abcdefghijklmnopqrstuvwxyzABCD")))[0] in "abcde"


@pytest.mark.parametrize("kind", [KeepImportant, KeepDistinct])
def test_columns_that_are_left_out_in_place_are_zeros(kind):
    X = numbers(400, 12)
    X[:, 5] = X[:, 3]
    y = effect(np.column_stack([X] * 2)) > 1
    short, long = kind().fit(X, y), kind(in_place=True).fit(X, y)
    found = long.transform(X)
    assert found.shape == X.shape and len(long.get_feature_names_out()) == 12 > len(short.kept_)
    assert np.array_equal(found[:, short.kept_], short.transform(X), equal_nan=True)
    assert not np.delete(found, short.kept_, axis=1).any()
