"""What a fit costs, in seconds on one slow processor, estimated from sizes alone: no clock, so that runs repeat.

Each family has a few terms that count its work (rows times columns times rounds, and the like) and a constant for each.
The constants were fitted to measured seconds by ``python -m tests.benchmarks.cost_estimate --fit``, which also prints
how near estimates come on tables that had no part in that. Only ratios between families count: the rule for the next
family divides what a family promises by what it costs.

Another package, or a cell, tells what a family of its own costs in the same unit; one that does not is taken to cost
what the others do on average::

    from automl_magic.extend import COSTS

    @COSTS.register("bayes")
    def bayes(values, sizes):
        return 0.01 + 2e-8 * sizes.rows * sizes.columns
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from automl_magic.extend import COSTS
from automl_magic.tabular.choosing import ROWS as RANKED_ROWS
from automl_magic.tabular.prepare import WIDE, roles_of
from automl_magic.tabular.sizes import MOST_BORDERS
from automl_magic.tabular.splits import Splits
from automl_magic.tabular.task import Table

TEXT = 10  # columns that a column of texts amounts to
DATE = 4  # and one of dates
MADE = {"arithmetic": 1, "groups": 2, "all": 3}  # makers of columns at work, by the option of features.make
MADE_COLUMNS, MADE_BESIDE = 10, 50  # columns that each adds to the table, and that it looks at beside the table's
RANKING = 4.5e-7  # seconds for each number that columns are ranked by
EXPECTED = 12  # rounds of boosting times learning rate, with early stopping


@dataclass(frozen=True)
class Sizes:
    """The sizes that a cost may be told from.

    Attributes
    ----------
    rows : int
        That one fit learns from.
    held_out : int
        That are predicted after it.
    columns : int
        Of the prepared table for trees.
    spread : int
        Of the prepared table with categories spread over columns, for what needs numbers of one scale.
    classes : int
        Of the target; 0 for a number.
    """

    rows: int
    held_out: int
    columns: int
    spread: int
    classes: int

    @property
    def outputs(self) -> int:
        """How many functions of the columns are learnt: one, or one for each class of three and more."""
        return self.classes if self.classes > 2 else 1


Values: TypeAlias = Mapping[str, Any]
"""What the parameters of a family really get, by name: without the family before it, fixed ones included."""
Terms: TypeAlias = tuple[float, ...]


def sizes_of(table: Table, splits: Splits) -> Sizes:
    """Return the sizes of a table and its folds."""
    roles = roles_of(table)
    levels = {column.name: column.levels for column in table.columns}
    amounts = min(len(roles.amounts), WIDE)
    besides = len(roles.many) + DATE * len(roles.dates) + TEXT * len(roles.texts)
    learnt = [len(train) for train, _ in splits.pairs]
    held_out = [len(test) for _, test in splits.pairs]
    return Sizes(
        rows=sum(learnt) // len(learnt),
        held_out=sum(held_out) // len(held_out),
        columns=max(1, amounts + len(roles.few) + besides),
        spread=max(1, amounts + sum(levels[name] for name in roles.few) + besides),
        classes=len(table.task.classes),
    )


def cost_of(family: Any, values: Values, sizes: Sizes) -> float:
    """Return the estimate for one fit of a family, NaN where nobody tells.

    Parameters
    ----------
    family : str
        Its name in the registry of models.
    values : mapping
        Of its parameters, by name.
    sizes : Sizes
        Of the table.
    """
    if family not in COSTS:
        return math.nan
    made = MADE.get(str(values.get("features.make")), 0)
    try:
        cost = float(COSTS.get(family)(values, replace(sizes, columns=sizes.columns + MADE_COLUMNS * made)))
    except (KeyError, TypeError, ValueError, ArithmeticError):  # a space of one's own under the name of a family
        return math.nan
    cost += made * RANKING * min(sizes.rows, RANKED_ROWS) * (sizes.columns + MADE_BESIDE) * sizes.outputs**0.5
    return cost if math.isfinite(cost) and cost > 0.0 else math.nan


# -- terms: what there is to do ----------------------------------------------------------------------------------------


def _hist_gb(values: Values, sizes: Sizes) -> Terms:
    leaves = min(values["max_leaf_nodes"], max(2.0, sizes.rows / values["min_samples_leaf"]))
    rounds = values["max_iter"] if "max_iter" in values else _expected(values, math.inf)  # stopped early
    return _boosting(rounds * sizes.outputs, leaves, values["max_features"] * sizes.columns, sizes)


def _lightgbm(values: Values, sizes: Sizes) -> Terms:
    leaves = min(values["num_leaves"], max(2.0, sizes.rows / values["min_child_samples"]))
    rounds = _expected(values, values["n_estimators"])
    return _boosting(rounds * sizes.outputs, leaves, values["colsample_bytree"] * sizes.columns, sizes)


def _xgboost(values: Values, sizes: Sizes) -> Terms:
    leaves = min(2.0 ** values["max_depth"], sizes.rows / 2)
    columns = values["colsample_bylevel"] * sizes.columns
    rounds = _expected(values, values["n_estimators"])
    return _boosting(rounds * sizes.outputs, leaves, columns, sizes)


def _catboost(values: Values, sizes: Sizes) -> Terms:
    rounds, leaves = _expected(values, values["iterations"]), 2.0 ** values["depth"]
    cuts = values.get("border_count", MOST_BORDERS) / MOST_BORDERS  # of those with which the constants were fitted
    return (
        *_common(sizes),
        rounds,
        rounds * sizes.rows * sizes.columns * values["depth"],
        rounds * leaves * sizes.columns * sizes.outputs * cuts,
        rounds * sizes.rows * sizes.outputs,
    )


def _expected(values: Values, most: float) -> float:
    """Return after how many rounds the held-out rows may be expected to end a fit: the fewer, the faster it learns."""
    return min(float(most), EXPECTED / float(values["learning_rate"]))


def _boosting(rounds: float, leaves: float, columns: float, sizes: Sizes) -> Terms:
    depth = math.log2(1.0 + leaves)
    return (
        *_common(sizes),
        rounds,
        rounds * sizes.rows * columns * depth,
        rounds * leaves * columns,
        rounds * (sizes.rows + sizes.held_out) * depth,
    )


def _forest(values: Values, sizes: Sizes) -> Terms:
    rows = sizes.rows * (values["max_samples"] or 1.0)
    deepest = values["max_depth"] or math.inf
    return _trees(values["n_estimators"], rows, deepest, values["min_samples_leaf"], values["max_features"], sizes)


def _extra_trees(values: Values, sizes: Sizes) -> Terms:
    least = max(values["min_samples_leaf"], values["min_samples_split"] / 2)
    return _trees(values["n_estimators"], sizes.rows, math.inf, least, values["max_features"], sizes)


def _trees(trees: float, rows: float, deepest: float, least: float, share: Any, sizes: Sizes) -> Terms:
    depth = max(1.0, min(deepest, math.log2(1.0 + rows / least)))
    columns = math.sqrt(sizes.columns) if share == "sqrt" else max(1.0, share * sizes.columns)
    return (*_common(sizes), trees, trees * rows * depth * columns, trees * (rows + sizes.held_out) * depth)


def _linear(values: Values, sizes: Sizes) -> Terms:
    if not sizes.classes:
        return (*_common(sizes, dense=True), 1.0 * sizes.rows * sizes.spread**2, 0.0)
    steps = min(values["max_iter"], 30.0 * max(1.0, values["C"]) ** 0.25)  # weak penalties take more steps
    return (*_common(sizes, dense=True), steps * sizes.rows * sizes.spread * sizes.outputs, steps)


def _mlp(values: Values, sizes: Sizes) -> Terms:
    width, depth = values["width"], values["depth"]
    weights = sizes.spread * width + (depth - 1) * width**2 + width * sizes.outputs
    batch = min(256.0, max(16.0, sizes.rows / 30))
    steps = values["epochs"] * max(1.0, sizes.rows / batch)
    return (*_common(sizes, dense=True), steps, steps * batch * weights, steps * weights)


def _svm(values: Values, sizes: Sizes) -> Terms:
    pairs = 2.0 * (sizes.classes - 1) / sizes.classes if sizes.classes > 2 else 1.0  # one machine for each two classes
    kernels = pairs * sizes.rows**2
    return (*_common(sizes, dense=True), kernels, kernels * sizes.spread)


def _knn(values: Values, sizes: Sizes) -> Terms:
    pairs = sizes.held_out * sizes.rows
    return (*_common(sizes, dense=True), 1.0 * pairs, 1.0 * pairs * sizes.spread)


def _dummy(values: Values, sizes: Sizes) -> Terms:
    return _common(sizes)


def _common(sizes: Sizes, dense: bool = False) -> Terms:
    """Return the terms of the preparation."""
    return (1.0, float((sizes.rows + sizes.held_out) * (sizes.spread if dense else sizes.columns)))


TERMS: dict[str, Callable[[Values, Sizes], Terms]] = {
    "hist_gb": _hist_gb,
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
    "catboost": _catboost,
    "forest": _forest,
    "extra_trees": _extra_trees,
    "linear": _linear,
    "mlp": _mlp,
    "svm": _svm,
    "knn": _knn,
    "dummy": _dummy,
}
CONSTANTS: dict[str, tuple[float, ...]] = {
    "hist_gb": (0.031, 0, 4.5e-05, 0, 2.1e-06, 9e-08),
    "lightgbm": (0.013, 0, 2.3e-06, 7.8e-09, 3.7e-07, 1.3e-08),
    "xgboost": (0.0072, 1.4e-06, 9.8e-05, 0, 4.4e-07, 1.2e-08),
    "catboost": (0.029, 0, 6.8e-05, 2.9e-09, 1.6e-06, 0),
    "forest": (0, 3.2e-06, 0.00098, 3.3e-08, 6.1e-09),
    "extra_trees": (0, 0, 0.00083, 8.9e-09, 1.6e-08),
    "linear": (0.015, 8e-08, 3.7e-09, 0),
    "mlp": (0.03, 0, 8e-05, 2.5e-10, 2e-09),  # it stops about half-way
    "svm": (0.02, 1.6e-06, 2.2e-08, 8.9e-10),
    "knn": (0.017, 1.8e-07, 8e-09, 0),
    "dummy": (0.015, 8e-08),  # the preparation alone, as before linear models
}


def _told_by(family: str) -> Callable[[Values, Sizes], float]:
    def told(values: Values, sizes: Sizes) -> float:
        terms = TERMS[family](values, sizes)
        return sum(constant * term for constant, term in zip(CONSTANTS[family], terms, strict=True))

    return told


for _family in TERMS:
    COSTS.register(_family)(_told_by(_family))
