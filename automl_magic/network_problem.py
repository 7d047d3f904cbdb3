"""What networks are searched for on: rows to learn from and to validate on, rows kept apart, the metric."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from automl_magic.engine.cpus import available_cpus
from automl_magic.engine.seeds import seed_of
from automl_magic.errors import DataError, OptionError
from automl_magic.network_plan import NetworkPlan
from automl_magic.networks.levels import levels_for
from automl_magic.networks.reading import NetworkData, read_inputs
from automl_magic.tabular.metrics import Metric, metric_for
from automl_magic.tabular.own_metric import check_metric
from automl_magic.tabular.splits import Splits, make_splits
from automl_magic.tabular.task import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

APART = 0.15  # share of the rows that is kept apart, where nobody says
LEAST_ROWS = 15
LOOKED_AT = 1000  # rows to learn from that are prepared, to see whether a test of one's own fits them
TRAININGS = 4  # whole ones, that a budget of epochs holds at least, as far as that can be


@dataclass(frozen=True)
class NetworkProblem:
    """Rows ready to be learnt from.

    Attributes
    ----------
    data : NetworkData
        The rows of the search.
    splits : Splits
        One fold: rows to learn from, and to validate on.
    X_apart, y_apart : array-like
        Rows kept apart, scored once at the end.
    metric, beside : Metric
        What is made good, and what is shown beside it.
    levels : tuple of int
        Epochs after which networks are compared.
    told : tuple of str
        What is said of the rows.
    """

    data: NetworkData
    splits: Splits
    X_apart: Any
    y_apart: NDArray[Any]
    metric: Metric
    beside: Metric
    levels: tuple[int, ...]
    told: tuple[str, ...]

    @property
    def train(self) -> NDArray[Any]:
        """The rows that networks learn from."""
        return self.splits.pairs[0][0]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What may make the result worth less, in words."""
        return (*self.data.warnings, *self.splits.warnings)

    def fingerprint(self) -> dict[str, Any]:
        """Return hashes of the rows: enough to say whether they changed, and no value of them."""
        return {
            "rows": len(self.data.y),
            "shape": list(np.shape(self.data.X)),
            "X": _hash(self.data.X),
            "target": _hash(self.data.y),
            "apart": _hash(self.X_apart) + _hash(self.y_apart),
        }


def read_network_problem(
    plan: NetworkPlan, X: Any, y: Any = None, test: Any = None, levels: tuple[int, ...] | None = None
) -> NetworkProblem:
    """Read the rows and decide task, metric and split; `levels` are those of a run that goes on.

    Raises
    ------
    DataError, OptionError
        If they cannot be learnt from, or an option does not fit them.
    """
    kind = None if plan.input == "auto" else plan.input
    whole = read_inputs(X, y, target=plan.target, input=kind, task=plan.task, ignore=plan.ignore)
    _need_rows(len(whole.y))
    if test is None:
        data, X_apart, y_apart = _keep_apart(whole, APART if plan.test is None else plan.test, plan.seed)
        apart_told = f"{len(y_apart):,} rows are kept apart and scored once, at the end."
    else:
        data = whole
        X_apart, y_apart = _given_apart(whole, test, plan)
        apart_told = f"The {len(y_apart):,} rows of your test are scored once, at the end."
    metric, beside = metric_for(data.task, plan.metric or _usual_metric(data))
    check_metric(metric, data.y, data.task.classes)
    splits = _splits(data, plan.seed)
    train, validation = splits.pairs[0]
    levels = levels or _levels(plan, len(train), data.inputs.size)
    told = f"Networks learn from {len(train):,} rows and are compared on {len(validation):,} others. {apart_told}"
    return NetworkProblem(data, splits, X_apart, y_apart, metric, beside, levels, (data.why, told))


def _levels(plan: NetworkPlan, rows: int, values: int) -> tuple[int, ...]:
    """Return after how many epochs networks are compared; a budget of epochs holds a few whole trainings."""
    levels = levels_for(rows, plan.time, values)
    while plan.epochs is not None and len(levels) > 1 and levels[-1] * TRAININGS > plan.epochs:
        levels = levels[:-1]
    return levels


def _splits(data: NetworkData, seed: int) -> Splits:
    """Return which rows networks learn from and which they are compared on: a fifth is held out."""
    bare = Table(pd.DataFrame(index=pd.RangeIndex(len(data.y))), data.y, data.task, ())
    return make_splits(bare, "holdout", seed)


def _usual_metric(data: NetworkData) -> str | None:
    """Return what the field asks of networks: of sequences, images and texts the accuracy; of tables as elsewhere."""
    return None if data.inputs.kind == "table" or data.task.kind == "regression" else "accuracy"


def slots_of(plan: NetworkPlan) -> int:
    """Return how many networks are trained at once."""
    return 1 if plan.workers == 0 else plan.workers or available_cpus()


def _need_rows(rows: int) -> None:
    if rows < LEAST_ROWS:
        raise DataError(
            f"At least {LEAST_ROWS} rows are needed to train and compare networks. Got {rows}.",
            "Give more rows; the ordinary search on a table takes fewer.",
        )


def _keep_apart(data: NetworkData, share: float, seed: int) -> tuple[NetworkData, Any, NDArray[Any]]:
    """Keep a share of the rows apart, class by class where each has rows enough."""
    from sklearn.model_selection import train_test_split

    rows = len(data.y)
    held, drawn, strata = max(1, round(share * rows)), np.arange(rows), None
    if data.task.kind != "regression":
        _, codes, counts = np.unique(data.y.astype(str), return_inverse=True, return_counts=True)
        drawn = drawn[counts[codes] > 1]  # the only row of a class is learnt from
        held = max(1, min(held, len(drawn) - 1))
        classes = int((counts > 1).sum())
        strata = codes[drawn] if classes <= min(held, len(drawn) - held) else None
    if len(drawn) < 2:
        raise DataError("No class has two rows: nothing can be kept apart.", "Give more rows of each class.")
    state = seed_of(seed, "apart") % 2**32
    _, apart = train_test_split(drawn, test_size=held, random_state=state, stratify=strata)
    apart = np.sort(apart)
    kept = np.setdiff1d(np.arange(rows), apart)
    return replace(data, X=data.rows(kept), y=data.y[kept]), data.rows(apart), data.y[apart]


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
    places = np.arange(min(len(data.y), LOOKED_AT))
    clone(data.prepare).fit(data.rows(places)).transform(X)  # what does not fit shall be told before the search
    return X, _target_apart(data, y)


def _target_apart(data: NetworkData, y: Any) -> NDArray[Any]:
    """Return the target of a person's own test as that of the rows to learn from is written.

    Raises
    ------
    OptionError
        If it holds gaps, or classes that the rows to learn from lack.
    """
    if data.task.kind == "regression":
        numbers = np.asarray(y, dtype=float)
        if not np.isfinite(numbers).all():
            raise OptionError("The target of the test has gaps.", "Take these rows out of the test.")
        return numbers
    known = {label: label for label in data.task.classes}
    found = np.asarray(y).tolist()
    strange = list(dict.fromkeys(label for label in found if label not in known))
    if strange:
        raise OptionError(
            f"The test has {len(strange)} classes that the rows to learn from lack, for example {strange[0]!r}; they "
            f"have {', '.join(map(repr, list(known)[:5]))}.",
            "Take these rows out of the test, or write the classes alike.",
        )
    return np.asarray([known[label] for label in found], dtype=data.y.dtype)


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
