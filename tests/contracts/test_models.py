"""What every registered family of models must do, those of other packages included."""

from __future__ import annotations

import pickle
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.extend import MODELS
from automl_magic.tabular.evaluate import set_seeds
from automl_magic.tabular.models import zoo
from automl_magic.tabular.task import Table, read_table
from automl_magic.tabular.vote import chances_of
from tests.installed import FAMILIES

KINDS = ("binary", "multiclass", "regression")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def table_of(kind: str, rows: int = 96) -> Table:
    """Return a small table with gaps, categories of few and of many levels, a date and true and false."""
    rng = np.random.default_rng(7)
    size = rng.normal(size=rows)
    frame = pd.DataFrame(
        {
            "size": np.where(rng.random(rows) < 0.15, np.nan, size),
            "colour <b>": rng.choice(np.array(["red", "green", None], dtype=object), rows),
            "shop": [f"shop {place}" for place in rng.integers(0, 30, rows)],
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 500, rows), unit="D"),
            "open": rng.random(rows) < 0.5,
        }
    )
    signal = size + (frame["colour <b>"] == "red") + 0.2 * rng.normal(size=rows)
    if kind == "regression":
        return read_table(frame, y=signal.to_numpy() * 100)
    labels = ["low", "high"] if kind == "binary" else ["low", "mid", "high"]
    return read_table(frame, y=pd.qcut(signal, len(labels), labels=labels).astype(str).to_numpy())


TABLES = {kind: table_of(kind) for kind in KINDS}


def space_of(family: str, kind: str) -> SearchSpace:
    return compile_space(MODELS.get(family)(TABLES[kind]))


def fitted(family: str, kind: str, config: Any = None, seed: int = 3) -> Any:
    space = space_of(family, kind)
    table = TABLES[kind]
    pipeline = set_seeds(space.make(space.default() if config is None else config), seed)
    return pipeline.fit(table.X, table.y)


def told(model: Any, X: Any, kind: str) -> np.ndarray[Any, Any]:
    found = model.predict(X) if kind == "regression" else chances_of(model, X, TABLES[kind].task.classes)
    return np.asarray(found, dtype=float)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_template_compiles_and_its_configurations_make_what_they_say(family: str, kind: str) -> None:
    space = space_of(family, kind)
    for seed in range(5):
        config = space.sample(np.random.default_rng(seed))
        assert space.contains(config)
        assert space.config_of(space.make(config)) in (config, None)  # None: made by a function of its own
    assert space.contains(space.default())
    joined = zoo(TABLES[kind], [family])
    assert joined["model"].options == (family,)
    assert joined.fingerprint() == zoo(TABLES[kind], [family]).fingerprint()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_it_learns_tables_with_gaps_and_categories_and_repeats_under_one_seed(family: str, kind: str) -> None:
    table = TABLES[kind]
    model = fitted(family, kind)
    expected = told(model, table.X, kind)
    assert np.isfinite(expected).all() and len(expected) == len(table.X)
    if kind != "regression":
        assert np.allclose(expected.sum(axis=1), 1) and (expected >= 0).all()
        assert set(model.predict(table.X)) <= set(table.task.classes)
        assert list(model.classes_) == list(table.task.classes)
    assert list(model.feature_names_in_) == list(table.X.columns) and model.n_features_in_ == table.X.shape[1]
    for again in (fitted(family, kind), set_seeds(clone(model), 3).fit(table.X, table.y)):
        assert np.array_equal(told(again, table.X, kind), expected)
    for again in (pickle.loads(pickle.dumps(model)), cloudpickle.loads(cloudpickle.dumps(model))):
        assert np.array_equal(told(again, table.X, kind), expected)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_predicts_rows_that_hold_what_training_did_not(family: str) -> None:
    for kind in ("binary", "regression"):
        fresh = TABLES[kind].X.head(6).assign(**{"colour <b>": "violet", "shop": "elsewhere", "size": np.nan})
        fresh = fresh.astype(object)
        fresh.iloc[2] = None
        mixed = fresh[fresh.columns[::-1]]
        model = fitted(family, kind)
        assert np.isfinite(told(model, fresh, kind)).all()
        assert np.array_equal(told(model, mixed, kind), told(model, fresh, kind))


@pytest.mark.parametrize("family", FAMILIES)
def test_any_configuration_of_its_space_can_be_fitted(family: str) -> None:
    space = space_of(family, "binary")
    config = space.sample(np.random.default_rng(1))
    assert np.isfinite(told(fitted(family, "binary", config), TABLES["binary"].X, "binary")).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_table_is_left_as_it_was(family: str) -> None:
    table = TABLES["binary"]
    before, labels = table.X.copy(deep=True), table.y.copy()
    fitted(family, "binary").predict(table.X)
    pd.testing.assert_frame_equal(table.X, before)
    assert np.array_equal(table.y, labels)
