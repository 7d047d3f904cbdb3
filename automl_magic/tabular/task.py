"""What is to be learnt: the task, its classes, and the table with its target apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_magic.errors import DataError, did_you_mean
from automl_magic.tabular.columns import Column, columns_of
from automl_magic.tabular.reading import frame_of

Kind: TypeAlias = Literal["binary", "multiclass", "regression"]
MANY = 20  # whole numbers with more different values than this are a number to be predicted


@dataclass(frozen=True)
class Task:
    """What is to be learnt.

    Attributes
    ----------
    kind : str
        "binary", "multiclass" or "regression".
    target : str
        Name of the target.
    classes : tuple
        The classes, sorted; none for a regression.
    why : str
        What it was taken to be and why, in one sentence.
    """

    kind: Kind
    target: str
    classes: tuple[Any, ...]
    why: str


@dataclass(frozen=True)
class Table:
    """A table to be searched on.

    Attributes
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        The features as they were given, rows without a target left out.
    y : ndarray of shape (n_rows,)
        The target: labels as they were given, or floats.
    task : Task
        What is to be learnt.
    columns : tuple of Column
        The features and their roles.
    groups, order : ndarray of shape (n_rows,) or None
        Rows of one group stay together; the order of time.
    notes : tuple of str
        What was dropped, converted or ignored.
    """

    X: pd.DataFrame
    y: NDArray[Any]
    task: Task
    columns: tuple[Column, ...]
    groups: NDArray[Any] | None = None
    order: NDArray[Any] | None = None
    notes: tuple[str, ...] = ()


def read_table(
    data: Any,
    target: str | None = None,
    y: Any = None,
    *,
    task: str = "auto",
    group: str | None = None,
    order: str | None = None,
    ignore: tuple[str, ...] = (),
) -> Table:
    """Return the table to search on.

    Parameters
    ----------
    data : DataFrame, ndarray, Bunch, or path
        The features, and the target where `target` names it.
    target : str, optional
        Name of the target column.
    y : array-like of shape (n_rows,), optional
        The target, when it is apart.
    task : str
        "auto", "classification" or "regression".
    group, order : str, optional
        Columns that keep rows together, and that order them in time; they are no features.
    ignore : tuple of str
        Columns to leave out.

    Raises
    ------
    DataError
        If it cannot be searched; the message says why and what to do.
    """
    frame, given = frame_of(data)
    y = given if y is None and target is None else y
    frame, labels, name = _with_target(frame, target, y)
    for column in (group, order, *ignore):
        _need(frame, column)
    kept = labels.notna().to_numpy()
    if not kept.any():
        raise DataError(f'The target "{name}" has no value at all.', "Name another target.")
    notes = [] if kept.all() else [f"{int((~kept).sum())} rows without a target were left out."]
    frame, labels = frame.loc[kept].reset_index(drop=True), labels.loc[kept].reset_index(drop=True)
    groups = None if group is None else frame[group].astype(str).to_numpy(dtype=object)
    times = None if order is None else frame[order].to_numpy()
    X = frame.drop(columns=[column for column in dict.fromkeys((group, order, *ignore)) if column is not None])
    columns = columns_of(X)
    if not any(column.is_used for column in columns):
        raise DataError(
            "No column is left to learn from.", "Give at least one that is not constant, not an id and not ignored."
        )
    notes += [column.why for column in columns if column.why]
    decided, values = _decide(labels, name, task)
    return Table(X, values, decided, columns, groups, times, tuple(notes))


def _with_target(frame: pd.DataFrame, target: str | None, y: Any) -> tuple[pd.DataFrame, pd.Series[Any], str]:
    if target is not None and y is not None:
        raise DataError("The target is given twice: by name and apart.", "Give either target or y.")
    if y is not None:
        return frame, _apart(frame, y), str(getattr(y, "name", None) or "target")
    if target is None:
        raise DataError(
            "No target is given.", f"Name the column to predict, for instance --target {frame.columns[-1]}."
        )
    _need(frame, target)
    return frame.drop(columns=[target]), frame[target], str(target)


def _apart(frame: pd.DataFrame, y: Any) -> pd.Series[Any]:
    """Return a target that was given apart as a column that lies row by row beside `frame`."""
    if isinstance(y, pd.DataFrame) or (getattr(y, "ndim", 1) == 2 and np.shape(y)[1] == 1):
        y = y.iloc[:, 0] if isinstance(y, pd.DataFrame) else np.asarray(y)[:, 0]
    if np.ndim(y) != 1:
        raise DataError(f"The target must be one column. Got the shape {np.shape(y)} instead.")
    if len(y) != len(frame):
        raise DataError(f"The target has {len(y)} values, the table {len(frame)} rows.", "Give one value for each row.")
    same = isinstance(y, pd.Series) and not y.index.equals(frame.index)
    if same and not isinstance(frame.index, pd.RangeIndex) and set(y.index) == set(frame.index):
        raise DataError(
            "The target's index has another order than the table's.", "Align them first: y = y.loc[X.index]."
        )
    return pd.Series(y if not isinstance(y, pd.Series) else y.array, index=frame.index)


def _need(frame: pd.DataFrame, column: str | None) -> None:
    if column is not None and column not in frame.columns:
        near = did_you_mean(column, frame.columns)
        names = [str(name) for name in frame.columns]
        hint = f"Columns: {', '.join(names[:20])}{' …' if len(names) > 20 else ''}."
        raise DataError(f'No column named "{column}".{near}', hint)


def _decide(labels: pd.Series[Any], name: str, task: str) -> tuple[Task, NDArray[Any]]:
    """Return the task and the target's values; the task is decided by type and number of different values."""
    levels = int(labels.nunique())
    plain = labels.dtype
    numeric = pd.api.types.is_numeric_dtype(plain) and not pd.api.types.is_bool_dtype(plain)
    if levels < 2:
        raise DataError(
            f'The target "{name}" has one value only: {labels.iloc[0]!r}.',
            "There is nothing to learn; name another target.",
        )
    whole = numeric and bool((labels.astype(float) % 1 == 0).all())
    asked = {"classification": False, "regression": True}.get(task)
    number = (numeric and (not whole or levels > MANY)) if asked is None else asked
    if number:
        return _regression(labels, name, levels, asked is not None)
    return _classification(labels, name, levels, asked is not None)


