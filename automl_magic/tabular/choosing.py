"""Choose among columns: by what a quick model of trees gains from them, and by how alike they are.

Exported scripts hold their source, so nothing of ours is imported here but what they hold as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.utils.validation import check_is_fitted

from automl_magic.tabular.encoders import MostTelling

ROWS = 4_000  # that columns are ranked on
RANKED = 200  # columns that one ranking looks at together; of more, those that tell most alone
ROUNDS = 40  # of boosting, shared among the classes
SEEN = 2_000  # rows that one tree of a forest sees
LARGEST = 1e30  # beyond it numbers are cut off: trees reckon in single precision


def some_rows(rows: int, random_state: int | None) -> np.ndarray[Any, Any]:
    """Draw the places of the rows that columns are ranked on, sorted; all of them where they are few."""
    if rows <= ROWS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(random_state).choice(rows, ROWS, replace=False))


def within_range(X: Any) -> np.ndarray[Any, Any]:
    """Return numbers as floats that single precision can hold; infinite ones are missing."""
    X = np.array(X, dtype=float)
    X[np.isinf(X)] = np.nan
    return np.asarray(np.clip(X, -LARGEST, LARGEST))


def gains(
    X: Any, y: Any, target: str = "classes", ranking: str = "forest", random_state: int | None = 0
) -> np.ndarray[Any, Any]:
    """Return what a quick model gains from each column of numbers, shape (n_columns,); 0 where it is of no use.

    The trees look for the best cut of each column: with random cuts the order of the columns is lost in noise.

    Parameters
    ----------
    X : array of shape (n_rows, n_columns)
        Numbers; gaps are borne.
    y : array of shape (n_rows,)
        The target.
    target : "classes" or "numbers"
        What the target is.
    ranking : "lightgbm" or "forest"
        The model: boosting by LightGBM, which must be installed, or a small random forest.
    random_state : int
        Seeds the model.
    """
    X, y = within_range(X), np.asarray(y)
    if target == "classes":
        y = np.unique(y, return_inverse=True)[1]
    found = np.zeros(X.shape[1])
    looked_at = np.flatnonzero((X[:1] != X).any(axis=0)) if len(X) else np.arange(0)
    if not len(looked_at) or len(np.unique(y)) < 2:
        return found
    if len(looked_at) > RANKED:
        looked_at = looked_at[MostTelling(RANKED).fit(X[:, looked_at], y).kept_]
    model = _ranker(len(y), len(looked_at), len(np.unique(y)), target, ranking, random_state)
    found[looked_at] = model.fit(X[:, looked_at], y).feature_importances_
    return found


def _ranker(rows: int, columns: int, values: int, target: str, ranking: str, random_state: int | None) -> Any:
    least = max(1, min(20, rows // 20))  # rows of a leaf
    if ranking == "forest":
        return (RandomForestRegressor if target == "numbers" else RandomForestClassifier)(
            n_estimators=16,
            max_depth=6,
            max_features=max(1 / 3, min(1.0, 4 / columns)),  # of few columns most, or the order is chance
            max_samples=min(SEEN, rows),
            min_samples_leaf=max(1, least // 4),
            random_state=random_state,
        )
    if ranking != "lightgbm":
        raise ValueError(f'ranking must be "lightgbm" or "forest". Got {ranking!r} instead.')
    from lightgbm import LGBMClassifier, LGBMRegressor

    return (LGBMRegressor if target == "numbers" else LGBMClassifier)(
        n_estimators=ROUNDS if target == "numbers" or values == 2 else max(5, ROUNDS // values),
        num_leaves=15,
        min_child_samples=least,
        max_bin=63,
        importance_type="gain",
        random_state=random_state,
        n_jobs=1,
        verbosity=-1,
    )


class _Kept(TransformerMixin, BaseEstimator):
    """A choice among columns of numbers, made by `fit`."""

    in_place: bool
    kept_: np.ndarray[Any, Any]

    def transform(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the columns that are kept, shape (n_rows, n_kept); `in_place` all, those left out as zeros."""
        check_is_fitted(self, "kept_")
        kept = np.asarray(X, dtype=float)[:, self.kept_]
        if not self.in_place:
            return np.asarray(kept)
        found = np.zeros((len(kept), self.n_features_in_))
        found[:, self.kept_] = kept
        return found

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray[Any, Any]:
        """Return the names of the columns that are kept."""
        check_is_fitted(self, "kept_")
        names = [f"x{place}" for place in range(self.n_features_in_)] if input_features is None else input_features
        names = np.asarray(names, dtype=object)
        return names if self.in_place else np.asarray(names[self.kept_])


