"""Read what a person gives to a search of networks: a table, sequences, images or texts, and the target."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_magic.errors import DataError, OptionError, did_you_mean
from automl_magic.networks.graph import SIZES, Inputs
from automl_magic.networks.preparing import (
    PrepareArray,
    PrepareText,
    array_of,
    is_missing,
    numbers_of,
    texts_of,
    tokens_of,
)
from automl_magic.networks.preparing_tables import MOST_LEVELS, OF_DATE, OF_TEXT, PrepareTable
from automl_magic.tabular.prepare import preparation, roles_of
from automl_magic.tabular.reading import beside
from automl_magic.tabular.target import Task, read_target
from automl_magic.tabular.task import Table, read_table

INPUTS = tuple(SIZES)
LEAST_STEPS = 16  # columns of numbers from which an array may hold sequences
UNLIKE = 30.0  # times that deviations of columns may differ in sequences
LEAST_SIDE = 6  # of an image
LONGEST_TEXT, MOST_TOKENS = 128, 5_000


@dataclass(frozen=True)
class NetworkData:
    """What networks are searched for on.

    Attributes
    ----------
    X : DataFrame or ndarray
        As given: a table, an array of shape (n_rows, ...), or texts as an array of objects. Rows without a target are
        left out.
    y : ndarray of shape (n_rows,)
        The labels as given, or floats.
    task : Task
        What is to be predicted.
    inputs : Inputs
        What a network takes and gives.
    prepare : transformer
        Not fitted: makes float32 of shape (n_rows, *inputs.shape) of X.
    why : str
        What X was taken for, and what to say if it is something else.
    warnings : tuple of str
        What was left out, or is doubtful, in words.
    """

    X: Any
    y: NDArray[Any]
    task: Task
    inputs: Inputs
    prepare: Any
    why: str
    warnings: tuple[str, ...] = ()

    def rows(self, places: NDArray[Any]) -> Any:
        """Return some rows of X."""
        return self.X.iloc[places] if isinstance(self.X, pd.DataFrame) else self.X[places]


def read_inputs(
    X: Any,
    y: Any = None,
    *,
    target: str | None = None,
    input: str | None = None,
    task: str = "auto",
    ignore: Sequence[str] = (),
) -> NetworkData:
    """Read what networks are to learn from.

    Parameters
    ----------
    X : DataFrame, array-like or list of str
        A DataFrame, or an array of fewer than 16 columns, is a table; an array of shape (n_rows, n_steps) holds
        sequences of one channel, (n_rows, n_steps, n_channels) sequences, (n_rows, height, width) and (n_rows, height,
        width, n_channels) images; texts are a list or Series of str.
    y : array-like of shape (n_rows,), optional
        The target.
    target : str, optional
        Of a table, the column that is the target, in place of y.
    input : str, optional
        "table", "sequence", "image" or "text", where X is not what it looks like.
    task : str
        "auto", "classification" or "regression".
    ignore : sequence of str
        Columns of a table to leave out.

    Raises
    ------
    DataError
        If X or y cannot be learnt from as they are.
    OptionError
        If `input` is none of these, or does not fit the shape of X.

    Examples
    --------
    >>> read_inputs(np.random.default_rng(0).normal(size=(20, 8, 8)), ["a", "b"] * 10).inputs.kind
    'image'
    """
    if input is not None and input not in INPUTS:
        raise OptionError(
            f"input must be one of {', '.join(INPUTS)}. Got {input!r} instead.{did_you_mean(input, INPUTS)}",
            "Leave it out to have it decided from the shape of X.",
        )
    if input == "text" or (input is None and _holds_texts(X)):
        return _of_texts(X, y, task)
    is_frame = hasattr(X, "columns") or hasattr(X, "to_pandas") or isinstance(X, str | dict) or hasattr(X, "nnz")
    if target is not None or (is_frame and input in (None, "table")):
        return _of_table(X, y, target, task, "X is a table", ignore)
    values = array_of(X.to_numpy() if hasattr(X, "to_numpy") else X)
    if values.ndim == 0 or len(values) == 0:
        raise DataError(f"X holds no rows. Got shape {values.shape}.", "Give one row for each value of y.")
    kind, why = _kind_of(values, input)
    if ignore and kind != "table":
        raise OptionError(f"ignore names columns of a table. {why}.", "Leave it out.")
    if kind == "table":
        return _of_table(values, y, None, task, why, ignore)
    return _of_arrays(values, y, task, kind, why)


def _holds_texts(X: Any) -> bool:
    """Whether X is a list, Series or array of texts, some perhaps missing."""
    if isinstance(X, str | dict) or hasattr(X, "columns") or getattr(X, "ndim", 1) != 1:
        return False
    if not isinstance(X, list | tuple | np.ndarray) and not hasattr(X, "to_list"):
        return False
    values = X.to_list() if hasattr(X, "to_list") else list(X)
    known = [value for value in values if not is_missing(value)]
    return bool(known) and all(isinstance(value, str) for value in known)


def _kind_of(values: NDArray[Any], given: str | None) -> tuple[str, str]:
    """Return what an array holds, and why."""
    sizes = values.shape[1:]
    shape = " x ".join(map(str, values.shape))
    fitting = {1: ("table", "sequence"), 2: ("sequence", "image"), 3: ("image",)}.get(len(sizes), ())
    if not fitting:
        raise DataError(
            f"X must have 2, 3 or 4 dimensions: (rows, columns or steps), (rows, steps, channels), "
            f"(rows, height, width[, channels]). Got {values.ndim}: {values.shape}.",
            "Reshape it: X.reshape(-1, 1) for one number in each row, X.reshape(-1, 28, 28) for flat images.",
        )
    if given is not None:
        if given not in fitting:
            reshaped = "X.reshape(len(X), height, width)" if given == "image" else "X.reshape(len(X), -1)"
            raise OptionError(
                f"input={given!r} does not fit X of shape {values.shape}, which may be {' or '.join(fitting)}.",
                f"Reshape it first: {reshaped}.",
            )
        return given, f"X ({shape}) is read as {given}, as you said"
    if len(sizes) == 1:
        return _flat_kind(values, shape)
    if len(sizes) == 2:
        is_image = min(sizes) >= LEAST_SIDE and max(sizes) <= 2 * min(sizes)
        kind = "image" if is_image else "sequence"
        what = "images of one channel" if is_image else f"sequences of {sizes[0]} steps and {sizes[1]} channels"
        return kind, f"X ({shape}) is read as {what}"
    if sizes[0] in (1, 3, 4) and sizes[2] > 4:
        raise DataError(
            f"X of shape {values.shape} looks like images with their channels first; they are to come last.",
            "Give np.moveaxis(X, 1, -1), or say input='image' if these are images as they stand.",
        )
    return "image", f"X ({shape}) is read as images of {sizes[2]} channels"


def _flat_kind(values: NDArray[Any], shape: str) -> tuple[str, str]:
    """Tell sequences from a table: columns of a sequence are alike, and there are many."""
    if values.dtype.kind not in "biuf" or values.shape[1] < LEAST_STEPS:
        return "table", f"X ({shape}) is read as a table"
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return "table", f"X ({shape}) is read as a table, since sequences have no missing values"
    deviations = values.std(axis=0, dtype=float)
    deviations = deviations[deviations > 0]
    low, high = np.quantile(deviations, (0.1, 0.9)) if len(deviations) else (1.0, 1.0)
    if high > UNLIKE * low:
        return "table", f"X ({shape}) is read as a table, since its columns are unlike each other"
    side = math.isqrt(values.shape[1])
    flat = f"; if they are flat images, give X.reshape(-1, {side}, {side})" if side * side == values.shape[1] else ""
    return "sequence", f"X ({shape}) is read as sequences of {values.shape[1]} steps{flat}"


def _told(why: str, kind: str) -> str:
    others = [other for other in INPUTS if other != kind]
    return f"{why}. If it is something else, say input={others[0]!r} or one of {', '.join(others[1:])}."


def _of_table(X: Any, y: Any, target: str | None, task: str, why: str, ignore: Sequence[str]) -> NetworkData:
    table = read_table(X, target, y, task=task, ignore=ignore)
    prepare, inputs = table_preparation(table)
    return NetworkData(table.X, table.y, table.task, inputs, prepare, _told(why, "table"), table.warnings)


def table_preparation(table: Table) -> tuple[PrepareTable, Inputs]:
    """Return what prepares a table for networks, and what they take."""
    clean = preparation(table, "dense").named_steps["clean"]
    roles, by_name = roles_of(table), {column.name: column for column in table.columns}
    flagged = [name for name in roles.amounts if by_name[name].missing > 0]
    codes = tuple(min(by_name[name].levels, MOST_LEVELS) + 1 for name in roles.few + roles.many)
    numbers = len(roles.amounts) + len(OF_DATE) * len(roles.dates) + OF_TEXT * len(roles.texts)
    shape = (numbers + len(flagged) + len(codes),)
    return PrepareTable(clean, flagged, codes), Inputs("table", shape, codes, outputs=_outputs(table.task))


def _of_arrays(values: NDArray[Any], y: Any, task: str, kind: str, why: str) -> NetworkData:
    numbers_of(values)
    found, kept = _target(y, len(values), task)
    dimensions = SIZES[kind]
    shape = values.shape[1:] if values.ndim - 1 == dimensions else (*values.shape[1:], 1)
    inputs = Inputs("image" if kind == "image" else "sequence", shape, outputs=_outputs(found.task))
    X = values if kept.all() else values[kept]
    return NetworkData(X, found.y, found.task, inputs, PrepareArray(tuple(shape)), _told(why, kind), found.notes)


def _of_texts(X: Any, y: Any, task: str) -> NetworkData:
    texts = texts_of(X)
    index = X.index if isinstance(X, pd.Series | pd.DataFrame) else None
    found, kept = _target(y, len(texts), task, index)
    kept_texts = [text for text, is_kept in zip(texts, kept, strict=True) if is_kept]
    words = [tokens_of(text, "word") for text in kept_texts]
    counts = Counter(token for text in words for token in text)
    if not counts:
        raise DataError("All texts are empty.", "Give texts with words in them.")
    repeated = sum(count for count in counts.values() if count > 1)
    unit = "word" if 2 * repeated >= counts.total() and counts.total() >= 2 * len(words) else "character"
    if unit == "character":
        words = [tokens_of(text, unit) for text in kept_texts]
        counts = Counter(token for text in words for token in text)
    least = 2 if max(counts.values()) > 1 else 1
    vocabulary = 2 + min(MOST_TOKENS, sum(count >= least for count in counts.values()))
    length = max(1, min(LONGEST_TEXT, math.ceil(np.quantile([len(text) for text in words], 0.95))))
    prepare = PrepareText(length, vocabulary, unit, least)
    inputs = Inputs("text", (length,), vocabulary=vocabulary, outputs=_outputs(found.task))
    why = f"X is read as texts of up to {length} {unit}s, of which {vocabulary - 2:,} differ"
    values = np.asarray(kept_texts, dtype=object)
    return NetworkData(values, found.y, found.task, inputs, prepare, _told(why, "text"), found.notes)


def _target(y: Any, rows: int, task: str, index: Any = None) -> Any:
    """Return the target of the rows that have one, and which these are."""
    if y is None:
        raise DataError("No target: y is missing.", "Give y, one value for each row of X.")
    if index is None and isinstance(y, pd.Series | pd.DataFrame):
        y = y.reset_index(drop=True)
    frame = pd.DataFrame(index=pd.RangeIndex(rows) if index is None else index)
    series = beside(y, frame, "The target", "y")
    name = "y" if series.name is None else str(series.name)
    found = read_target(series.reset_index(drop=True), name, task)
    return found, found.kept


def _outputs(task: Task) -> int:
    return 1 if task.kind == "regression" else len(task.classes)
