"""What a fitted pipeline costs whoever uses it: the time of a prediction, measured warm, and its size."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

ROWS = 1000  # that are predicted at once
TIMES, ENOUGH = 5, 0.25  # how often at most, and after how many seconds no further time
WAITING = 0.2  # share of the wall time below which a model is taken to wait for something
TOLD = 500  # rows from which on the time of a single prediction tells that of `ROWS`


def latency_of(predict: Callable[[pd.DataFrame], Any], X: pd.DataFrame) -> float:
    """Return the seconds that a model takes to predict 1,000 rows in one call.

    Parameters
    ----------
    predict : callable
        Called with a table of `ROWS` rows. It has been called before: what is done only once is not measured.
    X : DataFrame of shape (n_rows, n_columns)
        Rows that the model did not see; fewer than `ROWS` are repeated, since a call has a price whatever its rows.

    Returns
    -------
    float
        The least of a few calls, in time of the processor: what else runs on the computer, such as other trials, is
        not this model's. Where a model mostly waits, wall time counts.
    """
    table = X.iloc[np.resize(np.arange(len(X)), ROWS)]
    least, begun = float("inf"), time.perf_counter()
    for _ in range(TIMES):
        start, used = time.perf_counter(), time.process_time()
        predict(table)
        wall, used = time.perf_counter() - start, time.process_time() - used
        least = min(least, used if WAITING * wall <= used <= wall else wall)
        if time.perf_counter() - begun >= ENOUGH:
            break
    return least


def latency_told(seconds: float, rows: int) -> float | None:
    """Return what the time of one prediction of so many rows tells of 1,000; None where they are too few to tell."""
    return seconds * ROWS / rows if rows >= TOLD else None
