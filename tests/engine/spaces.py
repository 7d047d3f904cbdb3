"""Spaces of scikit-learn's models for the tests: one of three families, one with shared parts of preparation."""

from __future__ import annotations

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.space import compile_space


def zoo():
    return compile_space(
        Choice(
            make_pipeline(StandardScaler(), SVC(C=Float(1e-2, 1e2, log=True), kernel=Choice("rbf", "linear", "poly"))),
            forest=RandomForestClassifier(n_estimators=Int(10, 500), max_depth=Choice(None, Int(3, 30))),
            linear=LogisticRegression(C=Float(1e-3, 1e3, log=True, default=1.0)),
        )
    )


def preparation(rare):
    numbers = Pipeline([("scale", Choice(StandardScaler(), MinMaxScaler(), "passthrough", name="prepare.scale"))])
    return ColumnTransformer([("num", numbers, ["a"]), ("cat", OneHotEncoder(min_frequency=rare), ["b"])])


RARE = Choice(None, Int(2, 20), name="prepare.rare")
FOREST = RandomForestClassifier(max_depth=Choice(None, Int(3, 30)), max_features=Choice("sqrt", Float(0.1, 1.0)))
SHARED = Choice(
    Pipeline([("prepare", preparation(RARE)), ("model", FOREST)]),
    Pipeline([("prepare", preparation(RARE)), ("model", SVC(C=Float(0.1, 10, log=True)))]),
    linear=LogisticRegression(C=Float(0.1, 10, log=True), fit_intercept=Choice(True, False)),
)
