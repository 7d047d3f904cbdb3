"""What makes a score look better than it is: columns that tell the target, and rows that stand on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from automl_magic.tabular.columns import Column
from automl_magic.tabular.converting import dates_from, numbers_from, places_from, quoted, words_from
from automl_magic.tabular.counting import codes_and_levels

if TYPE_CHECKING:
    from automl_magic.tabular.splits import Splits
    from automl_magic.tabular.target import Task
    from automl_magic.tabular.task import Table

Codes = np.ndarray[Any, Any]

LOOK = 1_000  # rows that are looked at before all are
FEW = 20  # below this, that rows lie in order may be chance
SMALL = 5  # rows of the smallest class from which a clean cut between classes is no chance
MANY_COPIES = 20  # copies of each row, on average, beyond which equal rows are taken for equal cases
WIDE = 1_000  # columns from which those of real numbers are looked at all at once first
PER_LEVEL = 5  # rows for each level, on average, from which a level that has one class tells something
CLOSE = 1e-9  # differences of numbers, as a share of their range, that rounding may make


def telling_columns(X: pd.DataFrame, columns: Sequence[Column], y: Codes, task: Task) -> list[str]:
    """Return the columns that tell the target outright.

    A copy does, also under other names, on another scale, in other units, rounded, in finer classes, or with gaps; and
    so does a column that is filled for one class only.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        The features.
    columns : sequence of Column
        What they are.
    y : ndarray of shape (n_rows,)
        The target.
    task : Task
        What it is.

    Examples
    --------
    >>> from automl_magic.tabular.task import read_table
    >>> table = pd.DataFrame({"a": [3.5, 1, 1, 9] * 8, "sold": ["n", "y", "n", "y"] * 8, "code": [0, 1, 0, 1] * 8})
    >>> read_table(table, "sold").warnings[0][:32]
    '"code" tells the target outright'
    """
    target = np.asarray(y, dtype=float) if task.kind == "regression" else codes_and_levels(y)[0]
    tells = _tells_amount if task.kind == "regression" else _tells_class
    told = []
    places = range(len(columns)) if len(columns) < WIDE else _suspects(X, columns, target)
    for place in places:
        column = columns[place]
        if not column.is_used:
            continue
        values = X.iloc[:, place]
        sizes = {min(LOOK, len(target)), len(target)}
        if all(tells(column, values.iloc[:size], target[:size], len(target)) for size in sorted(sizes)):
            told.append(column.name)
    return told


def _suspects(X: pd.DataFrame, columns: Sequence[Column], target: Codes) -> list[int]:
    """Return the columns of a wide table worth a look: of real numbers, those in whose order the target lies."""
    rows = slice(0, LOOK)
    is_real = [isinstance(dtype, np.dtype) and dtype.kind == "f" for dtype in X.dtypes]
    places = [place for place, real in enumerate(is_real) if real and columns[place].is_used]
    others = [place for place, real in enumerate(is_real) if not real]
    steps = np.diff(target[rows][np.argsort(X.iloc[rows, places].to_numpy(dtype=float), axis=0, kind="stable")], axis=0)
    turns = np.minimum((steps > 0).sum(axis=0), (steps < 0).sum(axis=0))
    return sorted([*others, *(places[at] for at in np.flatnonzero(turns <= 0.05 * len(steps)))])


def _tells_amount(column: Column, values: pd.Series[Any], y: Codes, rows: int) -> bool:
    """Whether the target only rises, or only falls, with the column."""
    is_whole = len(y) == rows
    found = _numbers(column, values)
    if found is None:
        return False
    known = np.isfinite(found)
    found, y = found[known], y[known]
    if len(y) < FEW or (is_whole and 2 * len(y) < len(known)):
        return False
    if len(np.unique(found)) < max(10, 0.5 * len(np.unique(y))):
        return False
    room = CLOSE * float(np.ptp(y))
    return any(bool((np.diff(side[np.lexsort((side, found))]) >= -room).all()) for side in (y, -y))


def _tells_class(column: Column, values: pd.Series[Any], y: Codes, rows: int) -> bool:
    """Whether each level of the column has one class, or cuts in its order part the classes."""
    is_whole = len(y) == rows
    if column.missing > 0 and _parts(np.asarray(values.isna(), dtype=int), y, is_whole):
        return True
    found = _numbers(column, values)
    known = np.asarray(values.notna()) if found is None else np.isfinite(found)
    if is_whole and 2 * known.sum() < len(known):
        return False
    if found is not None and _are_cut(found[known], y[known], is_whole):
        return True
    if column.levels * PER_LEVEL > rows:  # too fine to say anything; a long column is sorted for nothing
        return False
    codes = pd.factorize(values[known] if found is None else found[known])[0]
    return _parts(codes, y[known], is_whole)


def _parts(codes: Codes, y: Codes, is_whole: bool) -> bool:
    """Whether all rows of a level have one class; levels of few rows say nothing."""
    if len(codes) == 0:
        return not is_whole
    levels, first, place = np.unique(codes, return_index=True, return_inverse=True)
    if is_whole and (len(levels) * PER_LEVEL > len(codes) or len(np.unique(y)) < 2):
        return False
    return bool(np.array_equal(y[first][place], y))


def _are_cut(found: Codes, y: Codes, is_whole: bool) -> bool:
    """Whether the classes lie one after the other where the rows are sorted by the column."""
    if len(y) < FEW:
        return not is_whole
    sorted_rows = np.lexsort((y, found))
    cuts = np.flatnonzero(np.diff(y[sorted_rows]))
    classes, counts = np.unique(y, return_counts=True)
    if len(cuts) != len(classes) - 1 or (found[sorted_rows[cuts]] == found[sorted_rows[cuts + 1]]).any():
        return False
    return not is_whole or (len(classes) > 1 and counts.min() >= SMALL)


def _numbers(column: Column, values: pd.Series[Any]) -> Codes | None:
    """Return the values of a column that has an order as floats, None of one that has none."""
    if column.role == "number":
        return numbers_from(values, column.layout)
    if column.role == "date":
        dates = dates_from(values, column.layout)
        return np.where(np.isnat(dates), np.nan, dates.astype("int64").astype(float))
    return places_from(values, list(column.order)) if column.role == "ordered" else None


# -- rows on both sides ------------------------------------------------------------------------------------------------


def copies_across(table: Table, splits: Splits) -> str | None:
    """Say how many rows are scored by a model that learnt from their copy.

    None where no column tells most rows apart: there, rows are alike by chance, and equal rows are equal cases.
    """
    widest = _widest(table)
    if widest is None or not len(table.y) / MANY_COPIES <= table.columns[widest].levels < len(table.y):
        return None
    alike = np.flatnonzero(np.asarray(table.X.iloc[:, widest].duplicated(keep=False)))
    codes = _codes([table], [alike])[0]
    again = pd.Series(codes).duplicated(keep=False).to_numpy()
    alike, codes = alike[again], codes[again]
    if len(alike) == 0 or table.columns[widest].levels < 0.5 * (len(table.y) - len(alike) + len(np.unique(codes))):
        return None
    place = np.full(len(table.y), -1)
    place[alike] = codes
    scored: set[int] = set()
    for train, test in splits.pairs:
        both = np.isin(place[test], place[train]) & (place[test] >= 0)
        scored |= set(test[both].tolist())
    if not scored:
        return None
    return (
        f"{_rows(len(scored))} {'are' if len(scored) > 1 else 'is'} scored by models that learnt from an equal row: "
        "the score looks better than it is. Drop copies first with df.drop_duplicates(), or keep what belongs "
        "together in one fold with --group."
    )


def rows_in_both(table: Table, apart: Table) -> str | None:
    """Say how many of the rows of a test table stand in the training table as well."""
    shared = [name for name in table.X.columns if name in apart.X.columns]
    if not shared:
        return None
    ours, theirs = _codes([table, apart], [np.arange(len(table.y)), np.arange(len(apart.y))])
    both = int(np.isin(theirs, ours).sum())
    widest = _widest(table)
    is_rich = widest is not None and table.columns[widest].levels >= 0.5 * len(np.unique(ours))
    if both == 0 or not (is_rich or 2 * both > len(theirs)):
        return None
    return (
        f"{both} of the {_rows(len(theirs))} of the test table stand{'s' if both == 1 else ''} in the training table "
        "as well: their score says nothing about new rows. Leave them out of one of the two."
    )


def groups_in_both(ours: pd.Series[Any], theirs: pd.Series[Any], name: str) -> str | None:
    """Say how many groups of a test table stand in the training table as well."""
    known, others = set(words_from(ours.dropna())), set(words_from(theirs.dropna()))
    both = len(known & others)
    if not both:
        return None
    return (
        f'{both} of the {len(others)} groups of "{name}" in the test table stand{"s" if both == 1 else ""} in the '
        "training table as well: the score on the test table is not one for new groups."
    )


def order_unused(table: Table) -> str | None:
    """Name a column of dates in whose order the rows lie, where they are split without regard to it."""
    if table.order is not None or table.groups is not None:
        return None
    for place, column in enumerate(table.columns):
        if column.role != "date" or column.missing or column.levels < FEW or column.levels < 0.5 * len(table.y):
            continue
        dates = table.X.iloc[:, place]
        if all(_is_sorted(dates_from(dates.iloc[:size], column.layout)) for size in (LOOK, len(dates))):
            return (
                f"The rows lie in the order of {quoted([column.name])}, and they are split without regard to it. "
                f"If later rows are to be predicted from earlier ones, say so: --order {column.name}"
            )
    return None


def _is_sorted(dates: Codes) -> bool:
    steps = np.diff(dates.astype("int64"))
    return bool((steps >= 0).all() or (steps <= 0).all())


def _widest(table: Table) -> int | None:
    """Return the place of the used column with the most levels."""
    used = [place for place, column in enumerate(table.columns) if column.is_used]
    return max(used, key=lambda place: table.columns[place].levels, default=None)


def _codes(tables: Sequence[Table], rows: Sequence[Codes]) -> list[Codes]:
    """Return one number for each of these rows, equal where used columns and target are equal."""
    names = [column.name for column in tables[0].columns if column.is_used]
    parts = []
    for table, chosen in zip(tables, rows, strict=True):
        there = {str(name): place for place, name in enumerate(table.X.columns)}
        plain = {name: _plain(table.X.iloc[chosen, there[name]]) for name in names if name in there}
        plain["\0 target"] = _plain(pd.Series(table.y[chosen]))
        parts.append(pd.util.hash_pandas_object(pd.DataFrame(plain), index=False).to_numpy())
    codes = pd.factorize(np.concatenate(parts))[0]
    return np.split(codes, np.cumsum([len(part) for part in parts])[:-1])


def _plain(series: pd.Series[Any]) -> Codes:
    """Return values so that equal ones are equal, whatever the type they are stored as."""
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype):
        return numbers_from(series)
    words = words_from(series)
    return np.where(pd.isna(words), "", words)


def _rows(count: int) -> str:
    return f"{count} row{'s' * (count != 1)}"
