"""Weights of rows reach every fit that takes them: models, steps, boosters that are stopped, votes and ensembles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from automl_magic.engine.holes import Choice
from automl_magic.engine.space import compile_space
from automl_magic.extend import MODELS
from automl_magic.tabular.constraining import can, constrained, with_monotone
from automl_magic.tabular.ensemble import EnsembleClassifier, EnsembleRegressor
from automl_magic.tabular.stopping import fit_until_best, patience_of, with_rounds
from automl_magic.tabular.task import read_table
from automl_magic.tabular.vote import VoteClassifier, VoteRegressor
from automl_magic.tabular.weighted_fits import takes_weights, weights_for
from tests.installed import FAMILIES

THERE = [key for key in FAMILIES if key != "dummy"]


class Plain(TransformerMixin, BaseEstimator):
    """A step whose fit takes weights and whose fit_transform does not."""

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Plain:
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        return X

    def transform(self, X: Any) -> Any:
        return X


def halves(kind: str, rows: int = 240) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a table in whose halves the target goes opposite ways, and which half a row lies in."""
    rng = np.random.default_rng(0)
    frame, first = pd.DataFrame(rng.normal(size=(rows, 3)), columns=list("abc")), np.arange(rows) % 2 == 0
    value = np.where(first, 2.0, -2.0) * frame["a"] + 0.2 * rng.normal(size=rows)
    return frame.assign(y=value if kind == "regression" else np.where(value > 0, "yes", "no")), first


def default_of(key: str, frame: pd.DataFrame, monotone: Any = ()) -> Pipeline:
    table = with_monotone(read_table(frame, "y"), monotone)
    space = compile_space(Choice(**{key: constrained(key, MODELS.get(key)(table), table)}))
    pipeline = space.make(space.validate({"model": key}))
    slow = [name for name in pipeline.get_params() if name.endswith("__iterations")]
    return pipeline.set_params(**dict.fromkeys(slow, 200))


def fitted(pipeline: Any, X: Any, y: Any, weights: Any) -> Any:
    """Fit as a fold does: with the rows themselves as those that are scored, where it is to be stopped early."""
    if patience_of(pipeline):
        return fit_until_best(pipeline, X, y, X, y, None, None if weights is None else (weights, weights))
    return pipeline.fit(X, y, **weights_for(pipeline, weights)), 0


def told(model: Any, X: Any) -> np.ndarray:
    return np.asarray(model.predict_proba(X)[:, 1] if hasattr(model, "predict_proba") else model.predict(X))


@pytest.mark.parametrize("kind", ["regression", "classification"])
@pytest.mark.parametrize("key", THERE)
def test_a_family_learns_from_the_rows_that_count_and_is_alike_where_all_count_one(key: str, kind: str) -> None:
    frame, first = halves(kind)
    X, y = frame[list("abc")], frame["y"].to_numpy()
    pipeline = default_of(key, frame)
    plain, _ = fitted(clone(pipeline), X, y, None)
    ones, _ = fitted(clone(pipeline), X, y, np.ones(len(y)))
    assert np.allclose(told(ones, X), told(plain, X), atol=1e-6) or key == "forest"  # draws rows by their weights
    if key == "knn":
        assert not takes_weights(pipeline) and weights_for(pipeline, np.ones(3)) == {}
        return
    assert takes_weights(pipeline)
    for way, side in ((1, first), (-1, ~first)):
        weights = np.where(side, 1.0, 0.002)
        model, rounds = fitted(clone(pipeline), X, y, weights)
        assert way * np.corrcoef(told(model, X), X["a"])[0, 1] > (0.3 if key == "extra_trees" else 0.6)
        if rounds:  # the same rounds without held-out rows give the same
            again = with_rounds(clone(pipeline), rounds)
            assert np.array_equal(told(again.fit(X, y, **weights_for(again, weights)), X), told(model, X))


@pytest.mark.parametrize("key", [key for key in ("hist_gb", "lightgbm", "xgboost", "catboost") if key in FAMILIES])
def test_the_rows_that_say_when_to_stop_count_by_their_weights(key: str) -> None:
    frame, first = halves("regression")
    X, y = frame[list("abc")], frame["y"].to_numpy()
    pipeline = default_of(key, frame)
    if not patience_of(pipeline):
        name = pipeline.steps[-1][0]
        pipeline.set_params(**{f"{name}__early_stopping": True, f"{name}__max_iter": 400})
    rows = X[first], y[first], X, y
    ones, alone = np.ones(first.sum()), np.where(first, 1.0, 1e-9)
    _, right = fit_until_best(clone(pipeline), *rows, None, (ones, alone))
    _, wrong = fit_until_best(clone(pipeline), *rows, None, (ones, 1.0 - alone))
    assert right > wrong


