"""What is tried first: different kinds, valid in the space, as fast as the time demands."""

from __future__ import annotations

from collections import Counter

import pytest
from sklearn.linear_model import LogisticRegression

from automl_magic.engine.holes import Float
from automl_magic.engine.space import compile_space
from automl_magic.tabular import boosters
from automl_magic.tabular.costs import Sizes
from automl_magic.tabular.models import baseline_config, zoo
from automl_magic.tabular.portfolio import portfolio
from tests.contracts.test_models import TABLES

SMALL = Sizes(1_000, 250, 10, 20, 2)
LARGE = Sizes(80_000, 20_000, 50, 90, 2)
KINDS = ("binary", "multiclass", "regression")


@pytest.mark.parametrize("kind", KINDS)
def test_every_family_is_tried_and_boosters_in_several_shapes(kind: str) -> None:
    space = zoo(TABLES[kind])
    configs = portfolio(space, TABLES[kind], SMALL)
    families = Counter(config["model"] for config in configs)
    assert set(families) == set(space["model"].options) and all(space.contains(config) for config in configs)
    assert len({str(config) for config in configs}) == len(configs) and baseline_config(space) not in configs
    assert configs[0]["model"] == "linear"
    if "lightgbm" in families:
        assert families["lightgbm"] >= 3
    plain = zoo(TABLES[kind], exclude=list(boosters.installed()))
    shapes = Counter(config["model"] for config in portfolio(plain, TABLES[kind], SMALL))
    assert shapes["hist_gb"] == 3 and set(shapes) == set(plain["model"].options)


def test_without_a_limit_of_time_no_clock_and_no_size_has_a_part_in_it() -> None:
    space = zoo(TABLES["binary"])
    assert portfolio(space, TABLES["binary"], SMALL) == portfolio(space, TABLES["binary"], LARGE)


def test_where_the_time_is_short_boosters_learn_faster_and_what_takes_too_long_is_left_out() -> None:
    space = zoo(TABLES["binary"])
    patient = portfolio(space, TABLES["binary"], LARGE)
    hasty = portfolio(space, TABLES["binary"], LARGE, 10.0, 2)
    rates = [{label: value for config in found for label, value in config.items() if "rate" in label} for found in
             (patient, hasty)]  # fmt: skip
    assert rates[1]["hist_gb.learning_rate"] > rates[0]["hist_gb.learning_rate"]
    assert all(value <= 0.25 for label, value in rates[1].items() if not label.startswith("mlp"))
    left_out = {config["model"] for config in patient} - {config["model"] for config in hasty}
    assert "svm" in left_out and "linear" not in left_out and "hist_gb" not in left_out
    assert portfolio(space, TABLES["binary"], SMALL, 600.0, 2) == portfolio(space, TABLES["binary"], SMALL)


def test_a_family_whose_shapes_a_person_has_ruled_out_is_tried_with_its_own_first_values() -> None:
    space = zoo(TABLES["binary"], ["hist_gb", "linear"]).narrow("hist_gb.learning_rate", 0.2, 0.3)
    configs = portfolio(space, TABLES["binary"], SMALL)
    assert [config["model"] for config in configs] == ["linear", "hist_gb"]
    assert configs[1] == space.validate({"model": "hist_gb"})
    without = zoo(TABLES["binary"]).rule("model != 'linear'")
    assert all(config["model"] != "linear" for config in portfolio(without, TABLES["binary"], SMALL))


def test_of_one_pipeline_its_first_values_are_tried() -> None:
    space = compile_space(LogisticRegression(C=Float(0.1, 10, default=2.0)))
    assert portfolio(space, TABLES["binary"], SMALL) == ({"C": 2.0},)
