"""A table ready to be searched: features as given, target, task, columns, and what was done to get there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from automl_magic.errors import DataError, did_you_mean
from automl_magic.tabular.column_notes import notes_on
from automl_magic.tabular.columns import Column, columns_of
from automl_magic.tabular.converting import quoted
from automl_magic.tabular.leaks import telling_columns
from automl_magic.tabular.reading import frame_of, index_doubt, target_of
from automl_magic.tabular.row_weights import OPTION, check_weights, given_apart, numbers_of, weights_notes
from automl_magic.tabular.target import Task, read_target

__all__ = ["Column", "Table", "Task", "columns_of", "read_table"]


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
    weights : ndarray of shape (n_rows,) or None
        What each row counts, above 0; None: every row once.
    warnings : tuple of str
        What was left out, read as something else, or is doubtful, in words.
    left_out : tuple of str
        Columns that the person's table has and X has not: the target, groups, ignored ones.
    monotone : tuple of (str, int)
        Columns along which predictions only rise (1) or fall (-1).
    class_weight : str or tuple of (str, float), optional
        "balanced", or the weight of each class by its text.
    weighted_by : str, optional
        The column that held the weights; None where they were given apart.
    """

    X: pd.DataFrame
    y: np.ndarray[Any, Any]
    task: Task
    columns: tuple[Column, ...]
    groups: np.ndarray[Any, Any] | None = None
    order: np.ndarray[Any, Any] | None = None
    weights: np.ndarray[Any, Any] | None = None
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    monotone: tuple[tuple[str, int], ...] = ()
    class_weight: str | tuple[tuple[str, float], ...] | None = None
    weighted_by: str | None = None


def read_table(
    data: Any,
    target: Any = None,
    y: Any = None,
    *,
    task: str = "auto",
    group: str | None = None,
    order: str | None = None,
    ignore: Sequence[str] = (),
    weights: Any = None,
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
    weights : str or array-like of shape (n_rows,), optional
        What each row counts: a column, which is not learnt from, or values. Rows of weight 0 are left out.

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
    column = _known(features, [weights], OPTION, name)[0] if isinstance(weights, str) else None
    named = OPTION if column is None else f'{OPTION}: column "{weights}"'
    counted = _weights(features, weights, column, named)
    without = 0 if counted is None else int((counted == 0).sum())
    if counted is not None and without:
        if without == len(counted):
            raise DataError(f"{named}: all weights are zero, so no row counts.", "Give some rows a weight above 0.")
        features, series, counted = features[counted != 0], series[counted != 0], counted[counted != 0]
    found = read_target(series.reset_index(drop=True), name, task)
    X = features.reset_index(drop=True)
    X = X if found.kept.all() else X[found.kept].reset_index(drop=True)
    if counted is not None:
        counted = counted[found.kept]
        check_weights(counted, named)
    groups = None if group is None else _aside(X, group, "group", name)
    times = None if order is None else _aside(X, order, "order", name)
    gone = [
        *_known(X, ignore, "ignore", name),
        *([] if group is None else _known(X, [group], "group", name)),
        *([] if column is None else [column]),
    ]
    X = X.drop(columns=gone)
    if X.shape[1] == 0:
        raise DataError("No column is left to learn from.", "Ignore fewer columns.")
    columns = columns_of(X)
    if not any(column.is_used for column in columns):
        raise DataError(
            "No column is left to learn from: all are empty or constant.", "Give columns whose values differ."
        )
    warned = (
        *_leaks(telling_columns(X, columns, found.y, found.task)),
        *found.notes,
        *notes_on(columns),
        *_aside_notes(groups, group, times, order),
        *([] if counted is None else weights_notes(counted, without)),
        *([doubt] if (doubt := index_doubt(y, frame)) is not None else []),
    )
    left_out = tuple(dict.fromkeys([name, *map(str, gone)]))
    parts = (X, found.y, found.task, columns, groups, times, counted, warned, left_out)
    return Table(*parts, weighted_by=None if column is None else str(column))


def _weights(frame: pd.DataFrame, given: Any, column: Any, named: str) -> np.ndarray[Any, Any] | None:
    """Return what each row counts, NaN where that is not said; None where nobody says."""
    if given is None:
        return None
    return numbers_of(given_apart(given, frame) if column is None else frame[column], named)


def _known(frame: pd.DataFrame, names: Iterable[Any], option: str, target: str) -> list[Any]:
    """Return the columns of these names, as the table writes them."""
    known = {str(column): column for column in frame.columns}
    for name in names:
        if str(name) == target:
            raise DataError(f'{option}: "{name}" is the target.', f"Leave it out of {option}: it is never learnt from.")
        if str(name) not in known:
            raise DataError(
                f'{option}: no column named "{name}" in the table.{did_you_mean(name, known)}',
                f"The columns are {quoted(list(known))}.",
            )
    return [known[str(name)] for name in names]


def _aside(frame: pd.DataFrame, name: str, option: str, target: str) -> np.ndarray[Any, Any]:
    """Return a column that says how rows are split: groups as whole numbers, times as numbers or dates."""
    series = frame[_known(frame, [name], option, target)[0]]
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
    from automl_magic.tabular.converting import dates_from, numbers_from, places_from

    if column.role == "date":
        return dates_from(series, column.layout)
    if column.role == "ordered":
        return places_from(series, list(column.order))
    numbers = numbers_from(series, column.layout if column.role == "number" else None)
    if np.isnan(numbers).any():
        raise DataError(
            f'order: column "{column.name}" must hold dates or numbers. Got {column.role} instead.',
            "Name the column that tells the time.",
        )
    return numbers


def _leaks(told: Sequence[str]) -> list[str]:
    """Say which columns tell the target outright, and how to leave them out."""
    if not told:
        return []
    first = f'--ignore "{told[0]}"' if " " in told[0] else f"--ignore {told[0]}"
    return [
        f"{quoted(told)} {'tells' if len(told) == 1 else 'tell'} the target outright. If it is not known when you "
        f"predict, leave it out: {first} in the cell, ignore=[{told[0]!r}] in Python."
    ]


def _aside_notes(groups: Any, group: str | None, times: Any, order: str | None) -> list[str]:
    """Say where groups or an order were given and say nothing."""
    notes = []
    if groups is not None and len(np.unique(groups)) == len(groups):
        notes.append(f'Each row is a group of its own in "{group}", so the rows are split as if there were no groups.')
    if times is not None and len(np.unique(times)) == 1:
        notes.append(f'"{order}" is the same in all rows, so the order in which they stand is taken.')
    return notes
