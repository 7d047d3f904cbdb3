"""Scikit-learn's steps for columns and levels, quick to predict with: they answer the same to the last bit.

Of a prediction of a thousand rows, scikit-learn's checks of a DataFrame take most of the time, once for each step and
fold model. Exported scripts hold this source, so nothing of ours is imported here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder


class QuickColumnTransformer(ColumnTransformer):
    """A ColumnTransformer that does not look up and check again the columns that it was fitted on.

    What comes in another shape (other columns, another order, an array) is left to scikit-learn's `transform`.
    """

    def transform(self, X: Any, **params: Any) -> Any:
        """Return what the parts make of their columns, side by side."""
        parts = None if params else self._parts(X)
        return super().transform(X, **params) if parts is None else np.hstack(parts)

    def _parts(self, X: Any) -> list[Any] | None:
        """Return what each part makes of its columns, or None where that is not as plain as it could be."""
        if getattr(self, "sparse_output_", True) or not hasattr(self, "feature_names_in_"):
            return None
        known = self.feature_names_in_.tolist()
        if not isinstance(X, pd.DataFrame) or X.columns.tolist() != known or len(set(known)) < len(known):
            return None
        parts = []
        for _, part, names in self.transformers_:
            if isinstance(part, str) and part == "drop":
                continue
            places = places_of(names, known)
            if places is None:
                return None
            chosen = X.iloc[:, places]
            parts.append(chosen if isinstance(part, str) else part.transform(chosen))
        is_plain = all(isinstance(part, np.ndarray | pd.DataFrame) and part.ndim == 2 for part in parts)
        return parts if parts and is_plain else None


def places_of(names: Any, known: list[str]) -> list[int] | slice | None:
    """Return where columns stand, as a slice where they stand in a row; None where they are not told by their names."""
    if isinstance(names, slice):
        return names if all(end is None or isinstance(end, int) for end in (names.start, names.stop)) else None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        return None
    by_name = {name: place for place, name in enumerate(known)}
    places = [by_name[name] for name in names]
    first = places[0]
    return slice(first, first + len(places)) if places == list(range(first, first + len(places))) else places


class Places(dict[Any, int]):
    """The row of each level in a table; behind them one for gaps and one for levels that are not known."""

    def __init__(self, levels: Any) -> None:
        super().__init__({level: row for row, level in enumerate(levels)})
        self.gap, self.other = len(levels), len(levels) + 1

    def __missing__(self, level: Any) -> int:
        if isinstance(level, str):
            return self.other
        if isinstance(level, float) and level != level:
            return self.gap
        raise KeyError(level)  # None, a number: what that becomes is for the encoder to say

    def __reduce__(self) -> Any:
        return Places, (list(self),)


class LevelTable:
    """What a fitted encoder makes of each level of each column: to look it up is quicker than to encode it.

    Parameters
    ----------
    names : list of str
        The columns.
    levels : list of ndarray
        The levels of each that the encoder knows, as of `categories_`: texts, perhaps a gap.
    widths : list of int
        How many columns the encoder makes of each; they hang on no other column.
    encode : callable
        The encoder's own `transform`.
    """

    def __init__(self, names: list[str], levels: list[Any], widths: list[int], encode: Any) -> None:
        self.names = names
        known = [[level for level in column.tolist() if isinstance(level, str)] for column in levels]
        most = max(map(len, known)) + 2
        frame = {}
        for name, column in zip(names, known, strict=True):
            other = "?" * (1 + max(map(len, column), default=0))  # no level is as long
            frame[name] = pd.Series([*column, np.nan, *[other] * (most - len(column) - 1)], dtype=object)
        encoded = np.asarray(encode(pd.DataFrame(frame)))
        self.rows = [  # of each column as many as it has levels, else one of many levels would make all tall
            encoded[: len(column) + 2, stop - width : stop].copy()
            for column, width, stop in zip(known, widths, np.cumsum(widths).tolist(), strict=True)
        ]
        self.places = [Places(column) for column in known]

    def look_up(self, X: Any) -> np.ndarray[Any, Any] | None:
        """Return what the encoder makes of X, shape (n_rows, sum of widths); None where X is not of that kind."""
        if not isinstance(X, pd.DataFrame) or X.columns.tolist() != self.names:
            return None
        values = X.to_numpy()
        if values.dtype != object:
            return None
        parts = []
        for place, (places, rows) in enumerate(zip(self.places, self.rows, strict=True)):
            try:
                chosen = np.fromiter(map(places.__getitem__, values[:, place].tolist()), dtype=np.intp, count=len(X))
            except (KeyError, TypeError):
                return None
            parts.append(rows[chosen])
        return np.hstack(parts)


def table_of(X: Any, levels: list[Any], widths: list[int], encode: Any) -> LevelTable | None:
    """Return the table of an encoder that was fitted on X, or None where its levels are not all texts or gaps."""
    if not isinstance(X, pd.DataFrame) or not levels or not all(isinstance(name, str) for name in X.columns):
        return None
    kinds = {type(level) for column in levels for level in column.tolist()}
    if not kinds <= {str, float} or any(column.dtype != object for column in levels):
        return None
    return LevelTable(X.columns.tolist(), levels, widths, encode)


def looked_up(encoder: Any, X: Any) -> np.ndarray[Any, Any] | None:
    """Return what the table of an encoder makes of X, or None where it has none or X is not of its kind."""
    table = getattr(encoder, "table_", None)
    return None if table is None else table.look_up(X)


class QuickOrdinalEncoder(OrdinalEncoder):
    """An OrdinalEncoder that looks up what it made of each level when it was fitted."""

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn the levels, and write down what they become."""
        super().fit(X, y)
        bears_others = self.handle_unknown == "use_encoded_value"
        widths = [1] * len(self.categories_)
        self.table_ = table_of(X, self.categories_, widths, super().transform) if bears_others else None
        return self

    def transform(self, X: Any) -> Any:
        """Return the codes, shape (n_rows, n_columns)."""
        found = looked_up(self, X)
        return super().transform(X) if found is None else found


class QuickOneHotEncoder(OneHotEncoder):
    """A OneHotEncoder that looks up what it made of each level when it was fitted; not where its output is sparse."""

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn the levels, and write down what they become."""
        super().fit(X, y)
        bears_others = self.handle_unknown == "infrequent_if_exist" and self.drop is None and not self.sparse_output
        rare = getattr(self, "infrequent_categories_", [None] * len(self.categories_))
        widths = [
            len(levels) - (0 if few is None else len(few) - 1)  # the rare ones share a column
            for levels, few in zip(self.categories_, rare, strict=True)
        ]
        self.table_ = table_of(X, self.categories_, widths, super().transform) if bears_others else None
        return self

    def transform(self, X: Any) -> Any:
        """Return a column for each level, shape (n_rows, n_levels)."""
        found = looked_up(self, X)
        return super().transform(X) if found is None else found
