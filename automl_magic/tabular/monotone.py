"""Trees whose predictions only rise, or only fall, along the first columns. Exported scripts hold their source.

Where a model wants to be told of every column, it is told of the rest as well: how many there are is known only when
the preparation before it is fitted.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from automl_magic.tabular.quick_forests import (
    QuickExtraTreesClassifier,
    QuickExtraTreesRegressor,
    QuickRandomForestClassifier,
    QuickRandomForestRegressor,
)


def fit_padded(fit: Any, model: Any, name: str, X: Any, y: Any, *given: Any, **more: Any) -> Any:
    """Call the `fit` of a model while its parameter `name`, one direction a column, has a 0 for each further column."""
    directions = model.get_params(deep=False)[name]
    further = np.shape(X)[1] - len(directions)
    model.set_params(**{name: [*directions, *([0] * further)]})
    try:
        return fit(X, y, *given, **more)
    finally:
        model.set_params(**{name: directions})


class MonotoneHistClassifier(HistGradientBoostingClassifier):
    """scikit-learn's, with directions of the first columns alone in `monotonic_cst`."""

    @wraps(HistGradientBoostingClassifier.fit)
    def fit(self, X: Any, y: Any, *given: Any, **more: Any) -> Any:
        """Fit; parameters as of scikit-learn's."""
        return fit_padded(super().fit, self, "monotonic_cst", X, y, *given, **more)


class MonotoneHistRegressor(HistGradientBoostingRegressor):
    """scikit-learn's, with directions of the first columns alone in `monotonic_cst`."""

    @wraps(HistGradientBoostingRegressor.fit)
    def fit(self, X: Any, y: Any, *given: Any, **more: Any) -> Any:
        """Fit; parameters as of scikit-learn's."""
        return fit_padded(super().fit, self, "monotonic_cst", X, y, *given, **more)


class MonotoneForestClassifier(QuickRandomForestClassifier):
    """scikit-learn's, with directions of the first columns alone in `monotonic_cst`."""

    @wraps(RandomForestClassifier.fit)
    def fit(self, X: Any, y: Any, *given: Any, **more: Any) -> Any:
        """Fit; parameters as of scikit-learn's."""
        return fit_padded(super().fit, self, "monotonic_cst", X, y, *given, **more)


class MonotoneForestRegressor(QuickRandomForestRegressor):
    """scikit-learn's, with directions of the first columns alone in `monotonic_cst`."""

    @wraps(RandomForestRegressor.fit)
    def fit(self, X: Any, y: Any, *given: Any, **more: Any) -> Any:
        """Fit; parameters as of scikit-learn's."""
        return fit_padded(super().fit, self, "monotonic_cst", X, y, *given, **more)


class MonotoneExtraTreesClassifier(QuickExtraTreesClassifier):
    """scikit-learn's, with directions of the first columns alone in `monotonic_cst`."""

    @wraps(ExtraTreesClassifier.fit)
    def fit(self, X: Any, y: Any, *given: Any, **more: Any) -> Any:
        """Fit; parameters as of scikit-learn's."""
        return fit_padded(super().fit, self, "monotonic_cst", X, y, *given, **more)


class MonotoneExtraTreesRegressor(QuickExtraTreesRegressor):
    """scikit-learn's, with directions of the first columns alone in `monotonic_cst`."""

    @wraps(ExtraTreesRegressor.fit)
    def fit(self, X: Any, y: Any, *given: Any, **more: Any) -> Any:
        """Fit; parameters as of scikit-learn's."""
        return fit_padded(super().fit, self, "monotonic_cst", X, y, *given, **more)
