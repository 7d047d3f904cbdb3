"""What was measured by shuffling columns on folds, and what it says: losses, their errors and intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm
from scipy.stats import t as student

Array: TypeAlias = NDArray[Any]

SAMPLES = 50  # of a fold's rows, for the error
WIDTH = float(norm.ppf(0.975))  # of a 95 % interval, in standard errors


@dataclass(frozen=True)
class Fold:
    """A fold: rows that its model did not see, by their places, how many it learnt from, and how to get the model."""

    rows: Array
    learnt: int
    model: Callable[[], Any]


@dataclass(frozen=True)
class Loss:
    """What the score loses when the columns of a unit are shuffled together; NaN where there is no telling."""

    value: float
    error: float
    low: float
    high: float


@dataclass(frozen=True)
class Losses:
    """The losses of all units in their order; from how many folds, repeats and rows."""

    of: tuple[Loss, ...]
    folds: int
    repeats: int
    rows: int


@dataclass
class Seen:
    """What was measured on one fold: for each repeat the losses of the units, on its rows and on samples of them."""

    place: int
    ratio: float  # rows that are scored to rows that were learnt from
    frame: pd.DataFrame
    y: Array
    weights: Array
    model: Any
    whole: Array | None  # the scores without a shuffle; None before they are known
    row_seconds: float
    row_weights: Array | None = None
    losses: list[Array] = field(default_factory=list)

    def told(self, repeats: int) -> tuple[Array, Array]:
        """Return the mean loss of each unit, and its variance over samples of the rows."""
        mean = np.mean(self.losses[:repeats], axis=0)
        known = np.isfinite(mean[1:]).sum(axis=0) > SAMPLES // 2
        variance = np.full(mean.shape[1], np.nan)
        variance[known] = np.nanvar(mean[1:, known], axis=0, ddof=1)
        return mean[0], variance


def losses_of(seen: Sequence[Seen], repeats: int) -> Losses:
    """Return what so many repeats on folds say; see `Permuting.losses`."""
    told = [one.told(repeats) for one in seen]
    means, inside = (np.array([pair[place] for pair in told]) for place in range(2))
    value, count = means.mean(axis=0), len(seen)
    shared = float(np.mean([one.ratio for one in seen])) if count > 1 else 0.0
    inside = inside.mean(axis=0)
    outside = means.var(axis=0, ddof=1) if count > 1 else np.full(len(value), np.nan)
    is_sampled = np.isfinite(inside)
    error = np.sqrt(np.where(is_sampled, np.fmax(inside, outside), outside) * (1 / count + shared))
    width = np.where(is_sampled, WIDTH, student.ppf(0.975, max(1, count - 1)))
    of = tuple(
        Loss(float(loss), float(own), float(loss - wide * own), float(loss + wide * own))
        for loss, own, wide in zip(value, error, width, strict=True)
    )
    return Losses(of, count, repeats, sum(len(one.y) for one in seen))
