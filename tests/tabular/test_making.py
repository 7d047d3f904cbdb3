"""Made columns hold what they say, bear any row, and never tell a row its own target."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score, roc_auc_score

from automl_magic.tabular.boosters import missing
from automl_magic.tabular.making import Arithmetic, Crosses, Groups, _within

KINDS = (Arithmetic, Groups, Crosses)
RANKINGS = ("forest", *([] if "lightgbm" in missing() else ["lightgbm"]))


def mixed(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """Numbers with gaps, words with gaps, a flag, a constant and a key."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "width": np.where(rng.random(rows) < 0.1, np.nan, rng.lognormal(0, 1, rows)),
            "height": rng.lognormal(0, 1, rows),
            "depth [cm]": rng.normal(size=rows),
            "is_new": rng.integers(0, 2, rows).astype(float),
            "same": 3.0,
            "colour": rng.choice(np.array(["red", "green", "blue", None], dtype=object), rows),
            "shop": rng.integers(0, 20, rows).astype(str),
            "key": np.arange(rows).astype(str),
        }
    )


def answer(frame: pd.DataFrame, target: str = "classes") -> Any:
    signal = np.log(frame["width"].fillna(1) / frame["height"]) + (frame["colour"] == "red") * frame["is_new"]
    return signal.to_numpy() if target == "numbers" else np.where(signal > 0.3, "yes", "no")


@pytest.mark.parametrize("ranking", RANKINGS)
def test_a_ratio_that_matters_is_made_and_helps_a_line_through_the_data(ranking):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.uniform(1, 3, size=(1_000, 8)), columns=list("abcdefgh"))
    y = X["b"] / X["f"] + 0.1 * rng.normal(size=1_000)
    made = Arithmetic("numbers", ranking).fit(X[:500], y[:500])
    assert {"b / f", "f / b"} & set(made.get_feature_names_out())
    wide = [np.hstack([part, made.transform(part)]) for part in (X[:500], X[500:])]
    plain = LinearRegression().fit(X[:500], y[:500]).score(X[500:], y[500:])
    assert r2_score(y[500:], LinearRegression().fit(wide[0], y[:500]).predict(wide[1])) > plain + 0.02


@pytest.mark.parametrize("ranking", RANKINGS)
def test_arithmetic_is_what_its_names_say(ranking):
    frame = mixed()
    made = Arithmetic(ranking=ranking, most=63).fit(frame, answer(frame))
    found = made.transform(frame)
    for name, column in zip(made.get_feature_names_out(), found.T, strict=True):
        one, sign, other = name.rsplit(" ", 2)
        values = {"/": frame[one] / frame[other], "-": frame[one] - frame[other], "*": frame[one] * frame[other]}[sign]
        assert np.allclose(column, values, equal_nan=True)
        assert {one, other} <= {"width", "height", "depth [cm]"}  # no flag, no constant, no word


def test_what_would_be_divided_by_nothing_is_missing():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.uniform(1, 3, 400), rng.normal(size=400)])
    made = Arithmetic("numbers").fit(X, X[:, 1] / X[:, 0])
    assert "x1 / x0" in made.get_feature_names_out()  # x0 keeps away from 0
    found = dict(zip(made.get_feature_names_out(), made.transform([[0.0, 5.0], [1e300, -1e300]]).T, strict=True))
    assert np.isnan(found["x1 / x0"][0]) and all(np.abs(column[1]) <= 1e30 for column in found.values())


def test_statistics_of_a_group_are_those_of_the_rows_learnt_from():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"town": rng.choice(list("abc"), 600), "price": rng.normal(size=600)})
    frame["price"] += frame["town"].map({"a": 0.0, "b": 5.0, "c": 9.0})
    within = frame["price"] - frame.groupby("town")["price"].transform("mean")
    made = Groups("numbers", most=4).fit(frame[:500], within[:500])
    names = list(made.get_feature_names_out())
    fresh = frame[500:].copy()
    fresh.iloc[0, 0] = "elsewhere"
    found = dict(zip(names, made.transform(fresh).T, strict=True))
    difference = found["price: difference to the mean within town"]
    means = frame[:500].groupby("town")["price"].mean()
    assert np.allclose(difference[1:], (fresh["price"] - fresh["town"].map(means))[1:], atol=0.3)
    assert np.isclose(difference[0], fresh["price"].iloc[0] - frame["price"][:500].mean())  # a level never seen
    medians = frame[:500].groupby("town")["price"].median()
    assert np.allclose(found["price: median within town"][1:], fresh["town"].map(medians)[1:])


