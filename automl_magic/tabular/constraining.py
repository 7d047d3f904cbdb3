"""What a person demands of every model: directions of columns, weights of classes. Families that cannot are left out.

The directions hold for what a family learns of a column itself. `preparation(table, "trees")` puts the numbers first,
in the order of `Roles.amounts`, so the directions are those of the first columns. Whoever makes further columns out of
a monotone one, or puts others before the numbers, breaks that: a feature may be made of the other columns only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline

from automl_magic.engine.holes import Build, Choice
from automl_magic.errors import DataError, OptionError, did_you_mean
from automl_magic.tabular import boosters
from automl_magic.tabular.columns import Column
from automl_magic.tabular.converting import quoted
from automl_magic.tabular.monotone import (
    MonotoneExtraTreesClassifier,
    MonotoneExtraTreesRegressor,
    MonotoneForestClassifier,
    MonotoneForestRegressor,
    MonotoneHistClassifier,
    MonotoneHistRegressor,
)
from automl_magic.tabular.prepare import WIDE, roles_of
from automl_magic.tabular.quick_forests import (
    QuickExtraTreesClassifier,
    QuickExtraTreesRegressor,
    QuickRandomForestClassifier,
    QuickRandomForestRegressor,
)
from automl_magic.tabular.stopping import StoppedClassifier, StoppedRegressor
from automl_magic.tabular.target import Task
from automl_magic.tabular.task import Table

FORESTS = ("forest", "extra_trees")
MONOTONE = ("hist_gb", "lightgbm", "xgboost", "catboost", *FORESTS)
WEIGHTED = ("hist_gb", "linear", "forest", "extra_trees", "lightgbm", "catboost")  # calibration would undo it of svm
BALANCED = ("catboost",)  # takes "balanced" alone: copies of it lose a mapping
NUMBERS = ("number", "boolean", "ordered")
DIRECTIONS = "monotone_constraints"
KEEPING: dict[type[Any], type[Any]] = {
    HistGradientBoostingClassifier: MonotoneHistClassifier,
    HistGradientBoostingRegressor: MonotoneHistRegressor,
    QuickRandomForestClassifier: MonotoneForestClassifier,
    QuickRandomForestRegressor: MonotoneForestRegressor,
    QuickExtraTreesClassifier: MonotoneExtraTreesClassifier,
    QuickExtraTreesRegressor: MonotoneExtraTreesRegressor,
}
"""From a model of a family to the one that keeps directions."""


def with_monotone(table: Table, monotone: Iterable[tuple[str, int]]) -> Table:
    """Return the table with the directions of its columns.

    Raises
    ------
    OptionError, DataError
        If a column is none of the table's, or holds no numbers, or the task has more than two classes.
    """
    pairs = tuple(monotone)
    if not pairs:
        return table
    if table.task.kind == "multiclass":
        raise OptionError(
            f"monotone needs a number or two classes to predict. Got {len(table.task.classes)} classes instead.",
            "No family keeps directions of more classes: leave monotone out, or predict one class against the rest.",
        )
    by_name: dict[str, Column] = {str(column.name): column for column in table.columns}
    for name, _ in pairs:
        if name not in by_name:
            is_gone = name in table.left_out
            what = f'"{name}" is not learnt from' if is_gone else f'no column named "{name}" in the table'
            what = f'"{name}" is the target' if name == table.task.target else what
            raise DataError(
                f"monotone: {what}.{'' if is_gone else did_you_mean(name, by_name)}",
                f"The columns are {quoted(list(by_name))}.",
            )
        role = by_name[name].role
        if role not in NUMBERS:
            raise DataError(
                f'monotone: column "{name}" must hold numbers. Got {role} instead.',
                "A direction needs values that are larger and smaller: leave this column out of monotone.",
            )
    if len(roles_of(table).amounts) > WIDE:
        raise DataError(
            f"monotone works with at most {WIDE:,} columns of numbers, since of more each fit chooses some.",
            "Leave out, with ignore, those that cannot matter.",
        )
    return replace(table, monotone=pairs)


def with_class_weight(table: Table, weights: str | tuple[tuple[str, float], ...] | None) -> Table:
    """Return the table with the weights of its classes.

    Raises
    ------
    OptionError
        If numbers are to be predicted, or a class is none of the table's.
    """
    if weights is None:
        return table
    if table.task.kind == "regression":
        raise OptionError("class_weight needs classes to predict. Got numbers instead.", "Leave class_weight out.")
    known = [str(label) for label in table.task.classes]
    for label, _ in () if isinstance(weights, str) else weights:
        if label not in known:
            raise OptionError(
                f'class_weight: no class "{label}" in the target.{did_you_mean(label, known)}',
                f"The classes are {quoted(known)}.",
            )
    return replace(table, class_weight=weights)


def can(key: str, table: Table) -> bool:
    """Whether a family can do what is demanded."""
    if table.monotone and key not in MONOTONE:
        return False
    weights = table.class_weight
    return weights is None or (key in WEIGHTED and (isinstance(weights, str) or key not in BALANCED))


def constrained(key: str, template: Any, table: Table) -> Any:
    """Return the template of a family that `can` do what is demanded, so that it does it."""
    if table.monotone:
        template = _with_last(template, lambda model: _monotone(key, model, _directions(table)))
        template = _filled(template) if key in FORESTS else template
    if table.class_weight is not None:
        template = _with_last(template, lambda model: _weighted(key, model, table))
    return template


def _with_last(template: Pipeline, change: Any) -> Pipeline:
    name, model = template.steps[-1]
    return Pipeline([*template.steps[:-1], (name, change(model))])


def _filled(template: Pipeline) -> Pipeline:
    """Fill gaps before the model: scikit-learn's forests bear none where they keep directions.

    Flags of the gaps follow behind the columns, so that each column keeps its place.
    """
    fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return Pipeline([*template.steps[:-1], ("fill", fill), template.steps[-1]])


def _directions(table: Table) -> list[int]:
    """Return the directions of the prepared columns from the first to the last that has one."""
    told = dict(table.monotone)
    found = [told.get(name, 0) for name in roles_of(table).amounts]
    last = max((place for place, direction in enumerate(found) if direction), default=0)
    return found[: last + 1]


def _monotone(key: str, model: Any, directions: list[int]) -> Any:
    if type(model) in KEEPING:
        return KEEPING[type(model)](**{**model.get_params(deep=False), "monotonic_cst": directions})
    makers = {
        boosters.make_lightgbm_classifier: make_lightgbm_classifier,
        boosters.make_lightgbm_regressor: make_lightgbm_regressor,
    }
    told: Any = {"xgboost": tuple(directions), "catboost": f"({','.join(map(str, directions))})"}.get(key, directions)
    return Build(makers.get(model.factory, model.factory), **{**model.holes, DIRECTIONS: told})


def _weighted(key: str, model: Any, table: Table) -> Any:
    given = table.class_weight
    told: Any = given
    if not isinstance(given, str):
        weights = dict(given or ())
        told = {  # scikit-learn's boosting over histograms looks for the classes as 0, 1, 2 …
            place if key == "hist_gb" else label: weights.get(str(label), 1.0)
            for place, label in enumerate(table.task.classes)
        }
    if key == "catboost":
        return Build(model.factory, **{**model.holes, "auto_class_weights": "Balanced"})
    if isinstance(model, Build):
        return Build(model.factory, **{**model.holes, "class_weight": told})
    return model.set_params(class_weight=told)


def keeps_directions(template: Any) -> bool:
    """Whether every model of a template keeps directions."""
    if isinstance(template, Choice):
        return all(keeps_directions(option) for option in template.options)
    last = template.steps[-1][1] if isinstance(template, Pipeline) else template
    if isinstance(last, Build):
        return DIRECTIONS in last.holes
    return type(last) in KEEPING.values()


def check_space(template: Any, table: Table) -> None:
    """Refuse models of a person's own where every model is to keep directions: nobody knows what theirs do.

    Raises
    ------
    OptionError
        If a model of the template was not made by `constrained`.
    """
    if table.monotone and not keeps_directions(template):
        raise OptionError(
            f"monotone holds for the families {', '.join(MONOTONE)}. Got a model of your own in the space.",
            "Leave monotone out, and say it in your own model: monotonic_cst of HistGradientBoostingClassifier.",
        )


def constraints_told(table: Table, families: Iterable[str]) -> list[str]:
    """Return sentences on what is demanded, and which of the families are left out for it."""
    told = []
    task: Task = table.task
    what = "the prediction" if task.kind == "regression" else "the chance of the second class, in sorted order,"
    rising, falling = ([name for name, way in table.monotone if way == one] for one in (1, -1))
    for names, verb in ((rising, "falls"), (falling, "rises")):
        if names:
            told.append(f"As {quoted(names)} {'grows' if len(names) == 1 else 'grow'}, {what} never {verb}.")
    gone = [key for key in families if not can(key, table)]
    demanded = " and ".join(
        word for word, is_asked in (("monotone", table.monotone), ("class_weight", table.class_weight)) if is_asked
    )
    if demanded and gone:
        told.append(f"Left out, since they cannot keep {demanded}: {', '.join(gone)}.")
    return told


def make_lightgbm_classifier(**values: Any) -> Any:
    """Return LightGBM's classifier that keeps directions."""
    from automl_magic.tabular.monotone_lightgbm import MonotoneLGBMClassifier

    return StoppedClassifier(MonotoneLGBMClassifier(**values), boosters.PATIENCE["lightgbm"])


def make_lightgbm_regressor(**values: Any) -> Any:
    """Return LightGBM's regressor that keeps directions."""
    from automl_magic.tabular.monotone_lightgbm import MonotoneLGBMRegressor

    return StoppedRegressor(MonotoneLGBMRegressor(**values), boosters.PATIENCE["lightgbm"])
