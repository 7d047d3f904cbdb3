"""Whatever holds a table, as a DataFrame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from automl_magic.errors import DataError


def frame_of(data: Any) -> tuple[pd.DataFrame, Any]:
    """Return the table as a DataFrame with text names, and the target where `data` brings one along (a Bunch).

    Parameters
    ----------
    data : DataFrame of pandas or polars, pyarrow Table, ndarray, Bunch, or path to a CSV or Parquet file
        The table.

    Raises
    ------
    DataError
        If it is no table, is empty, or its columns cannot be told apart.
    """
    target = None
    if isinstance(data, str | Path):
        data = _read_file(Path(data))
    elif isinstance(data, dict) and "data" in data and "target" in data:  # scikit-learn's Bunch
        names = [str(name) for name in data.get("feature_names", [])] or None
        target = data["target"]
        data = data["data"] if isinstance(data["data"], pd.DataFrame) else pd.DataFrame(data["data"], columns=names)
    frame = _converted(data)
    if isinstance(frame.columns, pd.MultiIndex):
        raise DataError(
            "The table has several levels of column names.",
            'Flatten them: df.columns = ["_".join(map(str, c)) for c in df.columns].',
        )
    frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    doubled = sorted(set(frame.columns[frame.columns.duplicated()]))
    if doubled:
        raise DataError(f"Columns of the same name: {', '.join(doubled)}.", "Give each column a name of its own.")
    if len(frame) == 0 or len(frame.columns) == 0:
        raise DataError(
            f"The table is empty: {len(frame)} rows, {len(frame.columns)} columns.", "Give a table with rows."
        )
    return frame, target


def _converted(data: Any) -> pd.DataFrame:
    if isinstance(data, pd.DataFrame):
        return data
    if hasattr(data, "to_pandas"):  # polars, pyarrow
        converted = data.to_pandas()
        if isinstance(converted, pd.DataFrame):
            return converted
    if hasattr(data, "tocsr"):
        raise DataError(
            "A sparse matrix cannot be searched as it is.",
            "Give a DataFrame, or X.toarray() where it fits into memory.",
        )
    if isinstance(data, list | np.ndarray):
        array = np.asarray(data)
        if array.ndim == 2:
            return pd.DataFrame(array, columns=[f"x{place}" for place in range(array.shape[1])])
    got = f"{type(data).__name__} of shape {np.shape(data)}" if hasattr(data, "shape") else type(data).__name__
    raise DataError(
        f"The data must be a table. Got {got} instead.",
        "Give a DataFrame, a 2-D array, or a path to a CSV or Parquet file.",
    )


def _read_file(path: Path) -> pd.DataFrame:
    if not path.exists():
        raise DataError(f'No file "{path}".', "Give the path from the notebook's folder.")
    if path.suffix.lower() in (".parquet", ".pq"):
        try:
            return pd.read_parquet(path)
        except ImportError:
            raise DataError("Reading Parquet needs pyarrow.", 'pip install "automl_magic[parquet]"') from None
    try:
        return pd.read_csv(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(
            f'"{path}" cannot be read as CSV: {error}.', "Read it with pandas and give the DataFrame."
        ) from None
