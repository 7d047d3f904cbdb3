"""Which features are made and which columns are kept, as holes of the preparation."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from sklearn.decomposition import PCA
from sklearn.pipeline import FeatureUnion

from automl_magic.engine.events import Config
from automl_magic.engine.holes import Choice
from automl_magic.engine.space import SearchSpace
from automl_magic.errors import SpaceError
from automl_magic.tabular.choosing import KeepDistinct, KeepImportant
from automl_magic.tabular.making import Arithmetic, Crosses, Groups, Made
from automl_magic.tabular.task import Table

MAKE, KEEP, PCA_LABEL = "features.make", "features.keep", "features.pca"
NONE = 2.0  # how much likelier a draw leaves a switch off than that it takes any one of the others
WIDEST = 500  # columns from which principal components are not looked for
ROWS = 100  # from which there is something to choose by

KINDS: dict[str, type[Made]] = {"arithmetic": Arithmetic, "groups": Groups, "crosses": Crosses}


def making(table: Table, numbers: int, categories: int) -> Choice | None:
    """Return the hole in which columns are made of others, or None where nothing can be made.

    Parameters
    ----------
    table : Table
        Its target decides how columns are ranked and encoded.
    numbers : int
        How many numbers it has.
    categories : int
        How many columns of levels.
    """
    can = {"arithmetic": numbers >= 2, "groups": numbers >= 1 and categories >= 1, "crosses": categories >= 2}
    kinds = [kind for kind, is_possible in can.items() if is_possible]
    if not kinds or len(table.y) < ROWS:
        return None

    def made(*names: str) -> Any:
        steps = [(name, KINDS[name](_target(table), _ranking())) for name in names if name in kinds]
        return steps[0][1] if len(steps) == 1 else FeatureUnion(steps)

    options: list[tuple[str, Any]] = [("none", "drop")]
    if "arithmetic" in kinds:
        options.append(("arithmetic", made("arithmetic")))
    if {"groups", "crosses"} & set(kinds):
        options.append(("groups", made("groups", "crosses")))
    if len(options) == 3:
        options.append(("all", made("arithmetic", "groups", "crosses")))
    return _switch(MAKE, options)


def keeping(table: Table, columns: int, in_place: bool) -> Choice | None:
    """Return the hole in which some columns are left out again, or None where there are few of them.

    Parameters
    ----------
    table : Table
        Its target decides how columns are ranked.
    columns : int
        How many there are.
    in_place : bool
        Whether the others keep their places: trees may know some by it, as levels of a category.
    """
    if columns < 6 or len(table.y) < ROWS:
        return None
    important = KeepImportant(_target(table), _ranking(), in_place=in_place)
    distinct = KeepDistinct(target=_target(table), in_place=in_place)
    return _switch(KEEP, [("none", "passthrough"), ("important", important), ("distinct", distinct)])


def directions(columns: int) -> Choice | None:
    """Return the hole in which scaled columns become principal components, or None for few or very many columns."""
    if not 6 <= columns <= WIDEST:
        return None
    return _switch(PCA_LABEL, [("none", "passthrough"), ("instead", PCA(0.95, random_state=0))])


def on_made_features(space: SearchSpace) -> Config | None:
    """Return the first values of a boosting on made features, or None where a space has no such.

    Parameters
    ----------
    space : SearchSpace
        Of the zoo, as it is searched.

    Examples
    --------
    >>> from automl_magic.tabular.models import zoo
    >>> from automl_magic.tabular.tables import load_data
    >>> from automl_magic.tabular.task import read_table
    >>> space = zoo(read_table(load_data(), "survived"), ["hist_gb"])
    >>> {label: value for label, value in on_made_features(space).items() if label in ("model", "features.make")}
    {'model': 'hist_gb', 'features.make': 'all'}
    """
    if "model" not in space or MAKE not in space:
        return None
    families, made = space["model"].options, space[MAKE].options
    family = next((name for name in ("lightgbm", "hist_gb", "xgboost", "catboost") if name in families), None)
    kind = next((name for name in ("all", "arithmetic", "groups") if name in made), None)
    if family is None or kind is None:
        return None
    try:
        return space.validate({"model": family, MAKE: kind})
    except SpaceError:  # a rule of the person's own refuses it
        return None


def _switch(label: str, options: list[tuple[str, Any]]) -> Choice:
    """Return a choice that draws leave at its first option more often than they take another."""
    choice = Choice.of(options, name=label)
    choice.prior = tuple((key, NONE if place == 0 else 1.0) for place, (key, _) in enumerate(options))
    return choice


def _target(table: Table) -> str:
    return "numbers" if table.task.kind == "regression" else "classes"


def _ranking() -> str:
    return "lightgbm" if find_spec("lightgbm") is not None else "forest"
