"""A run made again from its record: the search is asked anew, with the edits of then, and its trials are compared."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import automl_magic
from automl_magic import Float, Int
from automl_magic.api import begin, begin_tune
from automl_magic.engine.events import SpaceChanged, TrialStarted
from automl_magic.engine.journal import Journal, read_journal
from automl_magic.plan import Plan


def slow(values: dict[str, Any]) -> float:
    """Return a number after a moment, so that a person comes in between."""
    time.sleep(0.01)
    return float((values["x"] - 1) ** 2 + values["n"])


SPACE = {"x": Float(-5, 5), "n": Int(1, 9)}


def steered(name: str = "steered", **options: Any) -> Any:
    """Return the result of a run that was narrowed, fixed, planted into and skipped in while it ran."""
    run = begin_tune(Plan.create(name=name, **{"trials": 20, "workers": 0, **options}), slow, SPACE)
    while len(run.history.trials) < 4:
        time.sleep(0.001)
    run.control.narrow("x", -1.0, 3.0)
    run.control.enqueue({"x": 0.5, "n": 2})
    while len(run.history.trials) < 9 and not run.done.is_set():
        time.sleep(0.001)
    run.control.skip()
    run.control.fix("n", 1)
    return run.wait()


def test_a_steered_run_is_made_again_with_one_worker_and_every_trial_is_the_same() -> None:
    first = steered()
    assert any(isinstance(event, SpaceChanged) for event in first.events)
    again = automl_magic.rerun("steered", slow, space=SPACE, workers=1)
    assert again.is_same and again.same_config is True
    assert "The search was made again and tried 20 trials: every configuration is the same." in repr(again)
    table = again.trials()
    assert list(table["recorded"]) == list(table["again"]) == [trial.config for trial in first.history.trials.values()]
    assert list(table["ended"]) == list(table["ends"])
    assert set(again.table()["same_config"]) == {True}


def test_an_edited_run_on_a_table_is_made_again(flowers: pd.DataFrame) -> None:
    plan = Plan.create(target="kind", name="edited", trials=8, workers=0, cv=3, models=["linear", "hist_gb"])
    run = begin(plan, flowers)
    while len(run.history.trials) < 3:
        time.sleep(0.001)
    run.control.choose("model", ["linear"])
    run.wait()
    changed = run.history.edits[0].last_trial
    later = [trial.config["model"] for trial in run.history.trials.values() if trial.id > changed]
    assert later and set(later) == {"linear"}
    again = automl_magic.rerun("edited", flowers, workers=1)
    assert again.is_same and again.same_config


def test_a_record_whose_edit_lies_elsewhere_does_not_give_the_same_trials() -> None:
    first = steered()
    journal = Path(".automl/steered/journal.jsonl")
    events, _ = read_journal(journal)
    shutil.move(journal, journal.with_suffix(".old"))
    with Journal(journal) as other:
        for event in events:
            if isinstance(event, SpaceChanged) and event.change["kind"] == "narrow":
                object.__setattr__(event, "step", event.step + 3)
            other.append(event)
    again = automl_magic.rerun("steered", slow, space=SPACE, workers=0)
    assert again.same_config is False and not again.is_same
    assert "are not the recorded ones" in repr(again)
    assert all(row[4] for row in again.rows), "the recorded configurations score the same all the same"
    assert len(again.rows) == sum(len(trial.scores) for trial in first.history.trials.values())


def test_a_configuration_that_the_search_does_not_find_is_scored_as_it_is_recorded() -> None:
    steered(trials=12, workers=1)
    journal = Path(".automl/steered/journal.jsonl")
    events, _ = read_journal(journal)
    shutil.move(journal, journal.with_suffix(".old"))
    with Journal(journal) as other:
        for event in events:
            if isinstance(event, TrialStarted) and event.trial == 1:
                event.config["x"] += 0.25
            other.append(event)
    again = automl_magic.rerun("steered", slow, space=SPACE)
    assert again.trials()["same_config"].tolist().count(False) >= 1
    assert [row[0] for row in again.rows if not row[4]] == [1], "only its recorded score belongs to another point"


def test_a_run_under_the_clock_has_its_folds_alone_computed_again_and_says_so() -> None:
    steered(trials=8, time=20)
    again = automl_magic.rerun("steered", slow, space=SPACE)
    assert again.is_same and again.same_config is None
    assert "The clock decided which trials were made" in repr(again)
    assert "same_config" not in again.table().columns and again.trials().empty


@pytest.mark.parametrize("search", ["grid", "hyperopt", "tpe"])
def test_every_searcher_is_asked_again(search: str) -> None:
    steered(search=search, trials=14)
    assert automl_magic.rerun("steered", slow, space=SPACE).is_same
