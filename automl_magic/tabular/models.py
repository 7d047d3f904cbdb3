"""The zoo: one short function for each family of models, a pipeline with holes where the search may choose."""

from __future__ import annotations

from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC, SVR

from automl_magic.engine.events import Config
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.errors import OptionError, SpaceError
from automl_magic.extend import MODELS
from automl_magic.tabular import boosters
from automl_magic.tabular.prepare import preparation, roles_of
from automl_magic.tabular.task import Table

BASELINE = "hist_gb"
NEAR = 10_000  # rows above which support vectors and neighbours are too slow
FIRST = (
    "linear",
    "lightgbm",
    "extra_trees",
    "catboost",
    "mlp",
    "forest",
    "xgboost",
    "svm",
    "knn",
)  # after the baseline


def family(table: Table, kind: str, classifier: Any, regressor: Any, /, **parameters: Any) -> Pipeline:
    """Return preparation and model as a pipeline, the model by the table's task."""
    chosen = regressor if table.task.kind == "regression" else classifier
    return Pipeline([("prepare", preparation(table, kind)), ("model", chosen(**parameters))])


def trees_for(table: Table) -> int:
    """Return the largest number of trees that is sensible for a table: fewer where rows are many."""
    return max(50, min(500, int(10_000_000 / max(1, len(table.y)))))


@MODELS.register("hist_gb")
def hist_gb(table: Table) -> Pipeline:
    """Gradient boosting over histograms; its defaults are scikit-learn's own."""
    return family(
        table,
        "trees",
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        learning_rate=Float(0.005, 0.3, log=True, default=0.1),
        max_iter=Int(40, 400, log=True, default=100),
        max_leaf_nodes=Int(3, 200, log=True, default=31),
        min_samples_leaf=Int(1, 100, log=True, default=20),
        l2_regularization=Choice(0.0, Float(1e-4, 10.0, log=True)),
        max_features=Float(0.4, 1.0, default=1.0),
    )


@MODELS.register("linear")
def linear(table: Table) -> Pipeline:
    """Logistic regression, or ridge regression."""
    if table.task.kind == "regression":
        model: Any = Ridge(alpha=Float(1e-3, 1e3, log=True, default=1.0))
    else:
        model = LogisticRegression(C=Float(1e-3, 1e3, log=True, default=1.0), max_iter=500)
    return Pipeline([("prepare", preparation(table, "dense")), ("model", model)])


@MODELS.register("forest")
def forest(table: Table) -> Pipeline:
    """Random forest."""
    return family(
        table,
        "trees",
        RandomForestClassifier,
        RandomForestRegressor,
        n_estimators=Int(50, trees_for(table), log=True, default=min(100, trees_for(table))),
        max_depth=Choice(None, Int(3, 30)),
        max_features=Choice("sqrt", Float(0.3, 1.0)),
        min_samples_leaf=Int(1, 20, log=True, default=2),
    )


@MODELS.register("extra_trees")
def extra_trees(table: Table) -> Pipeline:
    """Extremely randomised trees."""
    return family(
        table,
        "trees",
        ExtraTreesClassifier,
        ExtraTreesRegressor,
        n_estimators=Int(50, trees_for(table), log=True, default=min(100, trees_for(table))),
        max_features=Choice("sqrt", Float(0.3, 1.0)),
        min_samples_split=Int(2, 32, log=True, default=4),
    )


@MODELS.register("mlp")
def mlp(table: Table) -> Pipeline:
    """A small network of fully connected layers."""
    return family(
        table,
        "dense",
        MLPClassifier,
        MLPRegressor,
        hidden_layer_sizes=Choice(one=(64,), two=(128, 128), three=(64, 64, 64), wide=(256,)),
        alpha=Float(1e-7, 0.1, log=True, default=1e-4),
        learning_rate_init=Float(1e-4, 0.05, log=True, default=1e-3),
        early_stopping=True,
        max_iter=200,
    )


@MODELS.register("svm")
def svm(table: Table) -> Pipeline:
    """Support vectors with a radial kernel; probabilities by calibration on folds of the training rows."""
    cost = Float(1e-2, 1e2, log=True, default=1.0, name="svm.C")
    width = Choice("scale", Float(1e-3, 1.0, log=True), name="svm.gamma")
    model: Any = SVR(C=cost, gamma=width)
    if table.task.kind != "regression":
        model = CalibratedClassifierCV(SVC(C=cost, gamma=width), ensemble=False, cv=3)
    return Pipeline([("prepare", preparation(table, "dense")), ("model", model)])


