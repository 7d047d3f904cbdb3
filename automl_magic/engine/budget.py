"""How much a run may cost, how long it has run, and why it is over."""

from __future__ import annotations

import time
from dataclasses import dataclass

from automl_magic.engine.history import History


@dataclass(frozen=True)
class Budget:
    """The limits of a run; None means no limit of that kind.

    Attributes
    ----------
    seconds : float or None
        Wall time of the run, pauses not counted: from the call to the result.
    trials : int or None
        Number of trials to start.
    trial_seconds : float or None
        Wall time of one trial, all folds together.
    memory_mb : int or None
        Resident memory of one worker process.
    patience : int or None
        End after so many trials without a better one.
    target : float or None
        End when this score (higher is better) is reached.
    fits : float or None
        Cost in whole fits of one fold: what is begun with less than so many spent is finished.
    fits_told : str
        What that is called: "500 epochs".
    reserve : float
        So many of the seconds are kept for what follows the search.
    """

    seconds: float | None = None
    trials: int | None = None
    trial_seconds: float | None = None
    memory_mb: int | None = None
    patience: int | None = None
    target: float | None = None
    reserve: float = 0.0
    fits: float | None = None
    fits_told: str = ""

    @property
    def search_seconds(self) -> float | None:
        """Second on the run's clock at which the search ends."""
        return None if self.seconds is None else max(0.0, self.seconds - self.reserve)

    @property
    def is_timed(self) -> bool:
        """Whether the clock decides when the run ends; only without it is a run repeatable."""
        return self.seconds is not None


class Stopwatch:
    """Measure wall seconds; a pause does not count.

    Parameters
    ----------
    already : float
        Seconds that count already: those of a run that is resumed.
    """

    def __init__(self, already: float = 0.0) -> None:
        self._begun = time.monotonic() - already
        self._paused_at: float | None = None
        self._lost = 0.0

    def pause(self) -> None:
        """Stop counting."""
        if self._paused_at is None:
            self._paused_at = time.monotonic()

    def proceed(self) -> None:
        """Count again."""
        if self._paused_at is not None:
            self._lost += time.monotonic() - self._paused_at
            self._paused_at = None

    def elapsed(self) -> float:
        """Return the seconds counted so far."""
        now = time.monotonic() if self._paused_at is None else self._paused_at
        return now - self._begun - self._lost


def why_no_more_trials(budget: Budget, history: History) -> str | None:
    """Return why no further trial may start, whatever the clock says; None while one may."""
    return why_full(budget, history) or why_over(budget, history)


def why_full(budget: Budget, history: History) -> str | None:
    """Return why no further trial may start, though paused ones may go on; None while one may."""
    if budget.trials is not None and sum(not trial.hidden for trial in history.trials.values()) >= budget.trials:
        return f"all {budget.trials} trials were made"
    return None


def why_over(budget: Budget, history: History) -> str | None:
    """Return why the search has found enough; None while it has not."""
    best = history.best()
    if best is None:
        return None
    if budget.target is not None and best.score is not None and best.score >= budget.target:
        return "the target was reached"
    trials = [trial for trial in history.trials.values() if not trial.hidden]
    later = sum(trial.id > best.id and trial.state not in ("running", "paused") for trial in trials)
    if budget.patience is not None and later >= budget.patience:
        return f"{budget.patience} trials brought nothing better"
    return None
