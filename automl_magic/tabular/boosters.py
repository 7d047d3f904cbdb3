"""The boosters of other packages: LightGBM, XGBoost and CatBoost, each a family when it is installed.

They are imported when one is made, never before: `Build` holds their parameters until then.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from sklearn.pipeline import Pipeline

from automl_magic.engine.holes import Build, Choice, Float, Int
from automl_magic.errors import OptionError
from automl_magic.extend import MODELS
from automl_magic.tabular.prepare import WIDE, preparation, roles_of
from automl_magic.tabular.sizes import borders, stopped_rounds
from automl_magic.tabular.stopping import StoppedClassifier, StoppedRegressor
from automl_magic.tabular.task import Table

BOOSTERS = ("lightgbm", "xgboost", "catboost")
PATIENCE = {"lightgbm": 60, "xgboost": 60, "catboost": 50}  # rounds without gain after which one stops


def missing() -> tuple[str, ...]:
    """Return the boosters that are not installed."""
    return tuple(name for name in BOOSTERS if find_spec(name) is None)


def installed() -> tuple[str, ...]:
    """Return the boosters that are installed."""
    return tuple(name for name in BOOSTERS if find_spec(name) is not None)


def check_installed(name: str) -> None:
    """Say how to get a booster that is not there.

    Raises
    ------
    OptionError
        If it is not installed.
    """
    if name in missing():
        raise OptionError(f'The family "{name}" is not installed.', 'pip install "automl_magic[boost]"')


def _behind(table: Table, name: str, classifier: Any, regressor: Any, /, **values: Any) -> Pipeline:
    check_installed(name)
    maker = regressor if table.task.kind == "regression" else classifier
    return Pipeline([("prepare", preparation(table, "trees")), ("model", Build(maker, random_state=0, **values))])


def _native(table: Table) -> dict[str, Any]:
    """Return what tells LightGBM which of the prepared columns are codes of levels: it looks for sets of them."""
    roles = roles_of(table)
    first = len(roles.amounts)
    if not roles.few or first > WIDE:
        return {}
    places = list(range(first, first + len(roles.few)))
    return {"categorical_feature": places, "max_cat_to_onehot": 16}


@MODELS.register("lightgbm")
def lightgbm(table: Table) -> Pipeline:
    """LightGBM."""
    return _behind(
        table,
        "lightgbm",
        make_lightgbm_classifier,
        make_lightgbm_regressor,
        n_estimators=stopped_rounds(table, 4_000),
        learning_rate=Float(0.01, 0.3, log=True, default=0.05),
        num_leaves=Int(2, 200, log=True, default=15),
        min_child_samples=Int(1, 64, log=True, default=10),
        colsample_bytree=Float(0.4, 1.0, default=0.65),
        subsample=Float(0.7, 1.0, default=0.85),
        extra_trees=Choice(False, True),
        reg_alpha=Float(1e-4, 1.0, log=True, default=0.05),
        reg_lambda=Float(1e-4, 2.0, log=True, default=0.5),
        subsample_freq=1,
        **_native(table),
        n_jobs=1,
        verbosity=-1,
    )


@MODELS.register("xgboost")
def xgboost(table: Table) -> Pipeline:
    """XGBoost."""
    return _behind(
        table,
        "xgboost",
        make_xgboost_classifier,
        make_xgboost_regressor,
        n_estimators=stopped_rounds(table, 3_000),
        learning_rate=Float(0.01, 0.3, log=True, default=0.06),
        max_depth=Int(2, 10, log=True, default=5),
        min_child_weight=Float(1e-3, 10.0, log=True, default=1.0),
        subsample=Float(0.6, 1.0, default=0.7),
        colsample_bylevel=Float(0.5, 1.0, default=0.9),
        reg_alpha=Float(1e-4, 5.0, log=True, default=1e-3),
        reg_lambda=Float(1e-4, 5.0, log=True, default=1.0),
        n_jobs=1,
        verbosity=0,
    )


@MODELS.register("catboost")
def catboost(table: Table) -> Pipeline:
    """CatBoost."""
    return _behind(
        table,
        "catboost",
        make_catboost_classifier,
        make_catboost_regressor,
        iterations=stopped_rounds(table, 1_000),
        learning_rate=Float(0.02, 0.3, log=True, default=0.08),
        depth=Int(4, 8, default=6),
        l2_leaf_reg=Float(1e-4, 10.0, log=True, default=3.0),
        subsample=Float(0.7, 1.0, default=0.9),
        random_strength=Float(0.1, 10.0, log=True, default=1.0),
        border_count=borders(table),
        bootstrap_type="Bernoulli",
        boosting_type="Plain",
        thread_count=1,
        verbose=False,
        allow_writing_files=False,
    )


def make_lightgbm_classifier(**values: Any) -> Any:
    """Return LightGBM's classifier."""
    from lightgbm import LGBMClassifier

    return StoppedClassifier(LGBMClassifier(**values), PATIENCE["lightgbm"])


def make_lightgbm_regressor(**values: Any) -> Any:
    """Return LightGBM's regressor."""
    from lightgbm import LGBMRegressor

    return StoppedRegressor(LGBMRegressor(**values), PATIENCE["lightgbm"])


def make_xgboost_classifier(**values: Any) -> Any:
    """Return XGBoost's classifier, which takes labels of any kind."""
    from xgboost import XGBClassifier

    from automl_magic.tabular.model_steps import CodedLabels

    return StoppedClassifier(CodedLabels(XGBClassifier(**values)), PATIENCE["xgboost"])


def make_xgboost_regressor(**values: Any) -> Any:
    """Return XGBoost's regressor."""
    from xgboost import XGBRegressor

    return StoppedRegressor(XGBRegressor(**values), PATIENCE["xgboost"])


def make_catboost_classifier(**values: Any) -> Any:
    """Return CatBoost's classifier, which gives labels back as they were, one for each row."""
    from catboost import CatBoostClassifier

    from automl_magic.tabular.model_steps import CodedLabels

    return StoppedClassifier(CodedLabels(CatBoostClassifier(**values)), PATIENCE["catboost"])


def make_catboost_regressor(**values: Any) -> Any:
    """Return CatBoost's regressor."""
    from catboost import CatBoostRegressor

    return StoppedRegressor(CatBoostRegressor(**values), PATIENCE["catboost"])
