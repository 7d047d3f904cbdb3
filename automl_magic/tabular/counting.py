"""Count the values of a long column: `numpy.unique` sorts, which takes half a second for a million words."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LONG = 50_000  # values from which what was counted last, the target most often, is remembered
_LAST: tuple[Callable[[], Any], tuple[NDArray[Any], NDArray[Any]]] = (lambda: _LAST, (np.empty(0), np.empty(0)))


def codes_and_levels(values: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the place of each value among the sorted levels, and these levels, as `numpy.unique` orders them.

    Examples
    --------
    >>> codes_and_levels(np.array(["b", "a", "b"], dtype=object))
    (array([1, 0, 1]), array(['a', 'b'], dtype=object))
    """
    global _LAST
    array = np.asarray(values)
    last, counted = _LAST
    if last() is array:
        return counted
    codes, levels = pd.factorize(array, use_na_sentinel=False)
    order = np.argsort(levels)
    places = np.empty(len(levels), dtype=np.int64)
    places[order] = np.arange(len(levels))
    found = places[codes], np.asarray(levels)[order]
    if len(array) > LONG:
        _LAST = (weakref.ref(array), found)
    return found


def counts_of(values: Any) -> NDArray[Any]:
    """Return how often each value occurs, in the order of the sorted levels."""
    codes, levels = codes_and_levels(values)
    return np.bincount(codes, minlength=len(levels))