def _regression(labels: pd.Series[Any], name: str, levels: int, asked: bool) -> tuple[Task, NDArray[Any]]:
    values = pd.to_numeric(labels, errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise DataError(
            f'The target "{name}" must be finite numbers for a regression.',
            "Use task=classification, or mend the column.",
        )
    why = "as you asked" if asked else f"it is a number with {levels} different values"
    return Task(
        "regression",
        name,
        (),
        f'"{name}" is predicted as a number (regression), since {why}.'.replace(", since as", ", as"),
    ), values


def _classification(labels: pd.Series[Any], name: str, levels: int, asked: bool) -> tuple[Task, NDArray[Any]]:
    if levels > max(50, len(labels) // 2) and levels > len(labels) // 2:
        raise DataError(
            f'The target "{name}" has {levels} classes in {len(labels)} rows.',
            "Is it an id, or a number (task=regression)?",
        )
    values = labels.to_numpy(dtype=object) if not pd.api.types.is_numeric_dtype(labels.dtype) else labels.to_numpy()
    if values.dtype == object and len({type(value) for value in values}) > 1:
        kinds = sorted({type(value).__name__ for value in values})
        raise DataError(
            f'The target "{name}" mixes types: {", ".join(kinds)}.',
            "Make them one type, for instance with astype(str).",
        )
    if isinstance(values[0], bool | np.bool_):
        values = values.astype(bool)
    classes = tuple(np.unique(values).tolist())
    kind: Kind = "binary" if levels == 2 else "multiclass"
    reason = "as you asked" if asked else f"since it has {levels} different values"
    return Task(
        kind, name, classes, f'"{name}" is predicted as one of {levels} classes (classification), {reason}.'
    ), values
