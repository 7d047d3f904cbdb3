"""What was done to a recorded run from outside, to be done again at the same steps: edits, points, skipped trials.

A search that is repeated asks its searcher anew. What persons did hung on the clock, so it is read from the record: an
edit that was made when step k had started last is in force from step k + 1 on, and a trial that was ended from outside
ends after the same fold, in the same words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from automl_magic.engine.caps import is_verdict
from automl_magic.engine.control import Message
from automl_magic.engine.events import EndState, Event, RunResumed, RunStarted, SpaceChanged, Steered
from automl_magic.engine.history import History, Trial


@dataclass(frozen=True)
class End:
    """After how many scored folds a trial was ended from outside, and why; `climb` tells how often it was promoted.

    A limit that is measured counts as outside: `state` is then what the trial ended as.
    """

    folds: int
    reason: str
    climb: int = 0
    state: EndState = "stopped"


@dataclass(frozen=True)
class Interventions:
    """What was done from outside.

    Attributes
    ----------
    messages : mapping of int to tuple of Message
        By the step that had started last; -1 before the first one.
    ends : mapping of int to End
        By trial.
    trials : int
        How many trials were wanted at first, lines to beat outside the space aside; where the plan does not tell, as
        many as there were. A scheduler decides otherwise when no further trial can start, so it must be known.
    extensions : mapping of int to int
        How many trials were wanted from then on, by the step that had started last.
    last : int or None
        The last step of the record: none is decided behind it.
    """

    messages: Mapping[int, tuple[Message, ...]] = field(default_factory=dict)
    ends: Mapping[int, End] = field(default_factory=dict)
    trials: int = 0
    extensions: Mapping[int, int] = field(default_factory=dict)
    last: int | None = None


def interventions_of(events: Iterable[Event]) -> Interventions:
    """Return what was done to a run, RunStarted first, from outside."""
    messages: dict[int, list[Message]] = defaultdict(list)
    history = History()
    done_again: set[int] = set()  # trials that were skipped while they were paused
    wanted: int | None = None
    extensions: dict[int, int] = {}
    for event in events:
        if isinstance(event, RunStarted):
            wanted = event.plan.get("trials")
        elif isinstance(event, RunResumed) and event.budget.get("trials") is not None:
            wanted = _counted(history) if wanted is None else wanted
            extensions[_last_step(history)] = int(event.budget["trials"])
        elif isinstance(event, SpaceChanged):
            kind, value = event.change["kind"], {key: part for key, part in event.change.items() if key != "kind"}
            messages[event.step].append(Message(str(kind), value, event.who, event.why))
        elif isinstance(event, Steered) and event.kind == "enqueue":
            messages[event.step].append(Message("enqueue", event.value, event.who, event.why))
        elif isinstance(event, Steered) and event.kind == "skip" and _is_paused(history, event.value):
            messages[event.step].append(Message("skip", event.value, event.who, event.why))
            done_again.add(int(str(event.value)))
        history.apply(event)
    trials = history.trials.values()
    wanted = _counted(history) if wanted is None else wanted
    ends = {
        trial.id: End(_scored_last(trial), trial.reason or "the record ends here", len(trial.promotions), state)
        for trial in trials
        if (state := _ended_as(trial)) is not None and trial.id not in done_again
    }
    told = {step: tuple(wishes) for step, wishes in messages.items()}
    return Interventions(told, ends, wanted, extensions, _last_step(history))


def _ended_as(trial: Trial) -> EndState | None:
    """Return as what a trial is to end that was ended from outside, or by a limit that is measured; else None."""
    if trial.state in ("running", "stopped"):
        return "stopped"
    if trial.state in ("done", "failed") and is_verdict(trial.reason):
        return "done" if trial.state == "done" else "failed"
    return None


def _counted(history: History) -> int:
    """Return how many trials there are, lines to beat outside the space aside."""
    return sum(not trial.hidden for trial in history.trials.values())


def _last_step(history: History) -> int:
    """Return the step that started or promoted a trial last; -1 before the first one."""
    return max((trial.last_step for trial in history.trials.values()), default=-1)


def _is_paused(history: History, trial: object) -> bool:
    return isinstance(trial, int) and trial in history.trials and history.trial(trial).state == "paused"


def _scored_last(trial: Trial) -> int:
    """Return how many folds were scored since the trial started, or was promoted last."""
    first = trial.promotions[-1][1] if trial.promotions else 0
    return sum(len(scores) for rung, scores in trial.results.items() if rung >= first)
