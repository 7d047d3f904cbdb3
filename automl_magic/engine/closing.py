"""What is made of all trials together when a run ends: a row beside them, as an ensemble is.

It is told as a hidden trial, so that every reader of the record knows it: no searcher sees it, and no limit counts it.
Its number is negative and it has no step, so that a run that goes on behind it makes the trials that it would have made
without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from automl_magic.engine.events import Config, EndState, Event, FoldScore, FoldScored, Note, TrialEnded, TrialStarted
from automl_magic.engine.history import ENSEMBLE, History

if TYPE_CHECKING:
    from automl_magic.engine.standing import Standing


NO_STEP = -1
FAILED = "Nothing could be made of all trials together"  # how the note begins


@dataclass(frozen=True)
class Made:
    """What was made.

    Attributes
    ----------
    config : dict
        "model" and what it is made of, in JSON values.
    results : mapping of int to FoldScore
        By fold, what it would have scored there.
    reason : str or None
        Why it is not what the run returns; None where it is.
    """

    config: Config
    results: Mapping[int, FoldScore]
    reason: str | None = None


Close: TypeAlias = Callable[[History, int, Callable[[], float]], Made | None]
"""From the history, the number of the new row, and a function that tells the seconds left, to what was made."""


def close(study: Standing) -> Iterator[Event]:
    """Make what the study makes at its end, where time is left for it."""
    if study.closing is None or _left(study) <= 0:
        return
    id = min(0, *study.history.trials) - 1
    try:
        made = study.closing(study.history, id, lambda: _left(study))
    except Exception as error:  # what can be left out must not take the result of the whole search with it
        yield study.emit(Note(f"{FAILED}: {type(error).__name__}.", "warning", study.elapsed()))
        return
    if made is None:
        return
    yield study.emit(TrialStarted(id, NO_STEP, made.config, ENSEMBLE, study.seed, True, study.elapsed()))
    for fold, result in sorted(made.results.items()):
        yield study.emit(FoldScored(id, fold, result, at=study.elapsed()))
    trial = study.history.trial(id)
    state: EndState = "done" if made.reason is None else "pruned"
    yield study.emit(
        TrialEnded(id, state, trial.score, trial.spread, trial.seconds, made.reason, None, study.elapsed())
    )


def _left(study: Standing) -> float:
    left = study.left()
    return 0.0 if study.is_hurried() else float("inf") if left is None else left
