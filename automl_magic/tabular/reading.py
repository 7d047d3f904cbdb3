"""Read what a person calls a table as a DataFrame and a target, and say clearly what cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from automl_magic.errors import DataError, did_you_mean
from automl_magic.tabular.converting import frame_from, quoted

DENSE = 2**31  # bytes that a sparse matrix may take as a table
KINDS = (
    "a pandas, polars or pyarrow table, a two-dimensional numpy array, a scikit-learn Bunch, "
    "or a path to a CSV or Parquet file"
)


def frame_of(data: Any) -> tuple[pd.DataFrame, Any]:
    """Return the table as a DataFrame and, where it brings one along (a Bunch), the target.

    Raises
    ------
    DataError
        If it is no table, is empty, or its columns' names cannot be told apart.
    """
    target = None
    if isinstance(data, str | Path):
        frame = _read_file(Path(data))
    elif isinstance(data, dict) and "data" in data and hasattr(data, "keys") and not isinstance(data.get("data"), str):
        frame, target = _of_bunch(data)
    else:
        frame = _frame(data)
    _check_frame(frame)
    return frame, target


def _frame(data: Any) -> pd.DataFrame:
    if isinstance(data, pd.DataFrame):
        return data
    if hasattr(data, "toarray") and hasattr(data, "nnz"):
        return _of_sparse(data)
    if isinstance(data, pd.Series):
        return data.to_frame()
    if hasattr(data, "collect") and hasattr(data, "collect_schema"):
        raise DataError("The table is a polars LazyFrame, which holds no rows yet.", "Give df.collect().")
    if hasattr(data, "to_pandas") and hasattr(data, "columns"):
        return frame_from(data)
    if isinstance(data, dict):
        return _from_dict(data)
    array = np.asarray(data, dtype=object) if isinstance(data, list | tuple) else data
    array = array if isinstance(array, np.ndarray) else None
    if array is None or array.ndim != 2:
        shape = "" if array is None else f" of {array.ndim} dimension{'s' * (array.ndim != 1)}"
        raise DataError(
            f"The data are no table. Got {type(data).__name__}{shape} instead.",
            f"Give {KINDS}, or scipy's sparse matrix.",
        )
    if array.dtype.kind == "c":
        raise DataError(
            "The table holds complex numbers.", "Give their real and imaginary parts as columns of their own."
        )
    return frame_from(array)


def _of_sparse(matrix: Any) -> pd.DataFrame:
    """Return a sparse matrix as a dense table, where that is not too large."""
    size = matrix.shape[0] * matrix.shape[1] * 8
    if size > DENSE:
        raise DataError(
            f"The sparse matrix would take {size / 2**30:.0f} GiB as a table of {matrix.shape[0]} x {matrix.shape[1]}.",
            "Make its columns fewer first, for example with sklearn.decomposition.TruncatedSVD.",
        )
    return frame_from(matrix)


def _from_dict(data: dict[Any, Any]) -> pd.DataFrame:
    try:
        return pd.DataFrame(data)
    except ValueError as error:
        raise DataError(
            f"The dict is no table: {error}.", "Give lists of one length under the columns' names."
        ) from None


def _of_bunch(bunch: Any) -> tuple[pd.DataFrame, Any]:
    features, target = bunch["data"], bunch.get("target")
    if isinstance(features, pd.DataFrame):
        return features, target
    names = bunch.get("feature_names")
    frame = _frame(features)
    if names is not None and len(names) == frame.shape[1]:
        frame = frame.set_axis([str(name) for name in names], axis=1)
    return frame, target


def _read_file(path: Path) -> pd.DataFrame:
    if not path.exists():
        near = sorted(other.name for other in path.parent.glob(f"*{path.suffix}"))[:3] if path.parent.exists() else []
        raise DataError(
            f'No file "{path}".', f"There is {quoted(near)}." if near else "Look at the path and the folder."
        )
    suffix = path.suffix.lower()
    try:
        if suffix in (".parquet", ".pq"):
            return pd.read_parquet(path)
        return pd.read_csv(path, sep="\t" if suffix in (".tsv", ".tab") else ",")
    except ImportError:
        raise DataError("Reading Parquet needs the package pyarrow.", "pip install pyarrow") from None
    except (ValueError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise DataError(
            f'"{path}" could not be read as a table: {error}.', "Read it with pandas and give the DataFrame."
        ) from None


def _check_frame(frame: pd.DataFrame) -> None:
    if isinstance(frame.columns, pd.MultiIndex):
        raise DataError(
            "The columns have names of several levels.",
            'Flatten them: df.columns = ["_".join(map(str, names)) for names in df.columns].',
        )
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise DataError(
            f"The table is empty. Got {frame.shape[0]} rows and {frame.shape[1]} columns.",
            "Give at least 4 rows, the target and one column to learn from.",
        )
    names = pd.Index([str(name) for name in frame.columns])
    if not names.is_unique:
        twice = list(names[names.duplicated()].unique())
        raise DataError(f"More than one column is named {quoted(twice)}.", "Rename or drop one of each.")


def target_of(frame: pd.DataFrame, target: Any, y: Any) -> tuple[pd.DataFrame, pd.Series[Any], str]:
    """Part the features from the target.

    Returns
    -------
    features : DataFrame
        Without the target.
    series : Series
        The target, row by row.
    name : str
        Its name.

    Raises
    ------
    DataError
        If there is no such column, the lengths differ, or y and the table are in different orders.
    """
    if y is None:
        return _own_column(frame, target)
    series = beside(y, frame, "The target", "y")
    name = str(target if isinstance(target, str) else series.name if series.name is not None else "y")
    same = [column for column in frame.columns if str(column) == name]
    if same:
        raise DataError(
            f'The target is given apart, and the table has a column "{name}" as well.',
            f'Drop it from the table: df.drop(columns="{name}"), or leave y out and name the target.',
        )
    return frame, series, name


def beside(values: Any, frame: pd.DataFrame, what: str, name: str) -> pd.Series[Any]:
    """Return values that are given apart from the table, one for each of its rows.

    Parameters
    ----------
    values : array-like of shape (n_rows,)
        The values.
    frame : DataFrame
        The table.
    what, name : str
        What an error calls them, in a sentence and in code.

    Raises
    ------
    DataError
        If the lengths differ, or both have the same index in different orders.
    """
    series = _series(values, what)
    if not isinstance(values, pd.Series | pd.DataFrame) and len(series) == len(frame):
        series = series.set_axis(frame.index)  # values without an index belong to the rows as they stand
    return _aligned(series, frame, what, name)


def _own_column(frame: pd.DataFrame, target: Any) -> tuple[pd.DataFrame, pd.Series[Any], str]:
    names = [str(column) for column in frame.columns]
    if target is None:
        raise DataError(
            "No target: which column is to be predicted?",
            f"Name it: --target {names[-1]} in the cell, target={names[-1]!r} in Python. "
            f"The columns are {quoted(names)}.",
        )
    if str(target) not in names:
        raise DataError(
            f'No column named "{target}" in the table.{did_you_mean(target, names)}',
            f"The columns are {quoted(names)}.",
        )
    place = names.index(str(target))
    if len(names) == 1:
        raise DataError(
            f'The table has no column but the target "{target}".', "Give the columns to learn from as well."
        )
    return frame.drop(columns=frame.columns[place]), frame.iloc[:, place], str(target)


def _series(y: Any, what: str) -> pd.Series[Any]:
    y = y.to_pandas() if hasattr(y, "to_pandas") else y
    if isinstance(y, pd.DataFrame):
        if y.shape[1] != 1:
            raise DataError(f"{what} must be one column. Got {y.shape[1]}.", "Choose one of them.")
        return y.iloc[:, 0]
    if isinstance(y, pd.Series):
        return y
    array = np.asarray(y, dtype=object) if isinstance(y, list | tuple) else np.asarray(y)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(f"{what} must be one column. Got an array of shape {array.shape}.", "Choose one column of it.")
    return pd.Series(array).infer_objects() if array.dtype == object else pd.Series(array)


def _aligned(series: pd.Series[Any], frame: pd.DataFrame, what: str, name: str) -> pd.Series[Any]:
    if len(series) != len(frame):
        raise DataError(
            f"{what} must have one value for each row. Got {len(series)} values and {len(frame)} rows.",
            "Take both from the same rows.",
        )
    mine, theirs = series.index, frame.index
    if not mine.equals(theirs) and _is_reordered(mine, theirs):
        raise DataError(
            f"{name} and the table have the same index in different orders: rows would be mixed up.",
            f"Sort {name} first: {name} = {name}.loc[X.index], or reset both with .reset_index(drop=True).",
        )
    return series


def _is_reordered(mine: pd.Index[Any], theirs: pd.Index[Any]) -> bool:
    """Whether two indexes hold the same labels, each as often, in different orders."""
    codes = np.asarray(pd.factorize(mine.append(theirs))[0])
    return bool(np.array_equal(np.sort(codes[: len(mine)]), np.sort(codes[len(mine) :])))


def index_doubt(y: Any, data: Any) -> str | None:
    """Say that y has other labels than the table, where both have labels of their own."""
    if not isinstance(y, pd.Series | pd.DataFrame) or not isinstance(data, pd.DataFrame):
        return None
    if any(isinstance(part.index, pd.RangeIndex) and part.index.start == 0 for part in (y, data)):
        return None
    if y.index.equals(data.index):
        return None
    return (
        "y has another index than the table, and its values were taken one after the other. If rows belong together "
        "by their index, write y.loc[X.index]."
    )
