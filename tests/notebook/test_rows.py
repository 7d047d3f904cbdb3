"""Rows made from a history: natural scores, only what changed, nothing that JSON cannot say."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from automl_magic.engine.events import (
    Event,
    FoldScore,
    FoldScored,
    Note,
    RunEnded,
    RunStarted,
    SpaceChanged,
    Steered,
    TrialEnded,
    TrialPaused,
    TrialPromoted,
    TrialStarted,
)
from automl_magic.engine.history import History
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.notebook.protocol import SpaceRow
from automl_magic.notebook.rows import Seen, rows, status_line
from automl_magic.notebook.space_rows import space_row_of


def small_space() -> SearchSpace:
    return compile_space({"x": Float(0.1, 10, log=True), "n": Int(1, 9), "kernel": Choice("rbf", "linear")})


def started(trials: int | None = 10, seconds: float | None = None) -> RunStarted:
    about = {
        "title": "price",
        "metric": {"name": "neg_mean_absolute_error", "label": "MAE", "sign": -1},
        "task": "Regression, since price has 200 different numbers.",
        "models": ["forest", "linear"],
        "searcher": "tpe",
        "repeatable": "yes",
    }
    return RunStarted("run", {"trials": trials, "time": seconds}, small_space().to_json(), 2, 0, about)


def trial(number: int, score: float, origin: str = "tpe", hidden: bool = False) -> list[Event]:
    config = {} if hidden else {"model": "forest", "forest.depth": number}
    return [
        TrialStarted(number, number, config, origin, 0, hidden),
        FoldScored(number, 0, FoldScore(score, 0.5)),
        FoldScored(number, 1, FoldScore(score, 0.5)),
        TrialEnded(number, "done", score, 0.0, 1.0),
    ]


def paused(number: int, score: float, at: float = 1.0) -> list[Event]:
    return [
        TrialStarted(number, number, {"model": "forest"}, "tpe", 0),
        FoldScored(number, 0, FoldScore(score, 0.5)),
        TrialPaused(number, 0, at),
    ]


def in_rungs(trials: int | None = 10) -> RunStarted:
    begun = started(trials)
    return replace(begun, about={**begun.about, "rungs": 2, "leaves": "not among the best third"})


def history_of(*events: Event) -> History:
    history = History()
    for event in events:
        history.apply(event)
    return history


def test_scores_have_the_natural_sign_of_the_metric() -> None:
    made = rows(history_of(started(), *trial(0, -3.5, "baseline"), *trial(1, -2.5)))
    about = next(row for row in made if row["kind"] == "about")
    scores = [row["score"] for row in made if row["kind"] == "trial"]
    assert scores == [3.5, 2.5]
    assert (about["baseline"], about["better"], about["metric"]) == (3.5, "lower", "MAE")


def test_the_first_call_gives_every_row_and_the_next_only_what_changed() -> None:
    history = history_of(started(), *trial(0, -3.5))
    assert [row["kind"] for row in rows(history)] == [
        "about",
        "parameter",
        "parameter",
        "parameter",
        "space",
        "trial",
        "status",
    ]
    seen = Seen.of(history)
    assert [row["kind"] for row in rows(history, seen)] == ["status"]
    history.apply(TrialStarted(1, 1, {"model": "linear"}, "tpe", 0))
    assert [row["kind"] for row in rows(history, seen)] == ["trial", "status"]


def test_a_narrowed_space_sends_the_parameters_and_a_sentence() -> None:
    history = history_of(started(), *trial(0, -3.5))
    seen = Seen.of(history)
    change = {"kind": "narrow", "label": "x", "low": 1.0, "high": 5.0}
    history.apply(SpaceChanged(small_space().narrow("x", 1.0, 5.0).to_json(), change, "you", "", 0, 0))
    made = rows(history, seen)
    x = next(row for row in made if row["kind"] == "parameter" and row["label"] == "x")
    note = next(row for row in made if row["kind"] == "note")
    assert (x["low"], x["high"], x["full_low"], x["full_high"], x["log"]) == (1.0, 5.0, 0.1, 10.0, True)
    assert note["text"] == "you: x narrowed to 1 to 5" and note["edit"]


def test_notes_and_changes_never_share_an_id() -> None:
    history = history_of(started(), Note("one"), Note("two", "warning"))
    history.apply(SpaceChanged(history.space, {"kind": "reset", "label": "x"}, "you", "", -1, -1))
    ids = [row["id"] for row in rows(history) if row["kind"] == "note"]
    assert len(ids) == len(set(ids)) == 3


def test_a_line_to_beat_outside_the_space_is_a_row_that_does_not_count() -> None:
    made = rows(history_of(started(), *trial(0, -1.0, "baseline", hidden=True), *trial(1, -2.0)))
    status = next(row for row in made if row["kind"] == "status")
    assert (status["done"], status["best"]) == (1, 1)
    assert next(row for row in made if row["kind"] == "trial")["hidden"]


def test_a_parameter_of_one_family_names_it() -> None:
    space = {
        "parameters": [
            {**small_space().to_json()["parameters"][0], "conditions": [[["model", "svm"]]]},
            {**small_space().to_json()["parameters"][0], "conditions": [[["model", "svm"]], [["model", "knn"]]]},
            {**small_space().to_json()["parameters"][0], "conditions": [[]]},
        ]
    }
    history = history_of(started())
    history.space = space
    assert [row["model"] for row in rows(history) if row["kind"] == "parameter"] == ["svm", None, None]


def test_the_line_says_where_the_run_stands() -> None:
    history = history_of(started(), *trial(0, -3.5), *trial(1, -2.5))
    assert status_line(history) == "2 of 10 trials, best MAE 2.5 with forest"
    history.apply(Steered("pause", None, "you", "", 1))
    assert status_line(history).startswith("Paused: 2 of 10 trials")
    history.apply(RunEnded("all 10 trials were made", 1, 3.0))
    assert status_line(history) == "Ended, since all 10 trials were made: 2 of 10 trials, best MAE 2.5 with forest"


def test_trials_that_wait_on_a_rung_are_counted_apart_and_say_for_what_they_wait() -> None:
    history = history_of(in_rungs(), *paused(0, -3.5), *paused(1, -2.5, 2.0))
    assert status_line(history) == "no trial is complete yet, 2 paused"
    history.apply(TrialPromoted(1, 2, 1, 3.0))
    made = rows(history)
    status = next(row for row in made if row["kind"] == "status")
    waiting, sent = (row for row in made if row["kind"] == "trial")
    assert (status["running"], status["paused"], status["done"]) == (1, 1, 0)
    assert (waiting["state"], waiting["reason"]) == ("paused", "paused at rung 1 of 2 while not among the best third")
    assert (sent["state"], sent["reason"], sent["rung"], sent["rungs"]) == ("running", None, 1, 2)
    assert sent["turns"] == [
        {"pause": True, "rung": 1, "at": 2.0, "score": 2.5},
        {"pause": False, "rung": 2, "at": 3.0, "score": None},
    ]
    history.apply(FoldScored(1, 1, FoldScore(-2.5, 0.5), 1))
    history.apply(TrialEnded(1, "done", -2.5, 0.0, 1.0))
    assert status_line(history) == "1 of 10 trials, 1 paused, best MAE 2.5 with forest"


def test_a_record_that_lies_about_its_rungs_is_shown_all_the_same() -> None:
    begun = replace(in_rungs(), about={**in_rungs().about, "rungs": "many", "leaves": 7})
    row = next(row for row in rows(history_of(begun, *paused(0, -3.5))) if row["kind"] == "trial")
    assert (row["rungs"], row["reason"]) == (1, "paused at rung 1 of 1")


def test_the_clock_of_a_timed_run_is_in_the_line() -> None:
    history = history_of(started(None, 60.0), *trial(0, -3.5))
    assert status_line(history, elapsed=12.4) == "1 trial in 12 of 60 s, best MAE 3.5 with forest"


def test_every_row_can_be_written_as_strict_json() -> None:
    json.dumps(rows(history_of(started(), *trial(0, -3.5), Note("x"))), allow_nan=False)


def test_an_update_of_a_long_run_is_cheap_and_small() -> None:
    history = history_of(started(5000))
    for number in range(2000):
        for event in trial(number, -1.0 - number % 7):
            history.apply(event)
    seen = Seen.of(history)
    for event in trial(2000, -1.0):
        history.apply(event)
    begun = time.perf_counter()
    made = rows(history, seen)
    assert time.perf_counter() - begun < 0.1
    assert len(json.dumps(made)) < 1000


def test_a_trial_and_a_note_say_when_on_the_clock_of_the_run() -> None:
    events = [
        TrialStarted(0, 0, {"model": "forest"}, "tpe", 0, at=1.5),
        Note("half way", at=2.0),
        TrialEnded(0, "done", -1.0, 0.0, 1.0, at=2.5),
        SpaceChanged(small_space().to_json(), {"kind": "reset", "label": "x"}, "you", "", 0, 0, at=3.0),
    ]
    made = rows(history_of(started(), *events))
    first = next(row for row in made if row["kind"] == "trial")
    assert (first["started"], first["ended"]) == (1.5, 2.5)
    assert [(row["at"], row["who"]) for row in made if row["kind"] == "note"] == [(2.0, None), (3.0, "you")]


def test_what_a_person_did_is_told_with_who_and_when() -> None:
    history = history_of(started(None, 60.0), *trial(0, -3.5))
    history.apply(Steered("add_time", 30.0, "you", "", 0))
    history.apply(Steered("enqueue", {"model": "forest", "forest.depth": 3}, "you", "it looked good", 0))
    history.apply(Steered("skip", None, "teacher", "", 0))
    history.apply(Note("plain"))
    undone = {"kind": "narrow", "label": "x", "low": 1.0, "high": 5.0}
    history.apply(SpaceChanged(history.space, {"kind": "rule", "text": "x <= 2"}, "you", "", 0, 0))
    history.apply(SpaceChanged(history.space, {"kind": "undo", "of": undone}, "you", "", 0, 0))
    notes = [row for row in rows(history) if row["kind"] == "note"]
    assert {(row["text"], row["who"], row["edit"], row["trial"]) for row in notes} == {
        ("plain", None, False, 0),
        ("you: rule added: x <= 2", "you", True, 0),
        ("you: taken back: x narrowed to 1 to 5", "you", True, 0),
        ("you: 30 s more", "you", False, 0),
        ("you: try forest next (it looked good)", "you", False, 0),
        ("teacher: skip the running trial", "teacher", False, 0),
    }
    assert len({row["id"] for row in notes}) == 6
    status = next(row for row in rows(history) if row["kind"] == "status")
    assert status["seconds"] == 90.0
    seen = Seen.of(history)
    assert [row["kind"] for row in rows(history, seen)] == ["status"]


def test_the_space_is_measured_when_it_has_changed_and_at_no_other_time() -> None:
    asked = []

    def measure(history: History) -> SpaceRow:
        asked.append(len(history.edits))
        return space_row_of(history)

    history = history_of(started(), *trial(0, -3.5))
    rows(history, measure=measure)
    seen = Seen.of(history)
    for event in trial(1, -2.0):
        history.apply(event)
    rows(history, seen, measure=measure)
    assert asked == [0]
    history.apply(SpaceChanged(history.space, {"kind": "rule", "text": "x <= 2"}, "you", "", 0, 0))
    rows(history, seen, measure=measure)
    assert asked == [0, 1]


def test_what_a_trial_would_cost_is_told_in_words_where_it_was_measured() -> None:
    costs = {"latency": 0.0842, "size": 2.1e6, "fit": 1.0}
    events = [
        TrialStarted(0, 0, {"model": "forest"}, "tpe", 0),
        FoldScored(0, 0, FoldScore(-1.0, 0.5, costs=costs)),
        FoldScored(0, 1, FoldScore(-1.0, 0.5, costs={**costs, "size": 2.3e6})),
        TrialStarted(1, 1, {"model": "forest"}, "tpe", 0),
    ]
    told = [row["costs"] for row in rows(history_of(started(), *events)) if row["kind"] == "trial"]
    assert told == ["1,000 rows in 84.2 ms, 2.2 MB", ""]
