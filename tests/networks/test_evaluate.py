"""Candidates are scored: on rungs as well as at once, in time, and what is left of them makes a pipeline."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from automl_magic.engine.budget import Budget
from automl_magic.engine.events import FoldScore, FoldScored, RunEnded, TrialEnded, from_json, to_json
from automl_magic.engine.holes import Build, Choice, Int
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.study import Start, Study
from automl_magic.engine.workers import InProcess, ProcessWorkers
from automl_magic.errors import RunError
from automl_magic.extend import SCHEDULERS, SEARCHERS
from automl_magic.networks.architecture import candidate_space, conv, defaults, mlp
from automl_magic.networks.estimator import pipeline_of, with_weights
from automl_magic.networks.evaluate import NetworkEvaluator, read_weights
from automl_magic.networks.graph import Inputs
from automl_magic.networks.guard import TooSlow
from automl_magic.networks.reading import NetworkData, read_inputs
from automl_magic.tabular.artefacts import read_predictions
from automl_magic.tabular.metrics import metric_for

DIGITS = load_digits()


def digits(rows: int = 400) -> NetworkData:
    return read_inputs(DIGITS.images[:rows], DIGITS.target[:rows])


def space_for(data: NetworkData, template: Any = None) -> SearchSpace:
    return candidate_space(template or Choice(mlp(), conv(depth=Int(1, 2))), data.inputs, rows=len(data.y))


def evaluator_for(
    data: NetworkData, folder: Path, metric: str | None = None, template: Any = None, **more: Any
) -> NetworkEvaluator:
    given = {"levels": (1, 3, 9), **more}
    return NetworkEvaluator(
        data, split_of(data), *metric_for(data.task, metric), space_for(data, template), folder, **given
    )


def split_of(data: NetworkData) -> tuple[Any, Any]:
    strata = None if data.task.kind == "regression" else data.y.astype(str)
    train, test = train_test_split(np.arange(len(data.y)), test_size=1 / 3, random_state=0, stratify=strata)
    return train, test


def pipeline_for(evaluator: NetworkEvaluator, data: NetworkData, config: Any, result: FoldScore) -> Any:
    given = (evaluator.space.make(config), data.inputs, data.task, 9, 0)
    train = evaluator.split[0]
    weights = read_weights(evaluator.folder, result)
    return with_weights(pipeline_of(data.prepare, *given), weights, data.rows(train), data.y[train])


def config_of(evaluator: NetworkEvaluator, family: str = "conv", **more: Any) -> dict[str, Any]:
    chosen = next(config for config in defaults(evaluator.space) if config["model"] == family)
    return evaluator.space.validate({**chosen, **{f"training.{name}": value for name, value in more.items()}})


def same(mine: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> bool:
    return mine.keys() == others.keys() and all(torch.equal(mine[name], others[name]) for name in mine)


def test_rungs_lead_to_the_same_network_as_one_training(tmp_path: Path) -> None:
    whole = evaluator_for(digits(), tmp_path / "a", "accuracy")
    config = config_of(whole)
    at_once = whole.evaluate(config, rung=2, seed=7)
    assert len(at_once.curve) == 9 and at_once.score == at_once.curve[at_once.rounds - 1] > 0.8
    climbed, curve, result = evaluator_for(digits(), tmp_path / "b", "accuracy"), [], None
    for rung in range(3):
        climbed = cloudpickle.loads(cloudpickle.dumps(climbed))
        result = climbed.evaluate(config, rung=rung, seed=7, state=result)
        curve += result.curve
    assert result is not None and curve == at_once.curve and result.score == at_once.score
    assert result.rounds == at_once.rounds and result.scores == at_once.scores
    assert same(read_weights(climbed.folder, result), read_weights(whole.folder, at_once))
    assert "state" not in result.artefacts and len(result.curve) == 6


def test_a_training_whose_files_are_gone_begins_anew_to_the_same_bits(tmp_path: Path) -> None:
    evaluator = evaluator_for(digits(), tmp_path, "accuracy")
    config = config_of(evaluator)
    first = evaluator.evaluate(config, rung=0, seed=1)
    kept = evaluator.evaluate(config, rung=1, seed=1, state=first)
    (tmp_path / first.artefacts["state"].path).unlink()
    again = evaluator.evaluate(config, rung=1, seed=1, state=first)
    assert again.score == kept.score and again.curve[1:] == kept.curve and len(again.curve) == 3
    assert same(read_weights(evaluator.folder, again), read_weights(evaluator.folder, kept))


def test_what_is_kept_makes_the_fitted_pipeline(tmp_path: Path) -> None:
    data = digits()
    evaluator = evaluator_for(data, tmp_path)
    config = config_of(evaluator)
    result = evaluator.evaluate(config, rung=1)
    test = evaluator.split[1]
    told = read_predictions(tmp_path, {0: result.artefacts["prediction"]})
    pipeline = pipeline_for(evaluator, data, config, result)
    assert np.allclose(pipeline.predict_proba(data.X[test]), told, atol=1e-6)
    assert evaluator.metric.score(data.y[test], told, data.task.classes) == pytest.approx(result.score)
    assert result.scores["accuracy"] == pipeline.score(data.X[test], data.y[test])
    assert result.costs["parameters"] == sum(weight.numel() for weight in pipeline[-1].module_.parameters())
    assert {"latency", "multiply_adds", "seconds_per_epoch"} <= result.costs.keys()
    assert evaluator.cost(config) == 3 * result.costs["multiply_adds"] * len(evaluator.split[0]) * 9


def test_it_ends_in_time(tmp_path: Path) -> None:
    evaluator = evaluator_for(digits(1500), tmp_path, levels=(1, 243))
    config = config_of(evaluator)
    evaluator.evaluate(config)
    begun = time.perf_counter()
    result = evaluator.evaluate(config, rung=1, seconds=1.0)
    assert time.perf_counter() - begun < 1.5 and 1 <= len(result.curve) < 243
    with pytest.raises(RunError, match="no time for a single minibatch"):
        evaluator.evaluate(config, rung=1, seconds=0.0)


def test_what_was_cut_short_goes_on_later(tmp_path: Path) -> None:
    evaluator = evaluator_for(digits(1000), tmp_path, "accuracy", levels=(27, 28))
    config = config_of(evaluator)
    cut = evaluator.evaluate(config, rung=0, seconds=0.7)
    whole = evaluator.evaluate(config, rung=1)
    later = evaluator.evaluate(config, rung=1, state=cut)
    assert 0 < len(cut.curve) < 27 and later.score == whole.score
    assert (cut.curve + later.curve)[-3:] == whole.curve[-3:]


def test_a_network_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    evaluator = evaluator_for(digits(), tmp_path, levels=(1, 3, 9), longest=1e-3)
    with pytest.raises(TooSlow, match=r"so 9 epochs would take .* s; one network may take"):
        evaluator.evaluate(config_of(evaluator))


def test_a_training_that_breaks_down_has_no_result(tmp_path: Path) -> None:
    data = read_inputs(np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 3)
    evaluator = evaluator_for(data, tmp_path, template=Build(Exploding, after=Choice(0, 14)))
    config = config_of(evaluator, "exploding")
    with pytest.raises(RunError, match="no finite number in epoch 1 with a learning rate of 0.01"):
        evaluator.evaluate(config)
    later = {**config, "exploding.after": 14, "training.batch_size": 8}
    result = evaluator.evaluate(later, rung=1, seed=3)
    assert len(result.curve) == 2, "what was scored before it broke down counts"
    assert evaluator.evaluate(later, rung=2, seed=3, state=result).curve == []
    assert math.isnan(evaluator.cost(config)) and "multiply_adds" not in result.costs


class Exploding(nn.Module):
    """A person's own network, whose outputs are no numbers after so many minibatches."""

    def __init__(self, after: int, inputs: Inputs) -> None:
        super().__init__()
        self.last, self.left = nn.Linear(inputs.shape[0], inputs.outputs), after

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.left -= self.training
        told: torch.Tensor = self.last(x) * (math.inf if self.left < 0 else 1.0)
        return told


