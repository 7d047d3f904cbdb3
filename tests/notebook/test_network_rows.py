"""Rows of a search over networks: scores in the natural sign, only what changed, and none of another search."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from automl_magic.engine.events import Event, Finding, FoldScore, FoldScored, TrialEnded, TrialPaused, TrialStarted
from automl_magic.engine.history import History
from automl_magic.notebook.charts import told
from automl_magic.notebook.exploring import rows_at_rest
from automl_magic.notebook.network_rows import REFUSED, drawing_rows, front_of
from automl_magic.notebook.protocol import Row
from automl_magic.notebook.rows import Seen, rows
from tests import network_recording
from tests.network_recording import FOLDER, history_of
from tests.notebook.test_rows import history_of as told_by
from tests.notebook.test_rows import started
from tests.notebook.test_rows import trial as table_trial


def begun(sign: int = 1, limits: object = None, rungs: int = 3) -> Event:
    run = started()
    metric = {"name": "m", "label": "accuracy" if sign > 0 else "RMSE", "sign": sign}
    about = {**run.about, "metric": metric, "networks": True, "rungs": rungs}
    return replace(run, about=about if limits is None else {**about, "limits": limits})


def learned(number: int, *curves: list[float], costs: dict[str, float] | None = None, fold: int = 0) -> list[Event]:
    """Return the events of a trial that has learned on a rung after the other, and is at work on the next."""
    scored = [
        FoldScored(number, fold, FoldScore(max(curve), 0.5, costs=costs or {}, curve=curve), rung)
        for rung, curve in enumerate(curves)
    ]
    return [TrialStarted(number, number, {"model": "conv"}, "tpe", 0), *scored]


def only(kind: str, found: list[Row]) -> list[Any]:
    return [row for row in found if row["kind"] == kind]


def test_the_epochs_of_all_rungs_are_one_curve_in_the_natural_sign() -> None:
    history = told_by(begun(-1), *learned(0, [-3.0], [-2.5, -2.75], [-2.25]))
    (row,) = only("learning", rows(history))
    assert row["points"] == [
        {"epoch": 1, "score": 3.0},
        {"epoch": 2, "score": 2.5},
        {"epoch": 3, "score": 2.75},
        {"epoch": 4, "score": 2.25},
    ]
    assert row["why"] is None


def test_a_curve_over_several_folds_is_their_mean_and_a_gap_is_null() -> None:
    history = told_by(begun(), *learned(0, [0.5, 0.75, math.nan]), *learned(0, [0.25, 0.25], fold=1)[1:])
    (row,) = only("learning", rows(history))
    assert [point["score"] for point in row["points"]] == [0.375, 0.5, None]
    json.dumps(row, allow_nan=False)


def test_it_says_why_a_line_ends() -> None:
    paused = [*learned(0, [0.5]), TrialPaused(0, 0, 1.0)]
    pruned = [*learned(1, [0.4]), TrialEnded(1, "pruned", 0.4, 0.0, 1.0, "paused at rung 1 of 3")]
    done = [*learned(2, [0.9]), TrialEnded(2, "done", 0.9, 0.0, 1.0)]
    whys = {row["trial"]: row["why"] for row in only("learning", rows(told_by(begun(), *paused, *pruned, *done)))}
    assert whys == {0: "paused at rung 1 of 3", 1: "paused at rung 1 of 3", 2: None}


def test_sizes_are_told_in_whole_numbers_and_milliseconds() -> None:
    costs = {"parameters": 12345.0, "multiply_adds": 1e6, "latency": 0.00021}
    history = told_by(begun(), *learned(0, [0.5], costs=costs), *learned(1, [0.5]))
    assert only("size", rows(history)) == [
        {"kind": "size", "trial": 0, "parameters": 12345, "multiply_adds": 1_000_000, "latency_ms": 0.21}
    ]
    unknown = told_by(begun(), *learned(0, [0.5], costs={"parameters": math.inf, "fit": 1.0}))
    assert only("size", rows(unknown)) == []
    said = {row["id"]: row["costs"] for row in only("trial", rows(history))}
    assert said == {0: "12,345 parameters, one row in 0.21 ms", 1: ""}


def test_limits_are_told_once_and_again_when_more_is_refused() -> None:
    limits = {"parameters": 50000, "multiply_adds": None, "latency": 0.002, "memory": 1e9}
    history = told_by(begun(limits=limits), *learned(0, [0.5]))
    (row,) = only("limits", rows(history))
    assert row == {
        "kind": "limits",
        "parameters": 50000,
        "multiply_adds": None,
        "latency_ms": 2.0,
        "memory_mb": 1000.0,
        "refused": [],
    }
    seen = Seen.of(history)
    history.apply(FoldScored(0, 0, FoldScore(0.6, 0.5, curve=[0.6]), 1))
    assert only("limits", rows(history, seen)) == []
    told_of = [
        {"why": "too slow", "count": 1},
        {"why": "more than 50,000 parameters", "count": 3},
        {"count": "x"},
        "no",
    ]
    history.apply(Finding(REFUSED, {"looked_at": 9, "refused": told_of}))
    (row,) = only("limits", rows(history, seen))
    assert row["refused"] == [{"why": "more than 50,000 parameters", "count": 3}, {"why": "too slow", "count": 1}]


@pytest.mark.parametrize("limits", [None, {}, [], {"parameters": "many", "latency": math.inf}])
def test_limits_that_are_not_there_are_null(limits: object) -> None:
    (row,) = only("limits", rows(told_by(begun(limits=limits))))
    assert [row[name] for name in ("parameters", "multiply_adds", "latency_ms", "memory_mb")] == [None] * 4


def test_only_changed_trials_are_told_of() -> None:
    history = told_by(begun(), *learned(0, [0.5], costs={"parameters": 9.0}), *learned(1, [0.4]))
    seen = Seen.of(history)
    history.apply(FoldScored(1, 0, FoldScore(0.6, 0.5, curve=[0.6, 0.7]), 1))
    made = rows(history, seen)
    assert [(row["trial"], len(row["points"])) for row in only("learning", made)] == [(1, 3)]
    assert only("size", made) == []


def test_a_search_over_something_else_has_none_of_these_rows() -> None:
    history = told_by(started(), *table_trial(0, -3.5))
    assert {row["kind"] for row in rows(history)}.isdisjoint({"learning", "size", "limits", "network"})
    assert "refused" not in told(history)


def test_a_drawing_has_its_blocks_and_arcs_as_plain_values() -> None:
    box = {
        "id": "b0",
        "label": "linear, 64",
        "kind": "linear",
        "width": 64,
        "shape": (64,),
        "parameters": 650,
        "multiply_adds": 640,
        "text": "t",
    }
    plain = {"id": 1, "label": "add", "kind": "add", "width": None, "shape": [64], "parameters": 0, "text": ""}
    drawn = {"boxes": [box, plain], "arcs": [{"from": "b0", "to": 1, "label": None}]}
    history = told_by(begun(), *learned(4, [0.5], costs={"parameters": 650.0}))
    (row,) = drawing_rows(history, 4, draw=lambda history, trial: drawn)
    assert row["title"] == "conv, 650 parameters"
    assert row["boxes"][0] == {**box, "shape": [64]}
    assert (row["boxes"][1]["id"], row["boxes"][1]["width"]) == ("1", None)
    assert row["arcs"] == [{"from": "b0", "to": "1", "label": ""}]


def test_a_network_that_nobody_knows_has_no_blocks_and_a_trial_that_is_not_there_no_row() -> None:
    history = told_by(begun(), *learned(4, [0.5]))
    (row,) = drawing_rows(history, 4)
    assert (row["title"], row["boxes"], row["arcs"]) == ("conv", [], [])
    assert drawing_rows(history, 5) == [] and drawing_rows(History(), 0) == []


def test_the_front_holds_what_no_smaller_network_reaches() -> None:
    sizes = {0: (100, 0.5), 1: (50, 0.6), 2: (200, 0.6), 3: (300, 0.9), 4: (50, 0.4), 5: (40, 0.95)}
    found: list[Event] = [begun()]
    for number, (parameters, score) in sizes.items():
        found += learned(number, [score], costs={"parameters": float(parameters)})
    found.append(TrialEnded(5, "failed", None, None, 1.0, "ValueError: no"))
    assert [trial.id for trial in front_of(history_of(found))] == [1, 3]


def test_the_words_beside_a_picture_tell_the_front_and_what_was_refused() -> None:
    found = [
        begun(-1),
        *learned(0, [-0.5], costs={"parameters": 1000.0, "latency": 0.001}),
        Finding(REFUSED, {"refused": [{"why": "too slow", "count": 2}]}),
    ]
    lines = told(history_of(found)).splitlines()
    assert lines[1:] == [
        "One network than which no smaller one is as good:",
        "trial 0, conv, 1,000 parameters, one row in 1 ms: RMSE 0.5 after 1 epoch",
        "2 refused: too slow",
    ]


def test_a_record_alone_tells_the_same() -> None:
    history = history_of(network_recording.events(ended=True))
    kinds = [row["kind"] for row in rows_at_rest(history)]
    assert kinds.count("limits") == 1
    assert kinds.count("learning") == kinds.count("size") == 23  # one failed in its first epoch


def test_what_the_panel_is_tested_with_is_what_python_makes() -> None:
    kept = json.loads((FOLDER / "rows.json").read_text("utf-8"))
    assert kept == json.loads(json.dumps(network_recording.made()))
