"""The loop: what it promises under each budget, and how it hears what a person says."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from automl_magic.engine.budget import Budget, Stopwatch
from automl_magic.engine.control import Control
from automl_magic.engine.events import (
    FoldScore,
    Note,
    RunEnded,
    RunStarted,
    SpaceChanged,
    Steered,
    TrialEnded,
    TrialStarted,
    from_json,
    to_json,
)
from automl_magic.engine.history import History
from automl_magic.engine.schedulers import forgiving, policy_named
from automl_magic.engine.study import Start
from automl_magic.engine.workers import InProcess, ProcessWorkers
from tests.engine.toy import ToyEvaluator, toy_space, toy_study, trials_of


def of_kind(events: list[Any], kind: type[Any]) -> list[Any]:
    """Return the events of one class."""
    return [event for event in events if isinstance(event, kind)]


def test_a_run_begins_with_its_plan_and_ends_with_its_best() -> None:
    study = toy_study(plan={"trials": 12})
    events = list(study.events())
    assert isinstance(events[0], RunStarted) and events[0].plan == {"trials": 12}
    assert isinstance(events[-1], RunEnded)
    best = max(of_kind(events, TrialEnded), key=lambda event: event.score)
    assert events[-1].best == best.trial
    assert "12 trials" in events[-1].reason


def test_every_event_survives_json_and_makes_the_same_history() -> None:
    study = toy_study()
    events = list(study.events())
    again = History()
    for event in events:
        again.apply(from_json(to_json(event)))
    assert again.trials == study.history.trials
    assert again.status == "ended" and again.best() == study.history.best()


@pytest.mark.parametrize("search", ["random", "tpe", "grid"])
def test_a_budget_of_trials_gives_the_same_trials_with_any_number_of_workers(search: str) -> None:
    budget = Budget(trials=18)
    alone = trials_of(list(toy_study(search=search, budget=budget, pruner=forgiving).events()))
    for slots in (1, 3):
        workers = ProcessWorkers(slots)
        evaluator = ToyEvaluator(seconds=0.005)
        events = list(
            toy_study(search=search, budget=budget, pruner=forgiving, workers=workers, evaluator=evaluator).events()
        )
        assert trials_of(events) == alone


def test_another_seed_gives_other_trials() -> None:
    assert trials_of(list(toy_study(seed=1).events())) != trials_of(list(toy_study(seed=2).events()))


def test_a_step_is_decided_from_the_results_of_the_steps_up_to_its_lag() -> None:
    seen: dict[int, tuple[list[int], int]] = {}
    study = toy_study(lag=3)
    propose = study.searcher

    def spy(view: Any, rng: Any) -> Any:
        seen[view.asked] = ([trial.step for trial in view.trials], len(view.pending))
        return propose(view, rng)

    study.searcher = spy  # type: ignore[assignment]
    list(study.events())
    for step, (known, pending) in seen.items():
        assert known == list(range(max(0, step - 3 + 1)))
        assert pending == min(step, 2)


@pytest.mark.parametrize("fails", ["raise", "nan"])
def test_a_trial_that_raises_or_scores_nan_fails_with_its_reason_and_the_run_goes_on(fails: str) -> None:
    events = list(toy_study(evaluator=ToyEvaluator(fails=fails)).events())
    failed = [event for event in of_kind(events, TrialEnded) if event.state == "failed"]
    assert failed and len(of_kind(events, TrialEnded)) == 12
    assert all(
        ("squares cannot be scored" if fails == "raise" else "not a finite number") in event.reason for event in failed
    )


def test_starts_come_first_and_those_outside_the_space_are_left_out() -> None:
    inside = {"x": 1.0, "n": 3, "kind": "round"}
    outside = {"x": 9.0, "n": 3, "kind": "round"}
    study = toy_study(starts=(Start(outside, "you"), Start(inside, "you")))
    first = of_kind(list(study.events()), TrialStarted)[0]
    assert first.config == inside and first.origin == "you"


def test_a_hidden_line_to_beat_is_never_the_best_and_not_counted() -> None:
    study = toy_study(starts=(Start({"x": 1.0, "n": 3, "kind": "round"}, "baseline", hidden=True),))
    list(study.events())
    baseline = study.history.baseline()
    assert baseline is not None and baseline.hidden
    assert study.history.best() != baseline
    assert sum(study.history.counts().values()) == 12


def test_pruned_trials_say_why() -> None:
    events = list(toy_study(pruner=forgiving, budget=Budget(trials=30)).events())
    pruned = [event for event in of_kind(events, TrialEnded) if event.state == "pruned"]
    assert pruned and all("worst fold of trial" in event.reason for event in pruned)


def test_a_finite_space_ends_when_everything_was_tried() -> None:
    space = toy_space().fix("x", 1.0).narrow("n", low=2, high=4)
    for search in ("random", "grid", "tpe"):
        events = list(toy_study(space=space, search=search, budget=Budget(trials=100)).events())
        configs = [tuple(sorted(event.config.items())) for event in of_kind(events, TrialStarted)]
        assert len(configs) == len(set(configs)) == 6
        said = "every point of the grid" if search == "grid" else "every configuration"
        assert said in (events[-1].reason or "")


def run_in_thread(study: Any) -> tuple[list[Any], threading.Thread]:
    """Start the study in a thread; the list grows as events come."""
    events: list[Any] = []
    thread = threading.Thread(target=lambda: events.extend(iter_into(study, events)), daemon=True)
    thread.start()
    return events, thread


def iter_into(study: Any, events: list[Any]) -> list[Any]:
    """Append each event as it comes."""
    for event in study.events():
        events.append(event)
    return []


def wait_for(condition: Any, seconds: float = 20.0) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_stop_ends_within_a_second_and_keeps_the_best() -> None:
    control = Control()
    study = toy_study(
        evaluator=ToyEvaluator(seconds=0.05), budget=Budget(trials=10_000), workers=ProcessWorkers(2), control=control
    )
    events, thread = run_in_thread(study)
    wait_for(lambda: study.history.counts()["done"] >= 3)
    begun = time.monotonic()
    control.stop(why="enough")
    thread.join(10)
    assert time.monotonic() - begun < 5
    assert "you stopped it (enough)" in events[-1].reason and events[-1].best is not None


def test_narrowing_is_respected_by_every_trial_started_after_it() -> None:
    control = Control()
    study = toy_study(
        search="tpe",
        evaluator=ToyEvaluator(seconds=0.01),
        budget=Budget(trials=40),
        workers=ProcessWorkers(2),
        control=control,
    )
    events, thread = run_in_thread(study)
    wait_for(lambda: study.history.counts()["done"] >= 12)
    control.narrow("x", -5.0, -4.0)
    control.choose("kind", ["square"])
    thread.join(60)
    changed = max(place for place, event in enumerate(events) if isinstance(event, SpaceChanged))
    later = [event for event in events[changed:] if isinstance(event, TrialStarted)]
    assert later and all(-5.0 <= event.config["x"] <= -4.0 and event.config["kind"] == "square" for event in later)
    last = events[changed].last_trial
    assert min(event.trial for event in later) == last + 1


def test_a_message_that_cannot_be_meant_becomes_a_note_and_changes_nothing() -> None:
    control = Control()
    study = toy_study(control=control)
    control.narrow("wheels", 1, 2)
    control.choose("kind", ["oval"])
    control.enqueue({"x": 99.0})
    events = list(study.events())
    assert len(of_kind(events, Note)) == 3 and not of_kind(events, SpaceChanged)
    assert "wheels" in of_kind(events, Note)[0].text


def test_a_pause_starts_nothing_and_stops_the_clock() -> None:
    control = Control()
    study = toy_study(
        evaluator=ToyEvaluator(seconds=0.02), budget=Budget(seconds=1.0), workers=ProcessWorkers(1), control=control
    )
    events, thread = run_in_thread(study)
    wait_for(lambda: study.history.counts()["done"] >= 1)
    control.pause()
    wait_for(lambda: study.history.status == "paused")
    time.sleep(0.3)
    started = len(of_kind(events, TrialStarted))
    time.sleep(1.2)
    assert len(of_kind(events, TrialStarted)) == started and thread.is_alive()
    control.proceed()
    thread.join(20)
    assert len(of_kind(events, TrialStarted)) > started
    assert [event.kind for event in of_kind(events, Steered)] == ["pause", "continue"]
    assert events[-1].seconds < 2.0


def test_a_budget_of_seconds_is_kept_when_a_fit_would_take_far_longer() -> None:
    study = toy_study(evaluator=ToyEvaluator(seconds=30.0), budget=Budget(seconds=1.0), workers=ProcessWorkers(2))
    begun = time.monotonic()
    events = list(study.events())
    assert time.monotonic() - begun < 5
    assert {event.state for event in of_kind(events, TrialEnded)} == {"stopped"}


def test_skip_ends_the_oldest_running_trial_only() -> None:
    control = Control()
    study = toy_study(
        evaluator=ToyEvaluator(folds=2, seconds=0.5),
        budget=Budget(trials=4),
        workers=ProcessWorkers(2),
        control=control,
    )
    events, thread = run_in_thread(study)
    wait_for(lambda: of_kind(events, TrialStarted))
    control.skip()
    thread.join(60)
    ended = {event.trial: event for event in of_kind(events, TrialEnded)}
    assert ended[0].state == "stopped" and "skipped by you" in ended[0].reason
    assert all(ended[trial].state == "done" for trial in (1, 2, 3))


def test_a_point_set_by_hand_is_tried_next_and_bears_its_name() -> None:
    control = Control()
    control.enqueue({"x": 1.0, "n": 3, "kind": "round"})
    study = toy_study(control=control)
    events = list(study.events())
    mine = [event for event in of_kind(events, TrialStarted) if event.origin == "you"]
    assert len(mine) == 1 and mine[0].config["x"] == 1.0


@dataclass(frozen=True)
class Hasty:
    """Note in how many seconds each fit should end, and take a part of them."""

    folds: int = 4
    rungs: int = 1
    heeds_time: bool = True
    told: list[tuple[int, int, float | None]] = field(default_factory=list)

    def evaluate(
        self, *, config: Any, fold: int, rung: int, seed: int, trial: int, hidden: bool, seconds: float | None = None
    ) -> FoldScore:
        """Score one fold."""
        self.told.append((trial, fold, seconds))
        return FoldScore(float(trial), 0.001)


def test_an_evaluator_that_heeds_time_is_told_how_much_a_fit_may_take() -> None:
    free = toy_study(evaluator=Hasty(), budget=Budget(trials=3), workers=InProcess())
    list(free.events())
    assert {seconds for _, _, seconds in free.evaluator.told} == {None}
    timed = toy_study(evaluator=Hasty(), budget=Budget(seconds=10.0, trials=3, trial_seconds=5.0), workers=InProcess())
    list(timed.events())
    told = [seconds for trial, _, seconds in timed.evaluator.told if trial == 2]
    assert told == pytest.approx([5.0 / 4, 5.0 / 3, 5.0 / 2, 5.0], rel=0.05)  # fewer folds left: more for each
    policy = policy_named("first_fold")
    starts = tuple(Start(toy_space().sample(np.random.default_rng(seed)), "default") for seed in range(4))
    raced = toy_study(
        evaluator=Hasty(),
        budget=Budget(seconds=10.0, trials=4),
        workers=InProcess(),
        pruner=policy.pruner,
        scheduler=policy.scheduler,
        starts=starts,
    )
    list(raced.events())
    race = [seconds for trial, fold, seconds in raced.evaluator.told if fold == 0]
    assert race and all(seconds == pytest.approx(0.45 * 10.0 / 4, rel=0.05) for seconds in race)


def test_where_one_part_is_held_out_each_of_the_first_trials_has_its_part_of_the_time_and_later_ones_less() -> None:
    class Clock(Stopwatch):
        now = 0.0

        def elapsed(self) -> float:
            return self.now

    @dataclass(frozen=True)
    class Slow(Hasty):
        folds: int = 1

        def evaluate(self, **given: Any) -> FoldScore:
            clock.now += 1.0
            return super().evaluate(**given)

    clock, policy = Clock(), policy_named("first_fold")
    starts = tuple(Start(toy_space().sample(np.random.default_rng(seed)), "default") for seed in range(4))

    def told(trial_seconds: float | None) -> list[float | None]:
        clock.now = 0.0
        given = {"scheduler": policy.scheduler, "starts": starts, "clock": clock}
        budget = Budget(seconds=8.0, trial_seconds=trial_seconds)
        study = toy_study(evaluator=Slow(), budget=budget, workers=InProcess(), **given)
        list(study.events())
        return [seconds for _, _, seconds in study.evaluator.told]

    later = [0.3 * left for left in (4, 3, 2, 1)]
    assert told(None) == pytest.approx([0.3 * 8, 0.3 * 7, 8 / 4, 8 / 4, *later])  # SHARE of what is left, or a part
    assert told(1.1) == pytest.approx([1.1, 1.1, 1.1, 1.1, 1.1, *later[1:]])
