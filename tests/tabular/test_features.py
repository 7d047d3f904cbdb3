"""Features are switched on by holes that all families share, and off where there is nothing to make."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl_magic.engine.space import compile_space
from automl_magic.expressions import Writer
from automl_magic.stages import described, stages_of
from automl_magic.tabular.boosters import BOOSTERS, missing
from automl_magic.tabular.costs import cost_of, sizes_of
from automl_magic.tabular.evaluate import TableEvaluator
from automl_magic.tabular.features import on_made_features
from automl_magic.tabular.metrics import metric_for
from automl_magic.tabular.models import baseline, baseline_config, zoo
from automl_magic.tabular.prepare import preparation
from automl_magic.tabular.splits import make_splits
from automl_magic.tabular.task import Table, read_table
from tests.test_export import compare, people
from tests.test_stages import record_of

TREES = ("hist_gb", "forest", "extra_trees", *(name for name in ("lightgbm", "xgboost") if name not in missing()))


def table_of(**columns: Any) -> Table:
    rows = len(next(iter(columns.values())))
    return read_table(pd.DataFrame(columns), y=np.arange(rows) % 2)


def words(*levels: str, rows: int = 120) -> list[str]:
    return [levels[place * 7 // 3 % len(levels)] for place in range(rows)]


def numbers(rows: int = 120, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=rows)


FRAME = (
    people()
    .drop(columns="value")
    .assign(weight=numbers(240), length=numbers(240, 1), shape=words("round", "flat", "long", rows=240))
)
TABLE = read_table(FRAME, "target")


def options(table: Table, label: str, kind: str = "trees") -> tuple[Any, ...]:
    space = compile_space(preparation(table, kind))
    return space[label].options if label in space else ()


def test_what_can_be_made_hangs_on_the_columns():
    two, one = {"a": numbers(), "b": numbers(seed=1)}, {"a": numbers()}
    level, other = {"l": words("x", "y", "z")}, {"m": words("u", "v")}
    assert options(table_of(**two), "features.make") == ("none", "arithmetic")
    assert options(table_of(**one, **level), "features.make") == ("none", "groups")
    assert options(table_of(**level, **other), "features.make") == ("none", "groups")
    assert options(table_of(**two, **level), "features.make") == ("none", "arithmetic", "groups", "all")
    few = {name: column[:80] for name, column in two.items()}
    assert options(table_of(**one), "features.make") == options(table_of(**few), "features.make") == ()
    for kind in ("trees", "dense"):
        assert options(table_of(**two, **level), "features.keep", kind) == ()
    wide = table_of(**{f"x{place}": numbers(seed=place) for place in range(9)})
    assert (
        options(wide, "features.keep", "dense") == options(wide, "features.keep") == ("none", "important", "distinct")
    )
    assert options(wide, "features.pca", "dense") == ("none", "instead") and not options(wide, "features.pca")


def test_the_switches_are_off_at_first_and_shared_by_the_families():
    space = zoo(TABLE, (*TREES, "linear"))
    switches = [label for label in space.labels if label.startswith("features.")]
    assert sorted(switches) == ["features.keep", "features.make", "features.pca"]
    for family in (*TREES, "linear"):
        config = space.validate({"model": family})
        assert {config[label] for label in switches if label in config} == {"none"}
        assert ("features.make" in config) == (family != "linear") == ("features.pca" not in config)
    drawn = [space.sample(np.random.default_rng(seed)) for seed in range(300)]
    made = [config["features.make"] for config in drawn if "features.make" in config]
    assert 0.3 < np.mean([value == "none" for value in made]) < 0.5 and set(made) == {
        "none",
        "arithmetic",
        "groups",
        "all",
    }


def test_frequencies_of_categories_are_switched_on_by_the_search():
    many = table_of(l=[f"level {place % 40}" for place in range(200)], a=numbers(200))
    assert options(many, "prepare.high_cardinality") == ("target", "both")


def test_the_baseline_is_untuned_and_without_features():
    space = zoo(TABLE)
    config = baseline_config(space)
    assert config is not None and config["features.make"] == config["features.keep"] == "none"
    prepared = baseline(TABLE)[:-1].fit_transform(TABLE.X, TABLE.y)
    assert prepared.shape[1] == len(baseline(TABLE)[:-1].fit(TABLE.X, TABLE.y).get_feature_names_out())
    assert not [name for name in baseline(TABLE)[:-1].fit(TABLE.X, TABLE.y).get_feature_names_out() if "made" in name]
    assert baseline_config(space.fix("features.make", "all")) is None
    assert baseline_config(space.narrow("features.make", options=["all", "groups"])) is None
    assert baseline_config(space.drop("features.keep", "important")) is not None


@pytest.mark.parametrize("family", ["hist_gb", *(["lightgbm"] if "lightgbm" in TREES else [])])
def test_a_family_learns_from_made_features_alone_and_with_a_choice_of_columns(family, tmp_path):
    space = zoo(TABLE, (family,))
    small = {label: 50 for label in (f"{family}.max_iter", f"{family}.n_estimators") if label in space}
    evaluator = TableEvaluator(TABLE, make_splits(TABLE, 3), *metric_for(TABLE.task), space, tmp_path)
    for make, keep in (("arithmetic", "none"), ("all", "important"), ("groups", "distinct")):
        config = space.validate({**small, "model": family, "features.make": make, "features.keep": keep})
        assert evaluator.evaluate(config, 0).score > 0.5
    if family not in BOOSTERS:  # those are built by a function, and not read back
        assert space.config_of(space.make(config))["features.make"] == "groups"


def test_one_configuration_of_boosting_on_made_features_is_offered():
    for families in (("linear", "hist_gb"), ("hist_gb", "lightgbm")):
        if set(families) & set(missing()):
            continue
        space = zoo(TABLE, families)
        config = on_made_features(space)
        assert config is not None and config["model"] == families[-1] and config["features.make"] == "all"
        assert space.contains(config)
    assert on_made_features(space.drop("features.make", "all"))["features.make"] == "arithmetic"
    assert on_made_features(space.rule("features.make == 'none'")) is None
    assert on_made_features(zoo(TABLE, ("linear", "forest"))) is None
    assert on_made_features(zoo(table_of(a=numbers()))) is None
    assert on_made_features(compile_space(preparation(TABLE, "trees"))) is None


def test_made_features_cost_more(tmp_path):
    space, sizes = zoo(TABLE, ("hist_gb",)), sizes_of(TABLE, make_splits(TABLE, 3))
    first = {label.removeprefix("hist_gb."): value for label, value in space.values_of(space.default()).items()}
    costs = [cost_of("hist_gb", {**first, "features.make": make}, sizes) for make in ("none", "groups", "all")]
    assert costs[0] == cost_of("hist_gb", first, sizes) < costs[1] < costs[2] < 5 * costs[0]


def test_the_steps_are_told_in_words():
    space = zoo(TABLE, ("hist_gb",))
    for make, word in (("arithmetic", "quotients"), ("groups", "within levels; pairs categories"), ("none", None)):
        config = space.validate({"model": "hist_gb", "features.make": make, "features.keep": "distinct"})
        history = record_of(stages_of(space), config)
        told = [step.text for step in described(history, history.trials[0]) if step.stage == "feature engineering"]
        assert any("order the rows alike" in text for text in told)
        assert word is None or any(word in text and "columns" in text for text in told)
        assert any("made" in text or "makes" in text for text in told) == (word is not None)


def test_a_script_with_made_features_stands_alone_and_predicts_the_same(tmp_path):
    space = zoo(TABLE, ("extra_trees",))
    values = {"features.make": "all", "features.keep": "important", "extra_trees.n_estimators": 50}
    pipeline = space.make(space.validate({"model": "extra_trees", **values}))
    expected, told, code = compare(tmp_path, FRAME, pipeline, cv=2)
    assert np.array_equal(expected, told)
    assert "class Arithmetic" in code and "class Crosses" in code and "class KeepImportant" in code
    assert "class KeepDistinct" not in code and "class SoftScaler" not in code


def test_switches_that_are_off_do_not_stand_in_the_script():
    code = Writer().write(baseline(TABLE))
    assert "drop" not in code and "passthrough" in code and '"keep"' not in code  # numbers pass through


def test_trees_find_levels_in_their_places_whatever_is_left_out_or_made():
    rng = np.random.default_rng(0)
    noise = {f"x{place}": rng.normal(size=300) for place in range(8)}
    level = rng.choice(["a", "b", "c", "d"], 300)
    table = read_table(pd.DataFrame({**noise, "level": level}), y=np.where(np.isin(level, ["b", "d"]), "yes", "no"))
    space = compile_space(preparation(table, "trees"))
    for make in space["features.make"].options:
        for keep in space["features.keep"].options:
            steps = space.make(space.validate({"features.make": make, "features.keep": keep}))
            codes = steps.fit_transform(table.X, table.y)[:, 8]
            assert codes.tolist() == [["a", "b", "c", "d"].index(one) for one in level]


def test_nothing_is_made_of_columns_whose_direction_is_demanded():
    table = replace(TABLE, monotone=(("weight", 1), ("age", -1)))
    space = compile_space(preparation(table, "trees"))
    made = space.make(space.validate({"features.make": "all"})).fit(table.X, table.y)
    names = [name for name in made.get_feature_names_out() if name.startswith("made__")]
    assert names and not [name for name in names if "weight" in name or "age" in name]
