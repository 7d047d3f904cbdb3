"""Which fits take weights of rows, and how these are handed on to the steps of a pipeline.

Exported scripts hold its source.
"""

from __future__ import annotations

import inspect
from typing import Any

from sklearn.compose import TransformedTargetRegressor
from sklearn.utils.validation import has_fit_parameter


def takes_weights(estimator: Any) -> bool:
    """Whether the fit of an estimator takes weights of rows; of a pipeline, that of its last step."""
    if hasattr(estimator, "steps"):
        return takes_weights(estimator.steps[-1][1])
    if isinstance(estimator, TransformedTargetRegressor):
        return estimator.regressor is None or takes_weights(estimator.regressor)
    return hasattr(estimator, "fit") and has_fit_parameter(estimator, "sample_weight")


def weights_for(estimator: Any, weights: Any) -> dict[str, Any]:
    """Return the arguments of `fit` that hand weights of rows on: to a model, or to each step that takes them.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> weights_for(Pipeline([("scale", MinMaxScaler()), ("model", Ridge())]), [1.0, 2.0])
    {'model__sample_weight': [1.0, 2.0]}
    >>> weights_for(KNeighborsRegressor(), [1.0, 2.0])
    {}
    """
    if weights is None:
        return {}
    if isinstance(estimator, TransformedTargetRegressor) and estimator.regressor is not None:
        return weights_for(estimator.regressor, weights)  # it hands on what its own fit is given
    if not hasattr(estimator, "steps"):
        return {"sample_weight": weights} if takes_weights(estimator) else {}
    found = {}
    for place, (name, step) in enumerate(estimator.steps):
        if place == len(estimator.steps) - 1 or _hands_on(step):
            found.update({f"{name}__{key}": value for key, value in weights_for(step, weights).items()})
    return found


def _hands_on(step: Any) -> bool:
    """Whether what a pipeline calls of a step before the last takes the arguments of its fit."""
    parameters = getattr(step, "fit_transform", None) and inspect.signature(step.fit_transform).parameters
    kinds = [] if not parameters else [one.kind for one in parameters.values()]
    return inspect.Parameter.VAR_KEYWORD in kinds or "sample_weight" in (parameters or ())
