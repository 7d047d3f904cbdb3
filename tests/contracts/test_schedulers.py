"""What every registered scheduler must do, those of other packages included."""

from __future__ import annotations

import pytest

from automl_magic.engine.budget import Budget
from automl_magic.engine.events import FoldScore
from automl_magic.engine.history import Trial, View, mean_and_spread
from automl_magic.extend import SCHEDULERS
from tests.engine.toy import toy_space, toy_study

ENDED = {"done", "pruned", "failed"}


def folds(*scores: float) -> dict[int, FoldScore]:
    return {fold: FoldScore(score, 0.1) for fold, score in enumerate(scores)}


def view_of(*runs: tuple[float, ...]) -> View:
    """Return a view of done trials with these scores."""
    space = toy_space()
    trials = []
    for place, scores in enumerate(runs):
        mean, spread = mean_and_spread(folds(*scores))
        config = space.validate({"x": float(place)})
        trials.append(
            Trial(place, place, config, "random", 0, 0.0, False, "done", folds(*scores), mean, spread, seconds=0.3)
        )
    return View(space, tuple(trials), (), len(trials))


@pytest.mark.parametrize("key", SCHEDULERS.keys())
def test_a_trial_without_rivals_and_one_that_leads_go_on(key: str) -> None:
    judge = SCHEDULERS.get(key)
    assert judge(folds(0.1), view_of()) is None
    assert judge({}, view_of()) is None and judge({}, view_of((0.5, 0.6, 0.7))) is None
    assert judge(folds(0.9, 0.95), view_of((0.5, 0.6, 0.7), (0.1, 0.2, 0.3))) is None


@pytest.mark.parametrize("key", SCHEDULERS.keys())
def test_the_answer_is_nothing_or_a_reason_in_words_and_repeats(key: str) -> None:
    view, scores = view_of((0.5, 0.6, 0.7), (0.8, 0.8, 0.8)), folds(0.1, 0.2)
    before = (repr(view.trials), dict(scores))
    answers = [SCHEDULERS.get(key)(scores, view) for _ in range(3)]
    assert len(set(answers)) == 1 and (repr(view.trials), dict(scores)) == before
    assert answers[0] is None or (isinstance(answers[0], str) and " " in answers[0])


@pytest.mark.parametrize("key", SCHEDULERS.keys())
def test_a_run_under_it_ends_with_a_best_trial_and_repeats(key: str) -> None:
    runs = []
    for _ in range(2):
        study = toy_study(pruner=SCHEDULERS.get(key), budget=Budget(trials=14))
        list(study.events())
        trials = study.history.trials.values()
        assert {trial.state for trial in trials} <= ENDED and study.history.best() is not None
        assert all(trial.reason for trial in trials if trial.state == "pruned")
        runs.append([(trial.config, trial.state, trial.score) for trial in trials])
    assert runs[0] == runs[1]
