"""Rows of what is worked out from a run: importance as trials come, the steps of a trial that is asked about."""

from __future__ import annotations

import json
import math
import threading
from typing import Any

import numpy as np

from automl_magic.engine.events import TrialEnded, TrialStarted
from automl_magic.engine.history import History
from automl_magic.importance import LEAST
from automl_magic.notebook.insight_rows import BETWEEN, ImportanceClock, InsightTeller, importance_rows, pipeline_rows
from automl_magic.notebook.rows import rows
from tests.notebook.test_rows import history_of, small_space, started, trial


def with_trials(number: int, first: int = 0, history: History | None = None) -> History:
    """Return a history in which x decides the score."""
    history = history or history_of(started())
    kernels = ("rbf", "linear")
    for at in range(first, first + number):
        config: dict[str, Any] = {"x": 0.1 * 100 ** (at % 20 / 19), "n": 1 + at % 9, "kernel": kernels[at % 2]}
        history.apply(TrialStarted(at, at, small_space().validate(config), "tpe", 0))
        history.apply(TrialEnded(at, "done", -abs(config["x"] - 1.0), 0.0, 1.0))
    return history


def test_what_mattered_is_a_row_once_enough_trials_are_done() -> None:
    assert importance_rows(with_trials(LEAST - 1)) == []
    row = importance_rows(with_trials(60))[0]
    assert row["trials"] == 60 and row["groups"][0]["model"] is None
    assert row["groups"][0]["values"][0]["label"] == "x"
    assert sum(value["share"] for value in row["groups"][0]["values"]) > 0.99
    json.dumps(row, allow_nan=False)


def test_a_view_that_asks_for_everything_gets_it_and_an_update_does_not() -> None:
    history = with_trials(60)
    assert [row["kind"] for row in rows(history)].count("importance") == 1


def test_it_is_reckoned_anew_only_after_a_while_and_when_trials_are_done() -> None:
    history, clock = with_trials(40), ImportanceClock()
    assert len(clock.rows(history, 0.0)) == 1
    assert clock.rows(history, BETWEEN + 1) == []
    with_trials(1, 40, history)
    assert clock.rows(history, BETWEEN - 0.1) == []
    assert clock.rows(history, BETWEEN + 1)[0]["trials"] == 41
    with_trials(1, 41, history)
    assert clock.rows(history, BETWEEN + 1.1) == []
    assert clock.rows(history, BETWEEN + 1.1, is_last=True)[0]["trials"] == 42  # what is left standing is whole


def test_the_steps_of_a_trial_are_one_row_and_an_unknown_trial_has_none() -> None:
    history = history_of(started(), *trial(0, -3.5))
    row = pipeline_rows(history, 0)[0]
    assert (row["kind"], row["trial"]) == ("pipeline", 0)
    assert row["steps"][0] == {"stage": "model", "name": "forest", "text": "depth 0"}
    assert row["steps"][-1]["stage"] == "evaluation"
    assert pipeline_rows(history, 7) == [] and pipeline_rows(History(), 0) == []


def test_insight_is_worked_out_once_when_a_view_asks_and_is_a_row_of_plain_values() -> None:
    history, teller = with_trials(0), InsightTeller()
    space, draw = small_space(), np.random.default_rng(0)
    for at in range(80):
        config = space.sample(draw)
        history.apply(TrialStarted(at, at, config, "random", 0))
        history.apply(TrialEnded(at, "done", -abs(math.log10(config["x"])) - config["n"], 0.0, 1.0))
    pushed: list[Any] = []
    came, may_go = threading.Event(), threading.Event()

    def push(rows: list[Any]) -> None:
        pushed.extend(rows)
        came.set()
        may_go.wait(10)

    teller.tell(history, push)
    assert came.wait(10)
    teller.tell(history, push)  # the first is still under way
    may_go.set()
    assert [row["kind"] for row in pushed] == ["insight"] and pushed[0]["trials"] == 80
    group = pushed[0]["groups"][0]
    assert {one["label"] for one in group["matter"]} == {"x", "n"} and group["parameters"] == 3
    assert group["pairs"] == [] and 0.9 < group["told"] <= 1
    assert all(one["code"].startswith("space.narrow(") for one in group["narrowings"])
    json.dumps(pushed, allow_nan=False)
