"""A table that two families together fit better than each: what the tests of ensembles search on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline

import automl_magic
from automl_magic import Choice, Float, Int

TARGETS = {"regression": "value", "classification": "label"}
INPUTS = list("abcd")


def mixed(rows=1000, seed=0, target="value"):
    """Return a table whose value is a line of two columns and bends in two others; its target is the last column."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 4)), columns=INPUTS)
    value = 2 * frame["a"] - frame["b"] + 2 * (frame["c"].abs() + frame["d"].abs() - 1.5) + 0.3 * rng.normal(size=rows)
    return frame.assign(**{target: value if target == "value" else np.where(value > 0, "high", "low")})


def space_of(kind):
    if kind == "regression":
        line, near = Ridge(alpha=Float(0.01, 10, log=True)), KNeighborsRegressor(Int(15, 30))
    else:
        line, near = LogisticRegression(C=Float(0.01, 10, log=True)), KNeighborsClassifier(Int(15, 30))
    return Choice(line=make_pipeline(only("a", "b"), line), near=make_pipeline(only("c", "d"), near))


def only(*columns):
    return ColumnTransformer([("kept", "passthrough", list(columns))])


def search(kind="regression", frame=None, **options):
    frame = mixed(target=TARGETS[kind]) if frame is None else frame
    plan = {
        "trials": 8,
        "workers": 0,
        "calibrate": False,
        "metric": None if kind == "regression" else "logloss",
        **options,
    }
    return automl_magic.fit(frame, target=TARGETS[kind], space=space_of(kind), **plan)
