"""Data preparation as a template: from the raw table to numbers, with holes where the search may choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    OrdinalEncoder,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

from automl_magic.engine.holes import Choice, Int
from automl_magic.tabular.steps import CleanTable, DateParts, Frequencies, TextParts
from automl_magic.tabular.task import Table

FEW = 16  # categories up to which a column is spread into columns of its own, or coded by numbers
TARGETS = {"binary": "binary", "multiclass": "multiclass", "regression": "continuous"}


@dataclass(frozen=True)
class Roles:
    """The names of a table's columns by what is done with them."""

    numbers: list[str]
    few: list[str]
    many: list[str]
    dates: list[str]
    texts: list[str]


def roles_of(table: Table) -> Roles:
    """Return the used columns by what is done with them: categories are split by the number of their levels."""
    used = [column for column in table.columns if column.is_used]
    words = [column for column in used if column.role in ("category", "ordered")]
    return Roles(
        [column.name for column in used if column.role in ("number", "boolean")],
        [column.name for column in words if column.levels <= FEW],
        [column.name for column in words if column.levels > FEW],
        [column.name for column in used if column.role == "date"],
        [column.name for column in used if column.role == "text"],
    )


def preparation(table: Table, kind: str) -> Pipeline:
    """Return the preparation of a table as a template.

    Parameters
    ----------
    table : Table
        Its columns and their roles decide the steps.
    kind : str
        "trees": gaps stay, categories become codes. "dense": gaps are filled, numbers scaled, categories spread.

    Returns
    -------
    Pipeline
        Takes the raw table. Its holes have the shared names prepare.…, so that all families search them as one.
    """
    roles = roles_of(table)
    clean = CleanTable(roles.numbers, roles.few + roles.many, roles.dates, roles.texts)
    parts = _for_trees(table, roles) if kind == "trees" else _dense(table, roles)
    return Pipeline([("clean", clean), ("columns", ColumnTransformer(parts, verbose_feature_names_out=False))])


def _for_trees(table: Table, roles: Roles) -> list[tuple[Any, ...]]:
    parts: list[tuple[Any, ...]] = []
    if roles.numbers:
        parts.append(("numbers", "passthrough", roles.numbers))
    if roles.few:
        codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)
        parts.append(("few", codes, roles.few))
    if roles.many:
        parts.append(("many", _many(table), roles.many))
    if roles.dates:
        parts.append(("dates", DateParts(), roles.dates))
    return parts + _texts(roles)


def _dense(table: Table, roles: Roles) -> list[tuple[Any, ...]]:
    parts: list[tuple[Any, ...]] = []
    if roles.numbers:
        parts.append(("numbers", _filled(), roles.numbers))
    if roles.few:
        rare = Int(1, 30, log=True, default=5, name="prepare.rare")
        spread = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=rare, sparse_output=False)
        parts.append(("few", spread, roles.few))
    if roles.many:
        parts.append(("many", Pipeline([("encode", _many(table)), ("scale", StandardScaler())]), roles.many))
    if roles.dates:
        dates = [
            ("spread", DateParts(cyclic=True)),
            ("fill", SimpleImputer(keep_empty_features=True)),
            ("scale", StandardScaler()),
        ]
        parts.append(("dates", Pipeline(dates), roles.dates))
    return parts + _texts(roles, StandardScaler())


def _filled() -> Pipeline:
    """Fill gaps and flag them, straighten skewed numbers where that pays, scale."""
    strategy = Choice("median", "mean", name="prepare.missing")
    fill = SimpleImputer(strategy=strategy, add_indicator=True, keep_empty_features=True)
    straighten = QuantileTransformer(n_quantiles=200, output_distribution="normal", subsample=10_000)
    skew = Choice(none="passthrough", quantile=straighten, name="prepare.skew")
    scale = Choice(standard=StandardScaler(), robust=RobustScaler(), name="prepare.scale")
    return Pipeline([("fill", fill), ("skew", skew), ("scale", scale)])


def _many(table: Table) -> Choice:
    """Encode columns of many categories by the target, cross-fitted, by frequency, or both ways."""
    target = TargetEncoder(target_type=TARGETS[table.task.kind], smooth="auto")
    return Choice(target=target, frequency=Frequencies(), default="target", name="prepare.high_cardinality")


def _texts(roles: Roles, *after: Any) -> list[tuple[Any, ...]]:
    topics: Any = Int(2, 48, log=True, default=8, name="prepare.text_topics")
    parts: list[tuple[Any, ...]] = []
    for number, name in enumerate(roles.texts):
        steps = [("spread", TextParts(topics=topics)), *((type(step).__name__.lower(), step) for step in after)]
        parts.append((f"text_{number}", Pipeline(steps) if after else steps[0][1], [name]))
    return parts
