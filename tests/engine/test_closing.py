"""What a run makes of its trials at the end: a row that everybody sees and nobody counts."""

from __future__ import annotations

import pytest

from automl_magic.engine.budget import Budget
from automl_magic.engine.closing import FAILED, Made
from automl_magic.engine.events import FoldScore, Note, RunEnded, TrialStarted
from automl_magic.engine.history import ENSEMBLE, History
from automl_magic.members import members_of
from tests.engine.toy import toy_study

BEST = FoldScore(1.0, 0.1)


def made_of_all(history, id, left, reason=None):
    done = [trial.id for trial in history.trials.values() if trial.state == "done" and not trial.hidden]
    return Made({"model": "ensemble", "members": done}, dict.fromkeys(range(3), BEST), reason)


def run(**fields):
    study = toy_study(**{"closing": made_of_all, **fields})
    return study, list(study.events())


def test_it_is_a_row_beside_the_trials_and_the_best_of_them():
    study, events = run()
    row = study.history.best()
    assert row.origin == ENSEMBLE and row.id < 0 and row.hidden and row.score == 1.0
    assert row.config["members"] == list(range(12))
    assert isinstance(events[-1], RunEnded) and events[-1].best == row.id
    assert study.history.counts()["done"] == 12


def test_one_that_is_not_better_is_a_row_and_not_the_best():
    def close(history, id, left):
        return made_of_all(history, id, left, "not better than trial 3")

    study, events = run(closing=close)
    row = study.history.trial(-1)
    assert (row.state, row.reason) == ("pruned", "not better than trial 3")
    assert study.history.best().id >= 0 and events[-1].best == study.history.best().id


def test_no_row_is_made_where_nothing_comes_of_it_or_the_person_is_in_a_hurry():
    assert min(run(closing=lambda *given: None)[0].history.trials) == 0
    assert min(run(is_hurried=lambda: True)[0].history.trials) == 0


def test_an_error_while_it_is_made_is_told_and_the_run_ends_as_without_it():
    def close(history, id, left):
        raise MemoryError("no room")

    study, events = run(closing=close)
    assert [event.text for event in events if isinstance(event, Note)] == [f"{FAILED}: MemoryError."]
    assert min(study.history.trials) == 0
    assert isinstance(events[-1], RunEnded) and events[-1].best == study.history.best().id


def test_a_person_of_that_name_plants_trials_and_makes_no_ensemble():
    study = toy_study(budget=Budget(trials=6))
    study.control.enqueue({"x": -5.0, "n": 9, "kind": "round"}, who=ENSEMBLE)
    events = list(study.events())
    own = next(trial for trial in study.history.trials.values() if trial.origin == ENSEMBLE)
    assert own.state == "done" and study.history.best().id != own.id
    assert [member.trial.id for member in members_of(study.history, own)] == [own.id]
    longer = toy_study(budget=Budget(trials=6), past=tuple(events), extension={"trials": 8})
    list(longer.events())
    assert longer.history.trial(own.id).state == "done" and longer.history.best().id != own.id
    planted = [trial for trial in longer.history.trials.values() if trial.config == own.config]
    assert [trial.id for trial in planted] == [own.id]


def test_it_is_told_how_much_time_is_left():
    told = []

    def close(history, id, left):
        told.append(left())

    run(closing=close)
    run(closing=close, budget=Budget(seconds=30.0, trials=3))
    assert told[0] == float("inf") and 0 < told[1] < 30


@pytest.mark.parametrize("cut", ["whole", "within"])
def test_a_run_that_goes_on_makes_the_trials_that_it_would_have_made_and_another_row(cut):
    _, events = run(budget=Budget(trials=8))
    if cut == "within":  # the kernel died while the row was written
        place = next(at for at, event in enumerate(events) if isinstance(event, TrialStarted) and event.trial < 0)
        events = events[: place + 2]
    study, _ = run(budget=Budget(trials=8), past=tuple(events), extension={"trials": 12})
    through, _ = run(budget=Budget(trials=12))

    def trials(of):
        return [
            (trial.id, trial.step, trial.config, trial.score) for trial in of.history.trials.values() if trial.id >= 0
        ]

    assert trials(study) == trials(through)
    rows = {id: trial.state for id, trial in study.history.trials.items() if id < 0}
    assert rows == {-1: "pruned", -2: "done"} and study.history.best().id == -2


def test_the_record_tells_it_again():
    _, events = run()
    history = History()
    for event in events:
        history.apply(event)
    assert history.best() is history.trial(-1)
    assert history.last_started() == 11
