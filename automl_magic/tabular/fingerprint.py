"""What a table was, in hashes: enough to say what changed when a run is taken up again, and no value of the data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from automl_magic.tabular.converting import quoted
from automl_magic.tabular.task import Table

MOST_ROWS = 50_000  # of a longer table, evenly spaced rows are hashed, the first and the last among them
MOST_CELLS = 20_000_000  # of a larger table with very many columns, every second, third … row is hashed
MOST_COLUMNS = 500  # of a wider table, the columns are hashed together


def fingerprint_of(table: Table, apart: Table | None = None) -> dict[str, Any]:
    """Return hashes of a table's columns and target, as JSON values.

    Parameters
    ----------
    table : Table
        The rows that are searched on.
    apart : Table, optional
        The rows that are kept apart.

    Returns
    -------
    dict
        "rows": their number; "columns": hash by name, or one hash of all under "" where there are more than 500;
        "target", "groups", "order"; "weights", where there are some; "apart": one hash of the rows kept apart.
    """
    if table.X.shape[1] > MOST_COLUMNS:
        hashes = {"": _of_many(table.X)}
    else:
        hashes = {str(name): _hash(table.X.iloc[:, place]) for place, name in enumerate(table.X.columns)}
    found: dict[str, Any] = {"rows": len(table.y), "columns": hashes, "target": _hash(pd.Series(table.y))}
    for name in ("groups", "order"):
        held = getattr(table, name)
        found[name] = None if held is None else _hash(pd.Series(held))
    if table.weights is not None:  # records from before there were weights say nothing of them
        found["weights"] = _hash(pd.Series(table.weights))
    found["apart"] = None if apart is None else _together(fingerprint_of(apart))
    return found


def what_changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return in words what differs between two fingerprints; nothing when they are equal."""
    told = []
    if before["rows"] != now["rows"]:
        told.append(f"it had {before['rows']} rows and now has {now['rows']}")
    gone = [name for name in before["columns"] if name not in now["columns"] and name]
    new = [name for name in now["columns"] if name not in before["columns"] and name]
    told += [f"{quoted(names)} {verb}" for names, verb in ((gone, "is gone"), (new, "is new")) if names]
    if before["rows"] == now["rows"]:
        same = [name for name in before["columns"] if name in now["columns"]]
        other = [name for name in same if before["columns"][name] != now["columns"][name]]
        if other:
            told.append("some columns have other values" if other == [""] else f"{quoted(other)} has other values")
        if before["target"] != now["target"]:
            told.append("the target has other values")
    if (before.get("weights") is None) != (now.get("weights") is None):
        told.append(f"it {'had no' if before.get('weights') is None else 'had'} weights of its rows and now has ")
        told[-1] += "some" if before.get("weights") is None else "none"
    elif before.get("weights") != now.get("weights"):
        told.append("the weights of the rows differ")
    for name, said in (
        ("groups", "the groups"),
        ("order", "the order of time"),
        ("apart", "what is kept apart for the test"),
    ):
        if before.get(name) != now.get(name):
            told.append(f"{said} differ{'s' * (name != 'groups')}")
    if not told and list(before["columns"]) != list(now["columns"]):
        told.append("its columns stand in another order")
    return told


def _hash(series: pd.Series[Any]) -> str:
    """Return a hash of the values and the type of a column, in hexadecimal."""
    if len(series) > MOST_ROWS:
        series = series.iloc[np.linspace(0, len(series) - 1, MOST_ROWS).astype(int)]
    try:
        values = pd.util.hash_pandas_object(series, index=False).to_numpy()
    except (TypeError, ValueError):  # values that cannot be hashed or compared
        values = pd.util.hash_pandas_object(series.map(repr), index=False).to_numpy()
    digest = hashlib.blake2b(values.tobytes(), digest_size=6)
    digest.update(str(series.dtype).encode())
    return digest.hexdigest()


def _of_many(X: pd.DataFrame) -> str:
    """Return one hash of very many columns: those of numbers by their bytes, all at once; the rest one by one."""
    step = max(1, X.size // MOST_CELLS)
    rows = X.iloc[::step]
    kinds = np.array([kind.kind if isinstance(kind, np.dtype) else "O" for kind in X.dtypes])
    parts = {"names": hashlib.blake2b(repr(list(map(str, X.columns))).encode(), digest_size=6).hexdigest()}
    for kind in "biuf":
        block = rows.loc[:, kinds == kind].to_numpy()
        parts[kind] = hashlib.blake2b(np.ascontiguousarray(block).tobytes(), digest_size=6).hexdigest()
    for place in np.flatnonzero(~np.isin(kinds, list("biuf"))):
        parts[str(place)] = _hash(rows.iloc[:, int(place)])
    return _together(parts)


def _together(hashes: Mapping[str, Any]) -> str:
    return hashlib.blake2b(repr(sorted(hashes.items())).encode(), digest_size=6).hexdigest()
