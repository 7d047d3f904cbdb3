"""Folds of a person's own: any splitter of scikit-learn's kind, under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automl_magic.errors import DataError, OptionError
from automl_magic.extend import SPLITTERS

if TYPE_CHECKING:
    from automl_magic.tabular.splits import Pair
    from automl_magic.tabular.task import Table

HINT = (
    "For example cv=KFold(5, shuffle=True, random_state=0), or cv=PredefinedSplit(folds); in a cell --cv and the name "
    "of the variable that holds it."
)


def splitter_named(given: Any) -> str:
    """Register a splitter, and return the name under which it is; a later one replaces an earlier one.

    Raises
    ------
    OptionError
        If it cannot split.
    """
    if isinstance(given, type) or not callable(getattr(given, "split", None)):
        got = f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__
        raise OptionError(f"cv must be a number of folds or a splitter. Got {got} instead.", HINT)
    name = type(given).__name__
    SPLITTERS.register(name)(given)
    return name


def own_pairs(table: Table, splitter: Any) -> tuple[Pair, ...]:
    """Return the folds of a person's splitter, looked at.

    Raises
    ------
    OptionError, DataError
        If it makes other folds each time, none at all, an empty part, speaks of rows that are not there, or scores
        rows that were learnt from.
    """
    pairs, again = _drawn(table, splitter), _drawn(table, splitter)
    name = type(splitter).__name__
    if not pairs:
        raise DataError(f"{name} makes no folds of these rows.", HINT)
    sides = zip([side for pair in pairs for side in pair], [side for pair in again for side in pair], strict=False)
    if len(pairs) != len(again) or not all(np.array_equal(one, other) for one, other in sides):
        raise OptionError(f"{name} makes other folds each time it is asked.", "Give it a random_state.")
    for number, (train, test) in enumerate(pairs):
        if not len(train) or not len(test):
            raise DataError(f"Fold {number} of {name} has an empty part.", HINT)
        if max(train.max(), test.max()) >= len(table.y):
            raise DataError(
                f"{name} was made for more rows than there are. Got {len(table.y)} that have a target and count.",
                "Leave out rows without a target, or of weight 0, before you make the folds.",
            )
        shared = np.intersect1d(train, test)
        if len(shared):
            raise DataError(
                f"Fold {number} of {name} scores {len(shared)} rows that it learns from.",
                "Scored rows must be new to the model: keep the two parts apart.",
            )
    return pairs


def _drawn(table: Table, splitter: Any) -> tuple[Pair, ...]:
    try:
        found = list(splitter.split(table.X, table.y, table.groups))
    except Exception as error:
        told = f"{type(splitter).__name__} cannot split these rows: {type(error).__name__}: {error}"
        raise OptionError(told, "Where it needs groups, name their column with group.") from None
    return tuple((np.asarray(train, dtype=np.int64), np.asarray(test, dtype=np.int64)) for train, test in found)