MESSY = pd.DataFrame(
    {
        "town": ["Ulm", "Bonn", None, "Köln"] * 15,
        "size": [1.0, None, 3.0] * 20,
        "when": pd.date_range("2024", periods=60),
    }
)
TEXTS = [f"{word} of the day, number {number % 5}" for number, word in enumerate(["good", "bad"] * 30)]


@pytest.mark.parametrize(
    ("X", "y", "family"),
    [
        (MESSY, ["yes", "no", "no", "yes"] * 15, "mlp"),
        (MESSY, np.linspace(1e8, 2e9, 60), "mlp"),
        (TEXTS, np.array([True, False] * 30), "mlp"),
        (np.random.default_rng(0).normal(size=(10, 8, 8)), pd.Categorical(["a", "b"] * 5), "conv"),
        (np.random.default_rng(0).normal(size=(10, 40)).astype(np.float32), np.arange(10) % 2, "conv"),
        (np.random.default_rng(0).integers(0, 255, (900, 20, 3), np.uint8), np.arange(900) % 300, "conv"),
    ],
    ids=["table", "numbers", "texts", "images", "sequences", "300 classes"],
)
def test_all_that_can_be_read_can_be_scored(X: Any, y: Any, family: str, tmp_path: Path) -> None:
    task = "classification" if len(X) == 900 else "auto"
    data = read_inputs(X, y, task=task)
    template = {"mlp": mlp(), "conv": conv(depth=1)}[family]
    if data.inputs.kind == "text":
        template, family = conv(depth=1, embedding=8), "conv"
    evaluator = evaluator_for(data, tmp_path, template=template, levels=(1, 3))
    config = config_of(evaluator, family)
    result = evaluator.evaluate(config, rung=1)
    assert math.isfinite(result.score) and len(result.curve) == 3
    test = evaluator.split[1]
    pipeline, told = (
        pipeline_for(evaluator, data, config, result),
        read_predictions(tmp_path, {0: result.artefacts["prediction"]}),
    )
    predict = pipeline.predict if data.task.kind == "regression" else pipeline.predict_proba
    assert np.allclose(predict(data.rows(test)), told, rtol=1e-6)


