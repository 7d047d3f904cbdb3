"""What the target is: classes or numbers, and which rows have one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from automl_magic.errors import DataError, OptionError, did_you_mean
from automl_magic.tabular.converting import MISSING_WORDS
from automl_magic.tabular.counting import codes_and_levels
from automl_magic.tabular.written import parts_of, writing_of

Kind: TypeAlias = Literal["binary", "multiclass", "regression"]
TASKS = ("auto", "classification", "regression", "binary", "multiclass")
MANY = 20  # more different whole numbers than this are a quantity, not classes
FEWEST = 4  # rows that can be split into two parts of two
LARGEST = 1e100  # number in a target
RARE = 0.01  # share of a class below which the metric matters


@dataclass(frozen=True)
class Task:
    """What is to be predicted.

    Attributes
    ----------
    kind : str
        "binary", "multiclass" or "regression".
    target : str
        The target's name.
    classes : tuple
        The classes, sorted as `numpy.unique` does; () for a regression.
    why : str
        What it was taken to be and why, in one sentence.
    """

    kind: Kind
    target: str
    classes: tuple[Any, ...]
    why: str


@dataclass(frozen=True)
class Target:
    """The target of the rows that have one.

    Attributes
    ----------
    y : ndarray of shape (n_kept,)
        Labels as given, or floats.
    kept : ndarray of bool of shape (n_rows,)
        Which rows have a target.
    task : Task
        What it is.
    notes : tuple of str
        What was done, in words.
    """

    y: np.ndarray[Any, Any]
    kept: np.ndarray[Any, Any]
    task: Task
    notes: tuple[str, ...]


def read_target(series: pd.Series[Any], name: str, task: str = "auto") -> Target:
    """Decide what the target is and drop the rows without one.

    Parameters
    ----------
    series : Series of shape (n_rows,)
        The target as given.
    name : str
        Its name, for messages.
    task : str
        "auto", "classification", "regression", "binary" or "multiclass".

    Raises
    ------
    DataError
        If nothing can be learnt from it: all missing, one class, values of mixed types, or no numbers for a regression.
    OptionError
        If `task` is none of these.
    """
    if task not in TASKS:
        raise OptionError(
            f"task must be one of {', '.join(TASKS)}. Got {task!r} instead.{did_you_mean(task, TASKS)}",
            "Leave it out to have it decided from the target's values.",
        )
    kept = np.array(series.notna(), dtype=bool)
    if isinstance(series.dtype, np.dtype) and series.dtype.kind == "f":
        kept &= ~np.isinf(series.to_numpy())
    if not kept.any():
        raise DataError(f'The target "{name}" has no value: all rows are missing.', "Choose another target.")
    if kept.sum() < FEWEST:
        raise DataError(
            f"A search needs at least {FEWEST} rows with a target. Got {int(kept.sum())}.", "Give more rows, better 50."
        )
    values = _plain(series[kept], name)
    levels = len(pd.unique(values))
    notes = _gap_note(name, int((~kept).sum()))
    if task == "regression" or (task == "auto" and _is_quantity(values, levels)):
        y = _as_numbers(values, name)
        because = "as you said" if task != "auto" else f"since it holds {_held(values, levels)}"
        why = f'"{name}" is predicted as a number (regression), {because}.'
        if levels < 2:
            raise DataError(
                f'The target "{name}" has one value only.', "There is nothing to learn. Choose another target."
            )
        return Target(y, kept, Task("regression", name, (), why), notes)
    y, more = _as_classes(values, name, levels, task)
    classes = tuple(codes_and_levels(y)[1].tolist())
    kind: Kind = "binary" if len(classes) == 2 else "multiclass"
    because = "as you said" if task != "auto" else f"since it holds {_held(values, levels)}"
    why = f'"{name}" is predicted as one of {levels} classes (classification), {because}.'
    return Target(y, kept, Task(kind, name, classes, why), (*notes, *more))


def _plain(series: pd.Series[Any], name: str) -> pd.Series[Any]:
    """Return the values as numpy bools, whole numbers, floats, or objects."""
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _plain(series.astype(dtype.categories.dtype), name)
    if pd.api.types.is_datetime64_any_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype):
        raise DataError(f'The target "{name}" holds dates or durations.', "Turn it into numbers, for example days.")
    if pd.api.types.is_complex_dtype(dtype):
        raise DataError(
            f'The target "{name}" holds complex numbers.', f"Take a part of it: df[{name!r}].map(lambda z: z.real)."
        )
    if pd.api.types.is_bool_dtype(dtype):
        return pd.Series(series.to_numpy(dtype=bool))
    if pd.api.types.is_integer_dtype(dtype):
        return pd.Series(series.to_numpy(dtype=np.int64) if not isinstance(dtype, np.dtype) else series.to_numpy())
    if pd.api.types.is_float_dtype(dtype):
        return pd.Series(series.to_numpy(dtype=float))
    return _of_objects(series, name)


def _of_objects(series: pd.Series[Any], name: str) -> pd.Series[Any]:
    try:
        inferred = pd.api.types.infer_dtype(pd.unique(series), skipna=True)
    except TypeError:
        inferred = "mixed"
    if inferred == "boolean":
        return pd.Series(series.to_numpy(dtype=bool))
    if inferred == "integer":
        return pd.Series(series.to_numpy(dtype=np.int64))
    if inferred in ("floating", "mixed-integer-float", "decimal"):
        return pd.Series(series.to_numpy(dtype=float))
    if inferred != "string":
        kinds = sorted({type(value).__name__ for value in series})
        raise DataError(
            f'The target "{name}" must hold values of one type. Got {", ".join(kinds)}.',
            f'Make them one: df["{name}"] = df["{name}"].astype(str).',
        )
    return pd.Series(series.to_numpy(dtype=object), dtype=object)


def _is_quantity(values: pd.Series[Any], levels: int) -> bool:
    """Whether the values are an amount: fractions, or whole numbers of which many differ."""
    if values.dtype == object:
        return levels > MANY and bool(pd.to_numeric(pd.Series(values.unique()), errors="coerce").notna().all())
    if values.dtype.kind == "b":
        return False
    fractions = values.dtype.kind == "f" and bool((values % 1 != 0).any())
    return fractions or levels > MANY or (levels > 2 and levels > len(values) / 2)


def _as_numbers(values: pd.Series[Any], name: str) -> np.ndarray[Any, Any]:
    found = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(found).all():
        bad = int((~np.isfinite(found)).sum())
        raise DataError(
            f'A regression needs numbers. The target "{name}" holds {bad} values that are none.',
            _as_amounts(values, name)
            or "Say task=classification (--task classification in a cell), or turn them into numbers.",
        )
    if np.abs(found).max() > LARGEST:
        raise DataError(
            f'The target "{name}" holds numbers beyond {LARGEST:g}: their squares cannot be counted with.',
            "Look for wrong values, or predict the logarithm.",
        )
    return np.asarray(found)


def _as_classes(
    values: pd.Series[Any], name: str, levels: int, task: str
) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    if values.dtype.kind == "f" and bool((values % 1 != 0).any()):
        raise DataError(
            f'The target "{name}" holds fractions: they are no classes.',
            f'Say task=regression (--task regression in a cell), or make them texts: df["{name}"].astype(str).',
        )
    counts = values.value_counts()
    if levels < 2:
        raise DataError(
            f'The target "{name}" has one class only.', "There is nothing to tell apart. Choose another target."
        )
    if levels > len(values) / 2 and levels > 2:
        raise DataError(
            f'The target "{name}" has {levels} different values in {len(values)} rows: hardly a class has two rows.',
            _as_amounts(values, name) or "Is it an identifier? Choose another target.",
        )
    if task == "binary" and levels != 2:
        raise DataError(
            f'The target "{name}" has {levels} classes, not two.',
            "Say task=classification, or --task classification in a cell.",
        )
    notes: list[str] = []
    alone = int((counts == 1).sum())
    if alone:
        notes.append(
            f"{alone} class{'es have' if alone > 1 else ' has'} one row only: it cannot be both learnt and checked."
        )
    if levels == 2 and counts.min() < RARE * len(values):
        notes.append(
            f"The smaller class has {counts.min() / len(values):.1%} of the rows: "
            "the metric average_precision tells more there."
        )
    if values.dtype.kind == "f" and levels == 2 and task == "auto":
        notes.append(
            f'"{name}" holds two numbers and was taken for two classes. If they are amounts, say task=regression '
            "(--task regression in a cell)."
        )
    return values.to_numpy(), tuple(notes)


def _as_amounts(values: pd.Series[Any], name: str) -> str | None:
    """Say how to turn numbers with separators or a unit into plain ones; None where they are none."""
    words = pd.Series(pd.unique(values)) if values.dtype == object else pd.Series(dtype=object)
    words = words[[isinstance(word, str) and word.strip().lower() not in MISSING_WORDS for word in words]]
    layout = writing_of(words.tolist())
    if layout is None:
        return None
    decimal = parts_of(layout).decimal
    code = f'df["{name}"].str.replace(r"[^\\d{decimal}-]", "", regex=True)'
    code += '.str.replace(",", ".")' if decimal == "," else ""
    return f'They are written as "{layout}". Turn them into numbers first: df["{name}"] = pd.to_numeric({code}).'


def _gap_note(name: str, gaps: int) -> tuple[str, ...]:
    return (
        (f'{gaps} row{"s" * (gaps != 1)} without "{name}" {"were" if gaps != 1 else "was"} left out.',) if gaps else ()
    )


def _held(values: pd.Series[Any], levels: int) -> str:
    """Return in words what a target holds; none of its values is named."""
    if values.dtype.kind == "f" and bool((values % 1 != 0).any()):
        return "numbers with fractions"
    kind = {"O": "words", "b": "values, true and false"}.get(values.dtype.kind, "whole numbers")
    if values.dtype == object and levels > MANY and _is_quantity(values, levels):
        kind = "numbers written as words"
    return f"{levels} different {kind}"
