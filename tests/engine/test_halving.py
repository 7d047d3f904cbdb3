"""Successive halving over rungs: which trials go on, the same whatever the number of workers, and nothing is lost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl_magic.engine.budget import Budget
from automl_magic.engine.control import Control
from automl_magic.engine.events import (
    Event,
    FoldScored,
    RunEnded,
    SpaceChanged,
    TrialEnded,
    TrialPaused,
    TrialPromoted,
    TrialStarted,
    from_json,
    to_json,
)
from automl_magic.engine.halving import Halving
from automl_magic.engine.history import History
from automl_magic.engine.interventions import interventions_of
from automl_magic.engine.resuming import ResumeError
from automl_magic.engine.schedulers import Wait, below_median, forgiving
from automl_magic.engine.study import Start, Study
from automl_magic.engine.workers import ProcessWorkers
from tests.engine.climbing import (
    EPOCHS,
    CurveEvaluator,
    LadderEvaluator,
    climbing_study,
    decided,
    loss_of,
    told,
)

GOOD, BAD = {"x": 1.0, "n": 3, "kind": "round"}, {"x": 5.0, "n": 3, "kind": "round"}


def climbed(history: History) -> list[int]:
    """Return how many trials were scored on each rung."""
    return [sum(rung in trial.curve for trial in history.trials.values()) for rung in range(4)]


def test_the_best_third_of_each_rung_is_promoted_and_the_best_is_complete() -> None:
    study = climbing_study(budget=Budget(trials=54))
    events = list(study.events())
    counts = climbed(study.history)
    assert counts[0] == 54 and 18 <= counts[1] <= 24 and 6 <= counts[2] <= 12 and 2 <= counts[3] <= 6
    lowest = sorted(study.history.trials.values(), key=lambda trial: -trial.curve[0])
    best = study.history.best()
    assert best is not None and best.state == "done" and best.rung == 3
    assert all(trial.promotions for trial in lowest[:18]), "what is among the best third at the end was promoted"
    assert best.score == max(event.score for event in events if isinstance(event, TrialEnded) and event.state == "done")
    assert loss_of(best.config) <= sorted(loss_of(trial.config) for trial in lowest)[5]


@pytest.mark.parametrize("eta, lag", [(3, 4), (2, 4), (3, 1)])
def test_whatever_is_promoted_was_among_the_best_share_of_its_rung_then(eta: int, lag: int) -> None:
    study = climbing_study(scheduler=Halving(eta), lag=lag, budget=Budget(trials=40))
    events = list(study.events())
    last = max(event.step for event in events if isinstance(event, TrialStarted))
    curves = {trial.id: trial.curve for trial in study.history.trials.values()}
    sent: dict[tuple[int, int], int] = {}
    checked = 0
    for event in events:
        if isinstance(event, TrialStarted):
            sent[event.trial, 0] = event.step
        elif isinstance(event, TrialPromoted):
            below = event.rung - 1
            there = [trial for (trial, rung), step in sent.items() if rung == below and step <= event.step - lag]
            better = sum(curves[trial][below] > curves[event.trial][below] for trial in there)
            is_first = not any(rung == event.rung for _, rung in sent)
            assert event.trial in there
            assert better < len(there) // eta or (better == 0 and (is_first or event.step > last))
            sent[event.trial, event.rung] = event.step
            checked += 1
    assert checked >= 20


def test_a_trial_that_was_never_promoted_is_pruned_and_says_why() -> None:
    study = climbing_study(budget=Budget(trials=54))
    events = list(study.events())
    trials = study.history.trials.values()
    assert isinstance(events[-1], RunEnded) and events[-1].reason == "all 54 trials were made"
    assert {trial.state for trial in trials} == {"done", "pruned"}
    for trial in trials:
        if trial.state == "pruned":
            assert trial.reason == f"paused at rung {trial.rung + 1} of 4: not among the best third"
    assert len([event for event in events if isinstance(event, TrialEnded)]) == 54


def test_another_eta_promotes_another_share() -> None:
    study = climbing_study(scheduler=Halving(2), budget=Budget(trials=40))
    list(study.events())
    assert 20 <= climbed(study.history)[1] <= 28
    assert any("not among the best half" in str(trial.reason) for trial in study.history.trials.values())
    with pytest.raises(ValueError, match="at least 2"):
        Halving(1)


@pytest.mark.parametrize("search, slots", [("random", 4), ("tpe", 1), ("tpe", 3)])
def test_the_decisions_are_the_same_with_any_number_of_workers(search: str, slots: int) -> None:
    alone = climbing_study(search=search)
    expected = decided(alone.events())
    study = climbing_study(search=search, workers=ProcessWorkers(slots), evaluator=CurveEvaluator(seconds=0.001))
    assert decided(study.events()) == expected
    assert told(study.history) == told(alone.history)


@pytest.mark.parametrize("lag", [1, 2, 7])
def test_a_step_is_decided_from_the_results_of_the_steps_up_to_its_lag(lag: int) -> None:
    study = climbing_study(lag=lag)
    seen: list[int] = []
    decide = study.scheduler
    assert decide is not None

    class Spy:
        leaves = decide.leaves

        def __call__(self, view: Any) -> Any:
            for trial in view.trials:
                seen.append(view.asked)
                steps = [step for step, rung in [(trial.step, 0), *trial.promotions] if rung <= trial.rung]
                assert max(steps) <= view.asked - lag
                assert trial.state in ("paused", "done")
            return decide(view)

    study.scheduler = Spy()
    events = list(study.events())
    steps = [event.step for event in events if isinstance(event, TrialStarted | TrialPromoted)]
    assert seen and len(set(steps)) == len(steps), "each decision has a number of its own"
    assert [event.trial for event in events if isinstance(event, TrialStarted)] == list(range(27))


def test_a_fold_goes_on_from_its_state_also_in_another_process(tmp_path: Path) -> None:
    folder = tmp_path / f"state-{os.getpid()}"
    folder.mkdir()
    study = climbing_study(
        workers=ProcessWorkers(2), evaluator=CurveEvaluator(folder=str(folder), folds=2, seconds=0.002)
    )
    list(study.events())
    for trial in study.history.trials.values():
        for rung, scores in trial.results.items():
            assert {result.scores["trained"] for result in scores.values()} == {float(EPOCHS[rung])}, "no epoch twice"
    writers = [json.loads(file.read_text())["by"] for file in folder.glob("*-3.json")]
    assert writers and os.getpid() not in writers


def test_a_worker_that_dies_on_a_rung_costs_its_trial_alone(tmp_path: Path) -> None:
    folder = tmp_path / f"state-{os.getpid()}"
    folder.mkdir()
    list((whole := climbing_study()).events())
    victim = next(trial.id for trial in whole.history.trials.values() if trial.rung == 3)
    evaluator = CurveEvaluator(folder=str(folder), dies=(victim, 2))
    study = climbing_study(workers=ProcessWorkers(2), evaluator=evaluator)
    list(study.events())
    dead = study.history.trials[victim]
    assert dead.state == "failed" and dead.rung == 1 and dead.score == dead.curve[1]
    assert study.history.best() is not None and len(study.history.trials) == 27
    assert sum(trial.state == "failed" for trial in study.history.trials.values()) == 1


def cut_at(events: list[Event], wanted: Callable[[Event], bool]) -> list[Event]:
    """Return the events up to the first that is wanted, as a record holds them."""
    place = next(place for place, event in enumerate(events) if wanted(event))
    return [from_json(to_json(event)) for event in events[: place + 1]]


def test_a_run_that_breaks_off_anywhere_ends_with_the_same_trials() -> None:
    fields: dict[str, Any] = {"search": "tpe", "budget": Budget(trials=18)}
    whole = climbing_study(**fields)
    events = [from_json(to_json(event)) for event in whole.events()]
    for cut in range(1, len(events), 6):
        resumed = climbing_study(**fields, past=tuple(events[:cut]))
        list(resumed.events())
        assert told(resumed.history) == told(whole.history), f"cut after event {cut}: {events[cut - 1]}"


def test_a_promoted_trial_under_way_is_tried_again_from_its_rung() -> None:
    events = list(climbing_study(evaluator=CurveEvaluator(folds=2)).events())
    past = cut_at(events, lambda event: isinstance(event, FoldScored) and event.rung == 2)
    again = climbing_study(evaluator=CurveEvaluator(folds=2), past=tuple(past))
    new = list(again.events())
    trial = past[-1].trial  # type: ignore[union-attr]
    restarted = [event for event in new if isinstance(event, TrialStarted) and event.trial == trial]
    scored = [(event.rung, event.fold) for event in new if isinstance(event, FoldScored) and event.trial == trial]
    assert [event.attempt for event in restarted] == [2]
    assert scored[0] == (2, 1), "what was scored is not scored again"


def test_a_record_with_more_rungs_than_there_are_now_is_refused() -> None:
    events = list(climbing_study().events())
    past = cut_at(events, lambda event: isinstance(event, TrialPromoted) and event.rung == 3)
    few = CurveEvaluator(rungs=2, shares=(1 / 3, 1.0))
    with pytest.raises(ResumeError, match="climbed to rung 4; there are 2 now"):
        list(climbing_study(evaluator=few, past=tuple(past)).events())


def test_paused_trials_of_an_ended_run_go_on_when_it_gets_more_trials() -> None:
    short = climbing_study(budget=Budget(trials=8))
    past = [from_json(to_json(event)) for event in short.events()]
    assert any(trial.state == "pruned" for trial in short.history.trials.values())
    resumed = climbing_study(budget=Budget(trials=8), past=tuple(past), extension={"trials": 30})
    new = list(resumed.events())
    later = [event.trial for event in new if isinstance(event, TrialPromoted)]
    assert len(resumed.history.trials) == 30 and any(trial < 8 for trial in later)
    assert resumed.history.counts()["paused"] == 0


def test_a_run_that_gets_more_trials_goes_on_alike_wherever_it_breaks_off_and_is_made_again_alike() -> None:
    fields: dict[str, Any] = {"budget": Budget(trials=8), "plan": {"trials": 8}, "search": "tpe"}
    first = [from_json(to_json(event)) for event in climbing_study(**fields).events()]
    longer = climbing_study(**fields, past=tuple(first), extension={"trials": 20})
    record = first + [from_json(to_json(event)) for event in longer.events()]
    many = climbing_study(
        **fields,
        past=tuple(first),
        extension={"trials": 20},
        workers=ProcessWorkers(3),
        evaluator=CurveEvaluator(seconds=0.002),
    )
    list(many.events())
    assert len(longer.history.trials) == 20 and told(many.history) == told(longer.history)
    for cut in range(len(first) + 1, len(record), 7):
        resumed = climbing_study(**fields, past=tuple(record[:cut]))
        list(resumed.events())
        assert told(resumed.history) == told(longer.history), f"cut after event {cut}: {record[cut - 1]}"
    assert told(again(record, search="tpe")) == told(longer.history)


def test_a_record_that_breaks_off_is_made_again_up_to_there_as_of_a_run_that_had_more_trials_to_come() -> None:
    events = [from_json(to_json(event)) for event in climbing_study(plan={"trials": 27}).events()]
    for cut in range(1, len(events) - 1, 6):
        history = history_of(events[:cut])
        repeated = again(events[:cut])
        for id, trial in history.trials.items():
            same = repeated.trials[id]
            assert (same.config, same.promotions) == (trial.config, trial.promotions), f"cut after event {cut}"


def history_of(events: list[Event]) -> History:
    """Return the history that events make."""
    history = History()
    for event in events:
        history.apply(event)
    return history


def stopped_at(wanted: Callable[[Event], bool], act: Callable[[Control, Any], None]) -> tuple[Study, list[Event]]:
    """Return a run in which something is done at an event."""
    control, acted = Control(), False
    study = climbing_study(control=control, workers=ProcessWorkers(2), evaluator=CurveEvaluator(seconds=0.004))
    events: list[Event] = []
    for event in study.events():
        events.append(event)
        if not acted and wanted(event):
            acted = True
            act(control, event)
    return study, [from_json(to_json(event)) for event in events]


def again(events: list[Event], **fields: Any) -> History:
    """Return the history of the search made again."""
    said = interventions_of(events)
    repeated = climbing_study(again=said, budget=Budget(trials=said.trials), **fields)
    list(repeated.events())
    return repeated.history


def test_a_stop_on_a_rung_ends_what_runs_and_what_is_paused_and_both_go_on_later() -> None:
    study, events = stopped_at(
        lambda event: isinstance(event, TrialPromoted) and event.rung == 2, lambda control, event: control.stop()
    )
    states = study.history.counts()
    assert states["stopped"] >= 1 and states["pruned"] >= 3 and states["running"] == states["paused"] == 0
    paused = [trial for trial in study.history.trials.values() if trial.state == "pruned"]
    assert all(str(trial.reason).endswith("of 4 when the run ended") for trial in paused)
    assert told(again(events)) == told(study.history)
    resumed = climbing_study(past=tuple(events))
    list(resumed.events())
    list((whole := climbing_study()).events())
    assert told(resumed.history) == told(whole.history)


def test_a_paused_trial_that_is_skipped_is_not_promoted_and_the_search_is_made_again_alike() -> None:
    study, events = stopped_at(
        lambda event: isinstance(event, TrialPaused) and event.trial >= 5,
        lambda control, event: control.skip(event.trial),
    )
    skipped = next(event.trial for event in events if isinstance(event, TrialPaused) and event.trial >= 5)
    trial = study.history.trials[skipped]
    assert trial.state == "stopped" and trial.reason == "skipped by you"
    ended = next(place for place, event in enumerate(events) if isinstance(event, TrialEnded))
    assert not any(isinstance(event, TrialPromoted) and event.trial == skipped for event in events[ended:])
    assert told(again(events)) == told(study.history)


def test_a_running_trial_that_is_skipped_on_a_higher_rung_ends_there_again() -> None:
    study, events = stopped_at(
        lambda event: isinstance(event, TrialPromoted) and event.rung == 1,
        lambda control, event: control.skip(event.trial),
    )
    stopped = [trial for trial in study.history.trials.values() if trial.state == "stopped"]
    assert len(stopped) == 1 and stopped[0].promotions
    assert told(again(events)) == told(study.history)


def test_an_edit_of_the_space_leaves_paused_trials_outside_it_where_they_are() -> None:
    study, events = stopped_at(
        lambda event: isinstance(event, TrialPaused) and event.trial >= 8,
        lambda control, event: control.narrow("x", 2.0, 5.0),
    )
    place = next(place for place, event in enumerate(events) if isinstance(event, SpaceChanged))
    later = [event.trial for event in events[place:] if isinstance(event, TrialPromoted)]
    assert later and all(study.history.trials[trial].config["x"] >= 2.0 for trial in later)
    assert told(again(events)) == told(study.history)


@pytest.mark.parametrize("lag", [1, 4])
def test_a_budget_of_fits_is_counted_in_shares_and_kept(lag: int) -> None:
    alone = climbing_study(budget=Budget(fits=3.0), lag=lag)
    list(alone.events())
    spent = sum(CurveEvaluator().shares[trial.rung] for trial in alone.history.trials.values())
    assert 3.0 <= spent <= 3.0 + lag and alone.history.reason == "3 fits were made"
    many = climbing_study(budget=Budget(fits=3.0), lag=lag, workers=ProcessWorkers(2))
    list(many.events())
    assert told(many.history) == told(alone.history)


def test_a_finite_space_ends_when_everything_was_tried_and_promoted() -> None:
    study = climbing_study(budget=Budget(trials=1000))
    study.space = study.space.fix("x", 1.0).fix("kind", "round")
    events = list(study.events())
    assert len(study.history.trials) == 9 and "every configuration" in str(events[-1].reason)  # type: ignore[union-attr]
    assert study.history.best().config["n"] <= 3  # type: ignore[union-attr]


def test_the_baseline_does_not_pause_and_a_persons_point_does() -> None:
    starts = (Start(BAD, "baseline"), Start(BAD, "baseline", hidden=True), Start(GOOD, "you"))
    study = climbing_study(starts=starts, budget=Budget(trials=9))
    events = list(study.events())
    paused = {event.trial for event in events if isinstance(event, TrialPaused)}
    trials = study.history.trials
    assert {0, 1}.isdisjoint(paused) and 2 in paused
    assert trials[0].state == "done" and sorted(trials[0].curve) == [0, 1, 2, 3]
    assert trials[1].state == "done" and sorted(trials[1].curve) == [3], "nobody asks on its way"
    assert study.history.best() == trials[2]


def test_folds_are_rungs_where_there_are_no_others() -> None:
    study = climbing_study(evaluator=CurveEvaluator(folds=5, rungs=1, shares=(1.0,)), budget=Budget(trials=30))
    list(study.events())
    lengths = [len(trial.scores) for trial in study.history.trials.values()]
    assert set(lengths) == {1, 5} and 10 <= lengths.count(5) <= 16
    for trial in study.history.trials.values():
        assert [sorted(scores) for scores in trial.results.values()] in ([[0]], [[0], [1, 2, 3, 4]])


def test_a_rule_over_folds_judges_on_each_rung_without_a_pause() -> None:
    for rule in (forgiving, below_median):
        study = climbing_study(scheduler=None, pruner=rule, budget=Budget(trials=30))
        events = list(study.events())
        pruned = [trial for trial in study.history.trials.values() if trial.state == "pruned"]
        assert pruned and not any(isinstance(event, TrialPaused) for event in events)
        assert any(trial.rung < 3 for trial in pruned)
        assert all(sorted(t.curve) == [0, 1, 2, 3] for t in study.history.trials.values() if t.state == "done")


def test_a_scheduler_that_waits_for_nothing_ends_the_run() -> None:
    class Lazy:
        leaves = "not looked at"

        def __call__(self, view: Any) -> Wait:
            return Wait()

    for budget in (Budget(trials=5), Budget(seconds=20.0)):
        events = list(climbing_study(scheduler=Lazy(), starts=(Start(GOOD, "you"),), budget=budget).events())
        assert events[-1].reason == "nothing was left to do"  # type: ignore[union-attr]
        ended = [event for event in events if isinstance(event, TrialEnded)]
        assert [event.reason for event in ended] == ["paused at rung 1 of 4: not looked at"]


def test_under_a_budget_of_seconds_trials_are_promoted_too() -> None:
    study = climbing_study(budget=Budget(seconds=0.6), evaluator=CurveEvaluator(seconds=0.001))
    events = list(study.events())
    assert any(isinstance(event, TrialPromoted) for event in events) and study.history.best() is not None
    assert study.history.counts()["paused"] == study.history.counts()["running"] == 0


def test_every_event_survives_json_and_makes_the_same_history() -> None:
    study = climbing_study(evaluator=LadderEvaluator())
    history = History()
    for event in study.events():
        history.apply(from_json(to_json(event)))
    assert history.trials == study.history.trials