@MODELS.register("knn")
def knn(table: Table) -> Pipeline:
    """Nearest neighbours."""
    return family(
        table,
        "dense",
        KNeighborsClassifier,
        KNeighborsRegressor,
        n_neighbors=Int(1, max(2, min(200, len(table.y) // 3)), log=True, default=max(1, min(15, len(table.y) // 3))),
        weights=Choice("uniform", "distance"),
        p=Choice(1, 2, default=2),
    )


@MODELS.register("dummy")
def dummy(table: Table) -> Pipeline:
    """The classes' shares, or the mean: what knows nothing. Not searched unless it is asked for."""
    return family(table, "trees", lambda: DummyClassifier(strategy="prior"), DummyRegressor)


def families_for(table: Table) -> tuple[str, ...]:
    """Return the families that are searched on a table when none is named."""
    left_out = {"dummy", *boosters.missing()}
    if len(table.y) > NEAR:
        left_out |= {"svm", "knn"}
    known = [key for key in (BASELINE, *FIRST) if key in MODELS]
    keys = [*known, *(key for key in tuple(MODELS.keys()) if key not in known)]
    return tuple(key for key in keys if key not in left_out)


def zoo(table: Table, models: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> SearchSpace:
    """Return the space of the families.

    Parameters
    ----------
    table : Table
        What they are made for.
    models : tuple of str
        The families to keep; none named: all that fit.
    exclude : tuple of str
        Families to leave out.

    Raises
    ------
    OptionError
        If a family is unknown or not installed, or none is left.
    """
    for key in (*models, *exclude):
        MODELS.get(key)
    for key in models:
        if key in boosters.missing():
            raise OptionError(f'The family "{key}" is not installed.', 'pip install "automl_magic[boost]"')
    keys = [key for key in (models or families_for(table)) if key not in exclude]
    if not keys:
        raise OptionError("No family of models is left.", "Exclude fewer.")
    return compile_space(Choice(**{key: MODELS.get(key)(table) for key in keys}))


def baseline(table: Table) -> Any:
    """Return the line to beat: scikit-learn's untuned HistGradientBoosting behind our preparation, not fitted."""
    space = compile_space(hist_gb(table))
    return space.make(space.default())


def baseline_config(space: SearchSpace) -> Config | None:
    """Return the configuration of a zoo's space that is the line to beat, or None where it has none."""
    if "model" not in space or "hist_gb.max_leaf_nodes" not in space or BASELINE not in space["model"].options:
        return None
    chosen = _or_none(space, {"model": BASELINE})
    if chosen is None:
        return None
    untouched = all(space[label] == space.declared[label] for label in chosen if label != "model")
    assigned = any(label.startswith((f"{BASELINE}.", "prepare.")) for label, _ in space.assigned)
    return chosen if untouched and not assigned else None


def first_configs(space: SearchSpace, table: Table) -> tuple[Config, ...]:
    """Return what is tried before the searcher is asked: each family's first values, quick and different ones first."""
    if "model" not in space:
        found = _or_none(space, {})
        return () if found is None else (found,)
    options = space["model"].options
    known = [key for key in (BASELINE, *FIRST) if key in options]
    keys = known + [key for key in options if key not in known]
    configs = [_or_none(space, {"model": key}) for key in keys]
    return tuple(config for config in configs if config is not None)


def _or_none(space: SearchSpace, config: Config) -> Config | None:
    """Return the completed configuration, or None where rules forbid it."""
    try:
        return space.validate(config)
    except SpaceError:
        return None


def wrap(template: Any, table: Table) -> Any:
    """Return a person's own template behind our preparation.

    It is left as it is where the table needs none (numbers without gaps), or where the template chooses columns itself.
    """
    roles = roles_of(table)
    plain = not (roles.few or roles.many or roles.dates or roles.texts)
    gaps = any(column.missing for column in table.columns if column.is_used)
    unused = any(not column.is_used for column in table.columns)
    if (plain and not gaps and not unused) or "ColumnTransformer" in repr(template):
        return template
    return Pipeline([("prepare", preparation(table, "dense")), ("model", template)])
