"""What each column of a table is: a number, a category, a date, a text, or nothing to learn from."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from automl_magic.errors import DataError
from automl_magic.tabular.converting import LARGEST, MISSING_WORDS, frame_from, numbers_from, word_of
from automl_magic.tabular.written import writing_of

Role: TypeAlias = Literal["number", "category", "ordered", "date", "boolean", "text", "id", "constant"]

MANY = 500  # columns from which those of real numbers are looked at all at once
LONG_COLUMN, FEW_LOOKS, MIN_LOOKS = 50_000, 10_000, 1_000  # rows beyond which so many are looked at to count levels
SAMPLE = 1_000  # values that are looked at where all would take long
FEW_ROWS = 30  # below this, all values different means nothing
UNIQUE = 0.95  # share of different values from which a word is an identifier
LONG = 3.0  # words in a value, on average, from which it is a text
YEARS = (1700, 2200)  # whole numbers in a row that may be years and are no running key
EMPTY, ALIKE, NUMBERS = "it is empty", "it holds one value", "it holds numbers"
RUNNING = "it is a running number"
DAYS = ("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d")
WRITTEN = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y")
LAYOUTS = ("ISO8601", *DAYS, *WRITTEN, *(f"{day} {time}" for day in DAYS for time in ("%H:%M", "%H:%M:%S")))
LIKE_DATE = re.compile(
    r"""\s*( \d{4}-\d\d?(-\d\d?)?([T ].*)?  |  \d{1,4}[/.-]\d\d?[/.-]\d{1,4}([ ].*)?
      |  \d\d?[ -][A-Za-z]{3,9}[ -]\d{2,4}  |  [A-Za-z]{3,9}[ ]\d\d?,[ ]\d{4} )\s*""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Column:
    """What a column was taken to be.

    Attributes
    ----------
    name : str
        Its name, as text.
    role : str
        "number", "category", "ordered", "date", "boolean", "text", or "id" and "constant", which are left out.
    levels : int
        Number of different values (estimated for long columns of fractions), missing ones not counted.
    missing : float
        Share of missing values.
    why : str
        Why it was taken to be that, in words.
    order : tuple of str
        Of ordered levels, the lowest first.
    layout : str or None
        How dates, or the number 1234.5, are written where they are texts.
    is_converted : bool
        Whether its values were read as something else than they are stored as.
    is_infinite : bool
        Whether it holds infinite values; they are read as missing.
    is_huge : bool
        Whether it holds numbers so large that they are cut.
    """

    name: str
    role: Role
    levels: int
    missing: float
    why: str
    order: tuple[str, ...] = ()
    layout: str | None = None
    is_converted: bool = False
    is_infinite: bool = False
    is_huge: bool = False

    @property
    def is_used(self) -> bool:
        """Whether models learn from it."""
        return self.role not in ("id", "constant")


@dataclass(frozen=True)
class Finding:
    """A role with its reason."""

    role: Role
    why: str
    order: tuple[str, ...] = ()
    layout: str | None = None
    is_converted: bool = False


