"""The searchers of the regret benchmark: each takes a problem, a seed and a number of evaluations and returns losses.

Those on hyperopt's spaces go through `hyperopt.fmin` with its defaults; Optuna through `create_study` with its own.
"""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.benchmarks.functions import FAMILY, Branches, Options, Problem, Space


@dataclass(frozen=True)
class Run:
    """The losses of one run in the order of evaluation, and the family of each where there are any."""

    losses: list[float]
    families: list[int]


def hyperopt_space(space: Space) -> dict[str, Any]:
    """Return a space of hyperopt's; the dict of a branch's group also says which one it is."""
    from hyperopt import hp

    made: dict[str, Any] = {}
    for label, kind in space.items():
        if isinstance(kind, Options):
            made[label] = hp.choice(label, list(kind.values))
        elif isinstance(kind, Branches):
            groups = [{"group": place, **hyperopt_space(group)} for place, group in enumerate(kind.groups)]
            made[label] = hp.choice(label, groups)
        elif kind.step is not None:
            made[label] = hp.quniform(label, kind.low, kind.high, kind.step)
        elif kind.log:
            made[label] = hp.loguniform(label, float(np.log(kind.low)), float(np.log(kind.high)))
        else:
            made[label] = hp.uniform(label, kind.low, kind.high)
    return made


def flat(values: dict[str, Any]) -> dict[str, Any]:
    """Return what hyperopt hands to an objective as a flat mapping."""
    made: dict[str, Any] = {}
    for label, value in values.items():
        if isinstance(value, dict):
            made[label] = value["group"]
            made.update(flat({inner: one for inner, one in value.items() if inner != "group"}))
        else:
            made[label] = value
    return made


def suggest_all(trial: Any, space: Space) -> dict[str, Any]:
    """Return the values that an Optuna trial suggests for a space, as a flat mapping."""
    made: dict[str, Any] = {}
    for label, kind in space.items():
        if isinstance(kind, Options):
            made[label] = trial.suggest_categorical(label, list(kind.values))
        elif isinstance(kind, Branches):
            made[label] = trial.suggest_categorical(label, list(range(len(kind.groups))))
            made.update(suggest_all(trial, kind.groups[made[label]]))
        elif kind.step is not None:
            made[label] = trial.suggest_int(label, int(kind.low), int(kind.high), step=int(kind.step))
        else:
            made[label] = trial.suggest_float(label, kind.low, kind.high, log=kind.log)
    return made


class Recorder:
    """The objective of a problem; keeps the losses and the families that it was asked for."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._has_families = problem.best_group is not None
        self.run = Run([], [])

    def __call__(self, values: dict[str, Any]) -> float:
        """Return the loss of a flat mapping of values."""
        loss = self._problem.call(values)
        self.run.losses.append(loss)
        if self._has_families:
            self.run.families.append(int(values[FAMILY]))
        return loss


def _by_fmin(suggest: Callable[..., Any], problem: Problem, seed: int, evaluations: int) -> Run:
    from hyperopt import fmin

    record = Recorder(problem)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fmin(
            lambda values: record(flat(values)),
            hyperopt_space(problem.space),
            algo=suggest,
            max_evals=evaluations,
            rstate=np.random.default_rng(seed),
            show_progressbar=False,
            verbose=False,
        )
    return record.run


def ours(problem: Problem, seed: int, evaluations: int) -> Run:
    """Search by the drop-in algorithm of this package."""
    return _by_fmin(importlib.import_module("automl_magic.engine.tpe").suggest, problem, seed, evaluations)


def hyperopt(problem: Problem, seed: int, evaluations: int) -> Run:
    """Search by hyperopt's own TPE."""
    return _by_fmin(importlib.import_module("hyperopt.tpe").suggest, problem, seed, evaluations)


def random(problem: Problem, seed: int, evaluations: int) -> Run:
    """Search at random."""
    return _by_fmin(importlib.import_module("hyperopt.rand").suggest, problem, seed, evaluations)


def optuna(problem: Problem, seed: int, evaluations: int) -> Run:
    """Search by Optuna's default sampler."""
    import optuna as package

    package.logging.set_verbosity(package.logging.ERROR)
    record = Recorder(problem)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = package.create_study(sampler=package.samplers.TPESampler(seed=seed))
        study.optimize(lambda trial: record(suggest_all(trial, problem.space)), n_trials=evaluations)
    return record.run


SEARCHERS: dict[str, Callable[[Problem, int, int], Run]] = {
    "ours": ours,
    "hyperopt": hyperopt,
    "optuna": optuna,
    "random": random,
}
logging.getLogger("hyperopt").setLevel(logging.WARNING)
