"""Small tables and a space of two models for the tests of evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor


def small_table(kind: str = "binary", rows: int = 200, seed: int = 0, groups: Any = None, order: Any = None) -> Any:
    """Return a table of four numbers with a clear signal; labels are words."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(rows, 4)), columns=["a", "b", "c", "d"])
    signal = X["a"] + 0.5 * X["b"] ** 2 + 0.7 * rng.normal(size=rows)
    y: Any = signal.to_numpy()
    classes: tuple[str, ...] = ()
    if kind == "binary":
        classes = ("no", "yes")
        y = np.where(y > np.median(y), "yes", "no").astype(object)
    elif kind == "multiclass":
        classes = ("high", "low", "middle")
        y = np.array(["low", "middle", "high"], dtype=object)[pd.qcut(y, 3, labels=False)]
    task = SimpleNamespace(kind=kind, target="y", classes=classes, why="It is made for a test.")
    return SimpleNamespace(X=X, y=y, task=task, columns=(), groups=groups, order=order, weights=None, warnings=())


@dataclass
class TwoModels:
    """A space of a linear model and a tree, as the evaluator uses one."""

    kind: str = "binary"

    def make(self, config: Mapping[str, Any]) -> Pipeline:
        """Return the pipeline of a configuration."""
        if config["model"] == "tree":
            tree = DecisionTreeRegressor if self.kind == "regression" else DecisionTreeClassifier
            model: Any = tree(max_depth=config.get("depth", 3), splitter="random")
        else:
            model = Ridge() if self.kind == "regression" else LogisticRegression(C=config.get("C", 1.0))
        return Pipeline([("scale", StandardScaler()), ("model", model)])
