"""What mattered among the parameters: planted effects are found, and nothing is said where nothing is known."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from automl_magic import Float, importance, tune
from automl_magic.engine.events import RunStarted, TrialEnded, TrialStarted
from automl_magic.engine.history import History
from automl_magic.engine.holes import Choice, Int
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.importance import LEAST, parameter_importance

SPACE = {"x": Float(0, 1), "y": Float(1e-4, 1, log=True), "kind": Choice("a", "b", "c"), "idle": Int(1, 30)}


def history_of(
    score: Callable[[dict[str, Any]], float], trials: int, space: SearchSpace | None = None, seed: int = 0
) -> History:
    """Return a history of random trials, all done."""
    space = space or compile_space(SPACE)
    draw = np.random.default_rng(seed)
    history = History()
    about = {"metric": {"name": "value", "label": "value", "sign": 1}}
    history.apply(RunStarted("run", {}, space.to_json(), 1, 0, about))
    for number in range(trials):
        config = space.sample(draw)
        history.apply(TrialStarted(number, number, config, "random", 0))
        history.apply(TrialEnded(number, "done", score(config), 0.0, 1.0))
    return history


def shares_of(history: History, model: str | None = None) -> dict[str, float]:
    return dict(next(one for one in parameter_importance(history) if one.model == model).shares)


def test_a_number_that_decides_the_score_has_nearly_all_of_the_importance() -> None:
    found = shares_of(history_of(lambda config: -abs(config["x"] - 0.3), 200))
    assert found["x"] > 0.9 and sum(found.values()) == pytest.approx(1)


def test_a_number_on_a_log_scale_is_read_on_that_scale() -> None:
    found = shares_of(history_of(lambda config: -abs(math.log10(config["y"]) + 2), 200))
    assert found["y"] > 0.9


def test_a_choice_that_decides_the_score_is_found() -> None:
    noise = random.Random(0)
    found = shares_of(history_of(lambda config: (config["kind"] == "c") + 0.1 * noise.random(), 200))
    assert found["kind"] > 0.7


def test_what_decides_more_has_more() -> None:
    found = shares_of(
        history_of(lambda config: -4 * abs(config["x"] - 0.5) - abs(math.log10(config["y"]) + 2) / 4, 400)
    )
    assert found["x"] > found["y"] > found["idle"]


def test_the_numbers_agree_with_another_implementation_of_the_paper() -> None:
    """The expected shares are those of optuna 5.0.0's PedAnovaImportanceEvaluator on the same 500 trials."""
    draw = random.Random(3)
    space = compile_space({"x": Float(0, 1), "y": Float(1e-4, 1, log=True), "n": Int(1, 30)})
    history = History()
    about = {"metric": {"name": "value", "label": "value", "sign": 1}}
    history.apply(RunStarted("run", {}, space.to_json(), 1, 0, about))
    for number in range(500):
        config = {"x": draw.random(), "y": 10 ** draw.uniform(-4, 0), "n": draw.randint(1, 30)}
        score = -((config["x"] - 0.3) ** 2 * 4 + 0.1 * abs(math.log10(config["y"]) + 2) / 2)
        history.apply(TrialStarted(number, number, config, "random", 0))
        history.apply(TrialEnded(number, "done", score, 0.0, 1.0))
    assert shares_of(history) == pytest.approx({"x": 0.856, "y": 0.142, "n": 0.002}, abs=0.001)


def test_with_fewer_than_twenty_done_trials_nothing_is_said() -> None:
    few = parameter_importance(history_of(lambda config: config["x"], LEAST - 1))
    assert [(one.model, one.trials, one.shares) for one in few] == [(None, LEAST - 1, ())]
    assert parameter_importance(history_of(lambda config: config["x"], LEAST))[0].shares


def test_each_family_is_looked_at_for_itself_and_the_family_among_all() -> None:
    space = compile_space(
        Choice(one={"a": Float(0, 1), "b": Float(0, 1)}, two={"c": Float(0, 1)}, three={"d": Float(0, 1)})
    )
    score = {"one": lambda config: config["one.a"], "two": lambda config: 2 + config["two.c"], "three": lambda _: 0.0}
    history = history_of(lambda config: float(score[config["model"]](config)), 200, space)
    groups = {one.model: dict(one.shares) for one in parameter_importance(history)}
    assert list(groups[None]) == ["model"]
    assert groups["one"]["one.a"] > 0.9 and set(groups["one"]) <= {"one.a", "one.b"}
    assert set(groups["two"]) == {"two.c"}


def test_pruned_trials_are_never_among_the_best() -> None:
    history = history_of(lambda config: config["x"], 60)
    space = compile_space(SPACE)
    for number in range(60, 120):
        config = {**space.default(), "x": 0.1, "idle": 1 + number % 30}
        history.apply(TrialStarted(number, number, config, "random", 0))
        history.apply(TrialEnded(number, "pruned", 99.0, 0.0, 1.0, "worse than the best"))
    assert shares_of(history)["x"] > 0.5
    assert parameter_importance(history)[0].trials == 60


def test_the_same_history_gives_the_same_numbers() -> None:
    one, other = (parameter_importance(history_of(lambda config: config["x"] + config["y"], 100)) for _ in range(2))
    assert one == other


def test_a_parameter_that_was_a_choice_before_is_read_where_it_is_a_number() -> None:
    history = history_of(lambda config: config["x"], 40)
    config = {**compile_space(SPACE).default(), "idle": "many"}
    history.apply(TrialStarted(40, 40, config, "you", 0))
    history.apply(TrialEnded(40, "done", 0.5, 0.0, 1.0))
    assert shares_of(history)["x"] > 0.5


def test_five_hundred_trials_take_a_few_milliseconds() -> None:
    history = history_of(lambda config: config["x"], 500)
    spent = []
    for _ in range(5):
        begun = time.thread_time()
        parameter_importance(history)
        spent.append(time.thread_time() - begun)
    assert min(spent) < 0.01


def test_a_result_tells_it_as_a_table() -> None:
    found = tune(lambda config: (config["x"] - 0.3) ** 2, {"x": Float(0, 1), "idle": Float(0, 1)}, trials=40, workers=0)
    table = found.importance()
    assert list(table.columns) == ["model", "parameter", "importance", "trials"]
    assert table.loc[0, "parameter"] == "x" and table.loc[0, "trials"] == 40


def test_pruned_trials_are_not_among_the_best_even_where_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    history = history_of(lambda config: -abs(config["x"] - 0.3), LEAST)
    draw = np.random.default_rng(1)
    for number in range(LEAST, LEAST + 400):
        history.apply(TrialStarted(number, number, compile_space(SPACE).sample(draw), "random", 0))
        history.apply(TrialEnded(number, "pruned", -9.0, 0.0, 1.0))
    best: list[int] = []
    monkeypatch.setattr(importance, "_of_number", lambda places, count: best.append(count) or 1.0)
    parameter_importance(history)
    assert best and max(best) == LEAST
