"""Take a search up where its record breaks off: what the study knew at that point, made out of its events."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from automl_magic.engine.budget import Budget
from automl_magic.engine.control import Message
from automl_magic.engine.events import (
    Config,
    Event,
    FoldScored,
    RunResumed,
    RunStarted,
    SpaceChanged,
    Steered,
    TrialEnded,
    TrialPaused,
    TrialPromoted,
    TrialStarted,
)
from automl_magic.engine.history import PAUSED, History, Trial, View
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.steering import EditedSpace
from automl_magic.errors import AutoMLError

ABOUT_TRIAL = (FoldScored, TrialEnded, TrialPaused, TrialPromoted)
SKIPPED = "skipped by"  # how the reason of a trial begins that a person ended, while the run went on
ATTEMPTS = 2  # a trial that was running when its run broke off is tried once more


class ResumeError(AutoMLError):
    """A record from which the search cannot go on."""


class First(Protocol):
    """A configuration to try before the searcher is asked."""

    @property
    def config(self) -> Config:
        """The configuration."""

    @property
    def origin(self) -> str:
        """Where it comes from."""

    @property
    def hidden(self) -> bool:
        """Whether it is a line to beat outside the space."""


@dataclass(frozen=True)
class Unfinished:
    """A trial without an end, the view from which it was decided, and how often its run broke off while it ran."""

    trial: Trial
    view: View
    broke: int


@dataclass(frozen=True)
class Taken:
    """Where a study stood.

    Attributes
    ----------
    edited : EditedSpace
        The space with the edits that were made.
    starts : tuple
        The configurations that are still to be tried first.
    unfinished : tuple of Unfinished
        In the order of their steps.
    steps : int
        Number of the next step.
    budget : Budget
        With the time that was added.
    elapsed : float
        Seconds on the clock.
    """

    edited: EditedSpace
    starts: tuple[Any, ...]
    unfinished: tuple[Unfinished, ...]
    steps: int
    budget: Budget
    elapsed: float


def readable(events: Iterable[Event]) -> tuple[list[Event], int]:
    """Return the events that make sense one after the other, and how many do not.

    What is said of a trial whose start is missing is left out, and so is a second beginning.

    Raises
    ------
    ResumeError
        If the beginning of the run is missing.
    """
    kept: list[Event] = []
    started: set[int] = set()
    dropped = 0
    for event in events:
        is_first = isinstance(event, RunStarted)
        if is_first == bool(kept) or (isinstance(event, ABOUT_TRIAL) and event.trial not in started):
            dropped += 1
            continue
        if isinstance(event, TrialStarted):
            if (event.trial in started) == (event.attempt == 1):
                dropped += 1
                continue
            started.add(event.trial)
        kept.append(event)
    if not kept:
        raise ResumeError("The record lacks the beginning of the run.", "It cannot be resumed: start a new run.")
    return kept, dropped


def take_up(
    history: History, past: Sequence[Event], space: SearchSpace, starts: Sequence[First], budget: Budget, lag: int
) -> Taken:
    """Apply the events of a run that broke off to `history`, and return where its study stood.

    Parameters
    ----------
    history : History
        A fresh one.
    past : sequence of Event
        The run so far, RunStarted first; see `readable`.
    space, starts, budget, lag
        What the study was made of at its beginning.

    Raises
    ------
    ResumeError
        If the record holds a first configuration that this study would not have tried, or an edit that its space
        does not allow.
    """
    queue, edited = deque(starts), EditedSpace(space)
    sure = _ended_for_good(past)
    views: dict[int, View] = {}
    broke: Counter[int] = Counter()
    for event in past:
        if isinstance(event, TrialStarted):
            if event.attempt == 1 and event.trial >= 0:
                _take_start(queue, event, edited.now)
                if event.trial not in sure:
                    views[event.trial] = _view_of(event, history, edited.now, budget, lag)
        elif isinstance(event, TrialPromoted):
            if event.trial not in sure:
                views[event.trial] = _view_of(event, history, edited.now, budget, lag)
        elif isinstance(event, SpaceChanged):
            edited = _changed(edited, event)
        elif isinstance(event, Steered) and event.kind == "add_time" and budget.seconds is not None:
            budget = replace(budget, seconds=budget.seconds + float(str(event.value)))
        elif isinstance(event, Steered) and event.kind == "enqueue" and isinstance(event.value, dict):
            queue.appendleft(_start(event))
        elif isinstance(event, RunResumed):
            broke.update(_running(history))
            budget = replace(budget, **event.budget)
        history.apply(event)
    broke.update(_running(history))
    trials = history.trials
    unfinished = tuple(
        Unfinished(trials[trial], view, broke[trial])
        for trial, view in sorted(views.items(), key=lambda item: trials[item[0]].last_step)
        if _is_unfinished(trials[trial])
    )
    steps = max((trial.last_step for trial in trials.values()), default=-1) + 1
    return Taken(edited, tuple(queue), unfinished, steps, budget, history.seconds)


def _view_of(
    event: TrialStarted | TrialPromoted, history: History, space: SearchSpace, budget: Budget, lag: int
) -> View:
    """Return the view from which a step was decided."""
    return history.view(space, event.step, None if budget.is_timed else event.step - lag)


def _start(event: Steered) -> Any:
    from automl_magic.engine.standing import Start

    assert isinstance(event.value, dict)
    return Start(event.value, event.who, planted=True)


def _ended_for_good(past: Sequence[Event]) -> set[int]:
    """Return the trials that need no second look."""
    last = {event.trial: event for event in past if isinstance(event, TrialEnded)}
    return {trial for trial, end in last.items() if _is_for_good(end.state, end.reason or "")}


def _is_for_good(state: str, reason: str) -> bool:
    """Whether no resumed run takes a trial up that ended so: one that was paused may be promoted yet."""
    if state == "stopped":
        return reason.startswith(SKIPPED)
    return not (state == "pruned" and reason.startswith(PAUSED))


def _running(history: History) -> list[int]:
    return [trial.id for trial in history.trials.values() if trial.state == "running"]


def _is_unfinished(trial: Trial) -> bool:
    """Whether it was running, or was stopped only since its run ended; one that is paused waits for its promotion."""
    if trial.state == "stopped":
        return not (trial.reason or "").startswith(SKIPPED)
    return trial.state == "running"


def _take_start(queue: deque[Any], event: TrialStarted, space: SearchSpace) -> None:
    """Take the configuration that the record says was tried, and those before it that were left out, off the queue.

    Where the searcher was asked, all that are still there were left out, since they lay outside the space of then.

    Hidden ones, lines to beat and fallbacks, hang on the time and the processors that a run has, and may be others now.
    """
    for place, start in enumerate(queue):
        is_it = start.config == event.config or (start.hidden and event.hidden)
        if is_it and start.origin == event.origin:
            for _ in range(place + 1):
                queue.popleft()
            return
    if not event.hidden and any(start.origin == event.origin and not start.hidden for start in queue):
        raise ResumeError(
            f'Trial {event.trial} of the record ("{event.origin}") would not be tried now: {event.config}.',
            "Another version of automl_magic or of a package made it: start a new run.",
        )
    if not event.hidden:
        left = [start for start in queue if start.hidden or space.contains(start.config)]
        queue.clear()
        queue.extend(left)


def _changed(edited: EditedSpace, event: SpaceChanged) -> EditedSpace:
    kind, value = event.change.get("kind", ""), {key: part for key, part in event.change.items() if key != "kind"}
    try:
        return edited.after(Message(str(kind), value, event.who, event.why))[0]
    except (ValueError, KeyError, TypeError) as error:
        raise ResumeError(f"An edit of the record does not fit the space: {error}", "Start a new run.") from error
