"""Architectures in a record: what was written is read as it was, and nothing else is made of it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from automl_magic.engine.events import Finding, FoldScore, FoldScored, RunStarted, TrialStarted
from automl_magic.engine.history import History
from automl_magic.engine.holes import Build, Choice, Int
from automl_magic.errors import AutoMLError
from automl_magic.network_drawing import TOPIC, architectures_of, drawing_of
from automl_magic.networks.architecture import candidate_space, cell, conv, default_template, repeat
from automl_magic.networks.graph import Inputs
from automl_magic.networks.picture import boxes_of
from automl_magic.networks.recorded import architecture_from_json, architecture_to_json
from automl_magic.networks.shaping import graph_of

KINDS = (
    Inputs("table", (6,), categories=(3, 4), outputs=2),
    Inputs("sequence", (40, 1), outputs=10),
    Inputs("image", (12, 12, 1), outputs=3),
    Inputs("text", (20,), vocabulary=50, outputs=2),
)


class Own:
    """A module of the person's own; it is never made here."""

    def __init__(self, width: int = 8) -> None:
        self.width = width


def begun(space: Any, inputs: Inputs, draws: int, about: Any = None) -> History:
    history = History()
    told = {"networks": True, "inputs": inputs.to_json(), "metric": {"label": "accuracy", "sign": 1}}
    history.apply(RunStarted("run", {}, space.to_json(), 1, 0, told if about is None else about))
    for number in range(draws):
        config = space.sample(np.random.default_rng(number))
        history.apply(TrialStarted(number, number, config, "tpe", 0))
        history.apply(FoldScored(number, 0, FoldScore(0.5, 0.1)))
    return history


@pytest.mark.parametrize("inputs", KINDS, ids=lambda inputs: inputs.kind)
def test_every_family_is_read_as_it_was_written(inputs: Inputs) -> None:
    space = candidate_space(default_template(inputs), inputs)
    families = set()
    for seed in range(30):
        architecture = space.make(space.sample(np.random.default_rng(seed))).architecture
        families.add(type(architecture).__name__)
        told = json.loads(json.dumps(architecture_to_json(architecture)))
        assert architecture_from_json(told) == architecture
    assert len(families) >= 2


def test_a_stack_of_blocks_is_read_as_it_was_written() -> None:
    space = candidate_space(repeat(Choice(conv(depth=1), cell(nodes=3)), times=Int(2, 3)), KINDS[1])
    for seed in range(10):
        architecture = space.make(space.sample(np.random.default_rng(seed))).architecture
        assert architecture_from_json(json.loads(json.dumps(architecture_to_json(architecture)))) == architecture


@pytest.mark.parametrize(
    "told",
    [
        None,
        "Conv",
        [],
        {},
        {"is": "object"},
        {"is": "ConvLayer", "channels": 8},
        {"is": "Conv", "layers": [{"is": "ConvLayer", "channels": -1}]},
        {"is": "Conv", "colour": "red"},
        {"is": ["Conv"]},
    ],
)
def test_what_is_no_architecture_is_refused(told: Any) -> None:
    with pytest.raises(AutoMLError):
        architecture_from_json(told)


def test_the_record_alone_draws_what_the_space_draws() -> None:
    inputs = KINDS[1]
    space = candidate_space(default_template(inputs), inputs)
    history = begun(space, inputs, 12)
    trials = history.trials.values()
    live = [drawing_of(history, trial, space) for trial in trials]
    assert live == [boxes_of(graph_of(space.make(trial.config).architecture, inputs)) for trial in trials]
    assert [drawing_of(history, trial) for trial in trials] == [None] * 12
    history.apply(architectures_of(history, space.make))
    assert [drawing_of(history, trial) for trial in history.trials.values()] == live


def test_a_module_of_ones_own_has_no_drawing_live_or_recorded() -> None:
    space = candidate_space(Build(Own, width=Int(2, 9)), KINDS[0])
    history = begun(space, KINDS[0], 2)
    history.apply(architectures_of(history, space.make))
    assert history.finding(TOPIC) == {}
    assert drawing_of(history, history.trial(0)) is None and drawing_of(history, history.trial(0), space) is None


@pytest.mark.parametrize("value", [{"0": None}, {"0": {"is": "Conv", "norm": "red"}}, {"0": [1]}, {"0": {"is": "Bag"}}])
def test_a_record_that_somebody_broke_has_no_drawing(value: Any) -> None:
    space = candidate_space(conv(), KINDS[1])
    history = begun(space, KINDS[1], 1)
    history.apply(Finding(TOPIC, value))
    assert drawing_of(history, history.trial(0)) is None
    without = begun(space, KINDS[1], 1, {"networks": True, "metric": {"sign": 1}})
    assert drawing_of(without, without.trial(0), space) is None
