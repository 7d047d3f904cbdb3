"""A table ready to be searched: features as given, target, task, columns, and what was done to get there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from automl_magic.errors import DataError, did_you_mean
from automl_magic.tabular.columns import Column, columns_of
from automl_magic.tabular.reading import frame_of, target_of
from automl_magic.tabular.steps import quoted
from automl_magic.tabular.target import Task, read_target

__all__ = ["Column", "Table", "Task", "columns_of", "read_table"]

LOOK = 1_000  # rows on which a copy of the target is looked for before all are


@dataclass(frozen=True)
class Table:
    """A table ready to be searched.

    Attributes
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        The features, names and values as given; rows without a target are left out.
    y : ndarray of shape (n_rows,)
        The labels as given, or floats.
    task : Task
        What is to be predicted.
    columns : tuple of Column
        What each feature was taken to be, in the order of X.
    groups, order : ndarray of shape (n_rows,) or None
        Whose rows stay together; when a row was.
    weights : None
        Every row counts once.
    notes : tuple of str
        What was left out, converted, ignored, in words.
    left_out : tuple of str
        Columns that the person's table has and X has not: the target, groups, ignored ones.
    """

    X: pd.DataFrame
    y: np.ndarray[Any, Any]
    task: Task
    columns: tuple[Column, ...]
    groups: np.ndarray[Any, Any] | None = None
    order: np.ndarray[Any, Any] | None = None
    weights: None = None
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def read_table(
    data: Any,
    target: Any = None,
    y: Any = None,
    *,
    task: str = "auto",
    group: str | None = None,
    order: str | None = None,
    ignore: Sequence[str] = (),
) -> Table:
    """Read a table and decide what its target and columns are.

    Parameters
    ----------
    data : DataFrame, ndarray, Bunch or path
        The table, shape (n_rows, n_columns): pandas, polars, pyarrow, numpy, a Bunch, a CSV or Parquet file.
    target : str or array-like, optional
        Name of the target's column; an array is taken as `y`.
    y : array-like of shape (n_rows,), optional
        The target, where it is no column.
    task : str
        "auto", "classification" or "regression".
    group, order : str, optional
        Column whose equal values stay together; column that gives the order of time.
    ignore : sequence of str
        Columns to leave out.

    Raises
    ------
    DataError
        If the table cannot be searched as it is; the message says what to do.

    Examples
    --------
    >>> table = read_table(pd.DataFrame({"a": [1.5, 2.5, 3.5, 0.5], "y": ["no", "yes", "yes", "no"]}), "y")
    >>> table.task.kind, table.task.classes
    ('binary', ('no', 'yes'))
    """
    frame, own = frame_of(data)
    if target is not None and y is None and not isinstance(target, str | int | np.integer):
        target, y = None, target
    if target is None and y is None:
        y = own
    features, series, name = target_of(frame, target, y)
    found = read_target(series.reset_index(drop=True), name, task)
    X = features.reset_index(drop=True)
    X = X if found.kept.all() else X[found.kept].reset_index(drop=True)
    groups = None if group is None else _aside(X, group, "group")
    times = None if order is None else _aside(X, order, "order")
    gone = [*_known(X, ignore, "ignore"), *([] if group is None else _known(X, [group], "group"))]
    X = X.drop(columns=gone)
    if X.shape[1] == 0:
        raise DataError("No column is left to learn from.", "Ignore fewer columns.")
    columns = columns_of(X)
    if not any(column.is_used for column in columns):
        raise DataError(
            "No column is left to learn from: all are empty or constant.", "Give columns whose values differ."
        )
    notes = (*found.notes, *_notes(columns), *_copies(X, columns, found.y, found.task), *_group_note(group))
    left_out = tuple(dict.fromkeys([name, *map(str, gone)]))
    return Table(X, found.y, found.task, columns, groups, times, None, notes, left_out)


def _known(frame: pd.DataFrame, names: Iterable[Any], option: str) -> list[Any]:
    """Return the columns of these names, as the table writes them."""
    known = {str(column): column for column in frame.columns}
    for name in names:
        if str(name) not in known:
            raise DataError(
                f'{option}: no column named "{name}" in the table.{did_you_mean(name, known)}',
                f"The columns are {quoted(list(known))}.",
            )
    return [known[str(name)] for name in names]


def _aside(frame: pd.DataFrame, name: str, option: str) -> np.ndarray[Any, Any]:
    """Return a column that says how rows are split: groups as whole numbers, times as numbers or dates."""
    series = frame[_known(frame, [name], option)[0]]
    if option == "group":
        return np.asarray(pd.factorize(series, use_na_sentinel=False)[0])
    column = columns_of(series.to_frame())[0]
    if series.isna().any():
        raise DataError(
            f'order: column "{name}" has {int(series.isna().sum())} gaps.',
            "Fill them or drop those rows: every row needs its time.",
        )
    return _times(series, column)


def _times(series: pd.Series[Any], column: Column) -> np.ndarray[Any, Any]:
    from automl_magic.tabular.steps import dates_from, numbers_from, places_from

    if column.role == "date":
        return dates_from(series, column.layout)
    if column.role == "ordered":
        return places_from(series, list(column.order))
    numbers = numbers_from(series)
    if np.isnan(numbers).any():
        raise DataError(
            f'order: column "{column.name}" must hold dates or numbers. Got {column.role} instead.',
            "Name the column that tells the time.",
        )
    return numbers


def _notes(columns: Sequence[Column]) -> list[str]:
    """Say which columns were left out or read as something else."""
    notes = []
    for role, said in (("id", "identifiers"), ("constant", "empty or constant")):
        names = [column.name for column in columns if column.role == role]
        if names:
            notes.append(f"Left out as {said}: {quoted(names)}.")
    for role, said in (
        ("number", "numbers"),
        ("date", "dates"),
        ("boolean", "true and false"),
        ("category", "categories of mixed types"),
    ):
        names = [column.name for column in columns if column.role == role and column.is_converted]
        if names:
            notes.append(f"Read as {said}: {quoted(names)}.")
    infinite = [column.name for column in columns if column.is_infinite]
    return [*notes, f"Infinite values were read as missing: {quoted(infinite)}."] if infinite else notes


def _copies(X: pd.DataFrame, columns: Sequence[Column], y: np.ndarray[Any, Any], task: Task) -> list[str]:
    """Name the columns that tell the target outright: a copy, or the classes by other names."""
    first = slice(0, min(len(y), LOOK))
    levels = len(pd.unique(y))
    told = []
    for place, column in enumerate(columns):
        if column.levels != levels or column.missing > 0:
            continue
        values = X.iloc[:, place]
        if all(
            np.array_equal(pd.factorize(values.iloc[rows])[0], pd.factorize(y[rows])[0])
            for rows in (first, slice(None))
        ):
            told.append(column.name)
    if task.kind == "regression":  # where all values differ, any other column would look like a copy
        told = [name for name in told if _is_equal(X.iloc[:, _place(columns, name)], y)]
    if not told:
        return []
    verb = "tells" if len(told) == 1 else "tell"
    return [f"{quoted(told)} {verb} the target outright. If it is not known beforehand, leave it out with ignore."]


def _place(columns: Sequence[Column], name: str) -> int:
    return next(place for place, column in enumerate(columns) if column.name == name)


def _is_equal(values: pd.Series[Any], y: np.ndarray[Any, Any]) -> bool:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    return bool(np.array_equal(numbers, y))


def _group_note(group: str | None) -> list[str]:
    return [] if group is None else [f'"{group}" says which rows stay together and is not learnt from.']
