"""Searchers: valid, deterministic, honouring rules, and TPE better than chance."""

from __future__ import annotations

import statistics

import pytest

from automl_magic.engine.budget import Budget
from automl_magic.engine.holes import Choice, Float, Int
from automl_magic.engine.hyperopt_tpe import documents
from automl_magic.engine.searchers import identity
from automl_magic.engine.space import compile_space
from automl_magic.extend import SEARCHERS
from tests.engine.toy import ToyEvaluator, toy_space, toy_study


def conditional_space() -> object:
    """Return a template with conditions."""
    return {"model": Choice(a=Float(1e-3, 1.0, log=True), b=Choice(None, Int(1, 5))), "z": Float(0.0, 1.0)}


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_a_searcher_proposes_inside_the_space_honours_rules_and_repeats(search: str) -> None:
    space = toy_space().rule("x <= 3 or kind == 'round'")
    runs = []
    for _ in range(2):
        study = toy_study(space=space, search=search, budget=Budget(trials=12))
        list(study.events())
        configs = [trial.config for trial in study.history.trials.values()]
        assert all(space.contains(config) for config in configs)
        assert len({identity(config) for config in configs}) == len(configs) == 12
        runs.append(configs)
    assert runs[0] == runs[1]


@pytest.mark.parametrize("search", SEARCHERS.keys())
def test_a_searcher_respects_conditions(search: str) -> None:
    space = compile_space(conditional_space())

    class Zero(ToyEvaluator):
        def evaluate(self, *, config, fold, rung, seed, trial, hidden):  # type: ignore[no-untyped-def]
            from automl_magic.engine.events import FoldScore

            return FoldScore(-config["z"], 0.0)

    study = toy_study(space=space, evaluator=Zero(), search=search, budget=Budget(trials=15))
    list(study.events())
    for trial in study.history.trials.values():
        assert set(trial.config) == set(space.active(trial.config))


def test_tpe_beats_random_on_the_toy_problem() -> None:
    def regret(search: str, seed: int) -> float:
        study = toy_study(search=search, seed=seed, budget=Budget(trials=50), lag=1, evaluator=ToyEvaluator(folds=1))
        list(study.events())
        best = study.history.best()
        assert best is not None and best.score is not None
        return -best.score

    seeds = range(7)
    assert statistics.median(regret("tpe", seed) for seed in seeds) < statistics.median(
        regret("random", seed) for seed in seeds
    )


def test_hyperopt_is_told_of_every_failure_and_of_order_only() -> None:
    study = toy_study(evaluator=ToyEvaluator(fails="raise"), budget=Budget(trials=15))
    list(study.events())
    view = study.history.view(study.space, 15)
    told = documents(view)
    failed = [trial.state == "failed" for trial in view.trials]
    assert any(failed)
    assert [document["result"]["status"] == "fail" for document in told] == failed
    best = study.history.best()
    assert best is not None
    assert told[best.id]["result"]["loss"] == 0.0


def test_tpe_avoids_the_half_of_the_space_that_always_fails() -> None:
    shares = []
    for seed in range(3):
        study = toy_study(
            search="tpe", seed=seed, evaluator=ToyEvaluator(fails="raise", folds=1), budget=Budget(trials=60), lag=1
        )
        list(study.events())
        late = [trial for trial in study.history.trials.values() if trial.id >= 30]
        shares.append(sum(trial.state == "failed" for trial in late) / len(late))
    assert statistics.median(shares) < 0.35
