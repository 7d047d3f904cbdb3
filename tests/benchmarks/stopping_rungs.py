"""Early stopping over rungs: learning curves of which the end is known, and networks trained epoch by epoch."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from automl_magic.engine.budget import Budget
from automl_magic.engine.configs import identity
from automl_magic.engine.events import Config, FoldScore
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.schedulers import policy_named
from automl_magic.engine.search_options import searcher_of
from automl_magic.engine.seeds import generator_of, seed_of
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.engine.study import Study
from automl_magic.engine.workers import InProcess
from automl_magic.problem import keep_apart
from automl_magic.tabular.prepare import preparation
from tests.benchmarks import stopping_folds
from tests.benchmarks.functions import PLAIN, Number, Problem, draw
from tests.benchmarks.stopping_folds import Outcome, outcome_of

EPOCHS = (1, 3, 9, 27)
SHARES = tuple(epochs / EPOCHS[-1] for epochs in EPOCHS)
WHOLE = 40  # the cost of a run is that of so many trials trained to the end
NETS = 20  # the same of networks, which take longer
NOISE = 0.02  # of a curve's points, in spreads of the function
NETWORKS = ("cancer", "digits")
OTHER_NETWORKS = ("credit", "cells", "doctors")  # what is chosen by experiment is chosen on these


@dataclass(frozen=True)
class CurveOf:
    """A function with learning curves: a configuration nears its loss as 1 / epochs, the slower the larger its lag.

    The lag is a smooth function of the configuration that has nothing to do with its loss, so that curves cross. How
    the function spreads over the space is the unit of lag and noise.
    """

    problem: Problem
    space: SearchSpace
    spread: float
    slopes: Mapping[str, float]
    seed: int
    folds: int = 1
    rungs: int = len(EPOCHS)
    shares: tuple[float, ...] = SHARES

    def evaluate(
        self, *, config: Config, fold: int, rung: int, seed: int, trial: int, hidden: bool, state: Any = None
    ) -> FoldScore:
        """Return the point of the curve."""
        epochs = EPOCHS[rung]
        noise = float(generator_of(self.seed, identity(config), epochs).normal(0.0, NOISE))
        later = self._lag(config) * (1.0 / epochs - 1.0 / EPOCHS[-1])
        return FoldScore(-(self.problem.call(config) + self.spread * (later + noise)), 0.0)

    def _lag(self, config: Config) -> float:
        units = {label: self._number(label).unit(float(config[label])) for label in self.slopes}
        return math.exp(sum(slope * (units[label] - 0.5) for label, slope in self.slopes.items()))

    def _number(self, label: str) -> Number:
        number = self.problem.space[label]
        assert isinstance(number, Number)
        return number

    def true(self, config: Config) -> float:
        """Return the regret."""
        return (self.problem.call(config) - self.problem.minimum) / self.problem.scale


def curve_of(name: str, seed: int, is_variant: bool = False) -> CurveOf:
    """Return a function, or a variant of it, with curves drawn by the seed."""
    problem = PLAIN[name](seed if is_variant else None)
    rng = generator_of("curves", seed)
    slopes = rng.normal(0.0, 1.0, len(problem.space))
    slopes *= 4.0 / np.abs(slopes).sum()  # lags from e**-2 to e**2
    holes = {
        label: Float(number.low, number.high, log=number.log)
        for label, number in problem.space.items()
        if isinstance(number, Number)
    }
    values = [problem.call(draw(problem.space, rng)) for _ in range(500)]
    spread = float(np.quantile(values, 0.5) - np.quantile(values, 0.05))
    return CurveOf(
        problem, compile_space(holes), spread, dict(zip(problem.space, map(float, slopes), strict=True)), seed
    )


@dataclass
class Networks:
    """Train networks epoch by epoch, and keep each curve: what two schedulers ask for alike is trained once."""

    space: SearchSpace
    rows: tuple[Any, Any]
    checked: tuple[Any, Any]
    apart: tuple[Any, Any]
    seed: int
    folds: int = 1
    rungs: int = len(EPOCHS)
    shares: tuple[float, ...] = SHARES
    kept: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    trained: dict[str, Any] = field(default_factory=dict)

    def evaluate(
        self, *, config: Config, fold: int, rung: int, seed: int, trial: int, hidden: bool, state: Any = None
    ) -> FoldScore:
        """Train on, and score."""
        curve = self.kept.setdefault(identity(config), [])
        while len(curve) <= rung:
            curve.append(self._train_on(config, len(curve)))
        return FoldScore(-curve[rung][0], 0.0)

    def true(self, config: Config) -> float:
        """Return the loss on the rows kept apart of the network trained to the end."""
        return self.kept[identity(config)][-1][1]

    def _train_on(self, config: Config, rung: int) -> tuple[float, float]:
        key = identity(config)
        network = self.trained.pop(key, None) or MLPClassifier(
            (config["width"],) * config["depth"],
            activation=config["activation"],
            alpha=config["alpha"],
            batch_size=min(config["batch"], len(self.rows[1])),
            learning_rate_init=config["rate"],
            random_state=seed_of(self.seed, key),
        )
        classes = np.unique(self.rows[1])
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for _ in range(EPOCHS[rung] - (EPOCHS[rung - 1] if rung else 0)):
                network.partial_fit(*self.rows, classes=classes)
            losses = [self._loss(network, *part) for part in (self.checked, self.apart)]
        if rung < len(EPOCHS) - 1:
            self.trained[key] = network
        return losses[0], losses[1]

    def _loss(self, network: Any, X: Any, y: Any) -> float:
        chances = np.clip(np.nan_to_num(network.predict_proba(X), nan=1.0 / len(network.classes_)), 1e-6, 1.0)
        return float(log_loss(y, chances / chances.sum(axis=1, keepdims=True), labels=network.classes_))


def networks_on(name: str, seed: int) -> Networks:
    """Return networks to be trained on a table: half of the rows searched on to learn from, half to check on."""
    evaluator = stopping_folds.problem(name, seed)
    learnt, checked = keep_apart(evaluator.table, 0.5, seed)
    steps = preparation(learnt, "dense")
    space = compile_space({"prepare": steps}) if steps is not None else None
    prepare = space.make(space.default())["prepare"] if space is not None else None
    X = prepare.fit_transform(learnt.X, learnt.y)
    parts = [(np.asarray(prepare.transform(part.X), dtype=float), part.y) for part in (checked, evaluator.apart)]
    holes = {
        "rate": Float(1e-4, 0.3, log=True),
        "alpha": Float(1e-7, 1.0, log=True),
        "width": Int(4, 64, log=True),
        "depth": Int(1, 3),
        "batch": Choice(16, 32, 64, 128),
        "activation": Choice("relu", "tanh"),
    }
    return Networks(compile_space(holes), (np.asarray(X, dtype=float), learnt.y), parts[0], parts[1], seed)


def run(evaluator: Any, scheduler: str, seed: int, search: str = "tpe", whole: float = WHOLE) -> Outcome:
    """Search with a scheduler for the cost of `whole` trials trained to the end."""
    policy = policy_named(scheduler)
    study = Study(
        space=evaluator.space,
        evaluator=evaluator,
        searcher=searcher_of(search),
        budget=Budget(fits=whole),
        workers=InProcess(),
        seed=seed,
        pruner=policy.pruner,
        scheduler=policy.scheduler,
    )
    for _ in study.events():
        pass
    return outcome_of(study, evaluator.true)
