"""What was done to a recorded run from outside, to be done again at the same steps: edits, points, skipped trials.

A search that is repeated asks its searcher anew. What persons did hung on the clock, so it is read from the record: an
edit that was made when step k had started last is in force from step k + 1 on, and a trial that was ended from outside
ends after the same fold, in the same words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from automl_magic.engine.control import Message
from automl_magic.engine.events import Event, SpaceChanged, Steered
from automl_magic.engine.history import History


@dataclass(frozen=True)
class End:
    """After how many scored folds a trial was ended from outside, and why."""

    folds: int
    reason: str


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
        How many trials there were, lines to beat outside the space aside.
    """

    messages: Mapping[int, tuple[Message, ...]] = field(default_factory=dict)
    ends: Mapping[int, End] = field(default_factory=dict)
    trials: int = 0


def interventions_of(events: Iterable[Event]) -> Interventions:
    """Return what was done to a run, RunStarted first, from outside."""
    messages: dict[int, list[Message]] = defaultdict(list)
    history = History()
    for event in events:
        history.apply(event)
        if isinstance(event, SpaceChanged):
            kind, value = event.change["kind"], {key: part for key, part in event.change.items() if key != "kind"}
            messages[event.step].append(Message(str(kind), value, event.who, event.why))
        elif isinstance(event, Steered) and event.kind == "enqueue":
            messages[event.step].append(Message("enqueue", event.value, event.who, event.why))
    broken = ("running", "paused", "stopped")
    trials = history.trials.values()
    ends = {
        trial.id: End(len(trial.scores), trial.reason or "the record ends here")
        for trial in trials
        if trial.state in broken
    }
    told = {step: tuple(wishes) for step, wishes in messages.items()}
    return Interventions(told, ends, sum(not trial.hidden for trial in trials))
