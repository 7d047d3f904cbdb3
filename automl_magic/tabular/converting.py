"""Columns as numbers, words, dates, flags and places; a table out of whatever is given.

Exported scripts hold the source of what they use, so nothing of ours is imported here but what reads writings.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from automl_magic.tabular.written import amounts_from

LARGEST = 1e30  # what is larger is cut: forests count in 32 bits
MISSING_WORDS = frozenset(
    ["", "?", "-", "--", "–", "—", "na", "n/a", "n.a.", "#n/a", "nan", "none", "null", "<na>", "nat", "unknown"]
)
FLAGS = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "yes": 1.0, "no": 0.0}


def frame_from(X: Any) -> pd.DataFrame:
    """Return a table as a DataFrame whose column names are strings: x0, x1, … where it has none."""
    if isinstance(X, pd.DataFrame):
        frame = X
    elif hasattr(X, "to_pandas"):
        frame = X.to_pandas()
    else:
        X = X.toarray() if hasattr(X, "toarray") else X
        array = np.asarray(X, dtype=object) if isinstance(X, list | tuple) else np.asarray(X)
        frame = pd.DataFrame(array, columns=[f"x{place}" for place in range(array.shape[1])])
        frame = frame.infer_objects() if array.dtype == object else frame
    if all(isinstance(name, str) for name in frame.columns):
        return frame
    return frame.set_axis([str(name) for name in frame.columns], axis=1)


def rows_of_dicts(X: Any) -> Any:
    """Return dicts as a DataFrame, one for each row, one of columns, or one of a single row; all else as it is."""
    if isinstance(X, list | tuple) and len(X) and all(isinstance(row, dict) for row in X):
        return pd.DataFrame(list(X))
    if type(X) is dict:
        is_one_row = not any(pd.api.types.is_list_like(values) for values in X.values())
        return pd.DataFrame([X]) if is_one_row else pd.DataFrame(X)
    return X


def word_of(value: Any) -> str:
    """Return the text of a level: 3, 3.0 and "3" are one level."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def levels_of(series: pd.Series[Any]) -> tuple[np.ndarray[Any, Any], list[Any]]:
    """Return the code of each row's level, -1 where it is missing, and the levels as Python objects."""
    codes, levels = pd.factorize(series)
    return np.asarray(codes), list(levels)


def words_from(series: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Return the values as text, shape (n_rows,), missing ones as NaN."""
    codes, levels = levels_of(series)
    words = np.empty(len(levels) + 1, dtype=object)
    words[: len(levels)] = [word_of(level) for level in levels]
    words[-1] = np.nan
    return np.asarray(words[codes])


def numbers_from(series: pd.Series[Any], layout: str | None = None) -> np.ndarray[Any, Any]:
    """Return the values as 64-bit floats, shape (n_rows,); what is no number becomes NaN, a duration its seconds.

    Parameters
    ----------
    series : Series
        Numbers, durations, or texts.
    layout : str, optional
        How texts write the number 1234.5, where that is not as Python does.
    """
    if pd.api.types.is_bool_dtype(series.dtype) or pd.api.types.is_numeric_dtype(series.dtype):
        return np.asarray(series.to_numpy(dtype=float, na_value=np.nan))
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        return np.asarray(series.dt.total_seconds(), dtype=float)
    codes, levels = levels_of(series)
    if pd.api.types.infer_dtype(levels, skipna=True) == "timedelta":
        found = np.asarray(pd.to_timedelta(pd.Series(levels)).dt.total_seconds(), dtype=float)
    else:
        words = pd.Series([word_of(level).strip() for level in levels], dtype=object)
        is_written = np.array([layout is not None and isinstance(level, str) for level in levels], dtype=bool)
        found = np.empty(len(words))
        found[~is_written] = np.asarray(pd.to_numeric(words[~is_written], errors="coerce"), dtype=float)
        if layout is not None:
            found[is_written] = amounts_from(list(words[is_written]), layout)
    return np.asarray(np.append(found, np.nan)[codes])


def dates_from(series: pd.Series[Any], layout: str | None = None) -> np.ndarray[Any, Any]:
    """Return the values as times without a zone, shape (n_rows,); what is no date becomes NaT.

    Parameters
    ----------
    series : Series
        Times, dates, periods, or texts.
    layout : str, optional
        How texts are written, as `pandas.to_datetime` takes it; default ISO 8601.
    """
    if isinstance(series.dtype, pd.PeriodDtype):
        series = series.dt.to_timestamp()
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_localize(None)
    if series.dtype.kind == "M" and isinstance(series.dtype, np.dtype):
        return series.to_numpy().astype("datetime64[us]")
    codes, levels = levels_of(series)
    words = [word_of(level).strip() for level in levels]
    found = pd.to_datetime(pd.Series(words, dtype=object), format=layout or "ISO8601", errors="coerce", utc=True)
    times = found.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    return np.asarray(np.append(times, np.datetime64("NaT", "us"))[codes])


def flags_from(series: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Return true and false as 1 and 0, shape (n_rows,), anything else as NaN."""
    if pd.api.types.is_bool_dtype(series.dtype):
        return np.asarray(series.to_numpy(dtype=float, na_value=np.nan))
    codes, levels = levels_of(series)
    found = [FLAGS.get(word_of(level).strip().lower(), np.nan) for level in levels]
    return np.asarray(np.append(found, np.nan)[codes])


def places_from(series: pd.Series[Any], order: list[str]) -> np.ndarray[Any, Any]:
    """Return the place of each value in `order`, shape (n_rows,), NaN for what is not in it."""
    codes, levels = levels_of(series)
    places = {level: float(place) for place, level in enumerate(order)}
    found = [places.get(word_of(level), np.nan) for level in levels]
    return np.asarray(np.append(found, np.nan)[codes])


def holds_words(series: pd.Series[Any]) -> bool:
    """Whether one of the first levels is no number, or a code that begins with 0."""
    levels = pd.Series([word_of(level) for level in levels_of(series.dropna().iloc[:1000])[1][:20]], dtype=object)
    if len(levels) == 0:
        return False
    return bool(pd.to_numeric(levels.str.strip(), errors="coerce").isna().any() or levels.str.match(r"0\d").any())


def quoted(names: Any) -> str:
    """Return names in quotes, the first five of them."""
    shown = ", ".join(f'"{name}"' for name in list(names)[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")
