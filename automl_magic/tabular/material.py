"""The material that columns are made of: those of a table, read as numbers or as codes of their levels.

Exported scripts hold this source, so nothing of ours is imported here but what they hold as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from automl_magic.tabular.choosing import within_range


class ReadColumns:
    """A frame whose columns are read once, when they are asked for: as numbers, or as codes of their levels."""

    def __init__(self, frame: pd.DataFrame, levels: dict[int, pd.Index[Any]]) -> None:
        self.frame, self.levels = frame, levels
        self.known: dict[Any, np.ndarray[Any, Any]] = {}

    def only(self, rows: np.ndarray[Any, Any]) -> ReadColumns:
        """Return some of the rows."""
        return self if len(rows) == len(self.frame) else ReadColumns(self.frame.iloc[rows], self.levels)

    def number(self, place: int) -> np.ndarray[Any, Any]:
        """Return a column as numbers, shape (n_rows,)."""
        if place not in self.known:
            self.known[place] = within_range(pd.to_numeric(self.frame.iloc[:, place], errors="coerce"))
        return self.known[place]

    def codes(self, place: int) -> np.ndarray[Any, Any]:
        """Return a column as codes: 0 for a gap, then the levels in turn, the last for a level never seen."""
        key = (place, "codes")
        if key not in self.known:
            column = self.frame.iloc[:, place]
            codes = self.levels[place].get_indexer(pd.Index(column)) + 1
            codes[(codes == 0) & column.notna().to_numpy()] = len(self.levels[place]) + 1
            self.known[key] = codes
        return self.known[key]


def frame_of_columns(X: Any) -> pd.DataFrame:
    """Return a table as a DataFrame whose columns of numbers are numbers."""
    return X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X)).infer_objects()


def side_by_side(made: list[Any], read: ReadColumns) -> np.ndarray[Any, Any]:
    """Return columns as one array, shape (n_rows, n_columns), also where there are none."""
    return np.column_stack(made) if made else np.empty((len(read.frame), 0))