def test_families_that_keep_directions_take_weights() -> None:
    frame, _ = halves("regression")
    for key in [key for key in FAMILIES if can(key, with_monotone(read_table(frame, "y"), (("a", 1),)))]:
        pipeline = default_of(key, frame, (("a", 1),))
        assert takes_weights(pipeline) and takes_weights(with_rounds(clone(pipeline), 5))


def test_a_linear_model_is_that_of_scikit_learn() -> None:
    frame, _ = halves("regression")
    X, y, weights = frame[list("abc")], frame["y"], np.random.default_rng(1).uniform(0, 3, len(frame))
    pipeline = make_pipeline(MinMaxScaler(), Ridge())
    expected = Ridge().fit(MinMaxScaler().fit_transform(X), y, sample_weight=weights)
    assert np.array_equal(pipeline.fit(X, y, **weights_for(pipeline, weights))[-1].coef_, expected.coef_)


def test_each_step_that_takes_weights_gets_them() -> None:
    weights = np.ones(3)
    nested = Pipeline([("scale", StandardScaler()), ("plain", Plain()), ("inner", make_pipeline(Plain(), Ridge()))])
    assert set(weights_for(nested, weights)) == {"scale__sample_weight", "inner__ridge__sample_weight"}
    assert weights_for(Pipeline([("no", "passthrough"), ("model", Ridge())]), None) == {}
    assert set(weights_for(Pipeline([("no", "passthrough"), ("model", Ridge())]), weights)) == {"model__sample_weight"}
    assert takes_weights(TransformedTargetRegressor(Ridge())) and takes_weights(TransformedTargetRegressor())
    assert not takes_weights(TransformedTargetRegressor(KNeighborsRegressor()))
    assert takes_weights(HistGradientBoostingClassifier()) and takes_weights(HistGradientBoostingRegressor())


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_a_vote_and_an_ensemble_hand_weights_on(kind: str) -> None:
    frame, _ = halves(kind)
    X, y, weights = frame[list("abc")], frame["y"].to_numpy(), np.random.default_rng(1).uniform(0, 3, len(frame))
    is_regression = kind == "regression"
    model, blind = (Ridge(), KNeighborsRegressor()) if is_regression else (LogisticRegression(), KNeighborsClassifier())
    vote = (VoteRegressor if is_regression else VoteClassifier)([make_pipeline(model)], KFold(3))
    both = (EnsembleRegressor if is_regression else EnsembleClassifier)([("a", vote), ("b", blind)], [0.7, 0.3])
    found = Pipeline([("ensemble", both)]).fit(X, y, ensemble__sample_weight=weights)["ensemble"]
    parts = []
    for train, _ in KFold(3).split(X):
        parts.append(told(clone(model).fit(X.iloc[train], y[train], sample_weight=weights[train]), X))
    expected = 0.7 * np.mean(parts, axis=0) + 0.3 * told(clone(blind).fit(X, y), X)
    assert np.allclose(told(found, X), expected, rtol=1e-12)
    with pytest.raises(ValueError, match="Got 5 for 240 rows"):
        vote.fit(X, y, sample_weight=np.ones(5))


def test_a_transformed_target_hands_them_on_into_its_pipeline() -> None:
    frame, first = halves("regression")
    X, y, weights = frame[list("abc")], frame["y"].to_numpy(), np.where(first, 1.0, 0.001)
    lines = make_pipeline(StandardScaler(), Ridge())
    model = TransformedTargetRegressor(lines, func=np.cbrt, inverse_func=lambda value: value**3)
    assert weights_for(model, weights).keys() == {"standardscaler__sample_weight", "ridge__sample_weight"}
    told, even = model.fit(X, y, **weights_for(model, weights)).predict(X), clone(model).fit(X, y).predict(X)
    alone = clone(model).fit(X[first], y[first]).predict(X)
    assert np.abs(told - alone).mean() < 0.1 * np.abs(even - alone).mean()
