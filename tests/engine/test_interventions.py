"""A run that was steered by hand, searched again from its record: the same trials, whatever the number of workers."""

from __future__ import annotations

from typing import Any

import pytest

from automl_magic.engine.budget import Budget
from automl_magic.engine.control import Control
from automl_magic.engine.events import (
    Event,
    FoldScored,
    SpaceChanged,
    Steered,
    TrialEnded,
    TrialStarted,
    from_json,
    to_json,
)
from automl_magic.engine.history import History
from automl_magic.engine.interventions import interventions_of
from automl_magic.engine.schedulers import forgiving
from automl_magic.engine.study import Start, Study
from automl_magic.engine.workers import ProcessWorkers
from tests.engine.toy import ToyEvaluator, toy_study

FIRST = (Start({"x": 0.5, "n": 3, "kind": "round"}, "default"), Start({"x": 4.5, "n": 3, "kind": "round"}, "default"))


def study(**fields: Any) -> Study:
    """Return a study whose trials are pruned and which tries something first."""
    return toy_study(**{"pruner": forgiving, "search": "tpe", "budget": Budget(trials=24), "starts": FIRST, **fields})


def steered(workers: int, **fields: Any) -> list[Event]:
    """Return the record of a run in which a person did much, at moments of her own."""
    control = Control()
    hands: dict[str, Any] = {"workers": ProcessWorkers(workers)} if workers else {}
    run = study(control=control, evaluator=ToyEvaluator(seconds=0.003), **hands, **fields)
    events: list[Event] = []
    skipped = False
    for event in run.events():
        events.append(event)
        if isinstance(event, TrialEnded) and event.trial == 0:
            control.narrow("x", -2.0, 2.0)
            control.enqueue({"x": 1.25, "n": 4, "kind": "square"})
        elif isinstance(event, TrialEnded) and event.trial == 8:
            control.fix("kind", "round")
            control.rule("n <= 7")
            control.rule("n >= 2")
            control.undo()
            control.pause()
            control.proceed()
        elif isinstance(event, FoldScored) and event.trial >= 2 and event.fold == 0 and not skipped:
            control.skip(event.trial)  # it may be pruned before that is heard
        elif isinstance(event, TrialEnded) and event.state == "stopped" and not skipped:
            skipped = True
            control.reset("x")
    return [from_json(to_json(event)) for event in events]


def again(events: list[Event], workers: int = 0, **fields: Any) -> History:
    """Return the history of the search made again."""
    said = interventions_of(events)
    hands: dict[str, Any] = {"workers": ProcessWorkers(workers)} if workers else {}
    repeated = study(again=said, **{"budget": Budget(trials=said.trials), **hands, **fields})
    list(repeated.events())
    return repeated.history


def found(history: History) -> list[tuple[Any, ...]]:
    """Return what must be the same: what was tried, and what came of it."""
    return [
        (trial.id, sorted(trial.config.items()), trial.origin, trial.state, trial.reason, trial.score)
        for trial in history.trials.values()
    ]


def history_of(events: list[Event]) -> History:
    """Return the history that events make."""
    history = History()
    for event in events:
        history.apply(event)
    return history


@pytest.mark.parametrize("workers", [0, 2])
def test_a_steered_run_that_is_searched_again_has_the_same_trials(workers: int) -> None:
    events = steered(workers)
    states = {event.state for event in events if isinstance(event, TrialEnded)}
    assert sum(isinstance(event, SpaceChanged) for event in events) == 6 and {"stopped", "pruned", "done"} <= states
    assert sum(isinstance(event, Steered) and event.kind == "enqueue" for event in events) == 1
    for hands in (0, 1):
        repeated = again(events, hands)
        assert found(repeated) == found(history_of(events))
        then = [(edit.space, edit.change, edit.step) for edit in history_of(events).edits]
        assert [(edit.space, edit.change, edit.step) for edit in repeated.edits] == then


def test_an_edit_is_in_force_for_the_step_after_the_last_one_and_for_none_before() -> None:
    events = steered(0, budget=Budget(trials=20))
    change = next(event for event in events if isinstance(event, SpaceChanged))
    moved = [event if event is not change else _at_step(change, change.step + 3) for event in events]
    ours = [event.config for event in events if isinstance(event, TrialStarted)]
    theirs = [trial.config for trial in again(moved).trials.values()]
    after = change.step + 1
    assert theirs[:after] == ours[:after]
    assert theirs != ours, "the edit came three steps later, and nothing was other"


def _at_step(change: SpaceChanged, step: int) -> SpaceChanged:
    return SpaceChanged(change.space, change.change, change.who, change.why, step, step, change.at)


def test_a_run_that_was_stopped_is_searched_again_as_far_as_it_came() -> None:
    control = Control()
    run = study(control=control, evaluator=ToyEvaluator(seconds=0.003))
    events = []
    for event in run.events():
        events.append(event)
        if isinstance(event, FoldScored) and event.trial == 6 and event.fold == 0:
            control.stop()
    assert run.history.counts()["stopped"] > 0
    assert found(again(events)) == found(run.history)


def test_the_record_of_a_run_that_broke_off_is_searched_again_as_far_as_it_came() -> None:
    events = steered(0)
    for cut in range(5, len(events), 7):
        repeated, before = again(events[:cut]), history_of(events[:cut])
        assert [row[:3] for row in found(repeated)] == [row[:3] for row in found(before)]
        assert [sorted(trial.scores) for trial in repeated.trials.values()] == [
            sorted(trial.scores) for trial in before.trials.values()
        ]
