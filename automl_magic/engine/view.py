"""What a searcher, scheduler or pruner may know when it decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automl_magic.engine.events import Config
from automl_magic.engine.outcomes import Trial, best_of

if TYPE_CHECKING:
    from automl_magic.engine.space import SearchSpace


@dataclass(frozen=True)
class View:
    """What a searcher, scheduler or pruner may know when it decides.

    Attributes
    ----------
    space : SearchSpace
        The space as it is now.
    trials : tuple of Trial
        The trials that lie in the space and of which something is known, by step: the ended ones, and those that are
        paused on a rung or climb on from it (state "paused"). Lines to beat outside the space are not among them. One
        that was made before a label was searched has the value that it really had there.
    pending : tuple of dict
        Configurations of which nothing is to be used yet.
    asked : int
        Number of the step that is being decided.
    seed : int
        The run's seed, for what must be the same at every step; a step's own draws come from its Generator.
    skipped : tuple of dict
        Configurations that a person ended: they say nothing, and are not to be proposed again.
    rungs : int
        Number of rungs on which trials pause, the last included, where they are complete.
    folds : int
        Number of folds of a whole evaluation.
    is_full : bool
        Whether no further trial can start, so that only paused ones can go on.
    queued : int
        Number of configurations that are still to be tried before the searcher is asked.
    planted : bool
        Whether the next of these is a person's.
    used : float or None
        Share of the time of the search that is used; None without a limit of time.
    left : float or None
        Seconds of work for which there is time: those that are left of the search, on all workers together; None
        without a limit of time.
    cost : callable, optional
        Says what a trial cost, in any one unit, where that is to count: the seconds that it used under a budget of
        seconds, else the evaluator's estimate, which no clock has a part in. Without it all cost the same.
    """

    space: SearchSpace
    trials: tuple[Trial, ...]
    pending: tuple[Config, ...]
    asked: int
    seed: int = 0
    skipped: tuple[Config, ...] = ()
    rungs: int = 1
    folds: int = 1
    is_full: bool = False
    queued: int = 0
    planted: bool = False
    used: float | None = None
    left: float | None = None
    cost: Callable[[Trial], float] | None = None

    def best(self) -> Trial | None:
        """Return the best trial among those done, the earlier one of equals."""
        return best_of(self.trials)
