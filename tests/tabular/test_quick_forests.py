"""The quick forests answer to the last bit what scikit-learn's own do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import NotFittedError

from automl_magic.tabular import quick_forests

FORESTS = (RandomForestClassifier, ExtraTreesClassifier, RandomForestRegressor, ExtraTreesRegressor)


def asked(forest, X):
    return forest.predict_proba(X) if hasattr(forest, "predict_proba") else forest.predict(X)


def quick_of(kind):
    return getattr(quick_forests, f"Quick{kind.__name__}")


@pytest.mark.parametrize("kind", FORESTS)
@pytest.mark.parametrize("classes", [2, 4])
def test_they_answer_as_those_of_scikit_learn(kind, classes):
    rng = np.random.default_rng(classes)
    X = pd.DataFrame(rng.normal(size=(300, 4)), columns=list("abcd"))
    y = rng.integers(0, classes, 300)
    given = {"n_estimators": 20, "min_samples_leaf": 3, "random_state": 1}
    ours, theirs = quick_of(kind)(**given).fit(X, y), kind(**given).fit(X, y)
    gaps = X.mask(rng.random(X.shape) < 0.2) if "Random" in kind.__name__ else X
    for rows in (X, gaps, X.iloc[:1]):
        expected = asked(theirs, rows)
        assert np.array_equal(asked(ours, rows), expected) and np.array_equal(ours.predict(rows), theirs.predict(rows))
        assert asked(ours, rows).dtype == expected.dtype and asked(ours, rows).shape == expected.shape
    ours, theirs = (one(**given).fit(csr_matrix(X.to_numpy()), y) for one in (quick_of(kind), kind))
    assert np.array_equal(asked(ours, csr_matrix(X.to_numpy())), asked(theirs, csr_matrix(X.to_numpy())))


@pytest.mark.parametrize("kind", FORESTS)
def test_what_they_cannot_do_is_left_to_scikit_learn(kind):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 3)), rng.integers(0, 2, (90, 2))
    ours, theirs = (one(5, random_state=0).fit(X, y) for one in (quick_of(kind), kind))
    assert np.array_equal(np.asarray(asked(ours, X)), np.asarray(asked(theirs, X)))
    with pytest.raises(NotFittedError):
        quick_of(kind)().predict(X)
    with pytest.raises(ValueError, match="features"):
        quick_of(kind)(5).fit(X, y[:, 0]).predict(X[:, :2])
    with pytest.raises(ValueError, match="infinity"):
        quick_of(kind)(5).fit(X, y[:, 0]).predict(X + np.inf)
    many = quick_of(kind)(5, n_jobs=2, random_state=0).fit(X, y[:, 0])
    assert np.array_equal(asked(many, X), asked(kind(5, random_state=0).fit(X, y[:, 0]), X))
