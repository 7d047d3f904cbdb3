"""When a trial is worth no further fold: pruning rules, one function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from automl_magic.engine.events import FoldScore
from automl_magic.engine.history import View, mean_and_spread
from automl_magic.extend import SCHEDULERS

Pruner: TypeAlias = Callable[[Mapping[int, FoldScore], View], str | None]


@SCHEDULERS.register("forgiving")
def forgiving(scores: Mapping[int, FoldScore], view: View) -> str | None:
    """Stop a trial whose running mean is worse than the worst fold of the best trial.

    Parameters
    ----------
    scores : mapping of int to FoldScore
        The folds scored so far, by fold.
    view : View
        What may be known: its best trial is the one to beat.

    Returns
    -------
    str or None
        The reason in words, or None to go on.

    References
    ----------
    Bergman, Purucker, Hutter (2024), "Don't Waste Your Time: Early Stopping Cross-Validation", arXiv 2405.03389,
    section 3 ("forgiving").
    """
    best = view.best()
    mean, _ = mean_and_spread(scores)
    if best is None or mean is None:
        return None
    worst = min(result.score for result in best.scores.values())
    if mean >= worst:
        return None
    return f"after {len(scores)} folds its mean was below the worst fold of trial {best.id}"


@SCHEDULERS.register("none")
def none(scores: Mapping[int, FoldScore], view: View) -> str | None:
    """Let every trial have all its folds."""
    return None
