"""What a run falls back on when the time is short: the baseline on a sample of the rows, and a mere guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline

from automl_magic.engine.events import Config
from automl_magic.engine.seeds import generator_of

if TYPE_CHECKING:
    from automl_magic.tabular.splits import Splits
    from automl_magic.tabular.task import Table, Task

SAMPLE, GUESS = "baseline on a row sample", "dummy"
LAST_RESORT: Config = {"model": GUESS, "rows": 10_000}  # so many rows tell the shares of the classes
FEW_ROWS, FEW_ROUNDS = 500, 5  # no sample is smaller, and no boosting shorter
ENTRY_SECONDS = 1.3e-8  # one round of boosting on one number of the table, on one slow processor
COLUMN_SECONDS = 2.5e-5  # one round of boosting on one column, however few rows there are
ROUNDS = 100  # of the untuned baseline
TEXT = 10  # numbers that a column of texts amounts to
SHORT, HOPELESS = 0.3, 2.0  # shares of the time: beyond the first a sample comes first, beyond the second alone


def seconds_of_fit(table: Table, rows: int) -> float:
    """Return about how long the untuned baseline learns from so many rows of a table."""
    columns = sum(TEXT if column.role == "text" else 1 for column in table.columns if column.is_used)
    trees = ROUNDS * (1 if len(table.task.classes) <= 2 else len(table.task.classes))
    return trees * columns * (COLUMN_SECONDS + ENTRY_SECONDS * rows)


def sample_for(table: Table, seconds: float) -> Config:
    """Return the sampled baseline that takes so many seconds: by fewer rows and, where these do not help, rounds."""
    least = seconds_of_fit(table, FEW_ROWS)
    if least > seconds:
        return {"model": SAMPLE, "rows": FEW_ROWS, "rounds": max(FEW_ROUNDS, int(ROUNDS * seconds / least))}
    per_row = seconds_of_fit(table, 1) - seconds_of_fit(table, 0)
    return {"model": SAMPLE, "rows": int((seconds - seconds_of_fit(table, 0)) / per_row)}


def first_fallback(table: Table, splits: Splits, seconds: float | None, slots: int) -> tuple[Config | None, bool]:
    """Return the sampled baseline to be tried first where time is short, and whether that on all rows has no chance.

    Parameters
    ----------
    table, splits : Table, Splits
        What is searched, on which folds.
    seconds : float or None
        The time of the run.
    slots : int
        Fits that run at once.
    """
    if seconds is None:
        return None, False
    learnt = max(len(train) for train, _ in splits.pairs)
    rounds = -(-len(splits.pairs) // max(1, slots))
    needed = rounds * seconds_of_fit(table, learnt)
    if needed <= SHORT * seconds:
        return None, False
    sample = sample_for(table, SHORT / 3 * seconds / rounds)
    return {**sample, "rows": min(sample["rows"], learnt)}, needed > HOPELESS * seconds


def shortened(estimator: Any, rounds: int) -> Any:
    """Return the baseline with fewer rounds of boosting; one of a person's own stays as it is."""
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else None
    if isinstance(last, HistGradientBoostingClassifier | HistGradientBoostingRegressor):
        last.set_params(max_iter=rounds)
    return estimator


def guess(task: Task) -> Pipeline:
    """Return what knows nothing of the columns: the classes' shares, or the mean."""
    model = DummyRegressor() if task.kind == "regression" else DummyClassifier(strategy="prior")
    return Pipeline([("model", model)])


def sample_of(y: NDArray[Any], train: NDArray[Any], rows: int, seed: int) -> NDArray[Any]:
    """Draw so many of the rows to learn from, sorted; at least one of each value where there are few values."""
    if rows >= len(train):
        return train
    drawn = generator_of(seed, "row sample").choice(len(train), rows, replace=False)
    firsts = np.flatnonzero(~pd.Series(y[train]).duplicated().to_numpy())
    if len(firsts) <= rows:
        drawn = np.union1d(drawn, firsts)
    return np.sort(train[drawn])
