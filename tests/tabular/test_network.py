"""The network learns, repeats under its seed, stops by held-out rows, and stays near what it has seen."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_friedman1, make_moons

from automl_magic.tabular.network import NetworkClassifier, NetworkRegressor
from automl_magic.tabular.stopping import fit_until_best, patience_of, with_rounds

MOONS = make_moons(400, noise=0.2, random_state=0)
FRIEDMAN = make_friedman1(400, noise=0.5, random_state=0)


def test_it_bends_where_a_line_does_not() -> None:
    X, y = MOONS
    for labels in (y, y.astype(bool), np.where(y == 1, "in", "out")):
        model = NetworkClassifier(random_state=0).fit(X[:300], labels[:300])
        assert np.mean(model.predict(X[300:]) == labels[300:]) > 0.93
        chances = model.predict_proba(X[300:])
        assert chances.shape == (100, 2) and np.allclose(chances.sum(axis=1), 1) and (chances >= 0).all()
    thirds = np.digitize(X[:, 0], np.quantile(X[:, 0], [1 / 3, 2 / 3]))
    model = NetworkClassifier(random_state=0).fit(X[:300], thirds[:300])
    assert np.mean(model.predict(X[300:]) == thirds[300:]) > 0.9 and model.predict_proba(X).shape == (400, 3)


def test_it_predicts_numbers_and_not_far_beyond_those_it_has_seen() -> None:
    X, y = FRIEDMAN
    model = NetworkRegressor(random_state=0).fit(X[:300], y[:300])
    errors = model.predict(X[300:]) - y[300:]
    assert np.sqrt(np.mean(errors**2)) < 0.5 * y.std()
    far = model.predict(1e3 * X)
    assert far.min() >= y[:300].min() - 0.1 * np.ptp(y[:300]) and far.max() <= y[:300].max() + 0.1 * np.ptp(y[:300])
    assert np.isfinite(NetworkRegressor(epochs=2).fit(X, np.full(len(X), 3.0)).predict(X)).all()


@pytest.mark.parametrize("model", [NetworkClassifier(random_state=3, epochs=5), NetworkRegressor(random_state=3)])
def test_a_seed_decides_everything(model: Any) -> None:
    X, y = MOONS
    told = [clone(model).set_params(random_state=seed).fit(X, y).predict(X) for seed in (3, 3)]
    weights = [clone(model).set_params(random_state=seed).fit(X, y).weights_ for seed in (3, 4)]
    assert np.array_equal(*told) and not np.array_equal(*weights)
    fitted = clone(model).fit(X, y)
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))


@pytest.mark.parametrize("kind", [NetworkClassifier, NetworkRegressor])
def test_held_out_rows_say_when_to_stop_and_the_same_epochs_give_the_same(kind: Any) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 10))
    y = (X[:, 0] + 2 * rng.normal(size=200) > 0).astype(int)
    model = kind(patience=10, random_state=1)
    assert patience_of(model) == 10
    fitted, epochs = fit_until_best(clone(model), X[:120], y[:120], X[120:], y[120:])
    assert 1 <= epochs < 40  # noise: more of it only learns by heart
    again = with_rounds(clone(model), epochs).fit(X[:120], y[:120])
    assert np.array_equal(again.predict(X), fitted.predict(X)) and patience_of(fitted) == 0
    assert 1 <= clone(model).fit(X, y).epochs_ < 60  # it holds rows out itself


def test_no_epoch_begins_after_its_time_and_odd_tables_are_borne() -> None:
    X, y = FRIEDMAN
    fitted, epochs = fit_until_best(NetworkRegressor(patience=30), X[:300], y[:300], X[300:], y[300:], seconds=0.0)
    assert epochs == 1 and np.isfinite(fitted.predict(X)).all()
    for rows in (2, 3, 17):
        assert NetworkClassifier(epochs=2).fit(X[:rows], np.arange(rows) % 2).predict(X[:rows]).shape == (rows,)
    constant = np.column_stack([np.ones(60), X[:60, 0]])
    assert np.isfinite(NetworkRegressor(epochs=3).fit(constant, y[:60]).predict(constant)).all()
