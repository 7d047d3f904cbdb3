"""Weights of the classes, as a hole of the families that take them."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from automl_magic.engine.holes import Build, Choice
from automl_magic.tabular.counting import counts_of
from automl_magic.tabular.metrics import Metric
from automl_magic.tabular.task import Table

LABEL = "class_weight"
RARE = 0.8  # of its even share of the rows, below which a class is rare
OF_BOOSTERS = {
    "make_lightgbm_classifier": ("class_weight", "balanced"),
    "make_catboost_classifier": ("auto_class_weights", "Balanced"),
}  # by what builds them, the name of the parameter and its value


def do_weights_matter(table: Table, metric: Metric) -> bool:
    """Whether weights of the classes may change a score: a class is rare, and the metric looks at each class.

    Metrics of probabilities ask for the shares of the classes as they are, and so does accuracy.
    """
    if metric.needs != "label" or metric.name in ("accuracy", "f1_micro", "precision_micro", "recall_micro"):
        return False
    counts = counts_of(table.y)
    return bool(counts.min() * len(counts) < RARE * len(table.y))


def weighted(template: Any) -> Any:
    """Return a family's pipeline with a hole for the weights of the classes, if its model takes them.

    Parameters
    ----------
    template : object
        What a family returns for a table; it is changed in place.
    """
    model: Any = template.steps[-1][1] if isinstance(template, Pipeline) else None
    if isinstance(model, Build):
        name, value = OF_BOOSTERS.get(getattr(model.factory, "__name__", ""), ("", ""))
        if name and name not in model.holes:
            model.holes[name] = _hole(value)
    elif hasattr(model, "get_params") and model.get_params(deep=False).get("class_weight", "lacking") is None:
        model.set_params(class_weight=_hole("balanced"))
    return template


def _hole(value: str) -> Choice:
    return Choice.of([("none", None), ("balanced", value)], name=LABEL)