class KeepImportant(_Kept):
    """Keep the columns from which a quick model gains more than from shuffled ones.

    Shuffled copies of columns stand among the others: a column of use gains more than these do on average.

    Parameters
    ----------
    target, ranking, random_state
        As of `gains`.
    least : int
        So many columns are kept in any case.
    in_place : bool
        Whether columns that are left out stay as zeros, so that each column has its place: a model may know some by it.

    References
    ----------
    Stoppiglia, Dreyfus, Dubois, Oussar (2003), "Ranking a random feature for variable and feature selection", Journal
    of Machine Learning Research 3, section 3.
    """

    def __init__(
        self,
        target: str = "classes",
        ranking: str = "forest",
        least: int = 5,
        in_place: bool = False,
        random_state: int | None = 0,
    ) -> None:
        self.target = target
        self.ranking = ranking
        self.least = least
        self.in_place = in_place
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> KeepImportant:
        """Choose the columns."""
        X, y = np.asarray(X, dtype=float), np.asarray(y)
        self.n_features_in_ = X.shape[1]
        rows = some_rows(len(X), self.random_state)
        X, y = X[rows], y[rows]
        looked_at = MostTelling(RANKED).fit(X, y).kept_
        X = X[:, looked_at]
        rng = np.random.default_rng(self.random_state)
        copied = rng.permutation(X.shape[1])[: max(5, min(20, X.shape[1] // 4))]
        shuffled = rng.permuted(X[:, copied], axis=0)
        found = gains(np.hstack([X, shuffled]), y, self.target, self.ranking, self.random_state)
        own, chance = found[: X.shape[1]], found[X.shape[1] :]
        is_kept = own > (chance.mean() if len(chance) else 0.0)
        is_kept[np.argsort(-own, kind="stable")[: self.least]] = True
        self.kept_ = looked_at[np.flatnonzero(is_kept)]
        return self


class KeepDistinct(_Kept):
    """Of columns that order the rows alike, keep the one that goes most with the target.

    Parameters
    ----------
    limit : float
        Absolute rank correlation from which two columns are alike.
    target : "classes" or "numbers"
        What the target is.
    in_place : bool
        As of `KeepImportant`.
    random_state : int
        Seeds the draw of rows where they are many.
    """

    def __init__(
        self, limit: float = 0.95, target: str = "classes", in_place: bool = False, random_state: int | None = 0
    ) -> None:
        self.limit = limit
        self.target = target
        self.in_place = in_place
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> KeepDistinct:
        """Choose the columns."""
        X = np.asarray(X, dtype=float)
        self.n_features_in_ = X.shape[1]
        rows = some_rows(len(X), self.random_state)
        rows = rows[:: max(1, X.shape[1] // 1_000)]  # the work grows with the square of the columns
        X, y = _ranks(X[rows]), np.asarray(y)[rows]
        if self.target == "numbers":
            sides = _ranks(y.astype(float)[:, None])
        else:
            sides = (y[:, None] == np.unique(y)[None, :]).astype(float)
            sides /= np.sqrt(sides.sum(axis=0))
        told = ((sides.T @ X) ** 2).sum(axis=0)
        alike = np.abs(X.T @ X) > self.limit
        is_kept = np.ones(X.shape[1], dtype=bool)
        for place in np.argsort(-np.round(told, 9), kind="stable"):
            if is_kept[place]:
                is_kept &= ~alike[place]
                is_kept[place] = True
        self.kept_ = np.flatnonzero(is_kept)
        return self


def _ranks(X: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the ranks within each column, of mean 0 and length 1; gaps lie in the middle, constants are all 0."""
    places = pd.DataFrame(X).rank()
    ranks = (places - places.mean()).fillna(0.0).to_numpy()
    length = np.sqrt((ranks**2).sum(axis=0))
    return np.asarray(ranks / np.where(length > 0, length, 1.0))
