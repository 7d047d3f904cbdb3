"""What every registered scheduler must do, those of other packages included."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from automl_magic.engine.budget import Budget
from automl_magic.engine.events import FoldScore
from automl_magic.engine.history import Trial, View, mean_and_spread
from automl_magic.engine.schedulers import Policy, Promote, StartNew, Wait, policy_named
from automl_magic.extend import SCHEDULERS
from tests.engine.climbing import CurveEvaluator, LadderEvaluator
from tests.engine.toy import ToyEvaluator, toy_space, toy_study

KEYS = SCHEDULERS.keys()
EVALUATORS = {"folds": ToyEvaluator(), "levels": CurveEvaluator(), "both": CurveEvaluator(folds=2)}


def folds(*scores: float) -> dict[int, FoldScore]:
    return {fold: FoldScore(score, 0.1) for fold, score in enumerate(scores)}


def trial_of(place: int, *scores: float, state: Any = "done") -> Trial:
    """Return a trial with these scores on its only rung."""
    mean, spread = mean_and_spread(folds(*scores))
    config = toy_space().validate({"x": place / 10})
    found = Trial(place, place, config, "random", 0, 0.0, False, state, folds(*scores), mean, spread, seconds=0.3)
    return replace(found, results={0: folds(*scores)}, curve={} if mean is None else {0: mean})


def view_of(*runs: tuple[float, ...]) -> View:
    """Return a view of done trials with these scores."""
    return View(toy_space(), tuple(trial_of(place, *scores) for place, scores in enumerate(runs)), (), len(runs))


def paused(place: int, score: float, rung: int) -> Trial:
    """Return a trial that waits on a rung."""
    results = {number: folds(score - 1 / (number + 1)) for number in range(rung + 1)}
    curve = {number: scores[0].score for number, scores in results.items()}
    promotions = tuple((100 + place, number) for number in range(1, rung + 1))
    base = trial_of(place, curve[rung], state="paused")
    return replace(base, results=results, curve=curve, rung=rung, promotions=promotions)


@pytest.mark.parametrize("key", KEYS)
def test_each_makes_a_policy_and_says_what_is_left_on_a_rung(key: str) -> None:
    policy = policy_named(key)
    assert isinstance(policy, Policy)
    assert policy.scheduler is None or (isinstance(policy.scheduler.leaves, str) and " " in policy.scheduler.leaves)


@pytest.mark.parametrize("key", KEYS)
def test_a_trial_without_rivals_and_one_that_leads_go_on(key: str) -> None:
    judge, rivals = policy_named(key).pruner, [(0.5, 0.6, 0.7), (0.1, 0.2, 0.3)] * 4
    assert judge(trial_of(9, 0.1, state="running"), view_of()) is None
    assert judge(trial_of(9, state="running"), view_of(*rivals)) is None
    assert judge(trial_of(9, 0.9, 0.95, state="running"), view_of(*rivals)) is None


@pytest.mark.parametrize("key", KEYS)
def test_the_answer_is_nothing_or_a_reason_in_words_and_repeats(key: str) -> None:
    view, trial = view_of(*[(0.5, 0.6, 0.7), (0.8, 0.8, 0.8)] * 4), trial_of(9, 0.1, 0.2, state="running")
    before = repr(view.trials), repr(trial)
    answers = [policy_named(key).pruner(trial, view) for _ in range(3)]
    assert len(set(answers)) == 1 and (repr(view.trials), repr(trial)) == before
    assert answers[0] is None or " " in answers[0]


@pytest.mark.parametrize("key", [key for key in KEYS if policy_named(key).scheduler is not None])
def test_a_decision_is_to_start_to_wait_or_to_promote_what_waits_and_depends_on_the_view_alone(key: str) -> None:
    draw = random.Random(7)
    promoted = 0
    for _ in range(60):
        trials = [paused(place, draw.random(), draw.randrange(3)) for place in range(draw.randrange(12))]
        view = View(toy_space(), tuple(trials), (), 50, rungs=4)
        decisions = [policy_named(key).scheduler(view) for _ in range(2)]  # type: ignore[misc]
        assert decisions[0] == decisions[1] and isinstance(decisions[0], StartNew | Promote | Wait)
        if isinstance(decisions[0], Promote):
            chosen = {trial.id: trial for trial in trials}[decisions[0].trial]
            assert chosen.is_waiting and chosen.rung < decisions[0].rung < 4
            promoted += 1
    assert promoted > 10


@pytest.mark.parametrize("name", EVALUATORS)
@pytest.mark.parametrize("key", KEYS)
def test_a_run_under_it_ends_with_a_best_trial_and_repeats(key: str, name: str) -> None:
    runs = []
    for _ in range(2):
        policy = policy_named(key)
        parts = {"pruner": policy.pruner, "scheduler": policy.scheduler}
        study = toy_study(**parts, budget=Budget(trials=14), evaluator=EVALUATORS[name])
        list(study.events())
        trials = study.history.trials.values()
        assert len(trials) == 14 and {trial.state for trial in trials} <= {"done", "pruned", "failed"}
        best = study.history.best()
        assert best is not None and len(best.scores) == EVALUATORS[name].folds
        assert all(trial.reason for trial in trials if trial.state == "pruned")
        runs.append([(trial.config, trial.state, trial.score, trial.promotions) for trial in trials])
    assert runs[0] == runs[1]


def test_a_ladder_of_an_evaluators_own_is_climbed() -> None:
    study = toy_study(evaluator=LadderEvaluator(), scheduler=policy_named("halving").scheduler)
    list(study.events())
    lengths = {len(trial.scores) for trial in study.history.trials.values()}
    assert lengths == {1, 2, 4} and len(study.history.best().scores) == 4  # type: ignore[union-attr]