def columns_of(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Return what each column of a table is.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The features.

    Raises
    ------
    DataError
        If a column holds lists, dicts, arrays or complex numbers.

    Examples
    --------
    >>> table = pd.DataFrame({"age": [31, 45, 28], "town": ["Ulm", "Bonn", "Ulm"]})
    >>> [column.role for column in columns_of(table)]
    ['number', 'category']
    """
    frame = frame_from(frame)
    quick = numbers_at_once(frame) if frame.shape[1] >= MANY else {}
    found = tuple(
        quick[place] if place in quick else _column(str(name), frame.iloc[:, place])
        for place, name in enumerate(frame.columns)
    )
    if any(column.is_used for column in found):
        return found
    return tuple(_as_feature(column, frame[column.name]) if column.role == "id" else column for column in found)


def numbers_at_once(frame: pd.DataFrame) -> dict[int, Column]:
    """Return what the columns of real numbers are, by place, as `columns_of` finds them one by one."""
    places = [place for place, dtype in enumerate(frame.dtypes) if isinstance(dtype, np.dtype) and dtype.kind == "f"]
    if not places:
        return {}
    values = np.array(frame.iloc[:, places].to_numpy(dtype=float))
    is_far = np.isinf(values)
    values[is_far] = np.nan
    is_huge = (np.abs(values) > LARGEST).any(axis=0)
    missing = np.isnan(values).mean(axis=0)
    values.sort(axis=0)
    levels = (np.diff(values, axis=0) > 0).sum(axis=0) + (missing < 1)
    found = {}
    for at, place in enumerate(places):
        name, count, share = str(frame.columns[place]), int(levels[at]), float(missing[at])
        if count == 0 or (count == 1 and share == 0.0):
            found[place] = Column(name, "constant", count, share, EMPTY if count == 0 else ALIKE)
        else:
            far, huge = bool(is_far[:, at].any()), bool(is_huge[at])
            found[place] = Column(name, "number", count, share, NUMBERS, is_infinite=far, is_huge=huge)
    return found


def _as_feature(column: Column, series: pd.Series[Any]) -> Column:
    """Return an identifier as something to learn from: there is nothing else."""
    is_number = pd.api.types.is_numeric_dtype(series.dtype) or column.layout is not None
    role: Role = "number" if is_number else "category"
    return replace(column, role=role, why=f"{column.why}, but there is no other column")


def _column(name: str, series: pd.Series[Any]) -> Column:
    if len(series) > LONG_COLUMN and isinstance(series.dtype, np.dtype) and series.dtype.kind == "f":
        quick = _many_fractions(name, series)
        if quick is not None:
            return quick
    try:
        levels = pd.unique(series)
    except TypeError:
        raise _unusable(name, series) from None
    is_gap = pd.isna(levels)
    known = levels[~is_gap]
    missing = float(series.isna().mean()) if is_gap.any() else 0.0
    infinite = 0.0
    if isinstance(series.dtype, np.dtype) and series.dtype.kind == "f" and np.isinf(known).any():
        infinite = float(np.isinf(series.to_numpy()).mean())
        known = known[~np.isinf(known)]
    missing += infinite
    if len(known) == 0 or (len(known) == 1 and missing == 0.0):
        return Column(name, "constant", len(known), missing, EMPTY if len(known) == 0 else ALIKE)
    found = _finding(name, series, known, missing)
    huge = found.role == "number" and _is_huge(known, found.layout)
    return Column(name, levels=len(known), missing=missing, is_infinite=infinite > 0, is_huge=huge, **vars(found))


def _is_huge(known: Any, layout: str | None) -> bool:
    """Whether one of the values that differ is a number too large to count with."""
    if isinstance(known, np.ndarray) and known.dtype.kind in "biu":
        return False
    if layout is not None and max(map(len, known)) <= np.log10(LARGEST):
        return False
    return bool((np.abs(numbers_from(pd.Series(known), layout)) > LARGEST).any())


def _many_fractions(name: str, series: pd.Series[Any]) -> Column | None:
    """Return a long column of numbers of which most differ, its levels estimated: to count them takes a tenth second.

    None where they are not so many.
    """
    values = series.to_numpy()
    looked = values[:: max(1, len(values) // FEW_LOOKS)]
    looked = looked[np.isfinite(looked)]
    distinct = len(pd.unique(looked))
    if len(looked) < MIN_LOOKS or distinct < 0.5 * len(looked):
        return None
    finite = int(np.isfinite(values).sum())
    infinite = 0 if finite == len(values) else int(np.isinf(values).sum())
    levels = min(len(values) - 1, round(distinct / len(looked) * finite))
    missing = 1 - finite / len(values)
    huge = bool((np.abs(values[np.isfinite(values)]) > LARGEST).any())
    return Column(name, "number", levels, missing, "it holds numbers", is_infinite=infinite > 0, is_huge=huge)


def _finding(name: str, series: pd.Series[Any], known: Any, missing: float) -> Finding:
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        if dtype.ordered:
            return Finding(
                "ordered", "it is an ordered categorical", tuple(word_of(level) for level in dtype.categories)
            )
        return Finding("category", "it is a categorical")
    if pd.api.types.is_bool_dtype(dtype):
        return Finding("boolean", "it holds true and false")
    if pd.api.types.is_complex_dtype(dtype):
        raise _unusable(name, series)
    if pd.api.types.is_numeric_dtype(dtype):
        is_key = missing == 0 and pd.api.types.is_integer_dtype(dtype) and _is_running(np.asarray(known), len(series))
        return Finding("id", RUNNING) if is_key else Finding("number", NUMBERS)
    if pd.api.types.is_timedelta64_dtype(dtype):
        return Finding("number", "it holds durations, read as seconds")
    if pd.api.types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        return Finding("date", "it holds dates")
    return _of_objects(name, series, known)


def _is_running(values: Any, rows: int) -> bool:
    """Whether whole numbers are a key: each once, and none left out between the first and the last."""
    if rows < FEW_ROWS or len(values) < rows:
        return False
    low, high = int(values.min()), int(values.max())
    return high - low == rows - 1 and not (YEARS[0] <= low and high <= YEARS[1])


def _of_objects(name: str, series: pd.Series[Any], known: Any) -> Finding:
    """Judge a column of Python objects or texts by the values that differ."""
    known = pd.Series(list(known), dtype=object)
    inferred = pd.api.types.infer_dtype(known, skipna=True)
    if inferred == "boolean":
        return Finding("boolean", "it holds true and false")
    if inferred in ("integer", "floating", "mixed-integer-float", "decimal"):
        return Finding("number", "it holds numbers stored as objects")
    if inferred in ("datetime", "datetime64", "date"):
        return Finding("date", "it holds dates stored as objects")
    if inferred in ("timedelta", "timedelta64"):
        return Finding("number", "it holds durations, read as seconds")
    if inferred == "complex" or any(
        isinstance(value, list | dict | set | tuple | np.ndarray) for value in known[:SAMPLE]
    ):
        raise _unusable(name, series)
    if inferred != "string":
        return Finding("category", "it mixes values of different types", is_converted=True)
    return _of_words(series, known)


def _of_words(series: pd.Series[Any], known: pd.Series[Any]) -> Finding:
    """Judge a column of texts."""
    words = known.str.strip()
    words = words[~words.str.lower().isin(MISSING_WORDS)]
    if len(words) and set(words.str.lower()) <= {"true", "false"}:
        return Finding("boolean", "its texts are true and false", is_converted=True)
    if len(words) and _are_numbers(words):
        return Finding("number", "its texts are numbers", is_converted=True)
    layout = _layout_of(words)
    if layout is not None:
        return Finding("date", "its texts are dates", layout=layout, is_converted=True)
    writing = writing_of(words.tolist())
    if writing is not None:
        return _of_amounts(series, words, writing)
    share = len(known) / max(1, int(series.notna().sum()))
    length = float(np.mean([len(word.split()) for word in words.iloc[:SAMPLE]])) if len(words) else 0.0
    if len(known) > 20 and share > 0.1 and (length >= LONG or (length >= 2 and share > UNIQUE)):
        return Finding("text", "its values are texts of several words")
    if len(series) >= FEW_ROWS and share > UNIQUE:
        return Finding("id", "nearly every value is different")
    return Finding("category", "it holds words")


def _of_amounts(series: pd.Series[Any], words: pd.Series[Any], writing: str) -> Finding:
    """Judge a column of numbers with separators or a unit."""
    if len(words) == len(series) and _are_whole(numbers_from(words.iloc[:SAMPLE], writing)):
        values = numbers_from(words, writing)
        is_key = _are_whole(values) and _is_running(values, len(series))
    else:
        is_key = False
    if is_key:
        return Finding("id", "its texts are running numbers", layout=writing, is_converted=True)
    return Finding("number", "its texts are numbers with separators or a unit", layout=writing, is_converted=True)


def _are_whole(values: np.ndarray[Any, Any]) -> bool:
    """Whether numbers have no fractions and are exact."""
    return bool(((values % 1 == 0) & (np.abs(values) < 2**53)).all())


def _are_numbers(words: pd.Series[Any]) -> bool:
    """Whether texts are numbers, and no codes of one length with leading zeros."""
    if (
        pd.to_numeric(words.iloc[:20], errors="coerce").isna().any()
        or pd.to_numeric(words, errors="coerce").isna().any()
    ):
        return False
    return not words.str.fullmatch(r"0\d+").any()


def _layout_of(words: pd.Series[Any]) -> str | None:
    """Return how dates are written in texts, or None where they are no dates."""
    if len(words) == 0 or not words.iloc[:20].str.fullmatch(LIKE_DATE).all():
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for layout in LAYOUTS:
            first = pd.to_datetime(words.iloc[:20], format=layout, errors="coerce", utc=True)
            if first.notna().all() and pd.to_datetime(words, format=layout, errors="coerce", utc=True).notna().all():
                return layout
    return None


def _unusable(name: str, series: pd.Series[Any]) -> DataError:
    held = "complex numbers" if pd.api.types.is_complex_dtype(series.dtype) else "lists or other collections"
    kinds = {type(value).__name__ for value in series.iloc[:SAMPLE].dropna()}
    return DataError(
        f'Column "{name}" holds {held}. Got values of type {", ".join(sorted(kinds))}.',
        "Spread them over columns of their own, or leave the column out with ignore.",
    )
