"""What networks are searched for on: rows to learn from and to validate on, rows kept apart, the metric."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_magic.engine.seeds import seed_of
from automl_magic.errors import DataError, OptionError
from automl_magic.network_plan import NetworkPlan
from automl_magic.networks.reading import NetworkData, read_inputs
from automl_magic.tabular.metrics import Metric, metric_for
from automl_magic.tabular.own_metric import check_metric

if TYPE_CHECKING:
    from collections.abc import Sequence

APART = 0.15  # share of the rows that is kept apart, where nobody says
VALIDATION = 0.2  # share of the others on which networks are compared
LEAST_ROWS = 10
Split = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True)
class NetworkProblem:
    """Rows ready to be learnt from.

    Attributes
    ----------
    data : NetworkData
        The rows of the search.
    split : (ndarray, ndarray)
        Rows to learn from, and to validate on.
    X_apart, y_apart : array-like
        Rows kept apart, scored once at the end.
    metric, beside : Metric
        What is made good, and what is shown beside it.
    levels : tuple of int
        Epochs after which networks are compared.
    told, split_told : tuple of str, str
        What is said of the rows, and how they are split.
    """

    data: NetworkData
    split: Split
    X_apart: Any
    y_apart: NDArray[Any]
    metric: Metric
    beside: Metric
    levels: tuple[int, ...]
    told: tuple[str, ...]
    split_told: str

    @property
    def warnings(self) -> tuple[str, ...]:
        """What may make the result worth less, in words."""
        return self.data.warnings

    def fingerprint(self) -> dict[str, Any]:
        """Return hashes of the rows: enough to say whether they changed, and no value of them."""
        return {
            "rows": len(self.data.y),
            "shape": list(np.shape(self.data.X)),
            "X": _hash(self.data.X),
            "target": _hash(self.data.y),
            "apart": _hash(self.X_apart) + _hash(self.y_apart),
        }


def read_network_problem(plan: NetworkPlan, X: Any, y: Any = None, test: Any = None) -> NetworkProblem:
    """Read the rows and decide task, metric and split.

    Raises
    ------
    DataError, OptionError
        If they cannot be learnt from, or an option does not fit them.
    """
    from automl_magic.networks.levels import levels_for

    kind = None if plan.input == "auto" else plan.input
    whole = read_inputs(X, y, target=plan.target, input=kind, task=plan.task, ignore=plan.ignore)
    if test is None:
        data, X_apart, y_apart = _keep_apart(whole, APART if plan.test is None else plan.test, plan.seed)
        apart_told = f"{len(y_apart):,} rows are kept apart and scored once, at the end."
    else:
        data = whole
        X_apart, y_apart = _given_apart(whole, test, plan)
        apart_told = f"The {len(y_apart):,} rows of your test are scored once, at the end."
    metric, beside = metric_for(data.task, plan.metric)
    check_metric(metric, data.y, data.task.classes)
    rows = np.arange(len(data.y))
    train, validation = _parted(rows, data, VALIDATION, seed_of(plan.seed, "validation"))
    split_told = f"Networks learn from {len(train):,} rows and are compared on {len(validation):,} others."
    levels = levels_for(len(train), plan.time)
    return NetworkProblem(
        data,
        (train, validation),
        X_apart,
        y_apart,
        metric,
        beside,
        levels,
        (data.why, f"{split_told} {apart_told}"),
        split_told,
    )


def _keep_apart(data: NetworkData, share: float, seed: int) -> tuple[NetworkData, Any, NDArray[Any]]:
    kept, apart = _parted(np.arange(len(data.y)), data, share, seed_of(seed, "apart"))
    return replace(data, X=data.rows(kept), y=data.y[kept]), data.rows(apart), data.y[apart]


def _parted(rows: NDArray[np.intp], data: NetworkData, share: float, seed: int) -> Split:
    """Draw a share of the rows, class by class where each has two rows and a part in both; return the rest and it."""
    from sklearn.model_selection import train_test_split

    if len(rows) < LEAST_ROWS:
        raise DataError(
            f"At least {LEAST_ROWS} rows are needed to train and compare networks. Got {len(rows)}.",
            "Give more rows; the ordinary search on a table takes fewer.",
        )
    y = data.y[rows]
    held = max(1, round(share * len(rows)))
    strata = None
    if data.task.kind != "regression":
        _, counts = np.unique(y.astype(str), return_counts=True)
        strata = y.astype(str) if counts.min() >= 2 and held >= len(counts) <= len(rows) - held else None
    first, second = train_test_split(rows, test_size=held, random_state=seed % 2**32, stratify=strata)
    return np.sort(first), np.sort(second)


def _given_apart(data: NetworkData, test: Any, plan: NetworkPlan) -> tuple[Any, NDArray[Any]]:
    """Return rows and target of a person's own test.

    Raises
    ------
    OptionError
        If it is no pair, or no table with the target.
    """
    if plan.target is not None and hasattr(test, "columns"):
        if plan.target not in test.columns:
            raise OptionError(f'The test has no column "{plan.target}".', "Give a table with the same columns.")
        X, y = test.drop(columns=plan.target), test[plan.target].to_numpy()
    elif isinstance(test, tuple | list) and len(test) == 2:
        X, y = test[0], np.asarray(test[1])
    else:
        raise OptionError(
            f"test must be a share, or (X_test, y_test). Got {type(test).__name__} instead.",
            "In a cell: --test X_test,y_test",
        )
    if len(X) != len(y) or len(y) == 0:
        raise OptionError(f"test must have a target for each row. Got {len(X)} rows and {len(y)} targets.")
    if isinstance(data.X, np.ndarray):
        X = np.asarray(X, dtype=data.X.dtype if data.X.dtype == object else None)
    if data.task.kind == "regression":
        return X, np.asarray(y, dtype=float)
    known = {str(label) for label in data.task.classes}
    strange = sorted({str(label) for label in y} - known)
    if strange:
        raise OptionError(
            f"The test has {len(strange)} classes that the rows to learn from lack, for example {strange[0]!r}.",
            "Take these rows out of the test.",
        )
    return X, np.asarray(y)


def what_differs(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return in words what differs between two fingerprints."""
    names: Sequence[tuple[str, str]] = (
        ("rows", f"it had {before.get('rows')} rows and now has {now['rows']}"),
        ("shape", "its rows have another shape"),
        ("X", "it has other values"),
        ("target", "the target has other values"),
        ("apart", "what is kept apart for the test differs"),
    )
    return [told for name, told in names if before.get(name) != now[name]][:1]


def _hash(values: Any) -> str:
    """Return a hash of values and types, in hexadecimal."""
    if isinstance(values, pd.DataFrame):
        rows = pd.util.hash_pandas_object(values.map(repr) if _is_odd(values) else values, index=False).to_numpy()
        parts = (rows.tobytes(), repr([*map(str, values.columns)]).encode())
    elif getattr(values, "dtype", None) is not None and values.dtype != object:
        parts = (np.ascontiguousarray(values).tobytes(), str((values.dtype, np.shape(values))).encode())
    else:
        parts = (repr(list(values)).encode(), b"")
    digest = hashlib.blake2b(digest_size=6)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _is_odd(frame: pd.DataFrame) -> bool:
    """Whether a table holds values that pandas cannot hash."""
    try:
        pd.util.hash_pandas_object(frame.head(1), index=False)
    except (TypeError, ValueError):
        return True
    return False
