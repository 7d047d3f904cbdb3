"""The boosters of other packages: LightGBM, XGBoost and CatBoost, each a family when it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from sklearn.pipeline import Pipeline

from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.extend import MODELS
from automl_magic.tabular.prepare import preparation
from automl_magic.tabular.task import Table

BOOSTERS = ("lightgbm", "xgboost", "catboost")


def missing() -> tuple[str, ...]:
    """Return the boosters that are not installed."""
    return tuple(name for name in BOOSTERS if find_spec(name) is None)


def _behind(table: Table, model: Any) -> Pipeline:
    return Pipeline([("prepare", preparation(table, "trees")), ("model", model)])


def rounds(table: Table) -> int:
    """Return the largest sensible number of boosting rounds for a table: fewer where rows or classes are many."""
    cost = len(table.y) * max(1, len(table.task.classes) - 1)
    return max(100, min(800, int(8_000_000 / cost)))


@MODELS.register("lightgbm")
def lightgbm(table: Table) -> Pipeline:
    """LightGBM."""
    most = rounds(table)
    holes = {
        "n_estimators": Int(50, most, log=True, default=min(200, most)),
        "learning_rate": Float(0.005, 0.3, log=True, default=0.05),
        "num_leaves": Int(2, 200, log=True, default=31),
        "min_child_samples": Int(1, 64, log=True, default=20),
        "colsample_bytree": Float(0.4, 1.0, default=0.7),
        "subsample": Float(0.7, 1.0, default=0.85),
        "extra_trees": Choice(False, True),
        "reg_alpha": Float(1e-4, 1.0, log=True, default=1e-2),
        "reg_lambda": Float(1e-4, 2.0, log=True, default=1e-1),
    }
    return _behind(
        table, Build(_lightgbm_for(table), subsample_freq=1, n_jobs=1, verbosity=-1, random_state=0, **holes)
    )


def _lightgbm_for(table: Table) -> Any:
    return make_lightgbm_regressor if table.task.kind == "regression" else make_lightgbm_classifier


def make_lightgbm_classifier(**values: Any) -> Any:
    """Return LightGBM's classifier."""
    from lightgbm import LGBMClassifier

    return LGBMClassifier(**values)


def make_lightgbm_regressor(**values: Any) -> Any:
    """Return LightGBM's regressor."""
    from lightgbm import LGBMRegressor

    return LGBMRegressor(**values)


@MODELS.register("xgboost")
def xgboost(table: Table) -> Pipeline:
    """XGBoost."""
    most = rounds(table)
    holes = {
        "n_estimators": Int(50, most, log=True, default=min(200, most)),
        "learning_rate": Float(0.005, 0.3, log=True, default=0.08),
        "max_depth": Int(3, 10, log=True, default=6),
        "min_child_weight": Float(1e-3, 10.0, log=True, default=1.0),
        "subsample": Float(0.6, 1.0, default=0.7),
        "colsample_bylevel": Float(0.5, 1.0, default=0.9),
        "reg_alpha": Float(1e-4, 5.0, log=True, default=1e-3),
        "reg_lambda": Float(1e-4, 5.0, log=True, default=1.0),
    }
    maker = make_xgboost_regressor if table.task.kind == "regression" else make_xgboost_classifier
    return _behind(table, Build(maker, n_jobs=1, tree_method="hist", verbosity=0, random_state=0, **holes))


def make_xgboost_classifier(**values: Any) -> Any:
    """Return XGBoost's classifier, which takes labels of any kind."""
    from xgboost import XGBClassifier

    from automl_magic.tabular.steps import CodedLabels

    return CodedLabels(XGBClassifier(**values))


def make_xgboost_regressor(**values: Any) -> Any:
    """Return XGBoost's regressor."""
    from xgboost import XGBRegressor

    return XGBRegressor(**values)


@MODELS.register("catboost")
def catboost(table: Table) -> Pipeline:
    """CatBoost."""
    most = max(100, rounds(table) // 2)
    holes = {
        "iterations": Int(50, most, log=True, default=min(200, most)),
        "learning_rate": Float(0.01, 0.3, log=True, default=0.08),
        "depth": Int(4, 8, default=6),
        "l2_leaf_reg": Float(1e-4, 10.0, log=True, default=3.0),
        "random_strength": Float(0.1, 10.0, log=True, default=1.0),
    }
    maker = make_catboost_regressor if table.task.kind == "regression" else make_catboost_classifier
    return _behind(
        table, Build(maker, thread_count=1, verbose=False, allow_writing_files=False, random_state=0, **holes)
    )


def make_catboost_classifier(**values: Any) -> Any:
    """Return CatBoost's classifier."""
    from catboost import CatBoostClassifier

    return CatBoostClassifier(**values)


def make_catboost_regressor(**values: Any) -> Any:
    """Return CatBoost's regressor."""
    from catboost import CatBoostRegressor

    return CatBoostRegressor(**values)
