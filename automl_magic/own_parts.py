"""Metrics and splitters that are given as objects: they get a name, under which the plan has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def named(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with the name of a metric or splitter that is given as an object.

    It is registered under that name (`automl_magic.extend.METRICS`, `SPLITTERS`) as long as Python runs.

    Raises
    ------
    OptionError
        If it is no metric, or no splitter.
    """
    found = dict(options)
    metric, cv = found.get("metric"), found.get("cv")
    if metric is not None and not isinstance(metric, str):
        from automl_magic.tabular.own_metric import metric_named

        found["metric"] = metric_named(metric)
    if cv is not None and not isinstance(cv, bool | float | str) and not hasattr(cv, "__index__"):
        from automl_magic.tabular.own_splits import splitter_named

        found["cv"] = splitter_named(cv)
    return found
