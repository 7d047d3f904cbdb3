"""A search that goes on where its record breaks off: the same trials as if nothing had happened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automl_magic.engine.budget import Budget
from automl_magic.engine.control import Control
from automl_magic.engine.events import (
    FoldScored,
    RunEnded,
    RunResumed,
    RunStarted,
    SpaceChanged,
    Steered,
    TrialEnded,
    TrialStarted,
    from_json,
    to_json,
)
from automl_magic.engine.history import History
from automl_magic.engine.resuming import ResumeError, readable
from automl_magic.engine.schedulers import forgiving, none
from automl_magic.engine.study import Start, Study
from tests.engine.toy import ToyEvaluator, toy_space, toy_study

FIRST = (Start({"x": 0.5, "n": 3, "kind": "round"}, "default"), Start({"x": 9.0, "n": 3, "kind": "round"}, "default"))


def study(**fields: Any) -> Study:
    """Return a study whose trials are pruned and which tries something first."""
    return toy_study(**{"pruner": forgiving, "search": "tpe", "budget": Budget(trials=14), "starts": FIRST, **fields})


def found(history: History) -> list[tuple[Any, ...]]:
    """Return what must be the same: each trial with what was tried and what came of it."""
    return [
        (trial.id, sorted(trial.config.items()), trial.origin, trial.state, trial.score, sorted(trial.scores))
        for trial in sorted(history.trials.values(), key=lambda trial: trial.id)
    ]


def test_a_run_that_breaks_off_anywhere_ends_with_the_same_trials() -> None:
    whole = study()
    events = [from_json(to_json(event)) for event in whole.events()]
    assert {event.state for event in events if isinstance(event, TrialEnded)} == {"done", "pruned"}
    for cut in range(1, len(events)):
        resumed = study(past=tuple(events[:cut]))
        assert isinstance(next(resumed.events()), RunResumed)
        resumed = study(past=tuple(events[:cut]))
        list(resumed.events())
        assert found(resumed.history) == found(whole.history), f"cut after event {cut}: {events[cut - 1]}"


def test_folds_that_were_scored_are_not_scored_again() -> None:
    events = list(study().events())
    cut = next(place for place, event in enumerate(events) if isinstance(event, FoldScored) and event.fold == 1) + 1
    resumed = study(past=tuple(events[:cut]))
    new = list(resumed.events())
    scored = [event.fold for event in new if isinstance(event, FoldScored) and event.trial == 0]
    assert scored == [2]
    assert [event.attempt for event in new if isinstance(event, TrialStarted) and event.trial == 0] == [2]


def test_edits_and_points_of_a_person_hold_after_the_break() -> None:
    control = Control()
    steered = study(control=control, evaluator=ToyEvaluator(seconds=0.002))
    events = []
    for event in steered.events():
        events.append(event)
        if isinstance(event, TrialEnded) and event.trial == 3:
            control.narrow("x", 0.0, 2.0)
            control.enqueue({"x": 1.5, "n": 3, "kind": "round"})
    for cut in range(1, len(events)):
        if not any(isinstance(event, Steered) for event in events[:cut]):
            continue
        resumed = study(past=tuple(events[:cut]))
        list(resumed.events())
        assert found(resumed.history) == found(steered.history)
    assert any(isinstance(event, SpaceChanged) for event in events)


def test_what_is_added_to_the_time_counts_and_so_does_the_time_before_the_break() -> None:
    events = [
        RunStarted("run", {}, toy_space().to_json(), 3, 0, {}),
        Steered("add_time", 5.0, "you", "", -1, 3.0),
    ]
    resumed = toy_study(budget=Budget(seconds=1.0, trials=3), past=tuple(events))
    stream = resumed.events()
    next(stream)
    assert resumed.budget.seconds == 6.0
    assert 3.0 <= resumed.elapsed() < 4.5
    assert isinstance(list(stream)[-1], RunEnded)


def test_a_trial_under_which_the_run_broke_off_twice_has_failed() -> None:
    events = list(study().events())
    cut = next(place for place, event in enumerate(events) if isinstance(event, TrialStarted)) + 1
    once = study(past=tuple(events[:cut]))
    stream = once.events()
    more = [next(stream), next(stream)]
    assert isinstance(more[1], TrialStarted) and more[1].attempt == 2
    twice = study(past=(*events[:cut], *more))
    list(twice.events())
    assert twice.history.trials[0].state == "failed"
    assert "broke off 2 times" in str(twice.history.trials[0].reason)
    assert len(twice.history.trials) == 14


def test_a_run_that_was_stopped_goes_on_and_what_the_stop_ended_is_tried_again() -> None:
    control = Control()
    stopped = study(control=control, evaluator=ToyEvaluator(seconds=0.01), pruner=none)
    events = []
    for event in stopped.events():
        events.append(event)
        if isinstance(event, FoldScored) and event.trial == 5 and event.fold == 0:
            control.stop()
    assert stopped.history.counts()["stopped"] > 0
    resumed = study(past=tuple(events), pruner=none)
    list(resumed.events())
    whole = study(pruner=none)
    list(whole.events())
    assert found(resumed.history) == found(whole.history)


def test_a_trial_that_a_person_skipped_stays_skipped() -> None:
    control = Control()
    first = study(control=control, evaluator=ToyEvaluator(seconds=0.01))
    events = []
    for event in first.events():
        events.append(event)
        if isinstance(event, FoldScored) and event.trial == 2 and event.fold == 0:
            control.skip(2)
        if isinstance(event, TrialEnded) and event.trial == 4:
            break
    assert first.history.trials[2].state == "stopped"
    resumed = study(past=tuple(events))
    list(resumed.events())
    assert resumed.history.trials[2].state == "stopped"


def test_new_limits_take_the_place_of_the_old_ones() -> None:
    events = list(study(budget=Budget(trials=5)).events())
    resumed = study(budget=Budget(trials=5), past=tuple(events), extension={"trials": 9})
    list(resumed.events())
    assert len(resumed.history.trials) == 9
    assert resumed.history.reason == "all 9 trials were made"


def test_an_ended_run_without_new_limits_ends_again_at_once() -> None:
    events = list(study().events())
    resumed = study(past=tuple(events))
    new = list(resumed.events())
    assert [type(event) for event in new] == [RunResumed, RunEnded]
    assert new[-1].best == events[-1].best


def test_first_configurations_of_another_version_are_refused() -> None:
    events = list(study().events())
    other = (replace(FIRST[0], config={"x": 0.25, "n": 3, "kind": "round"}),)
    with pytest.raises(ResumeError, match="Trial 0"):
        list(study(starts=other, past=tuple(events[:3])).events())


def test_what_makes_no_sense_in_a_record_is_left_out_and_counted() -> None:
    events = list(study().events())
    without = [event for event in events if not (isinstance(event, TrialStarted) and event.trial == 3)]
    kept, dropped = readable([*without, events[0]])
    assert dropped == sum(isinstance(event, FoldScored | TrialEnded) and event.trial == 3 for event in events) + 1
    resumed = study(past=tuple(kept))
    list(resumed.events())
    with pytest.raises(ResumeError, match="lacks the beginning"):
        readable(events[1:])
