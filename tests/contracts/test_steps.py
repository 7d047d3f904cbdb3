"""What every registered step, and each of our own preparation, must do: a transformer that can travel and repeat."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from automl_magic.extend import STEPS
from automl_magic.tabular.encoders import LevelCounts, LevelMeans, SoftScaler, Unskew
from automl_magic.tabular.steps import CleanTable, DateParts, TextTopics

ROWS = 80


def columns() -> dict[str, pd.DataFrame]:
    """Return a table for each kind of step."""
    rng = np.random.default_rng(0)
    numbers = pd.DataFrame({"a": rng.normal(size=ROWS), "b": rng.lognormal(size=ROWS)})
    levels = pd.DataFrame({"shop": rng.choice(["x", "y", "z"], ROWS), "town": rng.choice(["u", "v"], ROWS)})
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, ROWS), unit="D")
    texts = pd.DataFrame({"note": rng.choice(["one two", "two three four", ""], ROWS)})
    return {
        "numbers": numbers,
        "levels": levels.astype(object),
        "dates": pd.DataFrame({"day": days}),
        "texts": texts.astype(object),
        "table": numbers.assign(shop=levels["shop"], day=days.astype(str)),
    }


OURS: dict[str, tuple[Callable[..., Any], str]] = {
    "CleanTable": (lambda: CleanTable(["a", "b"], categories=["shop"], dates={"day": None}), "table"),
    "DateParts": (DateParts, "dates"),
    "DateParts cyclic": (lambda: DateParts(cyclic=True), "dates"),
    "TextTopics": (lambda: TextTopics(components=2), "texts"),
    "LevelMeans": (LevelMeans, "levels"),
    "LevelCounts": (LevelCounts, "levels"),
    "SoftScaler": (SoftScaler, "numbers"),
    "Unskew": (Unskew, "numbers"),
}
MAKERS = {**OURS, **{key: (STEPS.get(key), "numbers") for key in STEPS}}


def dense(values: Any) -> Any:
    return values.to_numpy() if hasattr(values, "to_numpy") else np.asarray(values)


@pytest.mark.parametrize("key", MAKERS)
def test_a_step_fits_clones_pickles_and_repeats(key: str) -> None:
    make, kind = MAKERS[key]
    X = columns()[kind]
    y = np.where(np.random.default_rng(1).random(ROWS) < 0.5, "no", "yes").astype(object)
    before = X.copy(deep=True)
    step = make().fit(X, y)
    expected = dense(step.transform(X))
    assert len(expected) == ROWS and step.n_features_in_ == X.shape[1]
    assert list(getattr(step, "feature_names_in_", X.columns)) == list(X.columns)
    pd.testing.assert_frame_equal(X, before)
    for again in (clone(step).fit(X, y), pickle.loads(pickle.dumps(step))):
        found = dense(again.transform(X))
        assert all(pd.Series(found[:, place]).equals(pd.Series(expected[:, place])) for place in range(found.shape[1]))
    assert step.transform(X.head(1)).shape == (1, expected.shape[1])
    names = step.get_feature_names_out()
    assert len(names) == expected.shape[1] and len(set(names)) == len(names)