def test_the_preparation_sees_rows_of_training_only(tmp_path: Path) -> None:
    X, y = DIGITS.images[:100].copy(), DIGITS.target[:100] % 2
    test = split_of(read_inputs(X, y))[1]
    before = evaluator_for(read_inputs(X, y), tmp_path).prepare
    X[test] *= 1000
    after = evaluator_for(read_inputs(X, y), tmp_path).prepare
    assert np.array_equal(before.mean_, after.mean_) and np.array_equal(before.scale_, after.scale_)


def test_the_curve_is_recorded(tmp_path: Path) -> None:
    evaluator = evaluator_for(digits(100), tmp_path)
    event = FoldScored(0, 0, evaluator.evaluate(config_of(evaluator), rung=1))
    assert from_json(json.loads(json.dumps(to_json(event)))) == event and len(event.result.curve) == 3
    older = to_json(event)
    del older["result"]["curve"]
    assert isinstance(read := from_json(older), FoldScored) and read.result.curve == []


@pytest.mark.parametrize("workers", [InProcess, lambda: ProcessWorkers(1)], ids=["in process", "in a process"])
def test_a_search_races_networks(workers: Any, tmp_path: Path) -> None:
    evaluator = evaluator_for(digits(), tmp_path, "accuracy", longest=30.0)
    policy = SCHEDULERS.get("halving")()
    study = Study(
        space=evaluator.space,
        evaluator=evaluator,
        searcher=SEARCHERS.get("random")(),
        budget=Budget(trials=6),
        workers=workers(),
        scheduler=policy.scheduler,
        starts=tuple(Start(config, "default") for config in defaults(evaluator.space)),
    )
    events = list(study.events())
    scored: dict[int, FoldScore] = {}
    for event in events:
        if isinstance(event, FoldScored):
            scored[event.trial] = event.result
    ended = [event for event in events if isinstance(event, TrialEnded)]
    over = events[-1]
    assert isinstance(over, RunEnded) and over.best is not None
    assert not [event.reason for event in ended if event.state == "failed"]
    assert scored[over.best].score > 0.85
    rungs = {event.trial: event.rung for event in events if isinstance(event, FoldScored)}
    assert set(rungs.values()) == {0, 1, 2} or {0, 2} <= set(rungs.values())
