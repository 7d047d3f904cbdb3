"""Limits are held before anything is trained: what breaks one is counted by its reason and never proposed."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from automl_magic.engine.events import Finding, RunEnded
from automl_magic.engine.holes import Choice, Int
from automl_magic.engine.space import compile_space
from automl_magic.errors import SpaceError
from automl_magic.network_plan import NetworkPlan
from automl_magic.network_search import begin_nas
from automl_magic.networks.limits import Limits, blocked, in_words

SPACE = {"depth": Int(1, 4), "units": Choice(8, 16, 32, 64)}


def costs(config) -> dict[str, float]:
    return {"parameters": config["depth"] * config["units"] ** 2, "multiply_adds": config["units"]}


def ruled(limits: Limits):
    space = compile_space(SPACE)
    for rule in limits.rules():
        space = space.rule(rule)
    return space


def test_nothing_over_a_limit_is_drawn() -> None:
    limits = Limits({"parameters": 1000, "multiply_adds": 32}, costs)
    space = ruled(limits)
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(200)]
    assert all(costs(config)["parameters"] <= 1000 and config["units"] <= 32 for config in drawn)
    assert {(config["depth"], config["units"]) for config in drawn} > {(1, 8), (3, 16), (1, 16)}
    assert not space.contains({"depth": 4, "units": 32})


def test_a_refused_configuration_is_counted_once_under_the_first_limit_that_it_breaks() -> None:
    limits = Limits({"parameters": 1000, "multiply_adds": 32}, costs)
    space = ruled(limits)
    for _ in range(3):
        assert not space.contains({"depth": 1, "units": 64})
        assert space.contains({"depth": 1, "units": 8})
    assert dict(limits.refused) == {"parameters": 1} and limits.looked_at == 2
    assert limits.told() == "1 network of 2 drawn was refused before training: more than 1,000 parameters (1x)."
    assert limits.to_json() == {"looked_at": 2, "refused": [{"why": "more than 1,000 parameters", "count": 1}]}


def test_what_a_panel_asks_is_not_counted() -> None:
    limits = Limits({"parameters": 1000}, costs)
    space = ruled(limits)
    assert limits.newly_refused() is None, "this is the thread of the run"
    panel = threading.Thread(target=lambda: space.contains({"depth": 4, "units": 64}))
    panel.start()
    panel.join()
    assert limits.looked_at == 0 and not limits.refused
    assert not space.contains({"depth": 4, "units": 64})
    assert limits.looked_at == 1 and limits.refused["parameters"] == 1


def test_the_latency_is_measured_only_where_the_counts_are_kept() -> None:
    measured: list[dict[str, int]] = []

    def latency(config) -> float:
        measured.append(dict(config))
        return 0.001 * config["units"]

    space = ruled(Limits({"parameters": 1000, "latency": 0.010}, costs, latency))
    assert space.contains({"depth": 1, "units": 8})
    assert not space.contains({"depth": 1, "units": 16})
    assert not space.contains({"depth": 1, "units": 64})
    assert measured == [{"depth": 1, "units": 8}, {"depth": 1, "units": 16}]


def test_nothing_is_said_where_the_limits_leave_room() -> None:
    assert blocked(compile_space(SPACE), Limits({"parameters": 5000}, costs)) is None
    assert Limits({"parameters": 5000}, costs).told() is None


def test_the_limit_that_blocks_is_named() -> None:
    told = blocked(compile_space({"depth": Int(1, 40), "units": Int(8, 64)}), Limits({"parameters": 100}, costs))
    assert told is not None and "mostly max_params" in told and "more than 100 parameters" in told


@pytest.mark.parametrize(
    ("cost", "value", "words"),
    [
        ("multiply_adds", 1234567, "1,234,567 multiplications with an addition for a row"),
        ("latency", 1.5, "1.5 s to predict one row"),
    ],
)
def test_costs_are_told_with_their_units(cost: str, value: float, words: str) -> None:
    assert in_words(cost, value) == words


def test_what_was_refused_is_told_while_the_run_goes(own_folder: Path) -> None:
    torch = pytest.importorskip("torch")
    assert torch is not None
    X = np.random.default_rng(0).normal(size=(60, 20, 1))
    plan = NetworkPlan.create(epochs=60, workers=0, max_params=1500)
    run = begin_nas(plan, X, np.arange(60) % 2)
    run.result(60)
    at = [place for place, event in enumerate(run.events) if isinstance(event, Finding) and event.topic == "refused"]
    ended = next(place for place, event in enumerate(run.events) if isinstance(event, RunEnded))
    assert at[0] < ended, "before the end"
    assert run.events[at[-1]].value["refused"][0]["why"] == "more than 1,500 parameters"


def test_a_limit_on_latency_that_nothing_keeps_is_said_after_some_measurements() -> None:
    space = ruled(Limits({"latency": 0.001}, costs, lambda config: 0.002 + config["units"] / 1e6))
    space = compile_space({"depth": Int(1, 400), "units": Choice(8, 16, 32, 64)}).rule(space.rules[0])
    with pytest.raises(SpaceError, match="None of 200 networks is fast enough: the fastest took 2.01 ms"):
        space.sample(np.random.default_rng(0))