def test_levels_of_few_rows_are_drawn_towards_all():
    codes, prices = np.array([1] * 199 + [2]), np.append(np.arange(199.0), 1e6)
    mean, deviation, median = _within(codes, prices, 4).T
    assert mean[2] < 0.2 * 1e6 and abs(mean[1] - 99) < 200 and np.isfinite(deviation).all()
    assert mean[0] == mean[3] == prices.mean() and median.tolist() == [99.5, 99, 99.5, 99.5]


def test_two_categories_that_matter_together_are_crossed():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.choice(list("abcd"), 2_000) for name in ("one", "two", "three")})
    y = ((frame["one"] < "c") == (frame["three"] < "c")).to_numpy() ^ (rng.random(2_000) < 0.1)
    made = Crosses().fit(frame[:1_000], y[:1_000])
    names = list(made.get_feature_names_out())
    place = next(place for place, name in enumerate(names) if {"one", "three"} == set(name.split(" x ")))
    assert roc_auc_score(y[1_000:], made.transform(frame[1_000:])[:, place]) > 0.85


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 299), st.integers(0, 99))
def test_the_mean_target_of_a_row_does_not_hold_its_own(row, seed):
    frame = mixed(300)[["colour", "shop", "is_new"]]
    y = np.random.default_rng(seed).normal(size=300)
    other = y.copy()
    other[row] += 0.5  # too little to change what is crossed
    found, again = (Crosses("numbers").fit_transform(frame, target) for target in (y, other))
    assert found.shape[1] and found.shape == again.shape
    assert np.allclose(found[row], again[row]) and not np.allclose(found, again)


@pytest.mark.parametrize("target", ["classes", "numbers"])
@pytest.mark.parametrize("ranking", RANKINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_any_kind_are_borne_and_the_same_is_drawn_again(kind, ranking, target):
    frame = mixed()
    y = answer(frame, target)
    fresh = frame.iloc[:6].copy()
    fresh.iloc[0] = None
    fresh.loc[1, ["colour", "shop"]], fresh.loc[2, ["width", "height"]] = "new", np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = kind(target, ranking).fit(frame, y)
        found = made.transform(fresh)
        assert found.shape == (6, len(made.get_feature_names_out())) and found.shape[1] > 0
        assert not np.isinf(found).any() and made.transform(fresh.iloc[:1]).shape[0] == 1
    for again in (pickle.loads(pickle.dumps(made)), clone(made).fit(frame, y)):
        assert np.array_equal(again.transform(fresh), found, equal_nan=True)
    assert np.array_equal(made.transform(fresh.set_axis(range(9, 15))), found, equal_nan=True)


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_can_be_made_nothing_is(kind):
    y = np.arange(100) % 2
    for X in (
        pd.DataFrame({"a": ["same"] * 100, "b": 1.0}),
        pd.DataFrame({"a": [None] * 100, "b": np.nan}, dtype=object),
        np.ones((100, 3)),
        np.arange(100.0).reshape(-1, 1),
        pd.DataFrame(index=range(100)),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            made = kind().fit(X, y)
            assert made.transform(X).shape == (100, 0) and len(made.get_feature_names_out()) == 0
            assert kind().fit_transform(X, np.zeros(100)).shape == (100, 0)


def test_three_classes_have_a_mean_each_and_there_is_a_limit():
    frame = mixed(600).drop(columns="key")
    y = np.array(["a", "b", "c"])[np.random.default_rng(0).integers(0, 3, 600)]
    made = Crosses(most=7).fit(frame, y)
    names = list(made.get_feature_names_out())
    assert len(names) in (3, 6) and names[0].endswith(": class 0") and made.transform(frame).shape == (600, len(names))
    assert Crosses(most=2).fit(frame, y).transform(frame).shape == (600, 0)
    for kind in (Arithmetic, Groups):
        assert kind(most=3).fit(frame, y).transform(frame).shape[1] <= 3


def test_an_unknown_ranking_is_refused():
    with pytest.raises(ValueError, match='"lightgbm" or "forest"'):
        Arithmetic(ranking="tree").fit(mixed(), answer(mixed()))
