"""What each column of a table means: its role, inferred and said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from automl_magic.errors import DataError

Role: TypeAlias = Literal["number", "category", "ordered", "date", "boolean", "text", "id", "constant"]
SAMPLE = 2_000  # values that are looked at where looking at all would cost
MOSTLY = 0.95  # share of the values that must parse for a column of words to be numbers or dates
WORDS = 3.5  # mean number of words from which a column of many different values is text
DATE = re.compile(r"^\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d{1,2}:\d{2}.*)?\s*$")


@dataclass(frozen=True)
class Column:
    """A column and what it was taken to be.

    Attributes
    ----------
    name : str
        Its name.
    role : str
        "number", "category", "ordered", "date", "boolean", "text", "id" or "constant" (empty ones too). The last two
        are not used.
    levels : int
        Number of different values.
    missing : float
        Share of missing values.
    why : str
        A sentence where the role is not plain, else "".
    order : tuple
        The categories of an ordered column, from low to high.
    """

    name: str
    role: Role
    levels: int
    missing: float
    why: str = ""
    order: tuple[Any, ...] = ()

    @property
    def is_used(self) -> bool:
        """Whether the column goes into the models."""
        return self.role not in ("id", "constant")


def columns_of(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Return the columns of `frame` with their roles.

    Raises
    ------
    DataError
        If a column holds what no model can take: lists, complex numbers.
    """
    return tuple(column_of(str(name), frame.iloc[:, place]) for place, name in enumerate(frame.columns))


def column_of(name: str, values: pd.Series[Any]) -> Column:
    """Return what one column means."""
    missing = float(values.isna().mean()) if len(values) else 1.0
    present = values.dropna()
    if pd.api.types.is_complex_dtype(values.dtype):
        raise DataError(f'Column "{name}" holds complex numbers.', "Give real and imaginary part as two columns.")
    if (
        present.map(lambda value: isinstance(value, list | dict | set | tuple | np.ndarray)).any()
        if _is_wordy(values)
        else False
    ):
        raise DataError(f'Column "{name}" holds lists.', f"Spread them into columns, or leave it out: ignore={name!r}.")
    levels = int(present.nunique())
    if levels <= 1:
        said = f'"{name}" is left out: it is empty.' if levels == 0 else f'"{name}" is left out: it has one value only.'
        return Column(name, "constant", levels, missing, said)
    role, why, order = _role_of(name, present, levels)
    return Column(name, role, levels, missing, why, order)


def _is_wordy(values: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_object_dtype(values.dtype) or pd.api.types.is_string_dtype(values.dtype))


def _role_of(name: str, present: pd.Series[Any], levels: int) -> tuple[Role, str, tuple[Any, ...]]:
    dtype = present.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        order = tuple(map(str, dtype.categories)) if dtype.ordered else ()
        return ("ordered" if dtype.ordered else "category"), "", order
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean", "", ()
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date", "", ()
    if pd.api.types.is_timedelta64_dtype(dtype):
        return "number", f'"{name}" is taken in seconds.', ()
    if pd.api.types.is_numeric_dtype(dtype):
        if _is_running(present, levels):
            return "id", f'"{name}" is left out: it numbers the rows.', ()
        return "number", "", ()
    return (*_role_of_words(name, present, levels), ())


def _is_running(present: pd.Series[Any], levels: int) -> bool:
    """Whether whole numbers count the rows, each once and with no gap."""
    if levels < len(present) or len(present) < 20 or not pd.api.types.is_integer_dtype(present.dtype):
        return False
    return bool(int(present.max()) - int(present.min()) == len(present) - 1)


def _role_of_words(name: str, present: pd.Series[Any], levels: int) -> tuple[Role, str]:
    sample = present.iloc[:: max(1, len(present) // SAMPLE)]
    if sample.map(lambda value: isinstance(value, bool | np.bool_)).all():
        return "boolean", ""
    if sample.map(lambda value: isinstance(value, int | float | np.number)).all():
        return "number", ""
    words = sample.astype(str)
    kinds = set(sample.map(type))
    if pd.to_numeric(words, errors="coerce").notna().mean() >= MOSTLY:
        return "number", f'"{name}" holds numbers written as text: converted, what is no number counts as missing.'
    if (
        words.str.match(DATE).mean() >= MOSTLY
        and pd.to_datetime(words, errors="coerce", format="mixed").notna().mean() >= MOSTLY
    ):
        return "date", f'"{name}" holds dates written as text: converted.'
    mean_words = float(words.map(lambda text: len(text.split())).mean())
    many = levels > max(20, 0.2 * len(present))
    if many and mean_words >= WORDS:
        return "text", ""
    if levels >= 0.98 * len(present) and len(present) >= 20:
        if mean_words < 2:
            return "id", f'"{name}" is left out: nearly every row has a value of its own.'
        return "text", ""
    if len(kinds) > 1:
        return "category", f'"{name}" holds values of several types: taken as categories.'
    return "category", ""
