"""The families of scikit-learn's models: one short function each, a pipeline with holes where the search may choose."""

from __future__ import annotations

from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC, SVR

from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.extend import MODELS
from automl_magic.tabular.model_steps import BoundedTarget
from automl_magic.tabular.network import NetworkClassifier, NetworkRegressor
from automl_magic.tabular.prepare import preparation
from automl_magic.tabular.quick_forests import (
    QuickExtraTreesClassifier,
    QuickExtraTreesRegressor,
    QuickRandomForestClassifier,
    QuickRandomForestRegressor,
)
from automl_magic.tabular.sizes import most_epochs, most_rounds, most_trees, share_of_rows, stopped_rounds, work
from automl_magic.tabular.task import Table

PATIENCE = 20  # rounds of boosting without gain on the held-out rows, after which it stops
STEPS = 50_000  # of the solver of support vectors


def behind(table: Table, kind: str, model: Any) -> Pipeline:
    """Return a model behind the preparation of a table."""
    return Pipeline([("prepare", preparation(table, kind)), ("model", model)])


def is_regression(table: Table) -> bool:
    """Whether numbers are to be predicted."""
    return table.task.kind == "regression"


@MODELS.register("hist_gb")
def hist_gb(table: Table) -> Pipeline:
    """Gradient boosting over histograms."""
    model = HistGradientBoostingRegressor if is_regression(table) else HistGradientBoostingClassifier
    most = most_rounds(table)
    fixed: Any = Int(30, most, log=True, default=min(200, most), name="hist_gb.max_iter")

    def stopping(auto: Any, early: Any) -> Choice:
        return Choice.of([("auto", auto), (True, early)], name="hist_gb.early_stopping")

    return behind(
        table,
        "trees",
        model(
            learning_rate=Float(0.005, 0.3, log=True, default=0.05),
            early_stopping=stopping("auto", True),
            max_iter=stopping(fixed, stopped_rounds(table, 2_000)),
            n_iter_no_change=stopping(10, PATIENCE),
            tol=stopping(1e-7, 0.0),
            max_leaf_nodes=Int(3, 200, log=True, default=15),
            min_samples_leaf=Int(1, 100, log=True, default=10),
            l2_regularization=Float(0.0, 10.0, default=1.0),
            max_features=Float(0.4, 1.0, default=0.7),
            random_state=0,
        ),
    )


@MODELS.register("linear")
def linear(table: Table) -> Pipeline:
    """Logistic regression, or ridge regression."""
    if is_regression(table):
        return behind(table, "dense", Ridge(alpha=Float(1e-3, 1e3, log=True, default=1.0)))
    model = LogisticRegression(C=Float(1e-3, 1e3, log=True, default=1.0), max_iter=500 if work(table) < 50 else 100)
    return behind(table, "dense", model)


@MODELS.register("forest")
def forest(table: Table) -> Pipeline:
    """Random forest."""
    model = QuickRandomForestRegressor if is_regression(table) else QuickRandomForestClassifier
    most, share = most_trees(table, 200), share_of_rows(table)
    return behind(
        table,
        "trees",
        model(
            n_estimators=Int(min(50, most), most, log=True, default=min(100, most)),
            max_depth=Choice(None, Int(3, 30)),
            max_features=Float(0.1, 1.0, default=0.4),
            min_samples_leaf=Int(1, 20, log=True, default=2),
            max_samples=Float(0.5 * share, share, default=share),
            random_state=0,
        ),
    )


@MODELS.register("extra_trees")
def extra_trees(table: Table) -> Pipeline:
    """Extremely randomised trees."""
    model = QuickExtraTreesRegressor if is_regression(table) else QuickExtraTreesClassifier
    most = most_trees(table)
    return behind(
        table,
        "trees",
        model(
            n_estimators=Int(min(50, most), most, log=True, default=min(100, most)),
            max_features=Choice("sqrt", 0.5, 0.75, 1.0, default=0.5),
            min_samples_split=Int(2, 32, log=True, default=4),
            min_samples_leaf=Int(1, 20, log=True, default=1),
            random_state=0,
        ),
    )


@MODELS.register("mlp")
def mlp(table: Table) -> Pipeline:
    """A network of one to three hidden layers."""
    model: Any = NetworkRegressor if is_regression(table) else NetworkClassifier
    return behind(
        table,
        "dense",
        model(
            width=Int(32, 256, log=True, default=128),
            depth=Int(1, 3, default=2),
            learning_rate=Float(5e-4, 0.02, log=True, default=3e-3),
            dropout=Choice(0.0, 0.1, 0.2, 0.4, default=0.1),
            weight_decay=Float(1e-3, 0.1, log=True, default=0.01),
            epochs=most_epochs(table),
            patience=30,
            random_state=0,
        ),
    )


@MODELS.register("svm")
def svm(table: Table) -> Pipeline:
    """Support vectors with a radial kernel; probabilities are calibrated inside the training rows."""
    cost = Float(1e-2, 1e2, log=True, default=1.0, name="svm.C")
    width = Choice("scale", Float(1e-3, 1.0, log=True), name="svm.gamma")
    if is_regression(table):
        return behind(table, "dense", BoundedTarget(SVR(C=cost, gamma=width, max_iter=STEPS)))
    model = SVC(C=cost, gamma=width, max_iter=STEPS)
    return behind(table, "dense", CalibratedClassifierCV(model, ensemble=False, cv=3))


@MODELS.register("knn")
def knn(table: Table) -> Pipeline:
    """Nearest neighbours."""
    model = KNeighborsRegressor if is_regression(table) else KNeighborsClassifier
    most = max(1, min(500, len(table.y) // 6))  # the smallest part to learn from holds about a sixth of the rows
    return behind(
        table,
        "dense",
        model(
            n_neighbors=Int(1, most, log=True, default=min(15, most)),
            weights=Choice("uniform", "distance", default="distance"),
            p=Choice(1, 2, default=2),
        ),
    )


@MODELS.register("dummy")
def dummy(table: Table) -> Pipeline:
    """The classes' shares, or the mean: what knows nothing. Not searched unless it is asked for."""
    return behind(table, "trees", DummyRegressor() if is_regression(table) else DummyClassifier(strategy="prior"))
