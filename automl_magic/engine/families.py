"""Which family next: the option of a choice that holds further labels is settled before anything below it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Arm:
    """What is known of one option of a fork.

    Attributes
    ----------
    option : int
        Its place among the options.
    labels : int
        Number of labels that it can make count.
    weight : float
        Its share under the prior.
    losses : array of shape (n,)
        The losses of its trials, lower is better, in the order of evaluation; inf for a failed one, and for a pruned
        one the worst loss of all trials that were evaluated whole.
    turns : array of shape (n,)
        The places of its trials among all trials of the search, from 0.
    costs : array of shape (n,)
        What each of its trials cost, in any one unit; NaN where nobody told.
    pending : int
        Number of its trials whose results are still awaited.
    """

    option: int
    labels: int
    weight: float
    losses: Floats
    turns: NDArray[np.intp]
    costs: Floats
    pending: int = 0


@dataclass(frozen=True, eq=False)
class Fork:
    """A choice with options that hold further labels, reached while a configuration is drawn from the top down.

    Attributes
    ----------
    label : str
        Of the choice.
    arms : tuple of Arm
        One for each option, in their order; of the trials, those that came by the same forks above count.
    depth : int
        Number of forks settled above it.
    evaluated : int
        Number of trials of the whole search whose results are known.
    """

    label: str
    arms: tuple[Arm, ...]
    depth: int
    evaluated: int


Choose: TypeAlias = Callable[[Fork, np.random.Generator], int | None]
"""A rule: return the option to try next; None leaves it to the estimator."""


def by_estimator(fork: Fork, rng: np.random.Generator) -> int | None:
    """Leave the option to the estimator, which draws it after its share among the good trials."""
    return None
