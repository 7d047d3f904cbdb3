"""The estimate of what a fit costs: from sizes alone, for every family, and neutral where nobody tells."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from automl_magic.engine.holes import Choice, Float
from automl_magic.engine.seeds import generator_of
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.extend import COSTS, Registry
from automl_magic.tabular.costs import TERMS, Sizes, cost_of, sizes_of
from automl_magic.tabular.evaluate import TableEvaluator
from automl_magic.tabular.metrics import metric_for
from automl_magic.tabular.models import families_for, zoo
from automl_magic.tabular.splits import make_splits
from automl_magic.tabular.task import read_table
from tests.contracts.test_models import TABLES
from tests.tabular.small import small_table

SIZES = Sizes(rows=2000, held_out=500, columns=10, spread=30, classes=2)


def evaluator_of(space: SearchSpace, kind: str, folder: Any) -> TableEvaluator:
    table = TABLES[kind]
    return TableEvaluator(table, make_splits(table, 3), *metric_for(table.task, None), space, folder)


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_every_family_has_a_cost_that_no_clock_and_no_draw_changes(kind: str, tmp_path: Any) -> None:
    for family in families_for(TABLES[kind]):
        space = zoo(TABLES[kind], [family])
        configs = [space.sample(generator_of(seed)) for seed in range(5)]
        costs, again = ([evaluator_of(space, kind, tmp_path).cost(one) for one in configs] for _ in range(2))
        assert costs == again and all(math.isfinite(cost) and cost > 0 for cost in costs), family


def test_more_work_costs_more_also_where_a_value_was_fixed(tmp_path: Any) -> None:
    space = zoo(TABLES["binary"], ["forest"])
    few, many = (space.fix("forest.n_estimators", trees) for trees in (50, 200))
    cheap, dear = (evaluator_of(one, "binary", tmp_path).cost(one.default()) for one in (few, many))
    assert 2 * cheap < dear < 4.5 * cheap
    unsearched = space.fix("forest.max_features", 0.1)
    assert evaluator_of(unsearched, "binary", tmp_path).cost(unsearched.default()) > 0


@pytest.mark.parametrize("family", sorted(set(TERMS) - {"dummy"}))
def test_more_rows_cost_more(family: str) -> None:
    space = zoo(TABLES["multiclass"], [family])
    values = space.values_of(space.default())
    named = {label.removeprefix(f"{family}."): value for label, value in values.items()}
    costs = [cost_of(family, named, Sizes(rows, rows // 4, 10, 30, 3)) for rows in (1_000, 10_000, 100_000)]
    assert costs[0] < costs[1] < costs[2]


def test_catboost_looks_at_fewer_borders_of_a_small_table_and_costs_less_for_it() -> None:
    pytest.importorskip("catboost")

    def values_for(rows: int) -> dict[str, Any]:
        X = np.random.default_rng(0).normal(size=(rows, 3))
        space = zoo(read_table(X, y=X[:, 0] > 0), ["catboost"])
        return {label.removeprefix("catboost."): value for label, value in space.values_of(space.default()).items()}

    small, large = values_for(1_000), values_for(1_100)
    assert (small["border_count"], large["border_count"]) == (128, 254)
    few, many = (cost_of("catboost", values, Sizes(480, 120, 40, 40, 2)) for values in (small, large))
    assert 1.5 * few < many < 2 * few


def test_support_vectors_grow_faster_with_the_rows_than_boosting() -> None:
    def growth(family: str) -> float:
        space = zoo(TABLES["binary"], [family])
        found = {label.removeprefix(f"{family}."): value for label, value in space.values_of(space.default()).items()}
        return cost_of(family, found, Sizes(40_000, 10_000, 10, 10, 2)) / cost_of(family, found, SIZES)

    assert growth("svm") > 3 * growth("hist_gb")


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> Registry[Any]:
    """Return the registry of costs; what a test registers is gone when it ends."""
    monkeypatch.setattr(COSTS, "_members", {key: COSTS.get(key) for key in COSTS})
    return COSTS


def test_a_family_that_tells_no_cost_has_none_and_one_that_tells_has_its_own(
    tmp_path: Any, costs: Registry[Any]
) -> None:
    space = compile_space(Choice(bayes={"smoothing": Float(1e-9, 1.0, log=True)}, other={"x": Float(0, 1)}))
    evaluator = evaluator_of(space, "binary", tmp_path)
    config = {"model": "bayes", "bayes.smoothing": 0.5}
    assert math.isnan(evaluator.cost(config))

    @costs.register("bayes")
    def bayes(values: Any, sizes: Sizes) -> float:
        return float(values["smoothing"]) * sizes.rows

    assert evaluator.cost(config) == 0.5 * sizes_of(evaluator.table, evaluator.splits).rows
    assert math.isnan(evaluator.cost({"model": "other", "other.x": 0.5}))


@pytest.mark.parametrize("told", ["x", None, -1.0, 0.0, math.inf, "raise"])
def test_what_is_no_cost_counts_as_untold(told: Any, costs: Registry[Any]) -> None:
    @costs.register("odd")
    def odd(values: Any, sizes: Sizes) -> Any:
        return values["not there"] if told == "raise" else told

    assert math.isnan(cost_of("odd", {}, SIZES))


def test_a_space_of_ones_own_under_the_name_of_a_family_is_neutral(tmp_path: Any) -> None:
    space = compile_space(Choice(forest={"x": Float(0, 1)}, other={"x": Float(0, 1)}))
    assert math.isnan(evaluator_of(space, "binary", tmp_path).cost({"model": "forest", "forest.x": 0.5}))
    alone = compile_space({"x": Float(0, 1)})
    assert math.isnan(evaluator_of(alone, "binary", tmp_path).cost({"x": 0.5}))


def test_categories_count_as_the_columns_that_they_become() -> None:
    plain, mixed = small_table(), TABLES["multiclass"]
    assert sizes_of(plain, make_splits(plain, 3)).classes == 2
    found = sizes_of(mixed, make_splits(mixed, 3))
    assert found.spread > found.columns and found.outputs == 3 and found.rows == 64 and found.held_out == 32
