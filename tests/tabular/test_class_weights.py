"""Weights of the classes are searched where a class is rare and the metric looks at each class, and nowhere else."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.datasets import make_classification

from automl_magic.plan import Plan
from automl_magic.table_run import is_own_space, space_for
from automl_magic.tabular.boosters import missing
from automl_magic.tabular.class_weights import do_weights_matter
from automl_magic.tabular.evaluate import TableEvaluator
from automl_magic.tabular.metrics import metric_for
from automl_magic.tabular.models import baseline_config, zoo
from automl_magic.tabular.splits import make_splits
from automl_magic.tabular.task import Table, read_table

TAKING = ["hist_gb", "linear", "forest", "extra_trees", "lightgbm", "catboost"]


def table_of(*shares: float, rows: int = 600) -> Table:
    X, y = make_classification(
        rows, 6, n_informative=4, n_classes=len(shares), weights=list(shares), class_sep=0.6, random_state=0
    )
    return read_table(X, y=y)


RARE = table_of(0.9, 0.1)


@pytest.mark.parametrize("name", ["roc_auc", "log_loss", "accuracy", "brier", "average_precision", None])
def test_metrics_of_probabilities_and_accuracy_ask_for_no_weights(name):
    assert not do_weights_matter(RARE, metric_for(RARE.task, name)[0])


@pytest.mark.parametrize("name", ["f1", "balanced_accuracy", "mcc", "recall"])
def test_metrics_that_look_at_each_class_do_where_one_is_rare(name):
    assert do_weights_matter(RARE, metric_for(RARE.task, name)[0])
    for shares in ((0.5, 0.5), (0.34, 0.33, 0.33)):
        table = table_of(*shares)
        assert not do_weights_matter(table, metric_for(table.task, name)[0])
    three = table_of(0.45, 0.45, 0.1)
    assert do_weights_matter(three, metric_for(three.task, name)[0])


def test_the_hole_is_one_for_all_families_that_take_weights():
    metric = metric_for(RARE.task, "f1")[0]
    space = zoo(RARE, metric=metric)
    for family in space["model"].options:
        assert ("class_weight" in space.validate({"model": family})) == (family in TAKING), family
    assert space["class_weight"].options == ("none", "balanced") and "class_weight" not in zoo(RARE)
    config = baseline_config(space)
    assert config is not None and config["class_weight"] == "none"
    assert baseline_config(space.fix("class_weight", "balanced")) is None


def test_the_plans_metric_decides():
    for name, is_there in (("balanced_accuracy", True), ("roc_auc", False), (None, False)):
        plan = Plan(metric=name)
        space = space_for(plan, RARE)
        assert ("class_weight" in space) == is_there and not is_own_space(plan, RARE, space)
    assert "class_weight" in space_for(Plan(metric="f1"), RARE, lambda draft: None)


@pytest.mark.parametrize("family", ["hist_gb", "linear", *sorted({"lightgbm", "catboost"} - set(missing()))])
def test_weights_find_more_of_the_rare_class(family, tmp_path):
    metrics = metric_for(RARE.task, "balanced_accuracy")
    space = zoo(RARE, (family,), metric=metrics[0])
    evaluator = TableEvaluator(RARE, make_splits(RARE, 2), *metrics, space, tmp_path)
    small = {
        f"{family}.{name}": 50 for name in ("n_estimators", "iterations", "max_iter") if f"{family}.{name}" in space
    }
    found = []
    for weight in ("none", "balanced"):
        config = space.validate({"model": family, "class_weight": weight, **small})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found.append(np.mean([evaluator.evaluate(config, fold).score for fold in range(2)]))
    assert found[1] > found[0] + 0.05
