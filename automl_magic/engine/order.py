"""The order of trials from the best to the worst, those that were ended early or failed among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automl_magic.engine.history import Trial


def order_of_trial(trial: Trial) -> tuple[int, int, int, float]:
    """Return what trials are sorted by, the best first.

    Complete trials come first, by score. Then those that were ended early or wait on a rung: what came farther up, or
    had more folds, comes first, for it was let go on where others were not, and of equals the higher score. Failed
    trials come last and are all equal, and with them a line to beat that breaks a limit.

    References
    ----------
    The order in which Optuna's TPE takes pruned trials (its pull request 439): told so they help, left out they hurt.
    """
    if trial.state == "failed" or trial.score is None or (trial.state == "done" and trial.reason is not None):
        return 2, 0, 0, math.inf
    if trial.state == "done":
        return 0, 0, 0, -trial.score
    return 1, -trial.rung, -len(trial.scores), -trial.score


def ranks_of(trials: Sequence[Trial]) -> list[int]:
    """Return the place of each trial in the order, 0 for the best; of equals the earlier one comes first."""
    ordered = sorted(range(len(trials)), key=lambda place: order_of_trial(trials[place]))
    ranks = [0] * len(trials)
    for rank, place in enumerate(ordered):
        ranks[place] = rank
    return ranks
