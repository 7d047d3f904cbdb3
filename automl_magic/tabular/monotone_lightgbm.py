"""LightGBM's models as in `monotone.py`; apart from them, since whoever imports this needs LightGBM."""

from __future__ import annotations

from typing import Any

from lightgbm import LGBMClassifier, LGBMRegressor

from automl_magic.tabular.monotone import fit_padded


class MonotoneLGBMClassifier(LGBMClassifier):
    """LightGBM's, with directions of the first columns alone in `monotone_constraints`."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *given: Any, **more: Any) -> Any:
        """Fit; parameters as of LightGBM's."""
        return fit_padded(super().fit, self, "monotone_constraints", X, y, sample_weight, *given, **more)


class MonotoneLGBMRegressor(LGBMRegressor):
    """LightGBM's, with directions of the first columns alone in `monotone_constraints`."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *given: Any, **more: Any) -> Any:
        """Fit; parameters as of LightGBM's."""
        return fit_padded(super().fit, self, "monotone_constraints", X, y, sample_weight, *given, **more)
