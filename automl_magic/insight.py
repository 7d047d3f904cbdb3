"""What the winner uses, measured on rows that it did not see, and what it never saw."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automl_magic.engine.seeds import generator_of
from automl_magic.tabular.converting import frame_from, words_from
from automl_magic.tabular.steps import CleanTable

if TYPE_CHECKING:
    import pandas as pd

ROWS = 500  # rows on which a column's worth is measured
SECONDS = 0.4  # beyond this nothing is measured: the run must end in time


@dataclass(frozen=True)
class ColumnWorth:
    """How much worse the score becomes when the column's values are shuffled."""

    column: str
    loss: float


def column_worth(
    score: Callable[[pd.DataFrame, Any], float], X: pd.DataFrame, y: Any, seed: int = 0, seconds: float = SECONDS
) -> tuple[ColumnWorth, ...] | None:
    """Measure the permutation importance of each column.

    Parameters
    ----------
    score : callable
        ``score(X, y)`` of the fitted model, higher is better.
    X : DataFrame of shape (n_rows, n_columns)
        Rows that the model did not see.
    y : array-like of shape (n_rows,)
        Their targets.
    seed : int
        Seeds the shuffles.
    seconds : float
        So long may it take, but for the first score.

    Returns
    -------
    tuple of ColumnWorth or None
        The columns whose shuffling costs something, the dearest first; None where measuring would take too long.

    References
    ----------
    Breiman (2001), "Random Forests", Machine Learning 45, section 10.
    """
    rng = generator_of(seed, "column worth")
    chosen = np.sort(rng.permutation(len(X))[:ROWS])
    rows, targets = X.iloc[chosen].reset_index(drop=True), np.asarray(y)[chosen]
    if seconds <= 0:
        return None
    begun = time.perf_counter()
    whole = score(rows, targets)
    if (time.perf_counter() - begun) * len(rows.columns) > seconds:
        return None
    worths = []
    for place, column in enumerate(rows.columns):
        if time.perf_counter() - begun > 2 * seconds:
            return None
        shuffled = rows.copy()
        values = rows.iloc[:, place]
        shuffled.isetitem(place, values.iloc[rng.permutation(len(rows))].array)
        worths.append(ColumnWorth(str(column), whole - score(shuffled, targets)))
    return tuple(worth for worth in sorted(worths, key=lambda worth: -worth.loss) if worth.loss > 0)


def unseen_levels(model: Any, X: Any) -> dict[str, int]:
    """Return, for each column of categories, how many rows hold a level that no part of the model saw in training.

    Parameters
    ----------
    model : estimator
        Fitted.
    X : DataFrame of shape (n_rows, n_columns)
        New rows.
    """
    known: dict[str, set[Any]] = {}
    for name, levels in _levels_in(model):
        known.setdefault(str(name), set()).update(levels)
    frame = frame_from(X)
    counts = {}
    for name, levels in known.items():
        words = words_from(frame[name])
        counts[name] = sum(1 for word in words if isinstance(word, str) and word not in levels)
    return counts


def _levels_in(part: Any) -> Iterator[tuple[Any, Iterable[Any]]]:
    """Yield column and levels of every fitted encoder in a model."""
    for _, encoder, columns in getattr(part, "transformers_", ()):
        for levels in _encoded(encoder):
            if len(levels) == len(columns):
                yield from zip(columns, levels, strict=True)
    if isinstance(part, CleanTable):
        yield from (part.ordered or {}).items()
    parts = [step for _, step, *_ in getattr(part, "steps", ())]
    for inner in (*parts, *getattr(part, "pipelines_", ()), *getattr(part, "members_", ())):
        yield from _levels_in(inner)


def _encoded(encoder: Any) -> Iterator[Sequence[Any]]:
    """Yield the levels of each column that an encoder, or one inside it, knows."""
    for name in ("categories_", "counts_"):
        if hasattr(encoder, name):
            yield [list(levels) for levels in getattr(encoder, name)]
    inner = [step for _, step, *_ in (*getattr(encoder, "steps", ()), *getattr(encoder, "transformer_list", ()))]
    for part in (*inner, getattr(encoder, "encoder_", None)):
        if part is not None and not isinstance(part, str):
            yield from _encoded(part)
